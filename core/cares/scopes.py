"""Scopes the app asks for and was not given: what is lost without them, and that it is installed anew to get them."""

from __future__ import annotations

from collections.abc import Iterator

from core.cares.base import MOST, Care, CareKind, Here
from core.model.people import Actor
from core.phrases import phrase
from core.ports import Reader


def read(reader: Reader, actor: Actor, here: Here) -> Iterator[Care]:
    """An installation that never told its scopes says nothing."""
    for one in reader.installations(actor.organisation)[:MOST]:
        missing = [scope for scope in here.uses if scope not in one.scopes]
        if one.is_active and one.scopes and missing:
            lost = "; ".join(f"{scope} ({here.uses[scope]})" for scope in missing[:5])
            yield Care(
                "scopes",
                one.name or one.workspace,
                phrase("Not granted in Slack: {lost}. Install the app there anew.", lost=lost),
            )


MEMBER = CareKind("scopes", read)
