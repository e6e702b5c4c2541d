"""What of a request is shown to those who need not know what its type keeps secret: the same, with those values hidden.

A secret that somebody also wrote into a title, a comment or an answer is hidden there too. Only what is shown is veiled:
digests cover, and rules judge, the real values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from core.masking import HIDDEN
from core.model.request import Content, Decision, Question, Request

PLACES: Final = ("params", "facts", "metadata")
"""Parts of a request in which a type may keep something secret."""

SHORTEST: Final = 4
"""Characters from which on a secret is looked for in other texts; a shorter one would hide half of what is said."""


def veil(request: Request) -> Request:
    """The request as anybody may see it; itself where its type keeps nothing secret."""
    paths = request.plan.secret
    if not paths:
        return request
    known = secrets_of(request)
    return replace(
        request,
        content=veil_content(request.content, paths, known),
        original=veil_content(request.original, paths, known),
        edits=veil_edits(request.edits, paths, known),
        decisions=tuple(_decision(each, paths, known) for each in request.decisions),
        questions=tuple(_question(each, known) for each in request.questions),
        leases=tuple(
            replace(one, kind=replace(one.kind, action=_said(one.kind.action, known))) for one in request.leases
        ),
        glasses=tuple(
            replace(one, reason=conceal(one.reason, known), remark=_said(one.remark, known)) for one in request.glasses
        ),
        end_comment=_said(request.end_comment, known),
        execution=None
        if request.execution is None
        else replace(request.execution, detail=_said(request.execution.detail, known)),
    )


def secrets_of(request: Request) -> tuple[str, ...]:
    """Every secret of the request as text, the longest first, so that none is left over in part."""
    if not request.plan.secret:
        return ()
    found = {*_held(request.content, request.plan.secret), *_held(request.original, request.plan.secret)}
    edited = (value for path, value in request.edits.items() if is_secret(path, request.plan.secret))
    found |= {text for value in edited for text in _texts(value)}
    return tuple(sorted((text for text in found if len(text) >= SHORTEST), key=len, reverse=True))


def is_secret(path: str, secret: Iterable[str]) -> bool:
    """Whether a dotted path names something secret, lies within it, or holds it."""
    return any(f"{path}.".startswith(f"{one}.") or f"{one}.".startswith(f"{path}.") for one in secret)


def conceal(text: str, known: tuple[str, ...]) -> str:
    """The text without these secrets."""
    for secret in known:
        if secret in text:  # else it stays the phrase it is
            text = text.replace(secret, HIDDEN)
    return text


def veil_content(content: Content, paths: Iterable[str], known: tuple[str, ...] | None = None) -> Content:
    """The content with what stands at these paths hidden, and `known` secrets (None: its own) in all its texts."""
    paths = tuple(paths)
    if known is None:
        held = (text for text in _held(content, paths) if len(text) >= SHORTEST)
        known = tuple(sorted(held, key=len, reverse=True))
    return replace(
        content,
        title=conceal(content.title, known),
        description=_said(content.description, known),
        action=_said(content.action, known),
        reasoning=_said(content.reasoning, known),
        if_denied=_said(content.if_denied, known),
        side_effects=tuple(conceal(effect, known) for effect in content.side_effects),
        links=tuple(
            replace(link, title=conceal(link.title, known), url=conceal(link.url, known)) for link in content.links
        ),
        subject=None
        if content.subject is None
        else replace(content.subject, id=conceal(content.subject.id, known), url=_said(content.subject.url, known)),
        params=_hidden(content.params, "params", paths, known),
        facts=_hidden(content.facts, "facts", paths, known),
        metadata=_hidden(content.metadata, "metadata", paths, known),
        editable=_without(content.editable, paths, known),
    )


def veil_edits(edits: Mapping[str, Any], paths: Iterable[str], known: tuple[str, ...] = ()) -> dict[str, Any]:
    """Edits with secret values hidden; that something was edited is not."""
    return {path: HIDDEN if is_secret(path, paths) else _concealed(value, known) for path, value in edits.items()}


def veil_decision(request: Request, decision: Decision) -> Decision:
    """One decision of the request, as anybody may see it."""
    paths = request.plan.secret
    return _decision(decision, paths, secrets_of(request)) if paths else decision


def veil_payload(payload: Mapping[str, Any], paths: Iterable[str], known: tuple[str, ...] = ()) -> dict[str, Any]:
    """A ledger row's payload with what a type keeps secret hidden, wherever a content or edits stand in it."""
    paths = tuple(paths)
    known = tuple(sorted({*known, *_held_in(payload, paths)}, key=len, reverse=True))
    return {name: _veiled(name, value, paths, known) for name, value in payload.items()}


def _veiled(name: str, value: Any, paths: tuple[str, ...], known: tuple[str, ...]) -> Any:
    match name, value:
        case "content" | "original", Mapping():
            parts = {place: _hidden(value.get(place) or {}, place, paths, known) for place in PLACES if place in value}
            return {**_concealed(value, known), **parts}
        case "edits", Mapping():
            return veil_edits(value, paths, known)
        case "decision", Mapping():
            return {inner: _veiled(inner, each, paths, known) for inner, each in value.items()}
        case _:
            return _concealed(value, known)


def _held_in(payload: Mapping[str, Any], paths: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for content in (payload.get("content"), payload.get("original")):
        if isinstance(content, Mapping):
            found |= {text for path in paths for text in _texts(_dig(content, path)) if len(text) >= SHORTEST}
    return found


def _decision(decision: Decision, paths: tuple[str, ...], known: tuple[str, ...]) -> Decision:
    edits = None if decision.edits is None else veil_edits(decision.edits, paths, known)
    return replace(decision, comment=_said(decision.comment, known), edits=edits)


def _question(question: Question, known: tuple[str, ...]) -> Question:
    return replace(question, text=conceal(question.text, known), answer=_said(question.answer, known))


def _said(text: str | None, known: tuple[str, ...]) -> str | None:
    return None if text is None else conceal(text, known)


def _held(content: Content, paths: Iterable[str]) -> Iterator[str]:
    whole = {"params": content.params, "facts": content.facts, "metadata": content.metadata}
    for path in paths:
        yield from _texts(_dig(whole, path))


def _dig(values: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(values, Mapping) or key not in values:
            return None
        values = values[key]
    return values


def _texts(value: Any) -> Iterator[str]:
    match value:
        case None | bool():
            return
        case Mapping():
            for inner in value.values():
                yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)
        case _:
            yield str(value)


def _hidden(values: Mapping[str, Any], place: str, paths: tuple[str, ...], known: tuple[str, ...]) -> dict[str, Any]:
    """Each value at its path: hidden whole, looked into where something inside is secret, else as it is said."""
    shown: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{place}.{name}"
        if any(f"{path}.".startswith(f"{one}.") for one in paths):
            shown[name] = None if value is None else HIDDEN
        elif isinstance(value, Mapping) and any(one.startswith(f"{path}.") for one in paths):
            shown[name] = _hidden(value, path, paths, known)
        else:
            shown[name] = _concealed(value, known)
    return shown


def _concealed(value: Any, known: tuple[str, ...]) -> Any:
    match value:
        case str():
            return conceal(value, known)
        case Mapping():
            return {conceal(str(name), known): _concealed(inner, known) for name, inner in value.items()}
        case list() | tuple():
            return [_concealed(inner, known) for inner in value]
        case int() | float() if not isinstance(value, bool) and str(value) in known:
            return HIDDEN
        case _:
            return value


def _without(editable: Mapping[str, Any], paths: Iterable[str], known: tuple[str, ...]) -> dict[str, Any]:
    """Bounds of something secret would tell about it."""
    return {path: {} if is_secret(path, paths) else _concealed(spec, known) for path, spec in editable.items()}
