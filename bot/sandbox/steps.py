"""Workflow Builder in small: a step of the app is run with inputs, stays open, and ends when the app says so, once."""

from dataclasses import dataclass, field

from bot.sandbox.app import App, Function
from bot.sandbox.ids import new_id
from bot.sandbox.news import News
from bot.sandbox.shapes import Json, SlackError
from bot.sandbox.workspace import Workspace


@dataclass
class Execution:
    """`state` is open, succeeded or failed; `by` is who ran it, which the app is not told."""

    id: str
    function: Function
    by: str
    inputs: Json
    at: float
    state: str = "open"
    outputs: Json = field(default_factory=dict)
    error: str = ""

    def shown(self) -> Json:
        return {
            "id": self.id, "callback_id": self.function.callback_id, "title": self.function.title, "by": self.by,
            "inputs": self.inputs, "state": self.state, "outputs": self.outputs, "error": self.error, "at": self.at,
        }  # fmt: skip


class Steps:
    def __init__(self, workspace: Workspace, app: App, news: News) -> None:
        self._workspace, self._app, self._news = workspace, app, news
        self.executions: dict[str, Execution] = {}

    def run(self, user_id: str, callback_id: str, inputs: Json) -> Execution:
        """Somebody's workflow comes to this step: the app hears function_executed."""
        function = self._app.function(callback_id)
        user = self._workspace.user(user_id)
        if function is None or not user.belongs_to(self._workspace.team_id):
            raise SlackError("function_not_found")  # external people cannot run workflows with the app's own steps
        missing = [each.name for each in function.inputs if each.required and inputs.get(each.name) in (None, "")]
        if missing:
            raise SlackError("parameter_validation_failed")
        known = {each.name for each in function.inputs}
        given = {name: value for name, value in inputs.items() if name in known and value not in (None, "")}
        made = Execution(new_id("Fx"), function, user_id, given, self._workspace.clock.now())
        self.executions[made.id] = made
        self._news.event(self._event(made))
        self._changed()
        return made

    def _event(self, execution: Execution) -> Json:
        function = execution.function
        return {
            "type": "function_executed",
            "function": {
                "id": new_id("Fn"), "callback_id": function.callback_id, "title": function.title, "type": "app",
                "app_id": self._app.id,
            },
            "inputs": execution.inputs, "function_execution_id": execution.id,
            "workflow_execution_id": new_id("Wx"), "event_ts": self._workspace.next_ts(),
            "bot_access_token": f"xwfp-{execution.id}",
        }  # fmt: skip

    def open(self, execution_id: str) -> Execution:
        found = self.executions.get(execution_id)
        if found is None or found.state != "open":
            raise SlackError("function_execution_not_in_progress")
        return found

    def succeed(self, execution: Execution, outputs: Json) -> None:
        """Refused where an output is missing or is none of the manifest's, as Slack does."""
        declared = {each.name: each for each in execution.function.outputs}
        required = {name for name, each in declared.items() if each.required}
        if outputs.keys() - declared.keys() or required - outputs.keys():
            raise SlackError("parameter_validation_failed")
        execution.state, execution.outputs = "succeeded", outputs
        self._changed()

    def fail(self, execution: Execution, error: str) -> None:
        execution.state, execution.error = "failed", error
        self._changed()

    def _changed(self) -> None:
        self._news.streams.tell({"type": "steps", "steps": self.shown()})

    def shown(self) -> list[Json]:
        """The newest first."""
        return [each.shown() for each in reversed(self.executions.values())]
