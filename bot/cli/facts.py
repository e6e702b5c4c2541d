"""`facts …`: what a plan would do, counted for rules, as JSON for `request --facts`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from bot.cli.ending import USAGE, Ending, tell
from bot.cli.pairs import FILE, object_in

MOST: Final = 50
"""Addresses named one by one; beyond, their number says enough."""


def terraform(plan: Annotated[Path, FILE]) -> int:
    """Count what a Terraform or OpenTofu plan adds, changes and destroys.

    countersign facts terraform plan.json, where plan.json is what terraform show -json plan.tfplan prints.

    Parameters
    ----------
    plan
        The plan as JSON; - is standard input.
    """
    tell(terraform_facts(object_in(plan, "plan")))
    return 0


def terraform_facts(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Counted as Terraform itself does: a replacement destroys one and adds one."""
    changes = plan.get("resource_changes", [] if "planned_values" in plan else None)
    if not isinstance(changes, list):
        raise Ending("This is no plan as terraform show -json prints it: it has no resource_changes.", USAGE)
    done = [(str(change.get("address")), _actions(change)) for change in changes if _is_change(change)]
    gone = [address for address, actions in done if "delete" in actions]
    return {
        "added": sum("create" in actions for _, actions in done),
        "changed": sum("update" in actions for _, actions in done),
        "destroyed": len(gone),
        "replaced": sum({"create", "delete"} <= actions for _, actions in done),
        "imported": sum("importing" in change["change"] for change in changes),
        "destroys": gone[:MOST],
        "kinds": sorted({str(change.get("type")) for change in changes if _actions(change) - {"no-op", "read"}})[:MOST],
    }


def _is_change(change: Any) -> bool:
    """Or else it is no plan."""
    told = change.get("change") if isinstance(change, Mapping) else None
    if not (isinstance(told, Mapping) and isinstance(told.get("actions"), list)):
        raise Ending("This is no plan as terraform show -json prints it: a change has no actions.", USAGE)
    return True


def _actions(change: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(map(str, change["change"]["actions"]))
