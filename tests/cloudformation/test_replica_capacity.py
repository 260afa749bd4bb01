"""Digests of the capacity of a table's replicas in other Regions."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from capacity_guard.cloudformation.replica_capacity import read_replica_capacity
from tests.builders.template_tables import GLOBAL_TABLE, TABLE, deployed, template_of


def reads(units: int) -> dict[str, Any]:
    return {"ReadProvisionedThroughputSettings": {"ReadCapacityUnits": units}}


def replica(region: Any, units: int, units_of_index: int) -> dict[str, Any]:
    index = {"IndexName": "by_day", **reads(units_of_index)}
    return {"Region": region, **reads(units), "GlobalSecondaryIndexes": [index]}


PROPERTIES: dict[str, Any] = {
    "BillingMode": "PROVISIONED",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": {"MinCapacity": 5}},
    "GlobalSecondaryIndexes": [{"IndexName": "by_day", "KeySchema": [], "Projection": {}}],
    "Replicas": [replica({"Ref": "AWS::Region"}, 100, 50), replica("eu-central-1", 90, 40)],
}


def digests(path: tuple[str | int, ...] = (), value: object = None) -> dict[str, str]:
    """The digests of the table, with one value of its template changed."""
    properties = copy.deepcopy(PROPERTIES)
    place: Any = properties
    for key in path[:-1]:
        place = place[key]
    if path:
        place[path[-1]] = value
    return read_replica_capacity(deployed(template_of(properties, GLOBAL_TABLE)), "Orders")


def test_replicas_are_those_of_other_regions() -> None:
    assert list(digests()) == ["eu-central-1"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Replicas", 1, "ReadProvisionedThroughputSettings", "ReadCapacityUnits"), 1),
        (("Replicas", 1, "ReadOnDemandThroughputSettings"), {"MaxReadRequestUnits": 1}),
        (("Replicas", 1, "GlobalSecondaryIndexes", 0, "ReadProvisionedThroughputSettings"), {}),
        (("Replicas", 1, "GlobalSecondaryIndexes"), []),
        (("ReadOnDemandThroughputSettings",), {"MaxReadRequestUnits": 1}),
        (("GlobalSecondaryIndexes", 0, "ReadOnDemandThroughputSettings"), {"MaxReadRequestUnits": 1}),
    ],
    ids=["units", "maximum", "index", "no index", "of the table", "of the table's index"],
)
def test_capacity_of_a_replica_when_it_changes_has_another_digest(
    path: tuple[str | int, ...], value: object
) -> None:
    assert digests(path, value)["eu-central-1"] != digests()["eu-central-1"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Replicas", 0), replica({"Ref": "AWS::Region"}, 1, 1)),
        (("Replicas", 1, "TableClass"), "STANDARD"),
        (("Replicas", 1, "ReadProvisionedThroughputSettings", "ReadCapacityUnits"), "90"),
        (("ReadProvisionedThroughputSettings",), {"ReadCapacityUnits": 1}),
        (("WriteProvisionedThroughputSettings",), {}),
    ],
    ids=["the replica of this Region", "another property", "a text", "a default that it overrides", "writes"],
)
def test_anything_else_when_it_changes_leaves_the_digest(path: tuple[str | int, ...], value: object) -> None:
    assert digests(path, value) == digests()


def test_table_of_one_region_has_none() -> None:
    assert read_replica_capacity(deployed(template_of({}, TABLE)), "Orders") == {}
    assert digests(("Replicas",), [replica({"Ref": "AWS::Region"}, 100, 50)]) == {}
