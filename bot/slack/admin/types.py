"""Types by chat: lists, sheets, and an entry of the catalogue as YAML, written by a form and read strictly again."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from bot.slack.admin.lookup import counted
from bot.slack.blocks import INPUT_LENGTH, Json, field, text_input
from bot.slack.cards import rows, sheet, sure, text_form
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.room import Room
from bot.wire.strict import read
from bot.wire.types import TypeIn, show_type
from core.errors import Conflict, Invalid
from core.model.organisation import BUILT_IN_TYPES, RequestType
from core.model.people import Actor
from core.rulebook.load import documents, dump

EXAMPLE: Final = """title: Refund
fields:
  type: object
  properties:
    usd: {type: number, minimum: 0}
    order: {type: string, title: Order number}
  required: [usd]
required_facts: [customer]
editable:
  params.usd: {kind: number, minimum: 0, maximum: 500}
may_ask: ["@customer-care", "agent:support-agent"]
secret: [params.iban]
reply_window: 2h
"""


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.types.list(actor)
    page = [Row(one.word, _line(one), "types.show", one.word) for one in found[start : start + PAGE]]
    note = "Add one with /countersign types add WORD; people ask with /countersign ask WORD."
    heading = f"{counted(len(found), 'type')} of requests."
    return rows.draw("Types", heading, page, turn="types", start=start, total=len(found), note=note)


def _line(type: RequestType) -> str:
    fields = counted(len(type.fields.get("properties", {})), "field")
    asking = f"asked by {', '.join(source.label for source in type.may_ask)}" if type.may_ask else "anybody may ask"
    facts = [f"needs {', '.join(type.required_facts)}"] if type.required_facts else []
    return " · ".join([type.title, fields, *facts, asking])


async def shown(room: Room, actor: Actor, word: str) -> Json:
    type = await room.administration.types.get(actor, word)
    own = await _is_own(room, actor, word)
    acts = [Act("Edit", "types.edit", word)]
    if own:
        acts.append(Act("Back to what it was" if word in BUILT_IN_TYPES else "Remove", "types.remove", word, "danger"))
    state = "Yours" if own and word not in BUILT_IN_TYPES else "Built in, changed here" if own else "Built in"
    return sheet.draw(Sheet("Type", word, f"{type.title} · {state}", text=to_yaml(type), acts=acts))


async def _is_own(room: Room, actor: Actor, word: str) -> bool:
    return await room.read(lambda reader: reader.type_of(actor.organisation, word) != BUILT_IN_TYPES.get(word))


def to_yaml(type: RequestType) -> str:
    """As the form takes it; what is as by default is left out."""
    said = show_type(type).model_dump(exclude={"word"})
    said["editable"] = {path: _without_nothing(bounds) for path, bounds in said["editable"].items()}
    return dump(_without_nothing(said))


def _without_nothing(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value not in (None, [], {}, False)}


async def adding(room: Room, actor: Actor, word: str = "") -> Json:
    await room.administration.must_manage(actor)
    named = field("word", "Word", text_input("word", initial=word, most=60, hint="refund"), hint="How it is asked for.")
    label = "The type as YAML or JSON"
    return text_form.draw("types.add", "New type", label, example=EXAMPLE, before=[named])


async def editor(room: Room, actor: Actor, word: str) -> Json:
    await room.administration.must_manage(actor)
    type = await room.administration.types.get(actor, word)
    text = to_yaml(type)
    if len(text) > INPUT_LENGTH:
        raise Invalid(
            f"The type {word} has {len(text)} characters, and a field in Slack holds {INPUT_LENGTH}; "
            "change it through the API."
        )
    reference = json.dumps({"word": word, "seen": digest(type)})
    return text_form.draw("types.edit", f"Type {word}", "The type as YAML", initial=text, metadata=reference)


def digest(type: RequestType) -> str:
    return hashlib.sha256(to_yaml(type).encode()).hexdigest()


def read_reference(text: str) -> tuple[str, str]:
    """The word and what was seen of it."""
    try:
        said = json.loads(text)
        return str(said["word"]), str(said["seen"])
    except (ValueError, TypeError, KeyError):
        raise Conflict("This window is from another version of the app; close it and begin again.") from None


def read_entry(text: str) -> TypeIn:
    """`Invalid` says line and column."""
    found = list(documents(text))
    if len(found) != 1:
        raise Invalid("Exactly one type is expected here; write its title, and what else it needs.", field="text")
    try:
        return read(TypeIn, found[0].value, what="The type")
    except Invalid as error:
        found[0].complain(Invalid(error.sentence, **{**error.fields, "path": error.fields.get("field")}))


async def removing(room: Room, actor: Actor, word: str) -> Json:
    await room.administration.must_manage(actor)
    found = await room.administration.types.get(actor, word)
    consequences = ["Requests already asked keep what they started with."]
    if word in BUILT_IN_TYPES:
        question = f"Make the type {word} again as it was at first?"
        return sure.draw("types.remove", "Back to the first", question, consequences, yes="Yes", metadata=word)
    consequences.append("Rules that speak of it find nothing any more.")
    question = f"Remove the type {word} ({found.title})?"
    return sure.draw("types.remove", "Remove a type", question, consequences, yes="Remove", metadata=word)
