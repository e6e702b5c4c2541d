"""`countersign doctor`: what is set, what is missing, and how to get it. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from rich.console import Console

from bot.cli.ending import tell
from bot.cli.host import AsJson, Config
from bot.settings import Settings, keys_file, keys_for, load
from bot.settings_problem import SettingsProblem
from core.errors import Invalid, Unavailable
from core.store.schema import SchemaBehind, check_current


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    well: bool
    sentence: str
    needed: bool = True


def doctor(*, config: Config = None, json: AsJson = False) -> int:
    """Say what is missing and how to get it. Exit code 1 while something needed is."""
    findings = list(examine(load(config)))
    if json:
        tell([{"what": f.what, "well": f.well, "needed": f.needed, "sentence": f.sentence} for f in findings])
    else:
        console = Console(highlight=False, soft_wrap=True)
        for finding in findings:
            mark = "[green]✓[/]" if finding.well else "[red]✗[/]" if finding.needed else "[yellow]·[/]"
            console.print(mark, f"[bold]{finding.what}[/]", end=" ")
            console.print(finding.sentence, markup=False)
    return 1 if any(finding.needed and not finding.well for finding in findings) else 0


def examine(settings: Settings) -> Iterator[Finding]:
    yield _database(settings)
    yield _keys(settings)
    yield from _slack(settings)
    yield from _others(settings)
    if settings.base_url is None:
        said = f"COUNTERSIGN_BASE_URL is not set; links will say {settings.url}, which others may not reach."
        yield Finding("address", well=False, sentence=said, needed=False)
    if not settings.admins:
        said = "COUNTERSIGN_ADMINS is not set; the Slack workspace's primary owner becomes the first admin."
        yield Finding("admins", well=False, sentence=said, needed=False)


def _database(settings: Settings) -> Finding:
    file = settings.sqlite_file
    in_the_way = None if file is None else _in_the_way(file)
    if in_the_way is not None:
        return Finding("database", well=False, sentence=in_the_way)
    if file is not None and not file.exists():
        return Finding("database", well=True, sentence=f"{file} will be made at the first start.")
    try:
        check_current(settings.database_url.get_secret_value())
    except (Invalid, Unavailable) as refusal:
        return Finding("database", well=False, sentence=refusal.sentence)
    except SchemaBehind as refusal:
        healed = file is not None  # `serve` brings a SQLite file up by itself
        return Finding(
            "database", well=healed, sentence="It will be brought up at the start." if healed else refusal.sentence
        )
    return Finding("database", well=True, sentence="It is there and its schema is current.")


def _in_the_way(file: Path) -> str | None:
    """Why no file can be written where the database's file belongs. Found out by writing one that is gone at once."""
    there = next(folder for folder in file.absolute().parents if folder.exists())
    try:
        with TemporaryFile(dir=there):
            return None
    except OSError as problem:
        return (
            f"Nothing can be written in {there} ({problem.strerror}), so {file} cannot be kept there; "
            "let this server write there, or name another place in COUNTERSIGN_DATABASE_URL."
        )


def _keys(settings: Settings) -> Finding:
    file = settings.sqlite_file
    if file is not None and _in_the_way(file) is not None:
        return Finding("keys", well=False, sentence=f"They are kept beside the database, in {keys_file(file)}.")
    if file is not None and not keys_file(file).exists() and not _are_set(settings):
        return Finding("keys", well=True, sentence=f"They will be made at the first start, in {keys_file(file)}.")
    try:
        keys_for(settings)
    except SettingsProblem as problem:
        return Finding("keys", well=False, sentence=str(problem))
    return Finding("keys", well=True, sentence="They are there.")


def _others(settings: Settings) -> Iterator[Finding]:
    """What is switched on besides, and cannot work as it is set."""
    if settings.mcp and find_spec("mcp") is None:
        said = "COUNTERSIGN_MCP is on, but mcp is not installed; install countersign[mcp], or switch it off."
        yield Finding("MCP", well=False, sentence=said)
    if settings.oidc_issuer is not None and settings.oidc_audience is None:
        said = "COUNTERSIGN_OIDC_ISSUER is set, and COUNTERSIGN_OIDC_AUDIENCE must say whom its tokens are made out to."
        yield Finding("single sign-on", well=False, sentence=said)


def _are_set(settings: Settings) -> bool:
    return bool(settings.encryption_keys and settings.signing_key)


def _slack(settings: Settings) -> Iterator[Finding]:
    many = settings.slack_client_id is not None and settings.slack_client_secret is not None
    if settings.slack_bot_token is None and not many:
        said = (
            "SLACK_BOT_TOKEN is not set. Create the app from manifest.yml at api.slack.com/apps → Create New App → From a "
            "manifest, install it, and copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions."
        )
        yield Finding("Slack", well=False, sentence=said)
    else:
        yield Finding("Slack", well=True, sentence="A bot token or a client id is set.")
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        said = (
            "Neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set, so no click can arrive. For Socket Mode make an "
            "app-level token (xapp-…, connections:write) under Basic Information; for HTTP copy the Signing Secret there."
        )
        yield Finding("clicks", well=False, sentence=said)
    else:
        way = "Socket Mode" if settings.slack_app_token else f"HTTP at {settings.url}/slack/events"
        yield Finding("clicks", well=True, sentence=f"They arrive through {way}.")
