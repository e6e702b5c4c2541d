"""What a sub-command is, and how its words are read: `#n`, mentions, the rest as free text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.slack.answer import Answer, Open, Whisper
from bot.slack.cards import help as help_card
from bot.slack.cards import whisper
from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Slash, first_word
from bot.slack.room import Room, must_be_mapped
from bot.slack.target import Target
from bot.slack.typed import USER, plain
from core.errors import Invalid
from core.model.people import Actor
from core.model.request import Request
from core.model.visible import says_something
from core.phrases import phrase

NAME: Final = "/countersign"

_NUMBER = re.compile(r"(?:#\s*)?([0-9]{1,9})[.:,;]?(?:\s+(.*))?", re.DOTALL)

Run = Callable[[Room, Actor, Slash], Awaitable[Answer | None]]


@dataclass(frozen=True, slots=True)
class Command:
    """`usage` are its arguments as help shows them, `summary` one line. `open_to_all`: also for the unmapped.

    A topic has `subwords`, commands in their turn. A `word` of two words is a sub-word that has a file of its own.
    """

    word: str
    usage: str
    summary: str
    run: Run
    open_to_all: bool = False
    subwords: tuple[Command, ...] = ()


def opening(draw: Callable[[Room, Actor], Awaitable[Json]]) -> Run:
    """A window that needs no arguments."""

    async def run(room: Room, actor: Actor, slash: Slash) -> Answer:
        if slash.text:
            raise Invalid(
                phrase(
                    "'{slash}' is one word too many; write it like {name} {word} list.",
                    slash=slash.text[:40],
                    name=NAME,
                    word=slash.word,
                )
            )
        return Open(await draw(room, actor))

    return run


def topic(word: str, summary: str, *subwords: Command) -> Command:
    """A command whose first argument says what to do; alone it does the first of its sub-words."""
    named = {each.word: each for each in subwords}

    async def run(room: Room, actor: Actor, slash: Slash) -> Answer | None:
        must_be_mapped(actor)
        first, rest = first_word(slash.text)
        chosen = named.get(first.lower()) if first else subwords[0]
        if chosen is not None:
            return await chosen.run(room, actor, replace(slash, text=rest))
        note = "" if first == "help" else _unknown(first, named, word)
        return Whisper(help_card.draw(room.manual.get(word, ()), note))

    return Command(word, f"{' | '.join(each for each in named)}", summary, run, subwords=subwords)


def near_to(word: str, known: Iterable[str]) -> str | None:
    """What somebody who typed this may have meant."""
    return next(iter(difflib.get_close_matches(word.lower(), list(known), n=1)), None)


def _unknown(first: str, named: Mapping[str, Command], word: str) -> str:
    near = near_to(first, named)
    meant = phrase("; did you mean {near}?", near=near) if near else "."
    return phrase(
        "There is no '{first}' in {name} {word}{meant} This is what there is:",
        first=first[:40],
        name=NAME,
        word=word,
        meant=meant,
    )


def number_and_text(slash: Slash, usage: str) -> tuple[int, str | None]:
    """`#12 and some words`."""
    match = _NUMBER.fullmatch(slash.text)
    if match is None:
        first = slash.text.split(None, 1)[0] if slash.text else ""
        wanted = (
            phrase("'{first}' is not the number of a request", first=first[:40])
            if first
            else phrase("The number of the request is missing")
        )
        raise Invalid(
            phrase(
                "{wanted}; write it like {name} {word} {usage}.", wanted=wanted, name=NAME, word=slash.word, usage=usage
            )
        )
    text = plain(match[2] or "")
    return int(match[1]), text if says_something(text) else None


def number_alone(slash: Slash, usage: str) -> int:
    number, rest = number_and_text(slash, usage)
    if rest is not None:
        raise Invalid(
            phrase(
                "'{rest}' is one word too many; write it like {name} {word} {usage}.",
                rest=rest[:40],
                name=NAME,
                word=slash.word,
                usage=usage,
            )
        )
    return number


def must_say(text: str | None, slash: Slash, usage: str, what: str) -> str:
    if text is None:
        raise Invalid(
            phrase(
                "{what} is missing; write it like {name} {word} {usage}.",
                what=what,
                name=NAME,
                word=slash.word,
                usage=usage,
            )
        )
    return text


def mentioned(text: str) -> list[str]:
    """Slack user ids mentioned in the text."""
    return [found[1] for found in USER.finditer(text)]


def target_of(request: Request) -> Target:
    return Target(request.id, request.revision, request.stage)


def said(sentence: str) -> Whisper:
    return Whisper(whisper.draw(sentence))
