"""What a declared capacity lowers in the live table: texts to the letter, and each bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Dimension, OnDemand, Provisioned, Units
from capacity_guard.capacity.structure import TableKind
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.dynamodb.live_scaling import LiveScaling
from capacity_guard.handlers.change_set import ChangeSet
from capacity_guard.handlers.classification import (
    ALREADY_DEPLOYED,
    CHANGE,
    RELIEF,
    classify,
    is_already_deployed,
    lowered,
)
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import NOW, STACK_ID
from tests.handlers.table_plans import plan_of_table

WRITE = Dimension(None, "write")
ON_DEMAND_MODE = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}


def fixed(read: int = 100, write: Any = 200, **indexes: tuple[int, int]) -> Capacity:
    return Capacity.provisioned(
        read=read, write=write, indexes={name: Provisioned(*units) for name, units in indexes.items()}
    )


def table(read: int = 100, write: int = 200, *indexes: str, **more: Any) -> LiveTable:
    units = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    described = [
        {"IndexName": name, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}}
        for name in indexes
    ]
    return LiveTable.of(
        {"TableName": "orders", "ProvisionedThroughput": units, "GlobalSecondaryIndexes": described, **more}
    )


def texts(
    declared: Capacity,
    live: LiveTable,
    template: Capacity | None = None,
    scaling: dict[Dimension, LiveScaling] | None = None,
) -> list[str]:
    plan = plan_of_table(declared, template or fixed())
    return list(lowered(plan.transition, replace(live, scaling=scaling or {})))


def test_another_mode_is_all_that_is_told() -> None:
    assert texts(Capacity.on_demand(), table()) == ["billing mode PROVISIONED becomes PAY_PER_REQUEST"]
    assert texts(fixed(1), table(**ON_DEMAND_MODE)) == ["billing mode PAY_PER_REQUEST becomes PROVISIONED"]


@pytest.mark.parametrize(
    ("read", "write", "expected"),
    [
        (100, 200, []),
        (101, 201, []),
        (99, 200, ["table, read: 100 provisioned become 99"]),
        (100, 199, ["table, write: 200 provisioned become 199"]),
        (99, 199, ["table, read: 100 provisioned become 99", "table, write: 200 provisioned become 199"]),
    ],
)
def test_fixed_units_are_compared_with_the_live_ones(read: int, write: int, expected: list[str]) -> None:
    assert texts(fixed(read, write), table()) == expected


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (AutoScaling(50, 500, 70, 200), []),
        (AutoScaling(60, 600, 70, 250), []),
        (AutoScaling(49, 500, 70, 200), ["table, write: minimum 50 becomes 49"]),
        (AutoScaling(50, 499, 70, 200), ["table, write: maximum 500 becomes 499"]),
        (AutoScaling(49, 499, 70, 200), ["table, write: minimum 50 becomes 49"]),
        (AutoScaling(50, 500, 71, 200), ["table, write: auto scaling steers to 71 % instead of 70 %"]),
        (AutoScaling(50, 500, 69, 200), []),
        (AutoScaling(50, 500, 70, 199), ["table, write: 200 provisioned become 199"]),
        (AutoScaling(60, 500, 70, 55), ["table, write: 200 provisioned become 60"]),
    ],
)
def test_auto_scaling_is_compared_in_units_bounds_and_target(
    declared: AutoScaling, expected: list[str]
) -> None:
    scaling = {WRITE: LiveScaling(50, 500, 70.0)}
    template = fixed(100, AutoScaling(50, 500, 70, 150))
    assert texts(fixed(100, declared), table(), template, scaling) == expected


@pytest.mark.parametrize(
    ("kind", "minimum", "expected"),
    [
        (TableKind.TABLE, 500, ["table, write: 500 provisioned become 300"]),
        (TableKind.TABLE, 600, []),
        (TableKind.GLOBAL_TABLE, 500, []),
        (TableKind.GLOBAL_TABLE, 600, []),
    ],
)
def test_units_sent_below_a_minimum_that_stays_are_a_lowering(
    kind: TableKind, minimum: int, expected: list[str]
) -> None:
    template = fixed(100, AutoScaling(500, 1_000, 70, 300))
    declared = fixed(200, AutoScaling(minimum, 1_000, 70, 300))
    plan = plan_of_table(declared, template, kind)
    live = replace(table(100, 500), scaling={WRITE: LiveScaling(500, 1_000, 70.0)})
    assert list(lowered(plan.transition, live)) == expected
    judged = LiveState(plan, NOW, STACK_ID, StackNames("orders", {}), live)
    assert classify(judged) == (CHANGE if expected else RELIEF), "a change that only raises stays a relief"


def test_target_of_bounds_that_are_equal_or_of_no_policy_is_not_compared() -> None:
    template = fixed(100, AutoScaling(200, 200, 70, 200))
    declared = fixed(100, AutoScaling(200, 200, 80, 200))
    assert texts(declared, table(), template, {WRITE: LiveScaling(200, 200, 70.0)}) == []
    wider = fixed(100, AutoScaling(50, 500, 80, 200))
    same = fixed(100, AutoScaling(50, 500, 70, 200))
    assert texts(wider, table(), same, {WRITE: LiveScaling(50, 500, None)}) == []
    assert texts(fixed(100, 500), table(), same, {WRITE: LiveScaling(50, 500, 70.0)}) == []


@pytest.mark.parametrize(
    ("declared", "live", "expected"),
    [
        (None, None, []),
        (None, 500, []),
        (500, 500, []),
        (501, 500, []),
        (499, 500, ["table, read: on-demand maximum 500 becomes 499"]),
        (5_000, None, ["table, read: on-demand maximum none becomes 5,000"]),
    ],
)
def test_maxima_are_compared_with_none_as_the_highest(
    declared: int | None, live: int | None, expected: list[str]
) -> None:
    maximum = None if declared is None else Units(read=declared)
    limits = {} if live is None else {"OnDemandThroughput": {"MaxReadRequestUnits": live}}
    of_live = table(0, 0, **ON_DEMAND_MODE, **limits)
    assert texts(Capacity.on_demand(maximum=maximum), of_live, Capacity.on_demand()) == expected


def test_indexes_that_the_transition_deletes_or_creates_are_told_in_order() -> None:
    template = fixed(a=(1, 2), b=(1, 2))
    assert texts(fixed(c=(1, 2), d=(1, 2)), table(100, 200, "a", "b"), template) == [
        "index a is deleted",
        "index b is deleted",
        "index c is created",
        "index d is created",
    ]
    # what only the live table has, or what the template has and the live table lacks, stays as it is
    assert texts(fixed(), table(100, 200, "by_hand")) == []
    assert texts(fixed(a=(1, 2)), table(), fixed(a=(1, 2))) == []
    assert texts(fixed(a=(1, 1)), table(100, 200, "a"), fixed(a=(1, 2))) == [
        "a, write: 2 provisioned become 1"
    ]
    free = Capacity.on_demand(indexes={"a": OnDemand()})
    assert texts(free, table(0, 0, "a", **ON_DEMAND_MODE), free) == []


def state(**changed: Any) -> LiveState:
    """The live state of a lowered table that is deployed already, in an operation that leaves it alone."""
    plan = plan_of_table(fixed(99), fixed())
    fields = {"ExecutionStatus": "EXECUTE_IN_PROGRESS", "StackId": STACK_ID}
    deployed = LiveState(
        plan,
        NOW,
        STACK_ID,
        StackNames("orders", {}),
        replace(table(99), scaling={}),
        change_set=ChangeSet("c", fields, ()),
    )
    return replace(deployed, **changed)


def test_change_is_deployed_already_only_where_all_of_it_can_be_read() -> None:
    assert is_already_deployed(state())
    assert classify(state()) == ALREADY_DEPLOYED
    for unread in ({"table": None}, {"table": table(99)}, {"change_set": None}):
        assert not is_already_deployed(state(**unread))
    assert classify(state(change_set=None)) == RELIEF, "the live table has the declared units"
    for unread in ({"table": None}, {"table": table(99)}):
        assert classify(state(**unread)) == CHANGE, "the baseline decides"


def test_change_set_of_another_operation_or_one_that_reverts_drift_is_judged() -> None:
    fields = {"ExecutionStatus": "EXECUTE_COMPLETE", "StackId": STACK_ID}
    assert not is_already_deployed(state(change_set=ChangeSet("c", fields, ())))
    drift = {"ExecutionStatus": "EXECUTE_IN_PROGRESS", "DeploymentMode": "REVERT_DRIFT"}
    assert not is_already_deployed(state(change_set=ChangeSet("c", drift, ())))
    assert not is_already_deployed(state(table=replace(table(100), scaling={})))
