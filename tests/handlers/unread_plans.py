"""Plans of a table whose baseline cannot be read."""

from __future__ import annotations

from typing import Any

from capacity_guard.capacity import Capacity
from capacity_guard.capacity.gate_plan import UnreadPlan
from capacity_guard.capacity.structure import TableKind
from tests.handlers.gate_world import PROVISIONED, TABLE

PROBLEM = "conversations.json: is missing. Record it with: capacity-guard record --table NAME."


def a_plan_unread(declared: Capacity | None = PROVISIONED, **changes: Any) -> UnreadPlan:
    """A plan of a GlobalTable."""
    given: dict[str, Any] = {
        "table": "Conversations",
        "logical_id": TABLE,
        "table_name": None,
        "declared": declared,
        "kind": TableKind.GLOBAL_TABLE,
        "problem": PROBLEM,
        **changes,
    }
    return UnreadPlan(**given)
