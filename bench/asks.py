"""A request as a pipeline sends it, for the figures of creating."""

from __future__ import annotations

import json
from typing import Any, Final

JSON: Final = {"Content-Type": "application/json"}


def ask(number: int) -> dict[str, Any]:
    """A deployment with a plan, links and one stage; about 1.2 kB of JSON."""
    return {
        "type": "deploy",
        "title": f"Deploy payments 4.{number} to production",
        "description": "Adds instalment payments. " + "Rolled out to five percent first, then to all. " * 4,
        "subject": {"kind": "run", "id": f"run-{number}", "url": f"https://ci.example.com/runs/{number}"},
        "action": "kubectl rollout restart deployment/payments",
        "params": {"replicas": 6, "image": f"registry.example.com/payments:4.{number}", "region": "eu-central-1"},
        "reasoning": "All tests pass and staging ran for a day.",
        "cost": {"usd": 12.5},
        "side_effects": ["payments restart, a few seconds each"],
        "if_denied": "Staging stays as it is; ask again tomorrow.",
        "facts": {"env": "production", "destroyed": 0},
        "metadata": {"commit": f"{number:040x}", "author": "someone@example.com"},
        "links": [{"title": "Changes", "url": "https://git.example.com/payments/compare/4.0...4.1"}],
        "stages": [{"name": "Platform", "requirements": [{"approvals": {"min": 1, "from": ["@platform"]}}]}],
    }


def asks(count: int, *, stages: bool = True) -> tuple[bytes, ...]:
    """Bodies; without `stages` it is left to rules who is asked."""
    left_out = set() if stages else {"stages"}
    bodies = ({name: value for name, value in ask(number).items() if name not in left_out} for number in range(count))
    return tuple(json.dumps(body).encode() for body in bodies)
