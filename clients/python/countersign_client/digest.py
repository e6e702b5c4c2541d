"""The action digest, recomputed from what is really about to be done: SHA-256 over canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from countersign_client.models import Request, Subject


def action_digest(
    *, project: str, type: str, action: str | None, params: Mapping[str, Any], subject: Subject | None = None
) -> str:
    """Hex; the same as the server's `action_digest` exactly when all of these are the same."""
    import rfc8785  # noqa: PLC0415 - needed by those alone who act

    what = {
        "project": project,
        "subject": None if subject is None else asdict(subject),
        "type": type,
        "action": action,
        "params": dict(params),
    }
    return hashlib.sha256(rfc8785.dumps(what)).hexdigest()


def digest_for(request: Request, *, action: str | None, params: Mapping[str, Any]) -> str:
    """For this request, if one were to do this now. Claim with it, and the server refuses what was not approved."""
    return action_digest(
        project=request.project, type=request.type, action=action, params=params, subject=request.subject
    )
