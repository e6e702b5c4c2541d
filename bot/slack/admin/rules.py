"""Rules by chat: read back, tried on the past, confirmed exactly as they were seen, saved as a version, taken back.

Between the preview and the confirmation nothing is kept here: the text stands in the window's own field, and what was
read back is bound by a digest. Whatever comes back from Slack is read, judged and compared anew.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.slack.answer import Answer, Replace, Unfold
from bot.slack.cards import proposal as card
from bot.slack.cards import rows, sheet, text_form
from bot.slack.cards.rows import PAGE, Row
from bot.slack.cards.sheet import Act, Sheet
from bot.slack.drawing.blocks import INPUT_LENGTH, Json, utc
from bot.slack.entrance.payload import Incoming
from bot.slack.room import Room, must_be_mapped
from core.administration.proposals import Kind, Proposal, Wish
from core.errors import Conflict, Invalid
from core.model.people import Actor
from core.model.rule import Effect, Mode, Rule, RuleVersion
from core.phrases import phrase, phrases
from core.ports import Reader
from core.rulebook.load import to_yaml
from core.rulebook.read_back import read_back
from core.rulebook.replay import Replayed, say

DOES: Final = {Effect.REQUIRE: phrase("requires people"), Effect.ALLOW: "allows", Effect.DENY: "denies"}
MODES: Final = {Mode.ON: "on", Mode.SHADOW: phrase("in shadow"), Mode.OFF: "off"}

STEPS: Final = 20

MOVED: Final = phrase("The rules have changed since you looked. This is how it stands now; nothing is saved yet.")
OTHER_TEXT: Final = phrase("You changed the text. This is what it means now; nothing is saved yet.")

EXAMPLE: Final = phrase("""name: prod deploys
when: type == "deploy" && metadata.env == "production"
effect: require
stages:
  - requirements: [{approvals: {min: 1, from: ["@platform"]}}]
reply_window: 4h
""")


# ------------------------------------------------------------------------------------------------------------- looking


async def listed(room: Room, actor: Actor, start: int = 0) -> Json:
    found = (await room.administration.rules.list(actor)).rules
    page = found[start : start + PAGE]
    used = await room.read(lambda reader: reader.rule_uses([rule.id for rule in page]))
    shown = [Row(rule.name, _line(rule, used.get(rule.id, 0)), "rules.show", rule.id) for rule in page]
    heading = (
        phrase("{counted}, oldest first.", counted=phrases("{count:,} rule", "{count:,} rules", len(found)))
        if found
        else phrase("There are no rules yet.")
    )
    note = phrase("Add one with /countersign rules add; /countersign help rules says what else there is.")
    return rows.draw(phrase("Rules"), heading, shown, turn="rules", start=start, total=len(found), note=note)


def _line(rule: Rule, used: int) -> str:
    """`allows · on · version 3 · used 12 of 100 times · project payments`: uses are counted where they are limited."""
    places = (*rule.scope.agents, *rule.scope.teams, *rule.scope.projects)
    times = (
        []
        if rule.uses is None
        else [
            phrase(
                "used {used} of {counted}", used=used, counted=phrases("{count:,} time", "{count:,} times", rule.uses)
            )
        ]
    )
    said = [DOES[rule.effect], MODES[rule.mode], phrase("version {version}", version=rule.version), *times]
    return " · ".join([*said, *([", ".join(place.label for place in places)] if places else [])])


async def shown(room: Room, actor: Actor, wanted: str) -> Json:
    rule = await room.administration.rules.get(actor, wanted)
    used = (await room.read(lambda reader: reader.rule_uses([rule.id]))).get(rule.id, 0)
    changed = f"{rule.author}, {utc(rule.changed_at)}" if rule.changed_at else rule.author
    return sheet.draw(
        Sheet(
            phrase("Rule"),
            rule.name,
            _line(rule, used),
            _sentence(rule),
            ((phrase("Last changed by"), changed),),
            to_yaml(rule),
            [Act(phrase("Edit"), "rules.edit", rule.id), *_switches(rule), *_others(rule)],
        )
    )


def _switches(rule: Rule) -> list[Act]:
    words = {Mode.ON: phrase("Switch on"), Mode.SHADOW: phrase("To shadow"), Mode.OFF: phrase("Switch off")}
    return [Act(words[mode], f"rules.{mode.value}", rule.id) for mode in Mode if mode is not rule.mode]


def _others(rule: Rule) -> list[Act]:
    last = [Act(phrase("History"), "rules.history", rule.id), Act(phrase("Remove"), "rules.remove", rule.id, "danger")]
    return [Act(phrase("Undo last change"), "rules.revert", rule.id), *last] if rule.version > 1 else last


async def history(room: Room, actor: Actor, wanted: str) -> Json:
    versions = await room.administration.rules.history(actor, wanted)
    older = [*versions[1:], None]
    shown = [_row(one, before) for one, before in zip(versions, older, strict=True)]
    heading = phrase(
        "{rule}: {counted}, newest first.",
        rule=versions[0].rule.name,
        counted=phrases("{count:,} version", "{count:,} versions", len(versions)),
    )
    note = "" if len(shown) <= PAGE else phrase("The newest {page} are shown; the API has all of them.", page=PAGE)
    return rows.draw(phrase("History of a rule"), heading, shown, note=note)


def _version(one: RuleVersion) -> str:
    rule = one.rule
    state = "removed" if one.removed else MODES[rule.mode]
    at = f" · {utc(rule.changed_at)}" if rule.changed_at else ""
    return phrase(
        "Version {version} · {state} · {author}{at}", version=rule.version, state=state, author=rule.author, at=at
    )


def _row(one: RuleVersion, before: RuleVersion | None) -> Row:
    """Who, when, why, and what changed."""
    said = [f"“{one.rule.reason}”"] if one.rule.reason else []
    changed = differences(before.rule, one.rule) if before is not None else []
    said += [phrase("Added.")] if before is None else []
    return Row(_version(one), "\n".join(said), text="\n".join(changed))


def differences(before: Rule, after: Rule) -> list[str]:
    """The lines of the document that go (-) and come (+), and what stands around them."""
    lines = difflib.unified_diff(to_yaml(before).splitlines(), to_yaml(after).splitlines(), n=2, lineterm="")
    shown = (line for line in lines if not line.startswith(("+++", "---")))
    return ["…" if line.startswith("@@") else f"{line[0]} {line[1:]}" for line in shown][1:]


# ------------------------------------------------------------------------------------------------------------- writing


async def editor(room: Room, actor: Actor, wanted: str) -> Json:
    await room.administration.must_manage(actor)
    rule = await room.administration.rules.get(actor, wanted)
    text = to_yaml(rule)
    if len(text) > INPUT_LENGTH:
        raise Invalid(
            phrase(
                "Rule {rule} has {count} characters, and a field in Slack holds {input_length}; "
                "change it with countersign rules apply, or through the API.",
                rule=rule.name,
                count=len(text),
                input_length=INPUT_LENGTH,
            )
        )
    reference = Reference(Wish(Kind.CHANGE, rule.id)).written()
    return text_form.draw(
        "rules.text", phrase("Edit a rule"), phrase("The rule as YAML"), initial=text, metadata=reference
    )


async def pasting(room: Room, actor: Actor) -> Json:
    await room.administration.must_manage(actor)
    reference = Reference(Wish(Kind.ADD, or_change=True)).written()
    hint = phrase("One rule. With the name of a rule that is there, it is a change of that one.")
    label = phrase("The rule as YAML, JSON or one line")
    return text_form.draw("rules.text", phrase("Paste a rule"), label, hint=hint, example=EXAMPLE, metadata=reference)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a window is about, written into it: which wish, and what of it was read back (none yet: an empty digest)."""

    wish: Wish
    book: int = 0
    digest: str = ""

    def written(self) -> str:
        said = {"kind": self.wish.kind.value, "rule": self.wish.rule, "mode": self.wish.mode.value}
        return json.dumps({**said, "or_change": self.wish.or_change, "book": self.book, "digest": self.digest})


def read_reference(text: str) -> Reference:
    """The inverse; nothing in it is believed beyond its shape."""
    try:
        said: Any = json.loads(text)
        wish = Wish(Kind(said["kind"]), str(said["rule"]), "", Mode(said["mode"]), said["or_change"] is True)
        return Reference(wish, int(said["book"]), str(said["digest"]))
    except (ValueError, TypeError, KeyError):
        raise Conflict(phrase("This window is from another version of the app; close it and begin again.")) from None


# ----------------------------------------------------------------------------------------------------------- proposing


async def proposed(room: Room, actor: Actor, wish: Wish, note: str = "") -> Unfold:
    """The preview: at once what it means, then what it would have done to past requests."""
    proposal = await room.administration.proposals.propose(actor, wish)
    if proposal.changes_nothing:
        raise Invalid(phrase("This is how rule {rule} already is; nothing would change.", rule=proposal.rule.name))
    drawn = _drawn(proposal, note)
    return Unfold(card.draw(drawn), _tried(room, actor, proposal, drawn))


async def _tried(room: Room, actor: Actor, proposal: Proposal, drawn: card.Draft) -> AsyncIterator[Json]:
    """Drawn for every twentieth of them: nobody sees more steps than that."""
    last, drawn_at = Replayed(), 0
    async for last in room.administration.proposals.tried(actor, proposal):
        if (last.seen - drawn_at) * STEPS >= last.total:
            drawn_at = last.seen
            yield card.draw(replace(drawn, seen=last.seen, total=last.total))
    moved = {member: pings for member, pings in last.pings.items() if pings[0] != pings[1]}
    names = await room.read(lambda reader: _names(reader, actor.organisation, moved))
    told = say(last) if last.seen else (phrase("There are none to try it on."),)
    pings = sorted(((names[one], *moved[one]) for one in moved), key=lambda ping: (-abs(ping[2] - ping[1]), ping[0]))
    yield card.draw(replace(drawn, tried=told, pings=pings))


def _names(reader: Reader, organisation: str, members: Mapping[str, Any]) -> dict[str, str]:
    found = {id: reader.member(organisation, id) for id in members}
    return {id: phrase("somebody who left") if member is None else member.name for id, member in found.items()}


def _drawn(proposal: Proposal, note: str) -> card.Draft:
    rule, wish = proposal.rule, proposal.wish
    title, yes = _labels(proposal)
    reference = Reference(replace(wish, written=""), proposal.book, proposal.digest).written()
    return card.Draft(
        title=title,
        name=rule.name,
        state=_state(proposal),
        words=_sentence(rule),
        when=rule.when if rule.when != "true" else "every request",
        yes=yes,
        reference=reference,
        changes=differences(proposal.before, proposal.after) if proposal.before and proposal.after else (),
        warnings=[lint.sentence for lint in proposal.warnings],
        passes=_passes(proposal),
        text=str(wish.written),
        note=note,
    )


def _sentence(rule: Rule) -> str:
    """Read back; its name stands above it already."""
    said = read_back(rule).removeprefix(f"{rule.name}: ")
    return said[:1].upper() + said[1:]


def _labels(proposal: Proposal) -> tuple[str, str]:
    asking = phrase("Ask another admin")
    if proposal.after is None:
        return phrase("Remove a rule"), asking if proposal.four_eyes else phrase("Remove")
    save = asking if proposal.four_eyes else phrase("Save as version {version}", version=proposal.version)
    match proposal.wish.kind:
        case Kind.SWITCH:
            return phrase("Switch a rule"), save
        case Kind.UNDO:
            return phrase("Undo a change"), save
        case _:
            return phrase("New rule") if proposal.before is None else phrase("Change a rule"), save


def _state(proposal: Proposal) -> str:
    rule, before, after = proposal.rule, proposal.before, proposal.after
    if after is None:
        step = phrase("Version {version} · would be removed; no request is judged by it any more", version=rule.version)
    else:
        step = (
            phrase("New rule")
            if before is None
            else phrase("Version {before} → {after}", before=before.version, after=after.version)
        )
    return f"{step} · {DOES[rule.effect]} · {MODES[rule.mode]}"


def _passes(proposal: Proposal) -> str:
    """What nobody could ever pass is refused before this is drawn."""
    after = proposal.after
    if after is None or after.effect is not Effect.REQUIRE:
        return ""
    if after.mode is Mode.OFF:
        return phrase("Not looked at while it is off.")
    return phrase("Yes: there are enough people who may say yes to all that it asks.")


# ---------------------------------------------------------------------------------------------------------- confirming


async def confirmed(room: Room, actor: Actor, incoming: Incoming, metadata: str, text: str | None) -> Answer:
    """Saved only if it is what was read back, upon the rulebook it was read upon; else it is read back anew."""
    must_be_mapped(actor)
    seen = read_reference(metadata)
    wish = replace(seen.wish, written=text or "")
    proposal = await room.administration.proposals.propose(actor, wish)
    if proposal.digest != seen.digest:
        return await proposed(room, actor, wish, OTHER_TEXT if proposal.book == seen.book else MOVED)
    return await _carried_out(room, actor, incoming, proposal)


async def _carried_out(room: Room, actor: Actor, incoming: Incoming, proposal: Proposal) -> Answer:
    once = room.once(incoming, proposal.digest)
    try:
        done = await room.administration.proposals.carry_out(actor, proposal, once=once)
    except Conflict as moved:
        if moved.word != "stale_rulebook":
            raise
        return await proposed(room, actor, proposal.wish, MOVED)
    versions = await room.administration.rules.history(actor, done.id)
    return Replace(_saved(versions))


def _saved(versions: Sequence[RuleVersion]) -> Json:
    last = versions[0]
    rule = last.rule
    how = phrase("Taken out") if last.removed else phrase("Saved")
    words = phrase(
        "{how} as version {version}. {takes_effect}", how=how, version=rule.version, takes_effect=_takes_effect(last)
    )
    undo = Act(phrase("Undo"), "rules.undo", f"{rule.id}.{rule.version}", sure=_what_undoing_does(versions))
    acts = [undo] if last.removed else [undo, Act(phrase("Show"), "rules.look", rule.id)]
    state = "removed" if last.removed else f"{DOES[rule.effect]} · {MODES[rule.mode]}"
    return sheet.draw(Sheet(phrase("Removed") if last.removed else phrase("Saved"), rule.name, state, words, acts=acts))


def _takes_effect(last: RuleVersion) -> str:
    if last.removed or last.rule.mode is Mode.OFF:
        return phrase("New requests are judged without it from now on.")
    if last.rule.mode is Mode.SHADOW:
        return phrase("From now on new requests say what it would have done.")
    return phrase("New requests are judged by it from now on.")


def _what_undoing_does(versions: Sequence[RuleVersion]) -> str:
    if len(versions) == 1:
        return phrase("The rule is removed again; new requests are judged without it.")
    return phrase(
        "The rule is again as version {version} was; new requests are judged so.", version=versions[1].rule.version
    )


async def undone(room: Room, actor: Actor, incoming: Incoming, value: str) -> Answer:
    """The very change that was just saved, taken back; not what somebody did since."""
    must_be_mapped(actor)
    id, _, version = value.rpartition(".")
    proposal = await room.administration.proposals.propose(actor, Wish(Kind.UNDO, id))
    if proposal.before is None or str(proposal.before.version) != version:
        raise Conflict(
            phrase("This rule was changed again since; look at its history with /countersign rules history."),
            code="stale_version",
        )
    return await _carried_out(room, actor, incoming, proposal)
