"""Workflow steps in the small Slack: run with inputs, heard by the app, ended once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.manifest import manifest
from bot.sandbox.server import Sandbox
from bot.sandbox.shapes import SlackError

pytestmark = pytest.mark.anyio

GIVEN: dict[str, Any] = {
    "approved": True, "outcome": "approved", "decided_by": "", "comment": "", "edits": "", "request": "#1",
}  # fmt: skip


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(manifest(workflow=True), rates=None) as sandbox:
        yield sandbox


def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)


async def test_an_execution_ends_once_with_what_the_manifest_declares(sandbox: Sandbox) -> None:
    step = sandbox.as_user("erin").run_step("ask_for_approval", title="Publish")
    await client(sandbox).functions_completeSuccess(function_execution_id=step.id, outputs=GIVEN)
    assert (step.state, step.outputs) == ("succeeded", GIVEN)
    with pytest.raises(SlackApiError, match="function_execution_not_in_progress"):
        await client(sandbox).functions_completeError(function_execution_id=step.id, error="too late")
    assert step.state == "succeeded"


@pytest.mark.parametrize("outputs", [{}, GIVEN | {"more": "than declared"}])
async def test_outputs_that_the_manifest_does_not_declare_are_refused(
    sandbox: Sandbox, outputs: dict[str, Any]
) -> None:
    step = sandbox.as_user("erin").run_step("ask_for_approval", title="Publish")
    with pytest.raises(SlackApiError, match="parameter_validation_failed"):
        await client(sandbox).functions_completeSuccess(function_execution_id=step.id, outputs=outputs)
    assert step.state == "open"


async def test_a_step_needs_its_required_inputs_and_somebody_of_the_workspace(sandbox: Sandbox) -> None:
    with pytest.raises(SlackError, match="parameter_validation_failed"):
        sandbox.as_user("erin").run_step("ask_for_approval")
    external = next(user for user in sandbox.workspace.users.values() if user.team_id != sandbox.workspace.team_id)
    with pytest.raises(SlackError, match="function_not_found"):
        sandbox.as_user(external.name).run_step("ask_for_approval", title="Publish")


async def test_the_app_hears_of_an_execution_what_was_filled_in_and_not_who_ran_it(sandbox: Sandbox) -> None:
    step = sandbox.as_user("erin").run_step("ask_for_approval", title="Publish", unknown="left out")
    await sandbox.settled()
    heard = next(entry["request"]["event"] for entry in sandbox.log.entries if entry["title"] == "function_executed")
    assert heard["inputs"] == {"title": "Publish"}
    assert heard["function_execution_id"] == step.id
    assert sandbox.as_user("erin").id not in str(heard)
