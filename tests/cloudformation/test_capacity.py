"""The capacity of a table in a template, for both resource types."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError, OnDemand, Provisioned, Units
from capacity_guard.cloudformation.capacity import read_capacity
from tests.builders.template_tables import (
    GLOBAL_TABLE,
    PROVISIONED,
    TABLE,
    deployed,
    synthesized_capacities,
    template_of,
)

LOCAL = {"Region": {"Ref": "AWS::Region"}}


def capacity(properties: dict[str, Any], resource_type: str = TABLE) -> Capacity:
    return read_capacity(deployed(template_of(properties, resource_type)), "Orders")


def auto_scaling(minimum: int, maximum: int, seed: int | None = None) -> dict[str, Any]:
    settings = {
        "MinCapacity": minimum,
        "MaxCapacity": maximum,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 65},
    }
    return settings if seed is None else {**settings, "SeedCapacity": seed}


def test_table_when_it_has_no_billing_mode_expects_provisioned_units_of_table_and_index() -> None:
    index = {
        "IndexName": "by_agent",
        "ProvisionedThroughput": {"ReadCapacityUnits": "2", "WriteCapacityUnits": 3},
    }
    assert capacity({**PROVISIONED, "GlobalSecondaryIndexes": [index]}) == Capacity.provisioned(
        read=1, write=7, indexes={"by_agent": Provisioned(2, 3)}
    )


def test_table_when_on_demand_expects_its_maxima_and_none_for_minus_one() -> None:
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 900},
        "GlobalSecondaryIndexes": [{"IndexName": "by_agent"}],
    }
    assert capacity(properties) == Capacity.on_demand(
        maximum=Units(write=900), indexes={"by_agent": OnDemand()}
    )


def test_global_table_when_provisioned_expects_writes_of_the_table_and_reads_of_the_replica() -> None:
    properties = {
        "WriteProvisionedThroughputSettings": {
            "WriteCapacityAutoScalingSettings": auto_scaling(200, 900, 250)
        },
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_agent",
                "WriteProvisionedThroughputSettings": {
                    "WriteCapacityAutoScalingSettings": auto_scaling(4, 40)
                },
                "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 50},
            }
        ],
        "Replicas": [
            {"Region": "us-east-1", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 9}},
            {
                **LOCAL,
                "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 100},
                "GlobalSecondaryIndexes": [
                    {"IndexName": "by_day", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 8}},
                ],
            },
        ],
    }
    assert capacity(properties, GLOBAL_TABLE) == Capacity.provisioned(
        read=100,
        write=AutoScaling(200, 900, 65, 250),
        indexes={"by_agent": Provisioned(50, AutoScaling(4, 40, 65))},
    )


def test_global_table_when_the_replica_has_a_setting_of_the_table_too_expects_that_of_the_replica() -> None:
    maxima = [{"ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": units}} for units in (500, 700)]
    properties = {"BillingMode": "PAY_PER_REQUEST", **maxima[0], "Replicas": [{**LOCAL, **maxima[1]}]}
    assert capacity(properties, GLOBAL_TABLE) == Capacity.on_demand(maximum=Units(read=700))


@pytest.mark.parametrize("region", [None, "eu-west-1"])
@pytest.mark.parametrize("replica", ["eu-west-1", {"Ref": "AWS::Region"}])
def test_global_table_when_its_region_is_known_or_not_expects_the_only_replica(
    region: str | None, replica: Any
) -> None:
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "Replicas": [{"Region": replica, "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 9}}],
    }
    assert synthesized_capacities(template_of(properties, GLOBAL_TABLE), region) == {
        None: Capacity.on_demand(maximum=Units(read=9))
    }


@pytest.mark.parametrize(
    ("properties", "resource_type", "problem"),
    [
        ({}, TABLE, r"Orders: states no read throughput"),
        ({"BillingMode": "ON_DEMAND"}, TABLE, r"Orders\.BillingMode: is 'ON_DEMAND'"),
        (
            {**PROVISIONED, "GlobalSecondaryIndexes": [{"IndexName": "by_agent"}]},
            TABLE,
            r"Orders, by_agent: states no read throughput",
        ),
        (
            {**PROVISIONED, "GlobalSecondaryIndexes": [{}]},
            TABLE,
            r"GlobalSecondaryIndexes: has an index without a name",
        ),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}},
            TABLE,
            r"Orders: Provisioned\.read: 0 is not a whole number",
        ),
        ({"Replicas": [{"Region": "us-east-1"}]}, GLOBAL_TABLE, r"Replicas: has no replica in eu-west-1"),
        (
            {
                "Replicas": [
                    {
                        **LOCAL,
                        "ReadProvisionedThroughputSettings": {
                            "ReadCapacityAutoScalingSettings": {"MinCapacity": 1, "MaxCapacity": 2}
                        },
                    }
                ]
            },
            GLOBAL_TABLE,
            r"TargetValue: is not stated",
        ),
    ],
)
def test_table_when_its_capacity_cannot_be_read_expects_an_error_with_the_place(
    properties: dict[str, Any], resource_type: str, problem: str
) -> None:
    with pytest.raises(InputError, match=rf"stack Shop: .*{problem}"):
        capacity(properties, resource_type)


def test_capacity_of_a_table_that_a_macro_changes_cannot_be_read() -> None:
    template = template_of(PROVISIONED)
    template["Resources"]["Orders"]["Fn::Transform"] = {
        "Name": "AWS::Include",
        "Parameters": {"Location": "s3://b/k"},
    }
    with pytest.raises(InputError, match=r"Orders: is changed by Fn::Transform"):
        read_capacity(deployed(template), "Orders")
