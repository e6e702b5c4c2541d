"""Somebody adds the app to a workspace in a browser, as `/slack/install` and Slack's own page lead them."""

import re
from html.parser import HTMLParser

import httpx2

from tests.stories.town import Town

CODE = re.compile(r"workspaces join (\S+),")
GLOBEX = "T1GLOBEX01"


class Form(HTMLParser):
    """What a browser would send when its form is sent."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "input" and said.get("type") == "hidden":
            self.fields[str(said["name"])] = str(said.get("value") or "")


def browser() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(follow_redirects=True, timeout=10)


async def to_slack(surfer: httpx2.AsyncClient, town: Town, invite: str = "") -> httpx2.Response:
    """From our page to Slack's."""
    page = await surfer.get(f"{town.url}/slack/install", params={"invite": invite} if invite else {})
    assert page.status_code == 200
    return await surfer.post(f"{town.url}/slack/install", data=Form(page.text).fields)


async def allows(surfer: httpx2.AsyncClient, asked: httpx2.Response, who: str = f"{GLOBEX}/gina") -> httpx2.Response:
    return await surfer.post(str(asked.url), data={**Form(asked.text).fields, "who": who, "allow": "1"})


async def installs(town: Town, invite: str = "") -> str:
    """Gina of Globex adds the app; the page she ends on."""
    async with browser() as surfer:
        done = await allows(surfer, await to_slack(surfer, town, invite))
    assert done.status_code == 200, done.text
    await learns(town)
    return done.text


async def learns(town: Town) -> None:
    """The workspaces' people are linked, as they are at start-up and nightly."""
    assert town.assembly.workspaces is not None
    await town.assembly.workspaces.refresh()
    for workspace in town.assembly.workspaces.open:
        await workspace.slack.directory.sync()
    await town.settles()
