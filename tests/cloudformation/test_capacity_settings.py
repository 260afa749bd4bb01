"""The capacity of a table in a template: where each setting is read, and the place of each error."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError, OnDemand, Provisioned, Units
from capacity_guard.cloudformation.capacity import read_capacity
from tests.builders.template_tables import GLOBAL_TABLE, PROVISIONED, TABLE, deployed, template_of

LOCAL = {"Region": "eu-west-1"}
ACCESS = ("Read", "Write")


def capacity(
    properties: dict[str, Any], resource_type: str = TABLE, resources: dict[str, Any] | None = None
) -> Capacity:
    return read_capacity(deployed(template_of(properties, resource_type, resources)), "Orders")


def refusal(
    properties: dict[str, Any], resource_type: str = TABLE, resources: dict[str, Any] | None = None
) -> tuple[str, str]:
    with pytest.raises(InputError) as raised:
        capacity(properties, resource_type, resources)
    return raised.value.location, raised.value.problem


def fixed(access: str, units: Any) -> dict[str, Any]:
    return {f"{access}ProvisionedThroughputSettings": {f"{access}CapacityUnits": units}}


def scaled(access: str, *, target: Any = 65, **settings: Any) -> dict[str, Any]:
    tracking = {} if target is None else {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": target}}
    return {
        f"{access}ProvisionedThroughputSettings": {
            f"{access}CapacityAutoScalingSettings": {**settings, **tracking}
        }
    }


def maximum(access: str, units: Any) -> dict[str, Any]:
    return {f"{access}OnDemandThroughputSettings": {f"Max{access}RequestUnits": units}}


def foreign(target: Any, bounds: tuple[int, int] = (20, 200), index: str | None = None) -> dict[str, Any]:
    """A scalable target of a table's writes outside the table, and its policy where a target utilization is given."""
    part, suffix = ("table", "") if index is None else ("index", f"/index/{index}")
    resources: dict[str, Any] = {
        "T": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ResourceId": f"table/orders{suffix}",
                "ScalableDimension": f"dynamodb:{part}:WriteCapacityUnits",
                "MinCapacity": bounds[0],
                "MaxCapacity": bounds[1],
            },
        }
    }
    if target is not None:
        resources["P"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "ScalingTargetId": {"Ref": "T"},
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target},
            },
        }
    return resources


def global_table(*settings: dict[str, Any], replica: dict[str, Any] | None = None) -> dict[str, Any]:
    properties: dict[str, Any] = {"Replicas": [{**LOCAL, **fixed("Read", 3), **(replica or {})}]}
    for setting in settings:
        properties |= setting
    return properties


@pytest.mark.parametrize("units", [-1, 0])
@pytest.mark.parametrize("access", ACCESS)
def test_maximum_of_zero_or_below_is_none(access: str, units: int) -> None:
    properties = {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {f"Max{access}RequestUnits": units}}
    assert capacity(properties) == Capacity.on_demand()
    other = "Write" if access == "Read" else "Read"
    properties["OnDemandThroughput"][f"Max{other}RequestUnits"] = 1  # type: ignore[index]
    assert capacity(properties) == Capacity.on_demand(maximum=Units(**{other.lower(): 1}))


def test_maxima_of_a_table_and_its_indexes_are_their_own() -> None:
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "OnDemandThroughput": {"MaxReadRequestUnits": "5", "MaxWriteRequestUnits": 6},
        "GlobalSecondaryIndexes": [
            {"IndexName": "a", "OnDemandThroughput": {"MaxReadRequestUnits": 7}},
            {"IndexName": "b"},
        ],
    }
    assert capacity(properties) == Capacity.on_demand(
        maximum=Units(read=5, write=6), indexes={"a": OnDemand(maximum=Units(read=7)), "b": OnDemand()}
    )


def test_settings_of_a_global_table_are_those_of_the_replica_then_of_the_table() -> None:
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        **maximum("Write", 10),
        **maximum("Read", 11),
        "GlobalSecondaryIndexes": [
            {"IndexName": "a", **maximum("Write", 12), **maximum("Read", 13)},
            {"IndexName": "b", **maximum("Write", 14), **maximum("Read", 15)},
        ],
        "Replicas": [
            {"Region": "us-east-1", **maximum("Read", 16)},
            {
                **LOCAL,
                **maximum("Read", 17),
                "GlobalSecondaryIndexes": [{"IndexName": "a", **maximum("Read", 18)}],
            },
        ],
    }
    assert capacity(properties, GLOBAL_TABLE) == Capacity.on_demand(
        maximum=Units(read=17, write=10),
        indexes={
            "a": OnDemand(maximum=Units(read=18, write=12)),
            "b": OnDemand(maximum=Units(read=15, write=14)),
        },
    )


def test_provisioned_settings_of_a_global_table_are_those_of_the_replica_then_of_the_table() -> None:
    properties = {
        **scaled("Write", MinCapacity=1, MaxCapacity=9, SeedCapacity=4),
        **fixed("Read", 11),
        "GlobalSecondaryIndexes": [
            {"IndexName": "a", **fixed("Write", 12), **fixed("Read", 13)},
            {"IndexName": "b", **fixed("Write", 14), **scaled("Read", MinCapacity=2, MaxCapacity=8)},
        ],
        "Replicas": [
            {
                **LOCAL,
                **scaled("Read", MinCapacity=5, MaxCapacity=6, target=50),
                "GlobalSecondaryIndexes": [{"IndexName": "a", **fixed("Read", 18)}],
            },
        ],
    }
    assert capacity(properties, GLOBAL_TABLE) == Capacity.provisioned(
        read=AutoScaling(5, 6, 50),
        write=AutoScaling(1, 9, 65, 4),
        indexes={"a": Provisioned(18, 12), "b": Provisioned(AutoScaling(2, 8, 65), 14)},
    )


@pytest.mark.parametrize(
    ("own", "target", "expected"),
    [
        # the bounds of the later registration; its own policy, or that of the table
        (scaled("Write", MinCapacity=1, MaxCapacity=9, SeedCapacity=4), 80, AutoScaling(20, 200, 80, 20)),
        (
            scaled("Write", MinCapacity=1, MaxCapacity=900, SeedCapacity=400),
            80,
            AutoScaling(20, 200, 80, 200),
        ),
        (scaled("Write", MinCapacity=1, MaxCapacity=90, SeedCapacity=50), 80, AutoScaling(20, 200, 80, 50)),
        (scaled("Write", MinCapacity=1, MaxCapacity=90), 80, AutoScaling(20, 200, 80)),
        (scaled("Write", MinCapacity=1, MaxCapacity=90), None, AutoScaling(20, 200, 65)),
        (fixed("Write", 7), 80, AutoScaling(20, 200, 80, 20)),
        (fixed("Write", 20), 80, AutoScaling(20, 200, 80, 20)),
        (fixed("Write", 21), 80, AutoScaling(20, 200, 80, 21)),
        (fixed("Write", 201), 80, AutoScaling(20, 200, 80, 200)),
        # without a policy the units stay what they are, once the registration has moved them into the bounds
        (fixed("Write", 7), None, 20),
        (fixed("Write", 21), None, 21),
        (fixed("Write", 201), None, 200),
    ],
)
def test_global_table_with_a_scaling_target_besides_takes_its_bounds_and_keeps_the_units_within_them(
    own: dict[str, Any], target: int | None, expected: Any
) -> None:
    found = capacity(global_table(own), GLOBAL_TABLE, foreign(target))
    assert found == Capacity.provisioned(read=3, write=expected)


def test_scaling_target_besides_a_global_table_counts_for_its_index_alone() -> None:
    index = {"IndexName": "a", **fixed("Write", 30), **fixed("Read", 2)}
    found = capacity(
        global_table(fixed("Write", 7), {"GlobalSecondaryIndexes": [index]}),
        GLOBAL_TABLE,
        foreign(80, index="a"),
    )
    assert found == Capacity.provisioned(
        read=3, write=7, indexes={"a": Provisioned(2, AutoScaling(20, 200, 80, 30))}
    )


def test_scaling_target_of_a_table_scales_with_a_policy_and_moves_the_units_into_its_bounds_without() -> None:
    for bounds, units in (((5, 50), 7), ((7, 7), 7), ((20, 200), 20), ((1, 5), 5)):
        found = capacity(PROVISIONED, TABLE, foreign(None, bounds))
        assert found == Capacity.provisioned(read=1, write=units)
    assert capacity(PROVISIONED, TABLE, foreign(70, (5, 50))) == Capacity.provisioned(
        read=1, write=AutoScaling(5, 50, 70, 7)
    )


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("index", [None, "a"])
def test_table_without_units_of_one_access_is_refused(access: str, index: str | None) -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    del units[f"{access}CapacityUnits"]
    of_index = {"IndexName": "a", "ProvisionedThroughput": units}
    properties = (
        {"ProvisionedThroughput": units}
        if index is None
        else {**PROVISIONED, "GlobalSecondaryIndexes": [of_index]}
    )
    place = "stack Shop: Orders" + ("" if index is None else ", a")
    assert refusal(properties) == (place, f"states no {access.lower()} throughput")


@pytest.mark.parametrize("name", ["MinCapacity", "MaxCapacity"])
@pytest.mark.parametrize("missing", [True, False])
def test_scaling_of_a_global_table_without_a_bound_or_with_one_of_zero_is_refused(
    name: str, missing: bool
) -> None:
    bounds = {"MinCapacity": 1, "MaxCapacity": 2, name: None if missing else 0}
    field = "minimum" if name == "MinCapacity" else "maximum"
    location, problem = refusal(global_table(scaled("Write", **bounds)), GLOBAL_TABLE)
    if missing:
        assert location == f"stack Shop: Orders.WriteProvisionedThroughputSettings.{name}"
        assert problem == "is not stated"
    else:
        assert location == f"stack Shop: Orders: AutoScaling.{field}"


@pytest.mark.parametrize(("target", "problem"), [(None, "is not stated"), ("x", '"x" cannot be read as')])
def test_scaling_of_a_global_table_without_a_readable_target_is_refused(target: Any, problem: str) -> None:
    location, said = refusal(
        global_table(scaled("Write", MinCapacity=1, MaxCapacity=2, target=target)), GLOBAL_TABLE
    )
    assert location == "stack Shop: Orders.WriteProvisionedThroughputSettings.TargetValue"
    assert said.startswith(problem)


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        (
            global_table(scaled("Write", MinCapacity="x")),
            "Orders.WriteProvisionedThroughputSettings.MinCapacity",
        ),
        (
            global_table(scaled("Write", SeedCapacity="x")),
            "Orders.WriteProvisionedThroughputSettings.SeedCapacity",
        ),
        (global_table(fixed("Write", "x")), "Orders.WriteProvisionedThroughputSettings.WriteCapacityUnits"),
        (global_table({"BillingMode": 7}), "Orders.BillingMode"),
        (global_table({"BillingMode": "FREE"}), "Orders.BillingMode"),
        (
            global_table({"BillingMode": "PAY_PER_REQUEST", **maximum("Write", "x")}),
            "Orders.WriteOnDemandThroughputSettings.MaxWriteRequestUnits",
        ),
        (global_table(replica={"Region": 7}), "Orders.Replicas.Region"),
        (
            global_table(fixed("Write", 1), {"GlobalSecondaryIndexes": [{"IndexName": 7}]}),
            "Orders.GlobalSecondaryIndexes.IndexName",
        ),
        (
            global_table(fixed("Write", 1), {"GlobalSecondaryIndexes": [{}]}),
            "Orders.GlobalSecondaryIndexes",
        ),
        (
            global_table(
                fixed("Write", 1),
                {"GlobalSecondaryIndexes": [{"IndexName": "a", **fixed("Write", 1)}]},
                replica={"GlobalSecondaryIndexes": [{"IndexName": 7}]},
            ),
            "Orders.Replicas.GlobalSecondaryIndexes.IndexName",
        ),
        (global_table(fixed("Write", 1), replica={"GlobalSecondaryIndexes": "x"}), None),
        ({}, "Orders.Replicas"),
        ({"Replicas": [{"Region": "us-east-1"}, {"Region": "us-west-2"}]}, "Orders.Replicas"),
    ],
)
def test_setting_of_a_global_table_that_cannot_be_read_is_refused_at_its_place(
    properties: dict[str, Any], place: str | None
) -> None:
    if place is None:  # the indexes of a replica are read for an index of the table
        assert capacity(properties, GLOBAL_TABLE) == Capacity.provisioned(read=3, write=1)
    else:
        assert refusal(properties, GLOBAL_TABLE)[0] == f"stack Shop: {place}"


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": "x"}},
            "Orders.ProvisionedThroughput.ReadCapacityUnits",
        ),
        (
            {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": "x"}},
            "Orders.OnDemandThroughput.MaxReadRequestUnits",
        ),
        ({"BillingMode": {"Fn::ImportValue": "x"}}, "Orders.BillingMode"),
        ({**PROVISIONED, "GlobalSecondaryIndexes": "x"}, "Orders.GlobalSecondaryIndexes"),
    ],
)
def test_setting_of_a_table_that_cannot_be_read_is_refused_at_its_place(
    properties: dict[str, Any], place: str
) -> None:
    assert refusal(properties)[0] == f"stack Shop: {place}"


@pytest.mark.parametrize(("name", "value"), [("MinCapacity", None), ("MaxCapacity", None)])
def test_scaling_target_of_a_table_without_a_bound_is_refused_at_the_target(name: str, value: Any) -> None:
    resources = foreign(70)
    resources["T"]["Properties"][name] = value
    assert refusal(PROVISIONED, TABLE, resources) == (f"stack Shop: T.{name}", "is not stated")


def test_table_without_properties_has_no_throughput() -> None:
    template = {"Resources": {"Orders": {"Type": TABLE}}}
    with pytest.raises(InputError, match="states no read throughput"):
        read_capacity(deployed(template), "Orders")


def test_error_of_a_value_keeps_its_remedy_and_names_stack_and_table() -> None:
    with pytest.raises(InputError) as raised:
        capacity({"ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}})
    with pytest.raises(InputError) as direct:
        Provisioned(0, 1)
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        f"stack Shop: Orders: {direct.value.location}",
        direct.value.problem,
        direct.value.remedy,
    )


@pytest.mark.parametrize("units", [1, 5, 30, "30"])
def test_units_of_a_table_outside_its_scaling_bounds_are_read(units: Any) -> None:
    """Registering the target moves them into the bounds; until then they are what CloudFormation sends."""
    stated = {"ProvisionedThroughput": {"ReadCapacityUnits": "3", "WriteCapacityUnits": units}}
    found = capacity({"TableName": "orders", **stated}, TABLE, foreign("72.5", ("5", "10")))  # type: ignore[arg-type]
    assert found == Capacity.provisioned(read=3, write=AutoScaling(5, 10, 72.5, seed=int(units)))
