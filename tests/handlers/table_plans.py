"""Plans of an AWS::DynamoDB::Table: an edit of it re-sends units, and it has scaling targets of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from capacity_guard.capacity import AutoScaling, Capacity, Provisioned
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.structure import Structure, TableKind
from tests.handlers.gate_world import a_plan


def provisioned(table: int | AutoScaling, *, read: int = 4_000, index: int | AutoScaling = 4_800) -> Capacity:
    """A provisioned capacity; ``table`` and ``index`` are writes."""
    return Capacity.provisioned(
        read=read, write=table, indexes={"by_agent": Provisioned(read=2_000, write=index)}
    )


def scaled(minimum: int, maximum: int, seed: int) -> AutoScaling:
    """Auto scaling with a target of 70 %."""
    return AutoScaling(minimum, maximum, 70, seed=seed)


FIXED = provisioned(5_000)
SCALED = provisioned(scaled(3_500, 9_000, 3_600))


def plan_of_table(
    declared: Capacity, template: Capacity, kind: TableKind = TableKind.TABLE, **more: Any
) -> GatePlan:
    """A plan of an AWS::DynamoDB::Table, or of another kind of table."""
    plan = a_plan(declared, template, **more)
    deployed = replace(plan.deployed, structure=Structure(kind, "conversation_id (S)"))
    return replace(plan, transition=replace(plan.transition, deployed=deployed))
