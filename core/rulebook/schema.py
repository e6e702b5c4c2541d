"""The JSON Schema of a rule document, as it is published: what `core.rulebook.document` reads."""

from __future__ import annotations

from typing import Any, Final

from core.model.absence import MAY_STAND_IN
from core.phrases import phrase
from core.rulebook.condition import LONGEST
from core.rulebook.document import APPROVERS, MOST, NAME, REQUIREMENTS, STAGES, WAYS
from core.rulebook.part import TEXT
from core.rulebook.short_forms import SHORT_FORMS

_DURATION: Final = {"type": "string", "pattern": r"^(\s*\d{1,6}\s*[smhdw])+\s*$", "examples": ["30m", "4h", "1h 30m"]}
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": NAME, "pattern": r"\S"}
_SOURCE: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "examples": ["@platform", "ada@example.com", "role:admin", "anyone", "metadata.owner", "oncall:primary"],
}


def _several(item: Any, most: int) -> dict[str, Any]:
    return {"oneOf": [item, {"type": "array", "items": item, "minItems": 1, "maxItems": most}]}


def _mapping(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_APPROVALS: Final = {
    **_mapping(
        {
            "min": {"type": "integer", "minimum": 1, "maximum": APPROVERS},
            "all": {"type": "boolean"},
            "from": _several(_SOURCE, APPROVERS),
        },
        "from",
    ),
    "description": phrase("So many of these people, or all of them."),
}
_CHECK: Final = {
    **_mapping({"name": {**_NAME, "pattern": r"^[\w.-]+$"}}, "name"),
    "description": phrase("An outside system must report passed."),
}
_SIMPLE: Final = [_mapping({"approvals": _APPROVALS}, "approvals"), _mapping({"check": _CHECK}, "check")]
_REQUIREMENT: Final = {
    "oneOf": [
        *_SIMPLE,
        _mapping({"any_of": {"type": "array", "items": {"oneOf": _SIMPLE}, "minItems": 2, "maxItems": WAYS}}, "any_of"),
    ]
}
_STAGE: Final = _mapping(
    {
        "name": _NAME,
        "requirements": {"type": "array", "items": _REQUIREMENT, "minItems": 1, "maxItems": REQUIREMENTS},
    },
    "requirements",
)
_WHEN: Final = {
    "oneOf": [
        {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST,
            "description": phrase("A CEL expression over the request."),
        },
        {"const": True},
        {
            "type": "object",
            "description": phrase("A short form; all of it must hold."),
            "properties": {key: {} for key in SHORT_FORMS},
            "minProperties": 1,
            "additionalProperties": False,
        },
    ]
}

RULE_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": phrase("A Countersign rule"),
    **_mapping(
        {
            "name": _NAME,
            "scope": _mapping(
                {key: _several(_NAME, APPROVERS) for key in ("agent", "agents", "team", "teams", "project", "projects")}
            ),
            "when": _WHEN,
            "effect": {"enum": ["require", "allow", "deny"]},
            "stages": {"type": "array", "items": _STAGE, "minItems": 1, "maxItems": STAGES},
            "not_from": _several(_SOURCE, APPROVERS),
            "reply_window": _DURATION,
            "execution_window": _DURATION,
            "remind": _several(_DURATION, MOST),
            "escalate": _mapping(
                {"after": _DURATION, "to": _several(_SOURCE, APPROVERS), "action": {"enum": ["add", "reassign"]}},
                "after",
                "to",
            ),
            "notify": _several({"type": "string", "examples": ["#deploys", "on_duty"]}, MOST),
            "distinct": {"type": "boolean"},
            "comment_on_reject": {"type": "boolean"},
            "delegation": {
                "enum": list(MAY_STAND_IN),
                "description": phrase("Who may decide in the place of somebody asked who is away."),
            },
            "waivable": {
                "type": "boolean",
                "description": phrase("Whether a rule that allows may set this one aside."),
            },
            "until": {"type": "string", "format": "date-time"},
            "uses": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
            "mode": {"enum": ["on", "shadow", "off"]},
            "reason": {"type": "string", "minLength": 1, "maxLength": TEXT},
        },
        "name",
        "when",
        "effect",
    ),
    "allOf": [
        {"if": {"properties": {"effect": {"const": "require"}}}, "then": {"required": ["stages"]}},
    ],
}
