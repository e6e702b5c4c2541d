"""What admins send and see of rules: documents in, what they mean and would have done out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from bot.wire.showing import View
from bot.wire.strict import Shape, some
from core.administration.rules import Checked
from core.model.rule import Rule
from core.phrases import phrase
from core.rulebook.document import write_rule
from core.rulebook.lint import Lint
from core.rulebook.load import to_yaml
from core.rulebook.read_back import read_back
from core.rulebook.replay import Replayed, say
from core.rulebook.schema import RULE_SCHEMA

_EXAMPLE: Final[Any] = {
    "name": phrase("prod deploys"),
    "scope": {"project": "default"},
    "when": 'type == "deploy" && metadata.env == "production"',
    "effect": "require",
    "stages": [{"requirements": [{"approvals": {"min": 1, "from": ["role:approver"]}}]}],
    "reply_window": "4h",
    "remind": ["30m", "1h"],
}
_TEXT: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 20_000,
    "description": phrase("The same as YAML, or one line that begins with `add`."),
}
_DOCUMENT: Final = {key: value for key, value in RULE_SCHEMA.items() if key != "$schema"}

Written = Annotated[
    dict[str, Any] | Annotated[str, some(20_000)], WithJsonSchema({"anyOf": [_DOCUMENT, _TEXT], "title": "Rule"})
]
ModeWord = Literal["on", "shadow", "off"]


# -------------------------------------------------------------------------------------------------------------- coming in


class RuleIn(Shape):
    """A rule as a document, as YAML, or as one line."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rule": _EXAMPLE}]})

    rule: Written


class RuleChange(Shape):
    """The whole rule as it shall be. With `version`, only if that is still the one in force (else 409)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rule": _EXAMPLE, "version": 1}]})

    rule: Written
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class RuleSwitch(Shape):
    """`shadow` watches real requests without effect; `off` is only listed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "shadow", "reason": "asks too often"}]})

    mode: ModeWord
    reason: Annotated[str, some(2000)] | None = None


class ReplayIn(Shape):
    """Rules as they would be; one with the name of a rule that is there takes its place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rules": [_EXAMPLE], "days": 30}]})

    rules: Annotated[list[Written], Field(min_length=1, max_length=100)]
    days: Annotated[int, Field(ge=1, le=366)] = 30
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class RuleQuery(Shape):
    version: Annotated[int, Field(ge=1, le=1_000_000, strict=False)] | None = None


# -------------------------------------------------------------------------------------------------------------- going out


class RuleView(View):
    """`words` says it plainly, `document` is what can be sent again, `yaml` the same as text."""

    id: str
    name: str
    effect: Literal["require", "allow", "deny"]
    mode: ModeWord
    version: int
    author: str
    changed_at: datetime | None
    reason: str | None
    words: str
    document: dict[str, Any]
    yaml: str


class RuleVersionView(View):
    removed: bool
    rule: RuleView


class WarningView(View):
    """Something to look at again; it does not stand in the way."""

    code: str
    sentence: str


class SavedRule(View):
    rule: RuleView
    warnings: list[WarningView]


class CheckedRule(View):
    """What could be saved as it is."""

    name: str
    words: str
    document: dict[str, Any]
    yaml: str
    warnings: list[WarningView]


class PingView(View):
    member: str
    before: int
    after: int


class ReplayView(View):
    """Past requests judged by the rules as they are and as they would be. `examples` are requests' numbers."""

    seen: int
    changes: dict[str, int]
    examples: dict[str, list[int]]
    pings: list[PingView]
    words: list[str]


class ReplayProgress(View):
    """A line while past requests are judged once more: `seen` of about `total`; the last one brings the `result`."""

    seen: int
    total: int
    result: ReplayView | None = None


# ---------------------------------------------------------------------------------------------------------------- drawing


def show_rule(rule: Rule) -> RuleView:
    return RuleView(
        id=rule.id,
        name=rule.name,
        effect=rule.effect.value,
        mode=rule.mode.value,
        version=rule.version,
        author=rule.author,
        changed_at=rule.changed_at,
        reason=rule.reason,
        words=read_back(rule),
        document=write_rule(rule),
        yaml=to_yaml(rule),
    )


def show_saved(checked: Checked) -> SavedRule:
    return SavedRule(rule=show_rule(checked.rule), warnings=_warnings(checked.warnings))


def show_checked(checked: Checked) -> CheckedRule:
    rule = checked.rule
    return CheckedRule(
        name=rule.name,
        words=checked.words,
        document=write_rule(rule),
        yaml=to_yaml(rule),
        warnings=_warnings(checked.warnings),
    )


def _warnings(found: Iterable[Lint]) -> list[WarningView]:
    return [WarningView(code=one.word, sentence=one.sentence) for one in found]


def show_replay(replayed: Replayed) -> ReplayView:
    return ReplayView(
        seen=replayed.seen,
        changes={change.value: count for change, count in replayed.changes.items()},
        examples={change.value: list(numbers) for change, numbers in replayed.examples.items()},
        pings=[PingView(member=name, before=old, after=new) for name, (old, new) in replayed.pings.items()],
        words=list(say(replayed)),
    )
