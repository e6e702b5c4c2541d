"""The catalogue of types: what a request of each kind must say, who may ask for it, what approvers may change in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from core.administration.office import Office, four_eyes, must_look, must_manage
from core.errors import Conflict, Invalid, NotFound
from core.lifecycle.fields import must_be_fields, must_keep_secret_well
from core.model.organisation import BUILT_IN_TYPES, RequestType
from core.model.people import Actor
from core.model.requirement import Source
from core.naming import RuleNames
from core.phrases import phrase
from core.ports import Idempotency, Reader, Store, Transaction
from core.rulebook.source import source_called

WORD = re.compile(r"[a-z][a-z0-9_.-]{0,59}")


class Types(Office):
    def __init__(self, store: Store, fresh: Callable[[], str]) -> None:
        super().__init__(store, fresh)

    async def list(self, actor: Actor) -> Sequence[RequestType]:
        """The built-in ones first, as they are now."""

        def look(reader: Reader) -> Sequence[RequestType]:
            must_look(actor)
            own = {type.word: type for type in reader.rulebook(actor.organisation).types}
            return tuple({**BUILT_IN_TYPES, **own}.values())

        return await self._store.read(look)

    async def get(self, actor: Actor, word: str) -> RequestType:
        found = next((type for type in await self.list(actor) if type.word == word), None)
        if found is None:
            raise NotFound(phrase("There is no such type here; look at the list of types."))
        return found

    @four_eyes("types")
    async def put(
        self, actor: Actor, type: RequestType, may_ask: Sequence[str] = (), *, once: Idempotency | None = None
    ) -> RequestType:
        """New, or in place of the one with its word; `may_ask` are members, groups, roles, `agent:` and `team:` names."""

        def look(reader: Reader) -> RequestType:
            must_manage(reader, actor)
            if not WORD.fullmatch(type.word) or type.word.startswith("countersign."):
                raise Invalid(
                    phrase("A type's word has small letters, digits, _ . and -, and begins with a letter."),
                    field="word",
                )
            if type.fields:
                must_be_fields(type.fields)
            must_keep_secret_well(type)
            return replace(type, may_ask=tuple(_asker(reader, actor.organisation, name) for name in may_ask))

        whole = await self._store.read(look)

        def work(tx: Transaction) -> str:
            tx.move_rulebook(actor.organisation, tx.rulebook_version(actor.organisation))
            tx.put_type(actor.organisation, whole)
            payload = {"type": whole.word, "title": whole.title, "required_facts": list(whole.required_facts)}
            tx.log(actor.organisation, "type_saved", actor, payload)
            return whole.word

        await self._change(work, once)
        return await self.get(actor, whole.word)

    @four_eyes("types")
    async def remove(self, actor: Actor, word: str) -> RequestType:
        """A built-in one is as it was at first; requests already asked keep what they started with."""
        found = await self.get(actor, word)
        await self._store.read(lambda reader: must_manage(reader, actor))

        def work(tx: Transaction) -> None:
            kept = tx.rulebook(actor.organisation)
            if all(type.word != word for type in kept.types):
                raise Conflict(
                    phrase(
                        "The type {word} is built in and cannot be removed; nothing needs to be changed.", word=word
                    ),
                    code="built_in",
                )
            tx.move_rulebook(actor.organisation, kept.version)
            tx.drop_type(actor.organisation, word)
            tx.log(actor.organisation, "type_removed", actor, {"type": word})

        await self._store.transact(work)
        return found


def _asker(reader: Reader, organisation: str, name: str) -> Source:
    names = RuleNames(reader, organisation)
    kind, _, rest = name.partition(":")
    place = {"agent": names.agent, "team": names.team}[kind](rest) if kind in {"agent", "team"} else None
    if place is not None:
        return Source(f"{kind}:{place.id}", name)
    if kind in {"agent", "team"}:
        raise Invalid(
            phrase("There is no {kind} '{word}' here; check the name.", kind=kind, word=rest[:60]), field="may_ask"
        )
    try:
        source = source_called(name, names)
    except Invalid as error:
        raise Invalid(error.sentence, field="may_ask") from None
    if not source.principal.startswith(("member:", "group:", "role:")):
        raise Invalid(
            phrase("'{name}' says nobody in particular; name people, groups, roles, agents.", name=name[:60]),
            field="may_ask",
        )
    return source
