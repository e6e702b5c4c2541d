"""blocks.validate: whether Slack would take this."""

from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.validate import message_problems, view_problems


def _validate(call: Call) -> Json:
    """Exactly one of blocks, message and view."""
    given = [key for key in ("blocks", "message", "view") if call.arguments.get(key)]
    if len(given) != 1:
        raise SlackError("invalid_arguments")
    value = call.arguments[given[0]]
    if given[0] == "view":
        problems = view_problems(value)
    else:
        problems = message_problems(value["blocks"] if given[0] == "message" else value)
    if problems:
        raise SlackError("invalid_blocks", response_metadata={"messages": problems})
    return {"ok": True}


MEMBER = Family("blocks", (Method("blocks.validate", _validate, 3, caller="none"),))
