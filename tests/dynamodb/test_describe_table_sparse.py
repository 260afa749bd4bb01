"""What DescribeTable leaves out of its response, or states as null."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import BillingMode
from capacity_guard.dynamodb.describe_table import LiveTable

SPARSE: tuple[dict[str, Any], ...] = (
    {},
    {"ProvisionedThroughput": None, "WarmThroughput": None, "OnDemandThroughput": None},
    {"ProvisionedThroughput": {}, "WarmThroughput": {}, "OnDemandThroughput": {}},
)


@pytest.mark.parametrize("given", SPARSE)
def test_resource_of_which_little_is_stated_has_nothing(given: dict[str, Any]) -> None:
    live = LiveTable.of(
        {"TableName": "orders", "GlobalSecondaryIndexes": [{"IndexName": "by_day", **given}], **given}
    )
    assert list(live.resources) == ["table", "index/by_day"]
    for resource in live.resources.values():
        assert resource.status == "without a status"
        assert resource.units == {"read": 0, "write": 0}
        assert resource.warm == {"read": 0, "write": 0}
        assert resource.warm_status == "ACTIVE"
        assert resource.maximum == {}
        assert (resource.decreases, resource.last_decrease) == (0, None)


@pytest.mark.parametrize("given", [{}, {"BillingModeSummary": None, "GlobalSecondaryIndexes": None}])
def test_table_without_a_summary_is_provisioned_and_has_no_index(given: dict[str, Any]) -> None:
    live = LiveTable.of({"TableName": "orders", **given})
    assert (live.name, live.mode, live.last_switch) == ("orders", BillingMode.PROVISIONED, None)
    assert list(live.resources) == ["table"]


@pytest.mark.parametrize(("units", "maximum"), [(-1, {}), (0, {}), (1, {"read": 1, "write": 1})])
def test_maximum_of_no_units_is_none(units: int, maximum: dict[str, int]) -> None:
    stated = {"MaxReadRequestUnits": units, "MaxWriteRequestUnits": units}
    live = LiveTable.of({"TableName": "orders", "OnDemandThroughput": stated})
    assert live.resources["table"].maximum == maximum
