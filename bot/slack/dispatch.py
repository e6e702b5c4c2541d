"""From a typed payload to its answer: finds the handler, the actor, and says refusals. The last line before a person.

Somebody unknown is acknowledged first and looked up afterwards; then their wish is handled as the same command.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from bot.languages import speaking_to
from bot.slack.afterwards import Afterwards
from bot.slack.answer import Answer, FieldErrors, Replace, Unfold, Whisper
from bot.slack.cards import details, whisper
from bot.slack.cards import help as help_card
from bot.slack.cards import request as card
from bot.slack.commands.base import NAME, Command, near_to
from bot.slack.drawing.blocks import Json
from bot.slack.entrance.payload import Click, Incoming, Sender, Shortcut, Slash, Submission, first_word
from bot.slack.flows.base import Flow, Form, OnClick, OnShortcut
from bot.slack.people.actor import Actors
from bot.slack.people.vetting import Unfit
from bot.slack.refusal import broken, refused, refused_form
from bot.slack.roll.directory import Directory
from bot.slack.room import Room
from bot.slack.showing import CHECKING, Acknowledgement, Showing, acknowledged, whispered
from bot.slack.target import Target
from core.errors import ApprovalError, Conflict
from core.model.people import Actor
from core.phrases import phrase

Handle = Callable[[Actor], Awaitable[Answer | None]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handlers:
    """Every handler by the word Slack sends. Two flows with one word stop the start."""

    clicks: Mapping[str, OnClick]
    forms: Mapping[str, Form]
    shortcuts: Mapping[str, OnShortcut]
    commands: Mapping[str, Command]


class TwoFlowsWithOneAction(Exception):
    """Two flows answer the same button, modal or shortcut; the program must not start."""


def handlers(flows: Mapping[str, Flow], commands: Mapping[str, Command]) -> Handlers:
    clicks: dict[str, OnClick] = {}
    forms: dict[str, Form] = {}
    shortcuts: dict[str, OnShortcut] = {}
    for flow in flows.values():
        taken = [*(clicks.keys() & flow.clicks), *(forms.keys() & flow.forms), *(shortcuts.keys() & flow.shortcuts)]
        if taken:
            raise TwoFlowsWithOneAction(
                phrase(
                    "flow '{word}' answers {taken}, which another one does too", word=flow.word, taken=", ".join(taken)
                )
            )
        clicks |= flow.clicks
        forms |= flow.forms
        shortcuts |= flow.shortcuts
    return Handlers(clicks, forms, shortcuts, commands)


def help_lines(commands: Mapping[str, Command]) -> tuple[tuple[str, str], ...]:
    """What everybody does, then the topics of those who set up; sub-words are left to the manual."""
    shown = sorted((each for each in commands.values() if " " not in each.word), key=lambda each: bool(each.subwords))
    return tuple((_line(each.word, "…" if each.subwords else each.usage), each.summary) for each in shown)


def manual(commands: Mapping[str, Command]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The sub-words of every topic: its own, and those that have files of their own."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for topic in (each for each in commands.values() if each.subwords):
        own = tuple((_line(f"{topic.word} {each.word}", each.usage), each.summary) for each in topic.subwords)
        others = (each for each in commands.values() if each.word.startswith(f"{topic.word} "))
        found[topic.word] = (*own, *((_line(each.word, each.usage), each.summary) for each in others))
    return found


def _line(word: str, usage: str) -> str:
    return f"{NAME} {word} {usage}".rstrip()


class Dispatch:
    def __init__(
        self,
        room: Room,
        handlers: Handlers,
        actors: Actors,
        directory: Directory,
        showing: Showing,
        afterwards: Afterwards,
    ) -> None:
        self._room = room
        self._handlers = handlers
        self._actors = actors
        self._directory = directory
        self._showing = showing
        self._afterwards = afterwards

    async def click(self, click: Click) -> Acknowledgement:
        handler = self._handlers.clicks.get(click.action)
        if handler is None:
            return self._told(
                refused(Conflict(phrase("This button is from another version; open the request again."))), click
            )
        return await self._handle(click, lambda actor: handler(self._room, actor, click))

    async def submission(self, sent: Submission) -> Acknowledgement:
        form = self._handlers.forms.get(sent.callback)
        if form is None:
            return self._told(
                refused(Conflict(phrase("This window is from another version; close it and try again."))), sent
            )
        return await self._handle(sent, lambda actor: self._submit(actor, sent, form))

    async def _submit(self, actor: Actor, sent: Submission, form: Form) -> Answer | None:
        try:
            return await _submit(self._room, actor, sent, form)
        finally:
            if sent.target is not None and self._showing.is_over_something(sent):
                self._afterwards(self._redraw(actor, sent, sent.target))

    async def _redraw(self, actor: Actor, sent: Submission, target: Target) -> None:
        """What a window about one request was opened from: its details, or its card as only this person sees it."""
        try:
            request = await self._room.see(actor, target.request)
        except ApprovalError:
            return  # and so was what they sent
        backdrop = await self._room.backdrop(request)
        await self._showing.redraw(sent, details.draw(request, backdrop, actor.id), card.draw(request, backdrop))

    async def shortcut(self, used: Shortcut) -> Acknowledgement:
        handler = self._handlers.shortcuts.get(used.callback)
        if handler is None:
            return self._told(
                refused(
                    Conflict(
                        phrase(
                            "This shortcut is from another version of the app; write /countersign help for what there is."
                        )
                    )
                ),
                used,
            )
        return await self._handle(used, lambda actor: handler(self._room, actor, used))

    async def slash(self, slash: Slash) -> Acknowledgement:
        command, slash = self._meant(slash)
        if command is None:
            return self._told(Whisper(help_card.draw(self._room.help, self._no_such(slash.word))), slash)
        if command.open_to_all:
            stranger = self._actors.stranger(slash.sender, await self._room.read(lambda reader: reader.now()))
            known = await self._actors.known(slash.sender)
            with speaking_to(None if known is None else known.locale):
                answer = await self._judged(lambda actor: command.run(self._room, actor, slash), stranger)
                return self._told(answer, slash)
        return await self._handle(slash, lambda actor: command.run(self._room, actor, slash))

    def _meant(self, slash: Slash) -> tuple[Command | None, Slash]:
        """A sub-word that has a file of its own comes before its topic."""
        first, rest = first_word(slash.text)
        two = f"{slash.word} {first.lower()}"
        if first and (found := self._handlers.commands.get(two)) is not None:
            return found, replace(slash, word=two, text=rest)
        return self._handlers.commands.get(slash.word or "help"), slash

    def _no_such(self, word: str) -> str:
        near = near_to(word, self._handlers.commands)
        if near is None:
            return phrase("There is no '{word}'. This is what there is:", word=word[:40])
        return phrase(
            "There is no '{word}'; did you mean {name} {near}? This is what there is:",
            word=word[:40],
            name=NAME,
            near=near,
        )

    async def who_is(self, sender: Sender) -> Actor | Unfit:
        """The actor behind a user, looked up in Slack where nobody is pinned. Never before an acknowledgement."""
        actor = await self._actors.known(sender)
        if actor is not None:
            return actor
        found = await self._directory.look_up(sender.user)
        if isinstance(found, Unfit):
            return found
        now = await self._room.read(lambda reader: reader.now())
        return self._actors.member(found, sender, now)

    async def known(self, sender: Sender) -> Actor | None:
        """The actor behind a user, from our own store alone."""
        return await self._actors.known(sender)

    async def _handle(self, incoming: Incoming, handle: Handle) -> Acknowledgement:
        actor = await self._actors.known(incoming.sender)
        if actor is None:
            return self._check_first(incoming, handle)
        with speaking_to(actor.locale):  # and so will be what is shown afterwards, by tasks that begin here
            return self._told(await self._judged(handle, actor), incoming)

    def _told(self, answer: Answer | None, incoming: Incoming) -> Acknowledgement:
        now, later = acknowledged(answer, incoming)
        if later is not None:
            self._afterwards(self._showing.show(later, incoming))
        return now

    async def _judged(self, handle: Handle, actor: Actor, unfit: Unfit | None = None) -> Answer | None:
        """The answer, or the refusal as its sentence. Whatever else goes wrong is a bug: one constant sentence."""
        try:
            answer = await handle(actor)
            return replace(answer, more=_to_the_end(answer.more)) if isinstance(answer, Unfold) else answer
        except ApprovalError as error:
            if unfit is not None and error.word == "not_mapped":
                return Whisper(whisper.draw(unfit.sentence), phrase("Nothing was changed"))
            return refused(error)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("slack.handler_failed", reference=reference)
            return broken(reference)

    # Somebody unknown.

    def _check_first(self, incoming: Incoming, handle: Handle) -> Acknowledgement:
        checking = Whisper(whisper.draw(CHECKING))
        if isinstance(incoming, Submission):
            self._afterwards(self._check(incoming, handle))
            return acknowledged(Replace(whisper.modal(checking.title, checking.drawing)), incoming)[0]
        now, later = acknowledged(checking, incoming)
        first = later if incoming.response_url is not None else None
        self._afterwards(self._check(incoming, handle, first))
        return now

    async def _check(self, incoming: Incoming, handle: Handle, first: Answer | None = None) -> None:
        """Say that we look, look, then handle the very same wish."""
        if first is not None:
            await self._showing.show(first, incoming)
        await self._showing.show(await self._looked_up(incoming, handle), incoming)

    async def _looked_up(self, incoming: Incoming, handle: Handle) -> Answer:
        sender = incoming.sender
        try:
            found = await self._directory.look_up(sender.user)
            now = await self._room.read(lambda reader: reader.now())
        except ApprovalError as error:
            return refused(error)
        if isinstance(found, Unfit):
            return await self._judged(handle, self._actors.stranger(sender, now), found) or _linked(sender.name)
        actor = await self._actors.known(sender) or self._actors.member(found, sender, now)
        with speaking_to(actor.locale):
            return _without_fields(await self._judged(handle, actor)) or _linked(found.name)


async def _to_the_end(views: AsyncIterator[Json]) -> AsyncIterator[Json]:
    """What stops it halfway is said in the view, which would else wait for ever."""
    try:
        async for view in views:
            yield view
    except ApprovalError as error:
        yield whispered(refused(error))
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("slack.view_not_finished", reference=reference)
        yield whispered(broken(reference))


async def _submit(room: Room, actor: Actor, sent: Submission, form: Form) -> Answer | None:
    """A refusal stands under an input, so that what was typed stays; but somebody unknown is told who they would have to be."""
    try:
        return await form.submit(room, actor, sent)
    except ApprovalError as error:
        if error.word == "not_mapped":
            raise
        return refused_form(error, form.fields, sent.values)


def _without_fields(answer: Answer | None) -> Answer | None:
    """After the acknowledgement there are no fields left to put an error under."""
    if isinstance(answer, FieldErrors):
        return Whisper(whisper.draw(" ".join(answer.errors.values())), phrase("Nothing was changed"))
    return answer


def _linked(name: str) -> Whisper:
    return Whisper(whisper.draw(phrase("You are {name}. Done.", name=name)), phrase("Done"))
