"""Responses of Application Auto Scaling: targets, policies and scheduled actions of one table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.dynamodb.live_scaling import (
    LiveScaling,
    read_live_scaling,
    read_live_schedules,
    scaled_dimensions,
)

KEYS = {"table/index": "table", "table/index/index/Table": "index/Table"}
READ, INDEX_WRITE = Dimension(None, "read"), Dimension("Table", "write")
TABLE_READ = {"ResourceId": "table/index", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
OF_INDEX = {"ResourceId": "table/index/index/Table", "ScalableDimension": "dynamodb:index:WriteCapacityUnits"}
OF_ANOTHER = {"ResourceId": "table/other", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
BOUNDS = {"MinCapacity": 5, "MaxCapacity": 50}
AT = datetime(2026, 7, 1, 20, 0, 0, 500_000, tzinfo=timezone(timedelta(hours=2)))


def policy(target: float, **tracking: Any) -> dict[str, Any]:
    return {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": target, **tracking}}


def test_targets_when_read_have_the_policy_of_their_own_dimension() -> None:
    targets = [{**TABLE_READ, **BOUNDS}, {**OF_INDEX, **BOUNDS}]
    assert read_live_scaling(KEYS, targets, [{**OF_INDEX, **policy(72.5)}, {**TABLE_READ}]) == {
        READ: LiveScaling(5, 50, None),
        INDEX_WRITE: LiveScaling(5, 50, 72.5),
    }
    assert read_live_scaling(KEYS, [], [{**OF_INDEX, **policy(70)}]) == {}
    assert list(scaled_dimensions(KEYS, targets)) == [READ, INDEX_WRITE]


@pytest.mark.parametrize(
    ("state", "suspended"),
    [
        (None, False),
        ({}, False),
        ({"DynamicScalingInSuspended": True}, True),
        ({"DynamicScalingOutSuspended": True}, True),
        ({"ScheduledScalingSuspended": True}, False),
    ],
)
def test_scaling_when_one_direction_is_suspended_is_suspended(
    state: dict[str, bool] | None, suspended: bool
) -> None:
    target = {**TABLE_READ, **BOUNDS, **({} if state is None else {"SuspendedState": state})}
    assert read_live_scaling(KEYS, [target], [])[READ].suspended is suspended
    assert LiveScaling(1, 2, 70.0).suspended is False


@pytest.mark.parametrize("end", ["ReadCapacityUnits", "XReadCapacityUnits", "WriteCapacityUnits"])
def test_scalable_dimension_is_of_reads_by_its_whole_last_part(end: str) -> None:
    read = Dimension("Table", "read" if end == "ReadCapacityUnits" else "write")
    entry = {**OF_INDEX, "ScalableDimension": f"dynamodb:index:{end}"}
    assert list(scaled_dimensions(KEYS, [entry])) == [read]


@pytest.mark.parametrize(
    ("tracking", "followed"),
    [
        (
            {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}},
            "DynamoDBReadCapacityUtilization",
        ),
        ({"CustomizedMetricSpecification": {"MetricName": "Load"}}, "a metric of its own"),
    ],
)
def test_policy_when_it_follows_another_metric_is_an_error_with_both(
    tracking: dict[str, Any], followed: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_live_scaling(KEYS, [], [{**OF_INDEX, **policy(70, **tracking)}])
    assert raised.value.location == "scaling policy of table/index/index/Table, write"
    assert raised.value.problem == f"follows {followed}, not DynamoDBWriteCapacityUtilization"
    own = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}}
    assert read_live_scaling(KEYS, [], [{**OF_INDEX, **policy(70, **own)}]) == {}


def test_schedules_when_read_are_in_order_and_in_whole_seconds_of_utc() -> None:
    night = {**OF_INDEX, "ScheduledActionName": "night", "Schedule": "rate(1 day)", "StartTime": AT}
    day = {**TABLE_READ, "ScheduledActionName": "day", "Schedule": "cron(x)", "Timezone": "Europe/Berlin"}
    bounds = {"ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2}, "EndTime": AT}
    second = datetime(2026, 7, 1, 18, tzinfo=UTC)
    assert read_live_schedules(KEYS, [{**day, **bounds}, night]) == (
        ScheduledAction(INDEX_WRITE, "night", "rate(1 day)", start=second),
        ScheduledAction(READ, "day", "cron(x)", "Europe/Berlin", 1, 2, end=second),
    )


@pytest.mark.parametrize(
    ("targets", "policies"),
    [
        ([{**OF_ANOTHER, **BOUNDS}], []),
        ([{**TABLE_READ, "MinCapacity": 1}], []),
        ([], [{**OF_ANOTHER, **policy(70)}]),
        ([], [{**TABLE_READ, "TargetTrackingScalingPolicyConfiguration": {"DisableScaleIn": True}}]),
    ],
)
def test_entry_when_it_is_of_another_table_or_lacks_a_value_is_an_error(
    targets: list[Any], policies: list[Any]
) -> None:
    with pytest.raises(KeyError):
        read_live_scaling(KEYS, targets, policies)


@pytest.mark.parametrize(
    "action",
    [
        {**OF_ANOTHER, "ScheduledActionName": "n", "Schedule": "s"},
        {**TABLE_READ, "ScheduledActionName": "n"},
    ],
)
def test_action_when_it_is_of_another_table_or_lacks_a_value_is_an_error(action: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        read_live_schedules(KEYS, [action])
