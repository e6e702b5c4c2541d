"""`/slack/install` and `/slack/oauth_redirect`: how a workspace gets the app, with a page before and a page after.

What goes to Slack and comes back is signed, good for ten minutes and once, and bound to the browser by a cookie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urljoin

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from bot.slack.installed.installation import Installation, granted, words
from bot.slack.installed.scopes import USES
from bot.slack.people.vetting import Fit, vet
from core.administration.installations import Begun, Granted, Here, Installations, missing_scopes
from core.errors import ApprovalError, NotAllowed, Unavailable
from core.phrases import phrase

INSTALL: Final = "/slack/install"
REDIRECT: Final = "/slack/oauth_redirect"
COOKIE: Final = "countersign_install"
MINUTES: Final = 10
LONGEST: Final = 512

STYLE: Final = """
:root{color-scheme:light dark}body{font:17px/1.55 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1.25rem}
h1{font-size:1.7rem;line-height:1.25}.mark{display:inline-block;width:2.6rem;height:2.6rem;border-radius:.7rem;background:#1d3b34;
color:#fff;text-align:center;line-height:2.6rem;font-weight:700}button,a.go{display:inline-block;font:inherit;font-weight:600;
padding:.7rem 1.4rem;border:0;border-radius:.5rem;background:#1d3b34;color:#fff;cursor:pointer;text-decoration:none}
button:focus-visible,a:focus-visible{outline:3px solid #6aa;outline-offset:2px}li{margin:.3rem 0}code{font:15px ui-monospace,monospace}
.note{border-left:4px solid #b60;padding:.2rem 0 .2rem .9rem}.quiet{opacity:.75;font-size:.93rem}
"""
GIVE_IT: Final = phrase(
    "No workspace of the organisation has the app yet: in Slack's administration of the organisation, add it to those that should."
)
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class App:
    """What Slack knows the app by. `url` is this server's public address, `scopes` what the manifest asks for."""

    client_id: str
    client_secret: str
    api_url: str
    url: str
    scopes: Sequence[str]

    @property
    def redirect(self) -> str:
        return f"{self.url}{REDIRECT}"

    @property
    def consent(self) -> str:
        """Slack's page; beside the Web API, wherever that is."""
        return urljoin(self.api_url, "../oauth/v2/authorize")

    @property
    def open(self) -> str:
        """Where Slack opens the app in a workspace."""
        return urljoin(self.api_url, "../app_redirect")


class InstallPages:
    """An ASGI application for two paths. `mode` is COUNTERSIGN_INSTALL; `web` holds no token."""

    def __init__(self, office: Installations, app: App, web: AsyncWebClient, mode: str) -> None:
        self._office = office
        self._app = app
        self._web = web
        self._mode = mode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ApprovalError as refusal:
            response = _page(phrase("That did not work"), _sentence(refusal.sentence) + _again(), status=403)
        except Exception:  # the edge's last line: whoever installs sees no traceback
            log.exception("slack.install_failed")
            said = phrase("Something went wrong on our side, and nothing was installed. Begin again in a minute.")
            response = _page(phrase("That did not work"), _sentence(said) + _again(), status=500)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.method, request.url.path:
            case (("GET" | "HEAD"), "/slack/install"):
                return self._before(request.query_params.get("invite", "")[:LONGEST])
            case "POST", "/slack/install":
                return await self._begin(request)
            case "GET", "/slack/oauth_redirect":
                return await self._back(request)
            case _:
                said = phrase("There is nothing here; the way in is {path}.", path=INSTALL)
                return _page(phrase("Nothing here"), _sentence(said) + _again(), status=405)

    # Before.

    def _before(self, invite: str) -> Response:
        """What the app does, what it asks for, and the button."""
        listed = "".join(f"<li><code>{escape(scope)}</code>: {escape(_use(scope))}</li>" for scope in self._app.scopes)
        intro = phrase(
            "Countersign asks the right people in Slack before something happens that should not happen without a human yes."
        )
        what = phrase("Slack will show you what it asks for:")
        button = phrase("Add to Slack")
        after = phrase(
            "Your workspace becomes an organisation of its own here, and you become its first admin. "
            "Tokens are kept encrypted, and removing the app in Slack ends everything at once."
        )
        hidden = f'<input type=hidden name=invite value="{escape(invite)}">' if invite else ""
        return _page(
            phrase("Add Countersign to your workspace"),
            f"<p>{escape(intro)}</p><form method=post action={INSTALL}>{hidden}<button>{escape(button)}</button></form>"
            f"<p class=quiet>{escape(after)}</p><p>{escape(what)}</p><ul>{listed}</ul>",
        )

    async def _begin(self, request: Request) -> Response:
        """Off to Slack, with a cookie by which this browser is known when it comes back."""
        async with request.form(max_files=0, max_fields=4) as form:
            invite = form.get("invite")
        begun = await self._office.begin(
            self._mode, None if isinstance(invite, UploadFile) else (invite or "")[:LONGEST]
        )
        response = RedirectResponse(self._consent(begun), status_code=303, headers={"Cache-Control": "no-store"})
        response.set_cookie(
            COOKIE,
            begun.browser,
            max_age=MINUTES * 60,
            path="/slack",
            httponly=True,
            secure=self._app.url.startswith("https:"),
            samesite="lax",
        )
        return response

    def _consent(self, begun: Begun) -> str:
        said = {
            "client_id": self._app.client_id,
            "scope": ",".join(self._app.scopes),
            "redirect_uri": self._app.redirect,
            "state": begun.state,
        }
        return f"{self._app.consent}?{urlencode(said)}"

    # After.

    async def _back(self, request: Request) -> Response:
        """From Slack: with a code, or with word of why not."""
        query = request.query_params
        invite = await self._office.returned(query.get("state", "")[:LONGEST], request.cookies.get(COOKIE, ""))
        if "error" in query:
            return _gone(_page(phrase("Nothing was installed"), _sentence(_denied(query["error"])) + _again()))
        installation, answer = await self._exchange(query.get("code", "")[:LONGEST])
        offered = await self._installer(installation, str((answer.get("authed_user") or {}).get("id") or ""))
        here = await self._office.install(offered, mode=self._mode, invite=invite)
        log.info("slack.installed", workspace=here.installation.workspace, fresh=here.fresh)
        return _gone(self._after(here, offered))

    async def _exchange(self, code: str) -> tuple[Installation, dict[str, Any]]:
        """The code for a token, and who the app is there."""
        try:
            access = await self._web.api_call("oauth.v2.access", data=self._proof(code))
            answer = dict(access.data if isinstance(access.data, dict) else {})
            token = str(answer.get("access_token") or "")
            me = await self._web.auth_test(token=token)
        except SlackApiError as refusal:
            log.warning("slack.install_refused", error=refusal.response.get("error"))
            raise NotAllowed(
                phrase("Slack did not accept this, perhaps because it took too long; begin again."),
                code="slack_refused",
            ) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Unavailable(phrase("Slack cannot be reached; begin again in a minute.")) from None
        return _installation(answer, token, str(me.get("bot_id") or "")), answer

    def _proof(self, code: str) -> dict[str, str]:
        """In the form, as Slack takes it too: the SDK's own method uses a part of aiohttp that is going away."""
        return {
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
            "code": code,
            "redirect_uri": self._app.redirect,
        }

    async def _installer(self, installation: Installation, user: str) -> Granted:
        """Their address proves them where Slack has confirmed it and they are neither guest nor stranger."""
        try:
            found = await self._web.users_info(token=installation.token, user=user)
            fit = vet(found.get("user") or {}, installation)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError):
            return granted(installation, by=user or None)
        if not isinstance(fit, Fit):
            return granted(installation, by=user or None)
        return granted(installation, by=user, email=fit.email, person=fit.name)

    def _after(self, here: Here, offered: Granted) -> Response:
        name = here.installation.name or here.installation.workspace
        missing = missing_scopes(here.installation, self._app.scopes)
        first = (
            phrase(
                "{name} belongs to the organisation {organisation} now.",
                name=name,
                organisation=here.organisation.name,
            )
            if here.fresh
            else phrase("{name} was here already; its token and its scopes are renewed.", name=name)
        )
        admin = (
            phrase("Open Slack and type /countersign help. Whoever added the app first is an admin.")
            if offered.email is not None
            else phrase(
                "Slack shows no confirmed address of yours, so nobody was made an admin; "
                "somebody whose address is confirmed should install it again."
            )
        )
        lost = "; ".join(f"{scope} ({_use(scope)})" for scope in missing)
        lacking = phrase("Not granted: {lost}. Install it again to grant them.", lost=lost) if missing else ""
        note = f"<p class=note>{escape(lacking)}</p>" if lacking else ""
        if here.installation.enterprise_wide:
            note += f"<p class=note>{escape(GIVE_IT)}</p>"
        where = here.installation.team or ""
        link = f"{self._app.open}?{urlencode({'app': here.installation.app, 'team': where})}"
        go = f'<p><a class=go href="{escape(link)}">{escape(phrase("Open Slack"))}</a></p>'
        return _page(phrase("Countersign is in {name}", name=name), _sentence(first) + _sentence(admin) + note + go)


def _installation(answer: dict[str, Any], token: str, bot: str) -> Installation:
    """From the answer of `oauth.v2.access`; the office finds the organisation."""
    wide = bool(answer.get("is_enterprise_install"))
    team, enterprise = answer.get("team") or {}, answer.get("enterprise") or {}
    return Installation(
        organisation="",
        team="" if wide else str(team.get("id") or ""),
        enterprise=enterprise.get("id") or None,
        bot_user=str(answer.get("bot_user_id") or ""),
        bot=bot,
        token=token,
        enterprise_wide=wide,
        name=str((enterprise if wide else team).get("name") or ""),
        app=str(answer.get("app_id") or ""),
        scopes=words(str(answer.get("scope") or "")),
    )


def _use(scope: str) -> str:
    return phrase("without it {lost}", lost=USES[scope]) if scope in USES else phrase("optional")


def _denied(error: str) -> str:
    if error == "access_denied":
        return phrase("You did not allow it in Slack, so nothing was changed.")
    return phrase("Slack said {error}, so nothing was changed.", error=error[:80])


def _sentence(said: str) -> str:
    return f"<p>{escape(said)}</p>"


def _again() -> str:
    return f'<p><a href="{INSTALL}">{escape(phrase("Back to the install page"))}</a></p>'


def _gone(response: Response) -> Response:
    """The cookie has served."""
    response.delete_cookie(COOKIE, path="/slack")
    return response


def _page(title: str, body: str, *, status: int = 200) -> Response:
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><span class=mark aria-hidden=true>C</span>"
        f"<h1>{escape(title)}</h1>{body}</html>",
        status_code=status,
        headers=HEADERS,
    )
