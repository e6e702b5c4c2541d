"""Types by chat: lists, sheets, and an entry of the catalogue as YAML, written by a form and read strictly again."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from bot.slack.admin import texts
from bot.slack.cards import rows, sheet, sure, text_form
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import INPUT_LENGTH, Json, field, text_input
from bot.slack.room import Room
from bot.wire.types import TypeIn, show_type
from core.errors import Conflict, Invalid
from core.model.organisation import BUILT_IN_TYPES, RequestType
from core.model.people import Actor
from core.phrases import phrase, phrases
from core.rulebook.load import dump

EXAMPLE: Final = phrase("""title: Refund
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
""")


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = await room.administration.types.list(actor)
    page = [Row(one.word, _line(one), "types.show", one.word) for one in found[start : start + PAGE]]
    note = phrase("Add one with /countersign types add WORD; people ask with /countersign ask WORD.")
    heading = phrase("{counted} of requests.", counted=phrases("{count:,} type", "{count:,} types", len(found)))
    return rows.draw(phrase("Types"), heading, page, turn="types", start=start, total=len(found), note=note)


def _line(type: RequestType) -> str:
    fields = phrases("{count:,} field", "{count:,} fields", len(type.fields.get("properties", {})))
    asking = (
        phrase("asked by {source}", source=", ".join(source.label for source in type.may_ask))
        if type.may_ask
        else phrase("anybody may ask")
    )
    facts = (
        [phrase("needs {required_facts}", required_facts=", ".join(type.required_facts))] if type.required_facts else []
    )
    return " · ".join([type.title, fields, *facts, asking])


async def shown(room: Room, actor: Actor, word: str) -> Json:
    type = await room.administration.types.get(actor, word)
    own = await _is_own(room, actor, word)
    acts = [Act(phrase("Edit"), "types.edit", word)]
    if own:
        acts.append(
            Act(
                phrase("Back to what it was") if word in BUILT_IN_TYPES else phrase("Remove"),
                "types.remove",
                word,
                "danger",
            )
        )
    state = (
        phrase("Yours")
        if own and word not in BUILT_IN_TYPES
        else phrase("Built in, changed here")
        if own
        else phrase("Built in")
    )
    return sheet.draw(Sheet(phrase("Type"), word, f"{type.title} · {state}", text=to_yaml(type), acts=acts))


async def _is_own(room: Room, actor: Actor, word: str) -> bool:
    return await room.read(lambda reader: reader.type_of(actor.organisation, word) != BUILT_IN_TYPES.get(word))


def to_yaml(type: RequestType) -> str:
    """As the form takes it; what is as by default is left out."""
    said = show_type(type).model_dump(exclude={"word"})
    said["editable"] = {path: texts.without_nothing(bounds) for path, bounds in said["editable"].items()}
    return dump(texts.without_nothing(said))


async def adding(room: Room, actor: Actor, word: str = "") -> Json:
    await room.administration.must_manage(actor)
    named = field(
        "word",
        phrase("Word"),
        text_input("word", initial=word, most=60, hint="refund"),
        hint=phrase("How it is asked for."),
    )
    label = phrase("The type as YAML or JSON")
    return text_form.draw("types.add", phrase("New type"), label, example=EXAMPLE, before=[named])


async def editor(room: Room, actor: Actor, word: str) -> Json:
    await room.administration.must_manage(actor)
    type = await room.administration.types.get(actor, word)
    text = to_yaml(type)
    if len(text) > INPUT_LENGTH:
        raise Invalid(
            phrase(
                "The type {word} has {count} characters, and a field in Slack holds {input_length}; "
                "change it through the API.",
                word=word,
                count=len(text),
                input_length=INPUT_LENGTH,
            )
        )
    reference = json.dumps({"word": word, "seen": digest(type)})
    return text_form.draw(
        "types.edit", phrase("Type {word}", word=word), phrase("The type as YAML"), initial=text, metadata=reference
    )


def digest(type: RequestType) -> str:
    return hashlib.sha256(to_yaml(type).encode()).hexdigest()


def read_reference(text: str) -> tuple[str, str]:
    """The word and what was seen of it."""
    try:
        said = json.loads(text)
        return str(said["word"]), str(said["seen"])
    except (ValueError, TypeError, KeyError):
        raise Conflict(phrase("This window is from another version of the app; close it and begin again.")) from None


def read_entry(text: str) -> TypeIn:
    """`Invalid` says line and column."""
    document = texts.the_one(
        text, phrase("Exactly one type is expected here; write its title, and what else it needs.")
    )
    return texts.strictly(TypeIn, document, phrase("The type"))


async def removing(room: Room, actor: Actor, word: str) -> Json:
    await room.administration.must_manage(actor)
    found = await room.administration.types.get(actor, word)
    consequences = [phrase("Requests already asked keep what they started with.")]
    if word in BUILT_IN_TYPES:
        question = phrase("Make the type {word} again as it was at first?", word=word)
        return sure.draw(
            "types.remove", phrase("Back to the first"), question, consequences, yes=phrase("Yes"), metadata=word
        )
    consequences.append(phrase("Rules that speak of it find nothing any more."))
    question = phrase("Remove the type {word} ({title})?", word=word, title=found.title)
    return sure.draw(
        "types.remove", phrase("Remove a type"), question, consequences, yes=phrase("Remove"), metadata=word
    )
