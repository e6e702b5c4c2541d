"""Parts several cards are put together from: who asks, what it means, where it stands, which buttons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.slack.drawing import blocks as b
from bot.slack.drawing.blocks import Json
from bot.slack.drawing.drawn import Backdrop
from bot.slack.drawing.wording import asks, changes, edit_lines, leaves, mark_of, money, say
from bot.slack.target import Target
from core.cares.base import Care
from core.masking import mask_text
from core.model.change import is_change_type
from core.model.lease import Lease
from core.model.request import Content, Question, Request
from core.model.requirement import Result
from core.phrases import again, phrase, phrases
from core.standing import StageStanding, StageState, people_waited_for, stand
from core.veil import veil

SHOWN: Final = 8
"""Values of one kind: parameters, facts, metadata."""

SHORT: Final = 40
VALUE: Final = 160
STAGES: Final = 10
RESULTS: Final = 6
LINKS: Final = 5
CHANGES: Final = 6
LEASES: Final = 3
LOOKING: Final = 5

STAGE_MARKS: Final = {
    StageState.PASSED: "✓",
    StageState.OPEN: "▸",
    StageState.WAITING: "·",
    StageState.NOT_REACHED: "·",
}

TRIVIAL: Final = 1


def target_of(request: Request) -> Target:
    return Target(request.id, request.revision, request.stage)


def eyebrow(request: Request, backdrop: Backdrop, key: str) -> Json:
    """The small line above the title: state, number, type, project."""
    where = f"#{request.number} · {backdrop.title_of(request.content.type)} · {backdrop.project}"
    revision = phrase(" · revision {revision}", revision=request.revision) if request.revision > TRIVIAL else ""
    return b.context(f"eyebrow.{key}", b.plain(f"{mark_of(request)} · {where}{revision}", 300))


def title(request: Request, key: str) -> Json:
    return b.header(mask_text(veil(request).content.title), f"title.{key}")


WHOLE_CHANGE = 2_400
"""Of what admins agree to as much is shown as there is room for; Details has all."""


def lead(request: Request, backdrop: Backdrop, key: str, limit: int) -> Json:
    """Who asks, and in their words what for: quoted, since they may have lines that look like ours."""
    behalf = None if request.on_behalf_of is None else backdrop.name(request.on_behalf_of)
    said = [b.paragraph(b.words(f"{asks(request, behalf)}.", 200, "bold"))]
    content = veil(request).content
    description = content.description or content.reasoning
    if is_change_type(content.type) and request.is_open:
        limit = max(limit, WHOLE_CHANGE)
    if description:
        said.append(b.quote(b.words(mask_text(description), limit)))
    return b.rich(f"lead.{key}", *said)


def meaning(request: Request, key: str) -> list[Json]:
    """What would be done, what it costs, what else it does, what happens without it."""
    content = veil(request).content
    lines = [*_what(content), *_values(content), *_links(content)]
    return [b.rich(f"meaning.{key}", b.paragraph(*_joined(lines)))] if lines else []


def _what(content: Content) -> list[list[Json]]:
    lines = []
    if content.action:
        lines.append([_label(phrase("Action")), b.words(_line(content.action), 300, "code")])
    if not is_change_type(content.type):  # there they are how it is carried out; what it means is the description
        lines += _figures(phrase("Parameters"), content.params)
    if content.reasoning and content.description:
        lines.append([_label(phrase("Why")), b.words(_line(content.reasoning), 300)])
    if content.cost is not None:
        lines.append([_label(phrase("Cost")), b.words(money(content.cost), 100)])
    if content.side_effects:
        lines.append([_label(phrase("Side effects")), b.words(mask_text(say(list(content.side_effects), 400)), 400)])
    if content.if_denied:
        lines.append([_label(phrase("If refused")), b.words(_line(content.if_denied), 200)])
    return lines


def _values(content: Content) -> list[list[Json]]:
    return [*_figures(phrase("Facts"), content.facts), *_figures(phrase("Metadata"), content.metadata)]


def _figures(label: str, values: Mapping[str, Any]) -> list[list[Json]]:
    """Short ones share a line; a long one has its own."""
    found = list(leaves(values).items())
    shown = [(b.cut(b.one_line(name), 60), say(value, VALUE)) for name, value in found[:SHOWN]]
    short = [(name, value) for name, value in shown if len(name) + len(value) <= SHORT]
    lines = [[_label(name), b.words(value, VALUE)] for name, value in shown if (name, value) not in short]
    if short:
        lines.insert(0, [_label(label), b.words(" · ".join(f"{name} {value}" for name, value in short), 400)])
    more = len(found) - len(shown)
    return [*lines, [b.words(phrase("and {more} more in Details", more=more), 60, "italic")]] if more > 0 else lines


def is_shown_whole(values: Mapping[str, Any]) -> bool:
    """Whether the card leaves nothing of these values out."""
    found = leaves(values)
    return len(found) <= SHOWN and all(len(name) <= 60 and len(say(value)) <= VALUE for name, value in found.items())


def _links(content: Content) -> list[list[Json]]:
    if not content.links:
        return []
    parts: list[Json] = [_label(phrase("Links"))]
    for place, link in enumerate(content.links[:LINKS]):
        parts += [b.words(" · ")] if place else []
        parts.append(b.link(link.url, _line(link.title)))
    return [parts]


def _line(text: str) -> str:
    return b.one_line(mask_text(text))


def _label(text: str) -> Json:
    return b.words(f"{b.cut(text, 60)}  ", 64, "bold")


def _joined(lines: Iterable[list[Json]]) -> list[Json]:
    joined: list[Json] = []
    for line in lines:
        joined += [b.words("\n")] if joined else []
        joined += line
    return joined


def changed(request: Request, backdrop: Backdrop, key: str) -> list[Json]:
    """What is different from what was asked before: an approver's edits, or the requester's new revision."""
    if request.edits:
        by = next((d.name for d in reversed(request.decisions) if d.edits), phrase("An approver"))
        return _changes_block(phrase("Edited by {by}", by=by), edit_lines(request), key)
    if backdrop.previous is not None:
        said = changes(backdrop.previous, request.content, request.plan.secret)
        return _changes_block(phrase("Changed in revision {revision}", revision=request.revision), said, key)
    return []


def looking(request: Request, key: str) -> list[Json]:
    """Who is on it and has not decided yet."""
    done = {one.member for one in request.decisions if one.counts and one.revision == request.revision}
    names = [one.name for one in request.looking if one.member not in done][-LOOKING:]
    if not names:
        return []
    said = phrases("{names} is looking at it", "{names} are looking at it", len(names), names=", ".join(names))
    return [b.context(f"looking.{key}", b.plain(f"👀  {said}", 200))]


def leases(request: Request, key: str) -> list[Json]:
    """What was leased from this request, until it was taken back."""
    if not request.leases:
        return []
    said = b.context(f"leases.{key}", *(part for lease in request.leases[-LEASES:] for part in _lease(lease)))
    alive = [lease for lease in request.leases[-LEASES:] if lease.revoked_at is None]
    buttons = [_take_back(lease, place) for place, lease in enumerate(alive)]
    return [said, *([b.actions(f"take_back.{key}", buttons)] if buttons else [])]


def _take_back(lease: Lease, place: int) -> Json:
    """Each with a name of its own, as Slack wants within a block."""
    sure = b.confirm(
        phrase("Take the lease back?"), phrase("People are asked again, from the next request on."), phrase("Take back")
    )
    text = phrase("Take the lease back") if not place else phrase("Take lease {number} back", number=place + 1)
    return {**b.button(text, f"lease.take_back.{place}", lease.id), "confirm": sure}


def _lease(lease: Lease) -> list[Json]:
    uses = phrase("the next one") if lease.uses == 1 else phrase("up to {uses}", uses=lease.uses)
    said = phrase(
        "{granter} let {uses} like this by {agent} pass unasked",
        granter=lease.granted_by_name,
        uses=uses,
        agent=lease.agent_name,
    )
    if lease.revoked_at is not None:
        return [b.plain(phrase("{said}; {revoked_by} took that back", said=said, revoked_by=lease.revoked_by), 300)]
    return [b.plain(said, 300), b.mrkdwn(b.date_text(lease.until, phrase("until ")))]


def _changes_block(what: str, lines: list[str], key: str) -> list[Json]:
    shown = lines[:CHANGES]
    more = len(lines) - len(shown)
    said = [[b.words(what, 100, "bold")], *([b.words(line, 200)] for line in shown)]
    said += [[b.words(phrase("and {more} more", more=more), 30)]] if more > 0 else []
    return [b.rich(f"changed.{key}", b.quote(*_joined(said)))] if lines else []


def talk(request: Request, key: str) -> list[Json]:
    """Open questions, and the last answered one."""
    request = veil(request)
    answered = [question for question in request.questions if not question.is_open]
    shown = [*answered[-1:], *request.open_questions[-3:]]
    return [b.rich(f"talk.{key}", *(b.quote(*_question(question)) for question in shown))] if shown else []


def _question(question: Question) -> list[Json]:
    said = [
        b.words(phrase("{question} asks: ", question=question.name), 80, "bold"),
        b.words(_line(question.text), 400),
    ]
    if question.answer is None:
        return said
    by = question.answered_by or phrase("The answer")
    return [*said, b.words("\n"), b.words(f"{by}: ", 80, "bold"), b.words(_line(question.answer), 400)]


# -------------------------------------------------------------------------------------------------------------- stages


def stages(request: Request, key: str) -> list[Json]:
    """Each stage with who has decided and whom it waits for; a lone requirement is one sentence."""
    standings = stand(request).stages
    names = {decision.member: decision.signed for decision in request.decisions}
    if not standings:
        return []
    if len(standings) == 1 and len(standings[0].results) == 1:
        return [b.rich(f"stages.{key}", b.paragraph(*_alone(standings[0], names)))]
    lines = [_stage(standing, names) for standing in standings[:STAGES]]
    return [b.rich(f"stages.{key}", b.paragraph(*_joined(lines)))]


def _alone(standing: StageStanding, names: dict[str, str]) -> list[Json]:
    result = standing.results[0]
    if result.met and not result.need:
        return [_label(phrase("Checked")), b.words(mask_text(result.sentence), 300)]
    if result.met and result.have < result.need:
        return [_label(phrase("Not asked")), b.words(mask_text(result.sentence), 300)]
    if result.met:
        return [_label(phrase("Approved by")), b.words(_people(result, names), 200)]
    return [_label(phrase("Waits for")), b.words(_waiting(result, names), 300)]


def _stage(standing: StageStanding, names: dict[str, str]) -> list[Json]:
    mark, stage = STAGE_MARKS[standing.state], standing.stage
    is_open = standing.state is StageState.OPEN
    number = f"{stage.number}. " if stage.number else ""
    head = b.words(f"{mark} {number}{b.cut(stage.said, 60)}  ", 80, *(("bold",) if is_open else ()))
    said = "; ".join(_requirement(result, names, is_open=is_open) for result in standing.results[:RESULTS])
    more = len(standing.results) - RESULTS
    return [head, b.words(phrase("{said} and {more} more", said=said, more=more) if more > 0 else said, 400)]


def _requirement(result: Result, names: dict[str, str], *, is_open: bool) -> str:
    if not result.need or (result.met and result.have < result.need):
        return mask_text(result.sentence)
    if result.met:
        return phrase("approved by {people}", people=_people(result, names))
    return phrase("waits for {waiting}", waiting=_waiting(result, names)) if is_open else _waiting(result, names)


def _waiting(result: Result, names: dict[str, str]) -> str:
    """`@platform`, `2 of @security`, `2 of @security, so far Dave Diaz`."""
    if result.need == 0:
        return result.sentence
    whom = people_waited_for(result.waiting_on) if result.need == TRIVIAL == len(result.waiting_on) else result.label
    return phrase("{whom}, so far {people}", whom=whom, people=_people(result, names)) if result.have else whom


def _people(result: Result, names: dict[str, str]) -> str:
    return ", ".join(names.get(member, phrase("a member")) for member in result.by)


# ------------------------------------------------------------------------------------------------------------- buttons


def deadline(request: Request, key: str) -> list[Json]:
    if request.expires_at is None:
        return [b.context(f"deadline.{key}", b.mrkdwn(phrase("No deadline.")))]
    return [b.context(f"deadline.{key}", b.mrkdwn(b.date_text(request.expires_at, phrase("Expires "))))]


def buttons(request: Request, key: str) -> Json:
    """The block id changes with the version, as Slack recommends; the action ids never do."""
    target = str(target_of(request))
    named = b.cut(f"#{request.number} {b.one_line(mask_text(veil(request).content.title))}", 60)
    return b.actions(
        f"buttons.{key}",
        [
            b.button(
                phrase("Approve"),
                "request.approve",
                target,
                style="primary",
                label=phrase("Approve {named}", named=named),
            ),
            b.button(
                phrase("Reject"), "request.reject", target, style="danger", label=phrase("Reject {named}", named=named)
            ),
            b.button(phrase("Comment"), "request.comment", target, label=phrase("Comment on {named}", named=named)),
            b.overflow("request.more", [b.option(text, f"{word}.{target}") for word, text in MORE]),
        ],
    )


MORE: Final = (
    ("details", phrase("Details")),
    ("edit", phrase("Approve with edits")),
    ("hand_over", phrase("Hand over")),
    ("remind", phrase("Remind")),
    ("cancel", phrase("Cancel the request")),
)
"""Slack allows five options."""


def care(one: Care, key: str) -> Json:
    """What needs care: what it is about, what is wrong and what to do, and the way there where chat has one.

    It may have been read for somebody else a moment ago, in another language.
    """
    said = f"{b.cut(mask_text(one.about), 150)}\n{mask_text(again(one.sentence))}"
    button = (
        b.button(phrase("Look"), "home.topic", one.topic, label=phrase("Look at {topic}", topic=one.topic))
        if one.topic
        else None
    )
    return b.section(b.plain(said, 900), key, button)
