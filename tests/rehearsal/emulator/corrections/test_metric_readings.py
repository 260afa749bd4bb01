"""The rollback alarm under every reading of CloudWatch, in the emulator's engine: it fires, clears, and stays silent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from capacity_guard.capacity import Rollout
from capacity_guard.dynamodb.alarm_definition import (
    COMPARISON,
    EXPRESSION,
    METRICS,
    MISSING_DATA,
    STATISTIC,
)
from capacity_guard.rehearsal.emulator.corrections import alarm_engine as engine
from capacity_guard.rehearsal.emulator.corrections import metric_store as store
from capacity_guard.rehearsal.emulator.corrections.metric_durations import MetricDurations
from capacity_guard.rehearsal.emulator.corrections.metric_readings import (
    DROPPED,
    EMPTY,
    IGNORED,
    Reading,
    all_readings,
)
from tests.builders.alarm_worlds import (
    DELAYS,
    END,
    FIRST,
    METRIC_NAMES,
    NOISE,
    QUIET,
    THROTTLED,
    THROTTLING,
    World,
    arrivals,
    fired_and_cleared,
)

READINGS = list(all_readings())
SECOND = 10.0
"""Second of each minute at which alarms are judged here."""
WAITS = (0.0, MetricDurations().alarm_sparse)
"""Seconds that an alarm waits where its series has gaps: not at all, and as long as was seen."""
CLOCKED = "FILL(read_throttle, 0) + FILL(write_throttle, 0) + 0 * (read_consumed + write_consumed)"
"""The expression of earlier versions of the guard, with 2 of 3."""


def alarm(expression: str, datapoints: int, periods: int) -> dict[str, Any]:
    """A new alarm, as the emulated service stores it."""
    used = [name for name in METRIC_NAMES if name in expression]
    queries = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": METRIC_NAMES[name],
                    "Dimensions": [{"Name": "TableName", "Value": "t"}],
                },
                "Period": 60,
                "Stat": STATISTIC,
            },
        }
        for name in used
    ]
    return {
        "AlarmName": "a",
        "Metrics": [*queries, {"Id": "judged", "Expression": expression, "ReturnData": True}],
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": datapoints,
        "Threshold": NOISE,
        "ComparisonOperator": COMPARISON,
        "TreatMissingData": MISSING_DATA,
        "StateValue": "INSUFFICIENT_DATA",
    }


def of_the_guard() -> dict[str, Any]:
    rollout = Rollout()
    return alarm(EXPRESSION, rollout.alarm_datapoints, rollout.alarm_periods)


def states(
    judged: dict[str, Any], world: World, delay: float, reading: Reading, wait: float = 0.0
) -> Iterator[tuple[float, str]]:
    """Time (seconds since 1970) and state of each evaluation."""
    metrics: dict[Any, Any] = {}
    points = list(arrivals(world, delay))[::-1]
    for minute in range(FIRST, END):
        now = minute * 60 + SECOND
        while points and points[-1][0] <= now:
            _, name, of_minute, value = points.pop()
            record = store.record(metrics, "AWS/DynamoDB", METRIC_NAMES[name], {"TableName": "t"}, "Count")
            store.add(record, of_minute * 60, 1, value, value, value)
        judged["StateValue"] = engine.evaluate(judged, metrics, now, reading, wait).state
        yield now, judged["StateValue"]


def test_builder_when_used_expects_the_metrics_of_the_definition() -> None:
    ids = {
        query["Id"]: query["MetricStat"]["Metric"]["MetricName"] for query in of_the_guard()["Metrics"][:-1]
    }
    assert ids == METRICS


@pytest.mark.sampled(every=28)
@pytest.mark.parametrize("reading", READINGS, ids=str)
@pytest.mark.parametrize("world", THROTTLING)
def test_rollback_alarm_fires_and_clears_under_every_reading(world: str, reading: Reading) -> None:
    for delay, wait in itertools.product(DELAYS, WAITS):
        fired, cleared = fired_and_cleared(
            lambda delay=delay, wait=wait: states(of_the_guard(), THROTTLING[world], delay, reading, wait)  # type: ignore[misc]
        )
        assert fired is not None, f"never fires, {delay} s"
        assert cleared is not None, f"never clears, {delay} s"
        assert fired >= 120 + delay, "fires before two minutes are published"
        if delay <= 105:
            assert fired <= 300 + wait, f"{delay} s"
        assert cleared <= 300 + wait, f"{delay} s"


@pytest.mark.sampled(every=9)
@pytest.mark.parametrize("reading", READINGS, ids=str)
@pytest.mark.parametrize("world", QUIET)
def test_rollback_alarm_stays_silent_under_every_reading(world: str, reading: Reading) -> None:
    for delay, wait in itertools.product(DELAYS, WAITS):
        found = states(of_the_guard(), QUIET[world], delay, reading, wait)
        assert all(state != "ALARM" for _, state in found), f"{delay} s"


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_rollback_alarm_before_the_first_throttled_minute_is_ok_but_for_one_pair_of_readings(
    reading: Reading,
) -> None:
    # Nothing that CloudWatch can see tells this alarm from one without metrics, so no state follows.
    has_no_state = reading.missing_data == IGNORED and reading.fill_of_nothing == EMPTY
    for world in THROTTLING.values():
        before = [
            state for time, state in states(of_the_guard(), world, 30, reading) if time < THROTTLED * 60
        ]
        assert before[-1] == ("INSUFFICIENT_DATA" if has_no_state else "OK")


def test_former_alarm_when_missing_values_count_as_zero_never_fires_on_late_metrics() -> None:
    # The case that made the definition change: 2 of 3 with FILL, metrics 90 s late and more.
    for delay, expected in ((60, True), (121, False), (180, False)):
        found, _ = fired_and_cleared(
            lambda delay=delay: states(  # type: ignore[misc]
                alarm(CLOCKED, 2, 3), THROTTLING["provisioned, writes"], delay, Reading()
            )
        )
        assert (found is not None) is expected, delay


def test_sparse_alarm_when_missing_data_is_ignored_never_clears() -> None:
    sparse = alarm("SUM([read_throttle, write_throttle])", 2, 5)
    fired, cleared = fired_and_cleared(
        lambda: states(sparse, THROTTLING["provisioned, writes"], 105, Reading(missing_data=IGNORED))
    )
    assert fired is not None
    assert cleared is None


def test_reading_from_the_environment_takes_each_variable() -> None:
    assert Reading.from_environment({}) == Reading()
    variables = {
        "CAPACITY_GUARD_METRIC_ARITHMETIC": DROPPED,
        "CAPACITY_GUARD_MISSING_DATA": IGNORED,
        "CAPACITY_GUARD_FILL_OF_NOTHING": EMPTY,
        "CAPACITY_GUARD_ALARM_EXTRA_PERIODS": "4",
    }
    assert Reading.from_environment(variables) == Reading(DROPPED, IGNORED, EMPTY, 4)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CAPACITY_GUARD_METRIC_ARITHMETIC", "nought"),
        ("CAPACITY_GUARD_MISSING_DATA", ""),
        ("CAPACITY_GUARD_FILL_OF_NOTHING", "yes"),
        ("CAPACITY_GUARD_ALARM_EXTRA_PERIODS", "-1"),
    ],
)
def test_reading_when_a_variable_has_another_value_is_an_error(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=variable):
        Reading.from_environment({variable: value})
