"""The two digests of a request: SHA-256 over RFC 8785 canonical JSON, so that anybody can recompute them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

from core.errors import Invalid
from core.model.canonical import canonical
from core.model.request import Content, Requester, Subject

LARGEST_INTEGER = 2**53 - 1


def digest_of(value: Mapping[str, Any]) -> str:
    """Hex SHA-256 of the canonical JSON of `value`; `Invalid` where that has none, or text holds a NUL."""
    try:
        written = canonical(dict(value))
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise Invalid(
            "Something in this cannot be written as canonical JSON: numbers must be finite, whole ones within "
            "±(2^53−1), and text without lone surrogates."
        ) from error
    if b"\\u0000" in written.replace(b"\\\\", b""):
        raise Invalid("A text holds a NUL character, which nothing here can keep; leave it out.")
    return hashlib.sha256(written).hexdigest()


def request_digest(
    content: Content,
    *,
    organisation: str,
    project: str,
    requester: Requester,
    on_behalf_of: str | None,
    revision: int,
) -> str:
    """Covers everything an approver can be shown, so that a decision binds to exactly what was seen."""
    return digest_of(
        {
            "organisation": organisation,
            "project": project,
            "requester": requester.key,
            "on_behalf_of": on_behalf_of,
            "revision": revision,
            **content_json(content),
        }
    )


def action_digest(content: Content, *, project: str) -> str:
    """Covers only what will be done; whoever acts recomputes it from what they are about to do."""
    return digest_of(
        {
            "project": project,
            "subject": _subject(content.subject),
            "type": content.type,
            "action": content.action,
            "params": content.params,
        }
    )


def content_json(content: Content) -> dict[str, Any]:
    """The content as plain JSON, keys as in the API."""
    cost = content.cost
    return {
        "type": content.type,
        "subject": _subject(content.subject),
        "title": content.title,
        "description": content.description,
        "action": content.action,
        "params": content.params,
        "reasoning": content.reasoning,
        "cost": None if cost is None else {"usd": cost.usd, "tokens": cost.tokens},
        "side_effects": list(content.side_effects),
        "if_denied": content.if_denied,
        "facts": content.facts,
        "metadata": content.metadata,
        "links": [{"title": link.title, "url": link.url} for link in content.links],
        "editable": content.editable,
    }


def _subject(subject: Subject | None) -> dict[str, Any] | None:
    return None if subject is None else {"kind": subject.kind, "id": subject.id, "url": subject.url}
