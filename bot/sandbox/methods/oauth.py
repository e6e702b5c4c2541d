"""oauth.v2.access: a code from the consent page for the bot token of a workspace."""

from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json, SlackError


def _access(call: Call) -> Json:
    if call.slack.exchange is None:
        raise SlackError("invalid_client_id")
    return call.slack.exchange({name: str(value) for name, value in call.arguments.items()})


MEMBER = Family("oauth", (Method("oauth.v2.access", _access, 4, caller="none"),))
