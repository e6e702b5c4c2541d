"""What admins send and see of the catalogue of types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from bot.wire.setting_up import Duration
from bot.wire.showing import View
from bot.wire.strict import Free, Name, Shape, Who, some
from core.model.duration import parse_duration, say_duration
from core.model.organisation import Bounds, RequestType

KindWord = Literal["any", "text", "number", "integer", "texts", "boolean"]
Path = Annotated[str, some(200)]


class BoundsIn(Shape):
    """What an approver may make of a field. Numbers without bounds may only go down."""

    kind: KindWord = "any"
    minimum: float | None = None
    maximum: float | None = None
    choices: Annotated[list[str | float | bool], Field(max_length=100)] = []


class TypeIn(Shape):
    """The whole entry. `fields` is the schema of `params`, in a strict part of JSON Schema.

    `secret` are dotted paths (`params.iban`) whose values are hidden from whoever neither asked nor may execute.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Refund",
                    "fields": {
                        "type": "object",
                        "properties": {
                            "usd": {"type": "number", "minimum": 0},
                            "iban": {"type": "string", "title": "Account"},
                        },
                        "required": ["usd"],
                    },
                    "required_facts": ["customer"],
                    "editable": {"params.usd": {"kind": "number", "minimum": 0, "maximum": 500}},
                    "may_ask": ["role:requester"],
                    "secret": ["params.iban"],
                    "reply_window": "2h",
                }
            ]
        }
    )

    title: Name
    fields: Free = {}
    required_facts: Annotated[list[Path], Field(max_length=50)] = []
    editable: Annotated[dict[Path, BoundsIn], Field(max_length=50)] = {}
    may_ask: Annotated[list[Who], Field(max_length=50)] = []
    secret: Annotated[list[Path], Field(max_length=50)] = []
    comment_on_reject: bool = False
    reply_window: Duration | None = None
    execution_window: Duration | None = None

    def entry(self, word: str) -> RequestType:
        """Without `may_ask`, whose names are looked up by whoever saves it."""
        return RequestType(
            word=word,
            title=self.title,
            editable={path: _bounds(said) for path, said in self.editable.items()},
            comment_on_reject=self.comment_on_reject,
            reply_window=None if self.reply_window is None else parse_duration(self.reply_window),
            execution_window=None if self.execution_window is None else parse_duration(self.execution_window),
            fields=self.fields,
            required_facts=tuple(dict.fromkeys(self.required_facts)),
            secret=tuple(dict.fromkeys(self.secret)),
        )


def _bounds(said: BoundsIn) -> Bounds:
    return Bounds(said.kind, said.minimum, said.maximum, tuple(said.choices))


class BoundsView(View):
    kind: str
    minimum: float | None
    maximum: float | None
    choices: list[Any]


class TypeView(View):
    word: str
    title: str
    fields: dict[str, Any]
    required_facts: list[str]
    editable: dict[str, BoundsView]
    may_ask: list[str]
    secret: list[str]
    comment_on_reject: bool
    reply_window: str | None
    execution_window: str | None


def show_type(type: RequestType) -> TypeView:
    editable = {
        path: BoundsView(kind=one.kind, minimum=one.minimum, maximum=one.maximum, choices=list(one.choices))
        for path, one in type.editable.items()
    }
    return TypeView(
        word=type.word,
        title=type.title,
        fields=dict(type.fields),
        required_facts=list(type.required_facts),
        editable=editable,
        may_ask=[source.label for source in type.may_ask],
        secret=list(type.secret),
        comment_on_reject=type.comment_on_reject,
        reply_window=None if type.reply_window is None else say_duration(type.reply_window),
        execution_window=None if type.execution_window is None else say_duration(type.execution_window),
    )
