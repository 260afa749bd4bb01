"""GuardedTable and CapacityGuard read the declared capacity in the same way: late, from the final template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import IConstruct

from capacity_guard import Capacity, CapacityGuard
from capacity_guard.cdk.arguments.billing import billing, index_properties
from capacity_guard.cdk.guards.guard import Guard
from tests.builders.guarded import INDEX, LOWERED, PROVISIONED, app, baseline, index, synthesize, table

SCALING = "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings"


def guarded_table(stack: cdk.Stack, capacity: Capacity) -> Guard:
    return table(stack, capacity=capacity).guard


def guard_beside(stack: cdk.Stack, capacity: Capacity) -> Guard:
    declared = dynamodb.TableV2(
        stack,
        "Conversations",
        partition_key=dynamodb.Attribute(name="conversation_id", type=dynamodb.AttributeType.STRING),
        billing=billing(capacity),
        global_secondary_indexes=[index_properties(index(INDEX), capacity)],
    )
    return CapacityGuard(stack, "Guard", table=declared, baseline=baseline()).guard


def lower(resource: cdk.CfnResource) -> None:
    resource.add_property_override(f"{SCALING}.MinCapacity", 7)


@jsii.implements(cdk.IAspect)
class Lowers:
    def visit(self, node: IConstruct) -> None:
        if isinstance(node, dynamodb.CfnGlobalTable):
            lower(node)


CHANGES: dict[str, Callable[[cdk.App, Guard], Any]] = {
    "nothing": lambda made, guard: None,
    "override": lambda made, guard: lower(guard.resource),
    "late aspect": lambda made, guard: cdk.Aspects.of(made).add(Lowers(), priority=9_000),
    "name": lambda made, guard: guard.resource.add_property_override("TableName", "orders"),
    "other id": lambda made, guard: guard.resource.override_logical_id("Kept"),
}


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("capacity", [PROVISIONED, LOWERED], ids=["same", "lowered"])
def test_both_read_what_the_template_ends_with_and_gate_it_only_then(change: str, capacity: Capacity) -> None:
    read = []
    for make in (guarded_table, guard_beside):
        made = app()
        guard = make(cdk.Stack(made, "S"), capacity)
        CHANGES[change](made, guard)
        assert (guard.reading.is_done, guard.gates) == (False, None)
        found = synthesize(made)
        assert guard.reading.is_done
        assert guard.reading.declared is not None
        assert guard.transition is not None
        assert bool(found.gates) is (not guard.transition.is_empty)
        read.append(
            (
                guard.reading.declared.branches,
                guard.reading.declared.name,
                guard.table_name,
                guard.transition.is_empty,
                sorted(resource["Type"] for resource in found.gates.values()),
            )
        )
    assert read[0] == read[1]
    assert read[0][3] is (capacity is PROVISIONED and change in ("nothing", "name", "other id"))
