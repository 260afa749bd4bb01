"""The rollback alarm: which existing alarms are one, each change of it, and the fake service under every reading."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.capacity import Rollout
from capacity_guard.dynamodb.alarm_definition import (
    COMPARISON,
    EXPRESSION,
    METRICS,
    MISSING_DATA,
    find_differences,
    find_settings,
)
from capacity_guard.dynamodb.names import metric_dimensions
from tests.builders.alarm_worlds import (
    DELAYS,
    END,
    FIRST,
    METRIC_NAMES,
    NOISE,
    QUIET,
    THROTTLING,
    World,
    fired_and_cleared,
)
from tests.fakes.cloudwatch import CloudWatch
from tests.fakes.cloudwatch_math import Reading

TABLE = metric_dimensions("orders", None)
INDEX = metric_dimensions("orders", "by_agent")
READINGS = [
    Reading(missing_is_zero, honours, fills, beyond, delay)
    for missing_is_zero, honours, fills, beyond, delay in itertools.product(
        (True, False), (True, False), (True, False), (0, 2, 5), DELAYS
    )
]


def alarm(dimensions: dict[str, str]) -> dict[str, Any]:
    """The rollback alarm in the response of DescribeAlarms."""
    metrics = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name, metric in METRICS.items()
    ]
    rollout = Rollout()
    return {
        "AlarmName": "Orders-TableThrottled",
        "ActionsEnabled": True,
        "Metrics": [*metrics, {"Id": "throttled", "Expression": EXPRESSION, "ReturnData": True}],
        "EvaluationPeriods": rollout.alarm_periods,
        "DatapointsToAlarm": rollout.alarm_datapoints,
        "Threshold": NOISE,
        "ComparisonOperator": COMPARISON,
        "TreatMissingData": MISSING_DATA,
    }


def differs(definition: dict[str, Any], dimensions: dict[str, str] = TABLE) -> bool:
    """Whether an alarm is another one, or has other settings than the default."""
    if list(find_differences(definition, dimensions)):
        return True
    return find_settings(definition) != find_settings(alarm(dimensions))


def test_expression_when_read_expects_the_ids_of_all_metrics() -> None:
    assert set(re.findall(r"[a-z]+_[a-z]+", EXPRESSION)) == set(METRICS)


@pytest.mark.parametrize("dimensions", [TABLE, INDEX])
def test_alarm_when_it_is_as_defined_expects_no_difference(dimensions: dict[str, str]) -> None:
    assert not differs(alarm(dimensions), dimensions)


def test_alarm_when_it_is_of_another_table_or_index_expects_a_difference() -> None:
    assert differs(alarm(INDEX), TABLE)
    assert differs(alarm(TABLE), INDEX)
    assert differs(alarm(TABLE), metric_dimensions("carts", None))
    assert list(find_differences({}, TABLE))


def members(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every scalar in a definition."""
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from members(member, (*path, key))
    else:
        yield path


HARMLESS = {("AlarmName",), ("ActionsEnabled",), ("Metrics", 2, "Id")}
"""Members that do not decide whether the alarm can veto: the gates read its state, and nothing refers to the result's id."""


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value * 2 + 1 if isinstance(value, int | float) else f"x{value}"


@pytest.mark.parametrize("path", sorted(members(alarm(INDEX)), key=str), ids=str)
@pytest.mark.parametrize("how", ["changed", "removed"])
def test_alarm_when_one_member_is_changed_or_removed_expects_a_difference(
    path: tuple[str | int, ...], how: str
) -> None:
    definition = copy.deepcopy(alarm(INDEX))
    *parents, last = path
    place: Any = definition
    for key in parents:
        place = place[key]
    if how == "changed":
        place[last] = changed(place[last])
    else:
        del place[last]
    returned_by_default = how == "removed" and path == ("Metrics", 2, "ReturnData")
    try:
        found = differs(definition, INDEX)
    except (KeyError, TypeError, ValueError):
        return  # malformed, which both readers report
    assert found is not (path in HARMLESS or returned_by_default)


@pytest.mark.parametrize(
    "change",
    [
        lambda alarm: alarm["Metrics"].pop(0),
        lambda alarm: alarm["Metrics"].append(
            alarm["Metrics"][0]["MetricStat"] and {"Id": "e2", "Expression": "1 * throttled"}
        ),
        lambda alarm: alarm["Metrics"][0].update(AccountId="111122223333"),
        lambda alarm: alarm["Metrics"][0]["MetricStat"].update(Unit="Seconds"),
        lambda alarm: alarm["Metrics"][-1].update(Period=300),
        lambda alarm: alarm.update(MetricName="SystemErrors"),
        lambda alarm: alarm.update(EvaluationWindow={"Type": "WALL_CLOCK"}),
        lambda alarm: alarm.update(WarmUpConfiguration={"Minutes": 60}),
        lambda alarm: alarm.update(EvaluationCriteria={"PromQLCriteria": {"Query": "up"}}),
        lambda alarm: alarm.update(ThresholdMetricId="throttled"),
    ],
    ids=[
        "no read throttle events",
        "two expressions",
        "another account",
        "a unit",
        "another period of the result",
        "a metric beside the expression",
        "another window",
        "a warm-up without a state",
        "another language",
        "an anomaly",
    ],
)
def test_alarm_when_something_is_added_expects_a_difference(
    change: Callable[[dict[str, Any]], object],
) -> None:
    definition = copy.deepcopy(alarm(TABLE))
    change(definition)
    assert list(find_differences(definition, TABLE))


def fake_states(world: World, reading: Reading) -> Iterator[tuple[float, str]]:
    """Time (seconds since 1970) and state of each evaluation by the fake of the unit tests."""
    now = [datetime.fromtimestamp(FIRST * 60, UTC)]
    cloudwatch = CloudWatch(lambda: now[0], "eu-west-1", "111122223333")
    cloudwatch.reading = reading
    dimensions = [{"Name": name, "Value": value} for name, value in TABLE.items()]
    for name, series in world.items():
        data = [
            {
                "MetricName": METRIC_NAMES[name],
                "Dimensions": dimensions,
                "Timestamp": datetime.fromtimestamp(minute * 60, UTC),
                "Value": value,
            }
            for minute, value in series.items()
        ]
        cloudwatch.put_metric_data({"Namespace": "AWS/DynamoDB", "MetricData": data})
    cloudwatch.put_metric_alarm(alarm(TABLE))
    for minute in range(FIRST, END):
        now[0] = datetime.fromtimestamp(minute * 60 + 10, UTC)
        cloudwatch.settle()
        yield now[0].timestamp(), cloudwatch.alarms["Orders-TableThrottled"]["StateValue"]


@pytest.mark.sampled(every=7)
@pytest.mark.parametrize("world", THROTTLING)
def test_alarm_in_the_fake_fires_and_clears_under_every_reading(world: str) -> None:
    for reading in READINGS:
        fired, cleared = fired_and_cleared(
            lambda reading=reading: fake_states(THROTTLING[world], reading)  # type: ignore[misc]
        )
        assert fired is not None, reading
        assert fired <= (300 if reading.delay <= 105 else 370), reading
        assert cleared is not None, reading


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("world", QUIET)
def test_alarm_in_the_fake_stays_silent_under_every_reading(world: str) -> None:
    for reading in READINGS:
        assert all(state != "ALARM" for _, state in fake_states(QUIET[world], reading)), reading
