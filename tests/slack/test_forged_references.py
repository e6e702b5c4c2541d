"""Every button and every window with a reference nobody drew: nothing is changed, and nobody gets a bug or a traceback for it."""

from itertools import count
from typing import Any, Final

import pytest

from core.model.request import Request
from tests.slack.conftest import World

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
BUG: Final = "Something went wrong on our side"
FORGED: Final = (
    "",
    "garbage",
    "{}",
    '{"kind":"approve","request":1}',
    "req_00000000000000000000000000.1.1",
    "{id}.0.0",
    "{id}.99.99",
    "{id}.1.1'; drop table requests; --",
    "{id}.1.1/qst_00000000000000000000000000",
    "\u202e\u0661.\u0661",
    "x" * 2_000,
)
UNBOUND: Final = {"request.discard", "cancel"}
"""Who may cancel cancels whatever stands there now; all else is bound to what was seen."""

_TURNS: Final = count()


def sent_by(world: World, name: str) -> Json:
    user, workspace = world.hand(name).user, world.sandbox.workspace
    return {
        "token": "", "api_app_id": world.sandbox.slack.app.id, "trigger_id": f"9.{next(_TURNS)}.forged",
        "team": {"id": workspace.team_id, "domain": workspace.domain}, "enterprise": None,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "is_enterprise_install": False,
    }  # fmt: skip


def window(callback: str, metadata: str, values: Json) -> Json:
    number = next(_TURNS)
    return {
        "id": f"V{number}", "type": "modal", "callback_id": callback, "private_metadata": metadata, "hash": f"{number}.x",
        "state": {"values": values}, "root_view_id": f"V{number}", "blocks": [],
    }  # fmt: skip


async def told(world: World, payloads: list[Json]) -> str:
    """What comes of them; not understood at all is a 400, as nothing of Slack's would send it."""
    before = len(world.sandbox.log.entries)
    for payload in payloads:
        ack = await world.sandbox.slack.delivery.hand_over("interactive", payload, "forged")
        assert ack.ok or ack.status == 400, (payload, ack)
    await world.settle()
    return str(list(world.sandbox.log.entries)[before:])


async def everything(world: World, request: Request) -> tuple[object, ...]:
    """What must not change: the request as it stands but for refusals, and who there is."""
    now = await world.now(request)
    members = await world.rooms.administration.members.list(world.host)
    projects = await world.rooms.administration.projects.list(world.host)
    agents = await world.rooms.administration.agents.list(world.host)
    return now.status, now.revision, now.decisions, now.plan, now.hand_overs, now.expires_at, members, projects, agents


def click(world: World, action_id: str, value: str) -> Json:
    action = {"action_id": action_id, "block_id": "b", "type": "button", "value": value, "action_ts": "1.1"}
    return sent_by(world, "alice") | {
        "type": "block_actions",
        "view": window("details", value, {}),
        "actions": [action],
    }


async def test_a_forged_reference_in_any_button_changes_nothing(http: World) -> None:
    request = await http.ask(("@platform",))
    before = await everything(http, request)
    for action_id in sorted(http.slack.handlers.clicks.keys() - UNBOUND):
        said = await told(http, [click(http, action_id, each.replace("{id}", request.id)) for each in FORGED])
        assert BUG not in said, action_id
    assert await everything(http, request) == before


async def test_a_forged_reference_in_any_window_changes_nothing(http: World) -> None:
    request = await http.ask(("@platform",))
    before = await everything(http, request)
    for callback in sorted(http.slack.handlers.forms.keys() - UNBOUND):
        views = [window(callback, each.replace("{id}", request.id), {}) for each in FORGED]
        said = await told(http, [sent_by(http, "alice") | {"type": "view_submission", "view": each} for each in views])
        assert BUG not in said, callback
    assert await everything(http, request) == before
