"""Provisioned units that an on-demand template states: DynamoDB refuses all but 0 (aws-cloudformation/cfn-lint pull 4524)."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cloudformation.left_units import read_left_units
from tests.builders.template_tables import GLOBAL_TABLE, TABLE, deployed, template_of

ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
OF_TABLE = ("table", "ProvisionedThroughput")


def units(read: Any = 5, write: Any = 5) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def left(properties: dict[str, Any], kind: str = TABLE, **sections: Any) -> tuple[tuple[str, str], ...]:
    return read_left_units(deployed(template_of(properties, kind, **sections)), "Orders")


def indexes(*throughputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "GlobalSecondaryIndexes": [
            {"IndexName": f"by_{number}", **throughput} for number, throughput in enumerate(throughputs)
        ]
    }


@pytest.mark.parametrize("given", [units(5, 5), units("1", "1"), units(0, 1), units({"Ref": "Units"}, 0)])
def test_units_of_an_on_demand_table_are_left(given: dict[str, Any]) -> None:
    assert left({**ON_DEMAND, **given}) == (OF_TABLE,)


def test_units_of_its_indexes_are_left_each_at_its_place() -> None:
    found = left({**ON_DEMAND, **indexes({}, units(), units(0, 0), units(1, 2))})
    assert found == (
        ("index/by_1", "GlobalSecondaryIndexes.1.ProvisionedThroughput"),
        ("index/by_3", "GlobalSecondaryIndexes.3.ProvisionedThroughput"),
    )


@pytest.mark.parametrize(
    "properties",
    [
        ON_DEMAND,
        {**ON_DEMAND, **units(0, 0)},
        {**ON_DEMAND, **units("0", "0")},
        {**ON_DEMAND, "ProvisionedThroughput": {"Ref": "AWS::NoValue"}},
        units(),
        {"BillingMode": "PROVISIONED", **units(), **indexes(units())},
    ],
)
def test_template_without_units_or_in_provisioned_mode_leaves_none(properties: dict[str, Any]) -> None:
    assert left(properties) == ()


def test_global_table_is_not_judged() -> None:
    assert left({**ON_DEMAND, **units(), "Replicas": []}, GLOBAL_TABLE) == ()


def test_mode_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InputError):
        left({"BillingMode": {"Fn::GetAtt": ["Other", "Mode"]}, **units()})
