"""functions.*: how the app ends a workflow step."""

from bot.sandbox.methods.base import Call, Family, Method
from bot.sandbox.shapes import Json
from bot.sandbox.steps import Execution


def _execution(call: Call) -> Execution:
    return call.slack.steps.open(call.required("function_execution_id"))


def _success(call: Call) -> Json:
    outputs = call.arguments.get("outputs")
    call.slack.steps.succeed(_execution(call), outputs if isinstance(outputs, dict) else {})
    return {"ok": True}


def _error(call: Call) -> Json:
    call.slack.steps.fail(_execution(call), call.required("error"))
    return {"ok": True}


MEMBER = Family(
    "functions",
    (Method("functions.completeSuccess", _success, 3), Method("functions.completeError", _error, 3)),
)
