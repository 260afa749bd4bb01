"""CapacityGuard: each refusal to the letter, its warm throughput, and the alarms that exist at once."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import Capacity, CapacityGuard, InputError, OnDemand, Units
from capacity_guard.cdk.capacity_guard import _warm_by_key
from tests.builders.adopted import ON_DEMAND, PROVISIONED, recorded, table, table_v2
from tests.builders.guarded import INDEX, app
from tests.builders.guarded import table as guarded_table


def refusal(scope: Any, declared: Any, **properties: Any) -> tuple[str, str, str]:
    with pytest.raises(InputError) as raised:
        CapacityGuard(scope, "Guard", table=declared, **{"baseline": recorded(), **properties})
    return raised.value.location, raised.value.problem, raised.value.remedy


def test_table_of_another_place_is_refused_to_the_letter() -> None:
    made = app()
    stack, other = cdk.Stack(made, "S"), cdk.Stack(made, "T")
    declared = table(stack, PROVISIONED)
    assert refusal(other, declared) == (
        "CapacityGuard Guard: table",
        "belongs to stack S, the guard to T",
        "Put the guard into the stack of its table: gates and table change in one operation",
    )
    CapacityGuard(stack, "First", table=declared, baseline=recorded())
    assert refusal(stack, declared) == (
        "CapacityGuard Guard: table",
        "is guarded by S/First already",
        "Remove one of the two guards",
    )
    nested = cdk.NestedStack(stack, "N")
    assert refusal(nested, table(nested, PROVISIONED)) == (
        "CapacityGuard Guard: table",
        "is in a nested stack, whose rollback belongs to the parent stack",
        "Move the table into a stack of its own, by retain and import (capacity-guard docs table-to-tablev2)",
    )


def test_what_is_no_table_of_this_app_is_refused_to_the_letter() -> None:
    stack = cdk.Stack(app(), "S")
    assert refusal(stack, guarded_table(stack)) == (
        "CapacityGuard Guard: table",
        "is S/Conversations, a guard itself",
        "It needs no second guard",
    )
    assert refusal(stack, dynamodb.Table.from_table_name(stack, "I", "orders")) == (
        "CapacityGuard Guard: table",
        "is declared elsewhere: it is imported, or another Region's replica",
        "Guard it in the app and the stack that declare it",
    )
    assert refusal(stack, 7) == (
        "CapacityGuard Guard: table",
        "is int",
        "Give a TableV2, a Table, a CfnTable or a CfnGlobalTable",
    )
    assert refusal(stack, table(stack, PROVISIONED), baseline=7) == (
        "CapacityGuard Guard: baseline",
        "is int",
        "Give a file, Baseline.load(...) or NewTable(...)",
    )
    assert refusal(stack, table(stack, PROVISIONED, None, "B"), warm={"a": 7}) == (
        'CapacityGuard Guard: warm["a"]',
        "7 is not Units",
        "Write Units(read=..., write=...)",
    )


def test_warm_throughput_is_kept_by_resource_key() -> None:
    one, two, three = Units(read=1), Units(read=2), Units(read=3)
    given = {"table": one, "by_agent": two, "index/table": three}
    assert _warm_by_key(given, "x") == {"table": one, "index/by_agent": two, "index/table": three}


def test_warm_throughput_is_that_of_table_and_index() -> None:
    stack = cdk.Stack(app(), "S")
    warm = {"table": Units(read=1), INDEX: Units(write=2)}
    made = table_v2(stack, ON_DEMAND)
    guard = CapacityGuard(stack, "Guard", table=made, baseline=recorded(), warm=warm)
    assert isinstance(made, dynamodb.TableV2)
    cdk.App.of(stack).synth()  # type: ignore[union-attr]
    assert guard.capacity == Capacity.on_demand(
        warm=Units(read=1), indexes={INDEX: OnDemand(warm=Units(write=2))}
    )


def test_alarms_of_a_table_exist_with_the_guard() -> None:
    stack = cdk.Stack(app(), "S")
    with_index = CapacityGuard(stack, "A", table=table_v2(stack, ON_DEMAND), baseline=recorded())
    assert list(with_index.rollback_alarms) == ["table", f"index/{INDEX}"]
    bare = dynamodb.CfnTable(stack, "Bare", key_schema=[{"attributeName": "id", "keyType": "HASH"}])
    assert list(CapacityGuard(stack, "B", table=bare, baseline=recorded()).rollback_alarms) == ["table"]


def test_guard_takes_what_it_is_given() -> None:
    made = app(**{"capacity-guard:break-glass": {"Orders": "incident 7 of the night"}})
    stack = cdk.Stack(made, "S")
    guard = CapacityGuard(stack, "Guard", table=table(stack, PROVISIONED, "orders"), baseline=recorded())
    assert (guard.guard.label, guard.guard.table.dialect, guard.guard.table_name) == ("Orders", "table", None)
    assert guard.guard.break_glass.reason == "incident 7 of the night"
    assert guard.guard.resource.node.path == "S/Orders/Resource"
    assert guard.guard.break_glass.names == ("S/Guard", "Guard", "S/Orders", "Orders")
