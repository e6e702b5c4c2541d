"""What a request says, as options: shared by `request` and `run`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from bot.cli.ending import USAGE, Ending
from bot.cli.pairs import FILE, object_in, pairs
from core.errors import Invalid
from core.model.duration import parse_duration
from countersign_client import LOW, NORMAL, URGENT

PRESETS: Final = {"urgent": URGENT, "normal": NORMAL, "low": LOW}
_STAGE: Final = re.compile(r"(?:(?P<name>[^:]{1,60}):\s*)?(?P<min>\d+|all) of (?P<people>.+)")
_BOUNDS: Final = re.compile(r"(?P<path>[\w.-]+)(?:=(?P<low>-?[\d.]+)?\.\.(?P<high>-?[\d.]+)?)?")


def _option(words: str) -> Parameter:
    return Parameter(help=words, negative="")


Many = list[str] | None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Nothing said, nothing declared."""

    type: Annotated[
        str | None, _option("What kind of request: deploy, merge, or one of your types. Default: custom.")
    ] = None
    project: Annotated[str | None, _option("The project it belongs to.")] = None
    subject: Annotated[str | None, _option("What it gates, as kind:id, like run:8f2.")] = None
    subject_url: Annotated[str | None, _option("Where the subject can be looked at.")] = None
    description: Annotated[str | None, _option("More about it.")] = None
    param: Annotated[Many, _option("A parameter, name=text or name:=json; again for more.")] = None
    params: Annotated[Path | None, FILE, _option("A file with parameters as a JSON object; - is standard input.")] = (
        None
    )
    fact: Annotated[Many, _option("A fact for rules, name=text or name:=json; again for more.")] = None
    facts: Annotated[
        Path | None,
        FILE,
        _option("A file with facts as a JSON object, as countersign facts writes it; - is standard input."),
    ] = None
    metadata: Annotated[Many, _option("More for people and rules, name=text or name:=json; again for more.")] = None
    reasoning: Annotated[str | None, _option("Why it should be done.")] = None
    if_denied: Annotated[str | None, _option("What happens if people say no.")] = None
    cost_usd: Annotated[float | None, _option("What it would cost.")] = None
    side_effect: Annotated[Many, _option("What else it does; again for more.")] = None
    link: Annotated[Many, _option("Title=https://…; again for more.")] = None
    editable: Annotated[
        Many, _option("What approvers may change: params.replicas=1..6, or params.region; again for more.")
    ] = None
    approver: Annotated[Many, _option("Somebody who must agree: an e-mail or @group; again for more.")] = None
    stage: Annotated[
        Many, _option("A stage, like 'Platform: 2 of @platform, ada@example.com'; again for the next.")
    ] = None
    on_behalf_of: Annotated[str | None, _option("Whom this is done for; they cannot approve it.")] = None
    supersede_key: Annotated[str | None, _option("A newer request with the same key takes this one's place.")] = None
    expires: Annotated[
        str | None, _option("When it ends unanswered: urgent (4h), normal (24h), low (3d), 30m, or a moment.")
    ] = None
    notify: Annotated[Many, _option("A channel that shall see it, too; again for more.")] = None

    def asked(self) -> dict[str, Any]:
        """As the client takes it; what was not said is not there."""
        found = {
            "project": self.project,
            "subject": self._subject(),
            "description": self.description,
            "params": self.all_params() or None,
            "facts": self._from(self.facts, "--facts") | pairs(self.fact, "--fact") or None,
            "metadata": pairs(self.metadata, "--metadata") or None,
            "reasoning": self.reasoning,
            "if_denied": self.if_denied,
            "cost": None if self.cost_usd is None else {"usd": self.cost_usd},
            "side_effects": self.side_effect,
            "links": [link(one) for one in self.link or ()] or None,
            "editable": dict(bounds(one) for one in self.editable or ()) or None,
            "approvers": self.approver,
            "stages": [stage(one) for one in self.stage or ()] or None,
            "on_behalf_of": self.on_behalf_of,
            "supersede_key": self.supersede_key,
            "expires_at": None if self.expires is None else expiry(self.expires),
            "notify": self.notify,
        }
        return {name: value for name, value in found.items() if value is not None}

    def all_params(self) -> dict[str, Any]:
        return self._from(self.params, "--params") | pairs(self.param, "--param")

    def _from(self, file: Path | None, option: str) -> dict[str, Any]:
        return {} if file is None else object_in(file, option)

    def _subject(self) -> dict[str, str] | None:
        if self.subject is None:
            return None
        kind, colon, id = self.subject.partition(":")
        if not (kind and colon and id):
            raise Ending("--subject takes kind:id, like run:8f2.", USAGE)
        return {"kind": kind, "id": id, **({} if self.subject_url is None else {"url": self.subject_url})}


def link(said: str) -> dict[str, str]:
    title, sign, url = said.partition("=")
    if not (title and sign and url):
        raise Ending(f"--link takes Title=https://…, not '{said[:60]}'.", USAGE)
    return {"title": title, "url": url}


def stage(said: str) -> dict[str, Any]:
    """`Platform: 2 of @platform, ada@example.com`, or `all of …`."""
    read = _STAGE.fullmatch(said.strip())
    if read is None:
        raise Ending(f"--stage reads like 'Platform: 2 of @platform, ada@example.com', not '{said[:60]}'.", USAGE)
    people = [name.strip() for name in read["people"].split(",") if name.strip()]
    approvals = {"from": people, **({"all": True} if read["min"] == "all" else {"min": int(read["min"])})}
    return {**({"name": read["name"].strip()} if read["name"] else {}), "requirements": [{"approvals": approvals}]}


def bounds(said: str) -> tuple[str, dict[str, Any]]:
    """`params.replicas=1..6`: either end may be left out."""
    read = _BOUNDS.fullmatch(said)
    if read is None:
        raise Ending(f"--editable takes params.replicas=1..6 or params.region, not '{said[:60]}'.", USAGE)
    return read["path"], dict(_ends(read["low"], read["high"]))


def _ends(low: str | None, high: str | None) -> Iterator[tuple[str, float]]:
    for name, end in (("minimum", low), ("maximum", high)):
        if end is not None:
            try:
                yield name, float(end)
            except ValueError:
                raise Ending(f"--editable: {end} is no number.", USAGE) from None


def expiry(said: str) -> timedelta | str:
    """A preset, a duration, or a moment left to the server to read."""
    if said in PRESETS:
        return PRESETS[said]
    return said if "T" in said else duration(said, "--expires")


def duration(said: str, option: str) -> timedelta:
    try:
        return parse_duration(said)
    except Invalid as problem:
        raise Ending(f"{option}: {problem.sentence}", USAGE) from None
