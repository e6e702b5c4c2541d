"""Types by chat: looking, and the form with the text of an entry."""

from __future__ import annotations

from bot.slack.admin import types
from bot.slack.answer import Answer, FieldErrors
from bot.slack.entrance.payload import Submission
from bot.slack.flows.base import Flow, Form, done, replacing, showing, turning
from bot.slack.room import Room, must_be_mapped
from core.errors import NotFound
from core.model.people import Actor
from core.phrases import phrase


async def add(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    word = (sent.text("word") or "").lower()
    if await _exists(room, actor, word):
        return FieldErrors(
            {
                "word": phrase(
                    "There already is a type {word}; change it with /countersign types edit {word}.", word=word
                )
            }
        )
    return await _put(room, actor, sent, word)


async def edit(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    word, seen = types.read_reference(sent.metadata)
    if types.digest(await room.administration.types.get(actor, word)) != seen:
        return FieldErrors(
            {
                "text": phrase(
                    "The type {word} was changed since you opened this window; copy your text, open anew.", word=word
                )
            }
        )
    return await _put(room, actor, sent, word)


async def _put(room: Room, actor: Actor, sent: Submission, word: str) -> Answer:
    text = sent.text("text")
    if text is None:
        return FieldErrors({"text": phrase("Write at least a title.")})
    said = types.read_entry(text)
    once = room.once(sent, (word, text))
    type = await room.administration.types.put(actor, said.entry(word), said.may_ask, once=once)
    return done(
        phrase("Saved"), phrase("The type {word} is saved. Ask for one with /countersign ask {word}.", word=type.word)
    )


async def _exists(room: Room, actor: Actor, word: str) -> bool:
    try:
        await room.administration.types.get(actor, word)
    except NotFound:
        return False
    return True


async def remove(room: Room, actor: Actor, sent: Submission) -> Answer:
    must_be_mapped(actor)
    gone = await room.administration.types.remove(actor, sent.metadata)
    return done(phrase("Removed"), phrase("The type {word} as it was is gone.", word=gone.word))


MEMBER = Flow(
    "types",
    clicks={
        **turning("types", types.listed),
        "types.show": showing(types.shown),
        "types.edit": replacing(types.editor),
        "types.remove": replacing(types.removing),
    },
    forms={
        "types.add": Form(add, {"text": "text", "word": "word"}),
        "types.edit": Form(edit, {"text": "text"}),
        "types.remove": Form(remove),
    },
)
