"""The table that AWS SAM makes of AWS::Serverless::SimpleTable (SAM Developer Guide: sam-resource-simpletable)."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.checking.simple_table import SIMPLE_TABLE, as_table


def made(**properties: Any) -> dict[str, Any]:
    return as_table({"Type": SIMPLE_TABLE, "Properties": properties, "DeletionPolicy": "Retain"}, "t: Orders")


def test_table_without_properties_is_on_demand_with_the_key_id() -> None:
    assert as_table({"Type": SIMPLE_TABLE}, "t: Orders") == {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    }


def test_throughput_key_and_policies_are_passed_on() -> None:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    table = made(ProvisionedThroughput=units, PrimaryKey={"Name": "order", "Type": "Number"}, Tags={"a": "b"})
    assert table["DeletionPolicy"] == "Retain"
    assert table["Properties"]["ProvisionedThroughput"] == units
    assert "BillingMode" not in table["Properties"]
    assert table["Properties"]["AttributeDefinitions"] == [{"AttributeName": "order", "AttributeType": "N"}]


@pytest.mark.parametrize("key", [{"Name": "x"}, {"Name": "x", "Type": "Text"}, {"Type": "String"}, "x"])
def test_key_that_cannot_be_read_is_bad_input(key: object) -> None:
    with pytest.raises(InputError, match=r"t: Orders\.PrimaryKey: is no Name with a Type"):
        made(PrimaryKey=key)


def test_property_that_sam_does_not_have_is_bad_input() -> None:
    with pytest.raises(
        InputError, match=r"t: Orders\.BillingMode: is not a property of AWS::Serverless::SimpleTable"
    ):
        made(BillingMode="PROVISIONED")
