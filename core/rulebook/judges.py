"""Policies and checks as documents: read strictly, what is unknown refused, and written as they can be sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from core.model.check import CHECK_NAME, TIMEOUT, CheckDefinition
from core.model.policy import DEADLINE, Policy
from core.model.requirement import Source
from core.model.rule import Mode, Scope
from core.phrases import phrase
from core.rulebook.condition import Conditions
from core.rulebook.document import read_scope, read_when, write_scope
from core.rulebook.part import Part
from core.rulebook.source import Names

URL: Final = 2000
_MILLISECOND: Final = timedelta(milliseconds=1)
_SECOND: Final = timedelta(seconds=1)

FindReporter = Callable[[str], Source | None]
"""From an agent's name or id, or a key's id, to the credential that may report."""

POLICY_KEYS: Final = ("name", "url", "engine", "scope", "when", "on_pass", "on_fail", "deadline_ms", "mode")
CHECK_KEYS: Final = (
    "name", "url", "reporter", "scope", "when", "required", "on_failed", "timeout_seconds", "rerun",
)  # fmt: skip


def read_policy(written: Mapping[str, Any], names: Names, conditions: Conditions, engines: tuple[str, ...]) -> Policy:
    parts = Part(written).mapping(POLICY_KEYS, ("name", "url"))
    given = _given(parts)
    return Policy(
        id="",
        organisation="",
        name=parts["name"].title(100),
        url=parts["url"].title(URL),
        engine=given["engine"].word(engines) if "engine" in given else engines[0],
        scope=read_scope(given["scope"], names) if "scope" in given else Scope(),
        when=read_when(given["when"], conditions) if "when" in given else "true",
        on_pass=given["on_pass"].word(("approve", "manual")) if "on_pass" in given else "manual",
        on_fail=given["on_fail"].word(("reject", "manual")) if "on_fail" in given else "manual",
        deadline=given["deadline_ms"].whole(50, 800) * _MILLISECOND if "deadline_ms" in given else DEADLINE,
        mode=Mode(given["mode"].word([mode.value for mode in Mode])) if "mode" in given else Mode.ON,
    )


def write_policy(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "url": policy.url,
        "engine": policy.engine,
        "scope": write_scope(policy.scope),
        "when": policy.when,
        "on_pass": policy.on_pass,
        "on_fail": policy.on_fail,
        "deadline_ms": policy.deadline // _MILLISECOND,
        "mode": policy.mode.value,
    }


def read_check(
    written: Mapping[str, Any], names: Names, conditions: Conditions, find_reporter: FindReporter
) -> CheckDefinition:
    parts = Part(written).mapping(CHECK_KEYS, ("name",))
    given = _given(parts)
    if not {"url", "reporter"} & given.keys():
        Part(written).refuse(phrase("give the url that is called, or the reporter who reports by itself, or both."))
    return CheckDefinition(
        id="",
        organisation="",
        name=_check_name(parts["name"]),
        reporter=_reporter(given["reporter"], find_reporter) if "reporter" in given else None,
        url=given["url"].title(URL) if "url" in given else None,
        scope=read_scope(given["scope"], names) if "scope" in given else Scope(),
        when=read_when(given["when"], conditions) if "when" in given else "true",
        required=given["required"].flag() if "required" in given else True,
        on_failed=given["on_failed"].word(("block", "reject")) if "on_failed" in given else "block",
        timeout=given["timeout_seconds"].whole(1, 30) * _SECOND if "timeout_seconds" in given else TIMEOUT,
        rerun=given["rerun"].flag() if "rerun" in given else True,
    )


def write_check(check: CheckDefinition) -> dict[str, Any]:
    return {
        "name": check.name,
        "url": check.url,
        "reporter": None if check.reporter is None else check.reporter.label,
        "scope": write_scope(check.scope),
        "when": check.when,
        "required": check.required,
        "on_failed": check.on_failed,
        "timeout_seconds": check.timeout // _SECOND,
        "rerun": check.rerun,
    }


def _given(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Null and an empty scope are as if left out."""
    return {key: part for key, part in parts.items() if part.value is not None and part.value != {}}


def _check_name(part: Part) -> str:
    name = part.title(60)
    if not CHECK_NAME.fullmatch(name):
        part.refuse(phrase("a check's name has small letters, digits, _ . and -, up to 60."))
    return name


def _reporter(part: Part, find: FindReporter) -> Source:
    wanted = part.title(100)
    found = find(wanted)
    if found is None:
        part.refuse(
            phrase(
                "there is no agent or key '{wanted}' here; name an agent, or give the id of one of its keys.",
                wanted=wanted,
            )
        )
    return found
