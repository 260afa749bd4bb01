"""CapacityGuard: what it refuses, with one sentence that names the remedy."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import CapacityGuard, InputError, Units
from tests.builders.adopted import KEY, MAKERS, PROVISIONED, Maker, recorded, table
from tests.builders.guarded import ALARM, INDEX, app, synthesize

EVERY = pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)


def refused(table: Any, scope: Any, **properties: Any) -> str:
    with pytest.raises(InputError) as error:
        CapacityGuard(scope, "Guard", table=table, **{"baseline": recorded(), **properties})
    return str(error.value)


def test_table_when_imported_is_refused_with_the_place_to_guard_it() -> None:
    stack = cdk.Stack(app(), "S")
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
    for number, imported in enumerate(
        (
            dynamodb.Table.from_table_name(stack, "A", "orders"),
            dynamodb.Table.from_table_arn(stack, "B", arn),
            dynamodb.TableV2.from_table_name(stack, "C", "orders"),
            dynamodb.TableV2.from_table_attributes(stack, "D", table_arn=arn),
        )
    ):
        said = refused(imported, stack)
        assert said == (
            "CapacityGuard Guard: table: is declared elsewhere: it is imported, or another Region's replica. "
            "Guard it in the app and the stack that declare it."
        ), number


def test_replica_of_another_region_is_refused() -> None:
    stack = cdk.Stack(app(), "S", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    replicated = dynamodb.TableV2(
        stack,
        "Orders",
        partition_key=KEY,
        replicas=[dynamodb.ReplicaTableProps(region="eu-central-1")],
    )
    assert "another Region's replica" in refused(replicated.replica("eu-central-1"), stack)


def test_table_when_in_another_stack_is_refused() -> None:
    made = app()
    declared = table(cdk.Stack(made, "Tables"), PROVISIONED)
    said = refused(declared, cdk.Stack(made, "Guards"))
    assert "belongs to stack Tables, the guard to Guards" in said
    assert "Put the guard into the stack of its table" in said


def test_table_when_in_a_nested_stack_is_refused() -> None:
    stack = cdk.Stack(app(), "S")
    nested = cdk.NestedStack(stack, "Nested")
    for scope in (stack, nested):
        assert "is in a nested stack" in refused(table(nested, PROVISIONED, None, f"T{scope.nested}"), scope)


@EVERY
def test_table_when_guarded_already_is_refused(maker: Maker) -> None:
    stack = cdk.Stack(app(), "S")
    declared = maker(stack, PROVISIONED)
    CapacityGuard(stack, "First", table=declared, baseline=recorded())
    assert "is guarded by S/First already" in refused(declared, stack)
    if declared.node.default_child is not None:
        assert "is guarded by S/First already" in refused(declared.node.default_child, stack)


def test_table_of_a_guarded_table_is_refused() -> None:
    from tests.builders.guarded import table as guarded_table

    stack = cdk.Stack(app(), "S")
    guarded = guarded_table(stack)
    assert "is guarded by S/Conversations already" in refused(guarded.table, stack)
    assert "a guard itself" in refused(guarded, stack)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"table": "orders"}, "table: is str. Give a TableV2, a Table"),
        ({"baseline": 5}, "baseline: is int. Give a file"),
        ({"warm": {"table": 5}}, 'warm["table"]: 5 is not Units'),
        ({"warm": {INDEX: None}}, f'warm["{INDEX}"]: None is not Units'),
    ],
)
def test_property_when_it_has_no_meaning_is_refused_by_its_name(
    properties: dict[str, Any], said: str
) -> None:
    stack = cdk.Stack(app(), "S")
    assert said in refused(**{"table": table(stack, PROVISIONED), "scope": stack, **properties})
    assert stack.node.try_find_child("Guard") is None


def failing(change: Any, **properties: Any) -> str:
    """What a synthesis says that fails because of the table."""
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, PROVISIONED)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    change(stack, resource)
    CapacityGuard(stack, "Guard", table=declared, **{"baseline": recorded(), **properties})
    with pytest.raises(RuntimeError) as error:
        made.synth()
    return str(error.value)


def units_from_a_parameter(stack: cdk.Stack, resource: cdk.CfnResource) -> None:
    cdk.CfnParameter(stack, "Reads", type="Number")
    resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", {"Ref": "Reads"})


def both_units_new(stack: cdk.Stack, resource: cdk.CfnResource) -> None:
    size = cdk.CfnParameter(stack, "Size", default="big")
    cdk.CfnCondition(stack, "Big", expression=cdk.Fn.condition_equals(size, "big"))
    resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", {"Fn::If": ["Big", 300, 200]})


def table_behind_a_condition(stack: cdk.Stack, resource: cdk.CfnResource) -> None:
    size = cdk.CfnParameter(stack, "Size", default="big")
    big = cdk.CfnCondition(stack, "Big", expression=cdk.Fn.condition_equals(size, "big"))
    resource.cfn_options.condition = big


def index_named_by_a_parameter(stack: cdk.Stack, resource: cdk.CfnResource) -> None:
    cdk.CfnParameter(stack, "Name", default=INDEX)
    resource.add_property_override("GlobalSecondaryIndexes.0.IndexName", {"Ref": "Name"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            index_named_by_a_parameter,
            "GlobalSecondaryIndexes.IndexName: cannot be read from outside (${Name})",
        ),
        (units_from_a_parameter, "State it as a plain value in the table's code"),
        (both_units_new, "depends on what is known only at the deployment (Size = big; Size is not big)"),
        (table_behind_a_condition, "exists only under condition Big"),
    ],
)
def test_table_when_its_capacity_cannot_be_known_is_a_warning_with_the_remedy_and_has_a_closed_gate(
    change: Any, said: str
) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, PROVISIONED)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    change(stack, resource)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded()).guard
    found = synthesize(made)
    assert said in str(guard.reading.error)
    ((gate, _),) = found.gates.items()
    assert gate in found.resources[guard.logical_id(resource)]["DependsOn"]
    condition = found.resources[guard.logical_id(resource)].get("Condition")
    assert {alarm.get("Condition") for alarm in found.of(ALARM).values()} == {condition}


def test_warm_throughput_of_an_unknown_index_fails_the_synthesis() -> None:
    said = failing(lambda stack, resource: None, warm={"by_day": Units(write=5_000)})
    assert f'warm["by_day"]: is not an index of this table. Use one of its indexes: {INDEX}' in said
