"""The documented table of alarm states, metric math and the minute store, without an emulator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.rehearsal.emulator.corrections import _alarm_engine as engine
from capacity_guard.rehearsal.emulator.corrections import _alarm_states as states
from capacity_guard.rehearsal.emulator.corrections import _metric_math as math
from capacity_guard.rehearsal.emulator.corrections import _metric_store as store

KEEP = "keep"


def points(text: str) -> list[float | None]:
    return [None if sign == "-" else 1.0 if sign == "X" else 0.0 for sign in text.split()]


def judged(text: str, to_alarm: int, treatment: str, state: str = "OK") -> str:
    verdict = states.judge(
        points(text),
        breaches=lambda value: value >= 1,
        periods=3,
        to_alarm=to_alarm,
        treatment=treatment,
        state=state,
    )
    return verdict.state


# The two tables of "Configuring how CloudWatch alarms treat missing data": missing, ignore, breaching, notBreaching.
DOCUMENTED = [
    (3, "0 - X - X", "OK", "OK", "OK", "OK"),
    (3, "0 - - - -", "OK", "OK", "OK", "OK"),
    (3, "- - - - -", "INSUFFICIENT_DATA", KEEP, "ALARM", "OK"),
    (3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, "- - X - -", "ALARM", KEEP, "ALARM", "OK"),
    (2, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "0 - X - -", "OK", "OK", "ALARM", "OK"),
    (2, "- - - - 0", "OK", "OK", "ALARM", "OK"),
    (2, "- - - X -", "ALARM", KEEP, "ALARM", "OK"),
]


@pytest.mark.parametrize(("to_alarm", "text", "missing", "ignore", "breaching", "not_breaching"), DOCUMENTED)
@pytest.mark.parametrize("before", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_state_when_points_are_missing_follows_the_documented_table(
    to_alarm: int, text: str, missing: str, ignore: str, breaching: str, not_breaching: str, before: str
) -> None:
    found = [judged(text, to_alarm, treatment, before) for treatment in states.TREATMENTS]

    expected = [before if each == KEEP else each for each in (missing, ignore, breaching, not_breaching)]
    assert found == expected


@pytest.mark.parametrize("text", ["- - - - X", "- - - X -"])
def test_state_when_the_only_breach_is_young_is_not_alarm(text: str) -> None:
    assert judged(text, 3, "missing") == "OK"
    assert judged("- - X - -", 3, "missing") == "ALARM"


@given(
    st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=8),
    st.integers(min_value=1, max_value=3),
    st.sampled_from(states.TREATMENTS),
)
def test_state_when_nothing_is_missing_needs_no_treatment(
    values: list[float], to_alarm: int, treatment: str
) -> None:
    verdict = states.judge(
        values,
        breaches=lambda value: value >= 1,
        periods=3,
        to_alarm=to_alarm,
        treatment=treatment,
        state="OK",
    )

    assert (verdict.state == "ALARM") == (sum(values[-3:]) >= to_alarm)
    assert verdict.filled == 0


TIMES = (0, 60, 120, 180)


def value(expression: str, **series: Any) -> Any:
    return math.evaluate(math.parse(expression), series, TIMES)


def test_arithmetic_of_two_series_exists_only_where_both_have_a_value() -> None:
    assert value("a + b", a={0: 1.0, 60: 2.0}, b={60: 3.0, 120: 4.0}) == {60: 5.0}


def test_fill_supplies_points_over_the_whole_range() -> None:
    assert value("FILL(a, 0)", a={60: 2.0}) == {0: 0.0, 60: 2.0, 120: 0.0, 180: 0.0}
    assert value("FILL(a, -1)", a={}) == dict.fromkeys(TIMES, -1.0)


def test_fill_combined_with_a_dense_series_exists_at_its_times() -> None:
    # The expression of the rollback alarms: consumed units are the clock of the throttle events.
    found = value("FILL(throttled, 0) + 0 * consumed", throttled={60: 7.0}, consumed={0: 100.0, 60: 200.0})

    assert found == {0: 0.0, 60: 7.0}


def test_fill_of_two_series_in_the_rollback_alarms_expression_follows_its_clock() -> None:
    found = value(
        "FILL(read_throttle, 0) + FILL(write_throttle, 0) + 0 * (read_consumed + write_consumed)",
        read_throttle={},
        write_throttle={120: 4.0, 180: 9.0},
        read_consumed={0: 1.0, 60: 1.0, 120: 1.0},
        write_consumed={60: 5.0, 120: 5.0, 180: 5.0},
    )

    assert found == {60: 0.0, 120: 4.0}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 / 4 / 2", 1.0),
        ("-2 - -3", 1.0),
        ("1.5e2", 150.0),
        (".5", 0.5),
    ],
)
def test_numbers_follow_the_usual_precedence(expression: str, expected: float) -> None:
    assert value(expression) == expected


def test_division_by_zero_gives_no_point() -> None:
    assert value("a / b", a={0: 1.0, 60: 1.0}, b={0: 0.0, 60: 2.0}) == {60: 0.5}


@pytest.mark.parametrize(
    "expression",
    ["", "a +", "a b", "(a", "SUM(a)", "FILL(a, REPEAT)", "FILL(a)", "a > 1", "M1", "a ^ 2", "1 / 0"],
)
def test_expression_when_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(math.ExpressionError):
        value(expression, a={0: 1.0}, b={0: 1.0})


def test_store_adds_up_the_samples_of_a_minute() -> None:
    metric = store.record({}, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", {"TableName": "t"}, "Count")
    for at, amount in ((60.0, 1.0), (119.9, 5.0), (120.0, 7.0)):
        store.add(metric, at, 1.0, amount, amount, amount)

    assert store.values(metric, 0, 180, 60, "Sum") == {60: 6.0, 120: 7.0}
    assert store.values(metric, 60, 120, 60, "SampleCount") == {60: 2.0}
    assert store.values(metric, 0, 300, 300, "Maximum") == {0: 7.0}
    assert store.values(metric, 60, 180, 120, "Sum", phase=60) == {60: 13.0}
    assert store.values(None, 0, 60, 60, "Sum") == {}


def test_store_when_old_forgets() -> None:
    metric = store.record({}, "n", "m", {}, "None")
    store.add(metric, 60.0, 1, 1, 1, 1)
    store.add(metric, 600.0, 1, 1, 1, 1)

    store.drop_older(metric, 120)

    assert list(metric["minutes"]) == [600]


def rollback_alarm(**changes: Any) -> dict[str, Any]:
    def stat(identifier: str, name: str) -> dict[str, Any]:
        metric = {
            "Namespace": "AWS/DynamoDB",
            "MetricName": name,
            "Dimensions": [{"Name": "TableName", "Value": "t"}],
        }
        return {
            "Id": identifier,
            "ReturnData": False,
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
        }

    return {
        "AlarmName": "rollback",
        "Metrics": [
            stat("throttled", "WriteThrottleEvents"),
            stat("consumed", "ConsumedWriteCapacityUnits"),
            {"Id": "e1", "Expression": "FILL(throttled, 0) + 0 * consumed", "ReturnData": True},
        ],
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": "OK",
        **changes,
    }


def published(throttled: dict[int, float], consumed: dict[int, float]) -> dict[Any, Any]:
    metrics: dict[Any, Any] = {}
    for name, series in (("WriteThrottleEvents", throttled), ("ConsumedWriteCapacityUnits", consumed)):
        for dimensions in ({"TableName": "t"}, {"TableName": "other"}):
            record = store.record(metrics, "AWS/DynamoDB", name, dimensions, "Count")
            for minute, amount in series.items():
                # What another table suffers must not count.
                shown = amount if dimensions["TableName"] == "t" else 1_000_000.0
                store.add(record, minute, 1, shown, shown, shown)
    return metrics


def test_alarm_on_an_expression_when_the_newest_minute_is_not_published_judges_the_one_before() -> None:
    consumed = dict.fromkeys(range(600, 1_200, 60), 100.0)  # the minute from 1,200 is not published yet
    metrics = published({1_080: 50.0, 1_140: 60.0}, consumed)

    outcome = engine.evaluate(rollback_alarm(), metrics, 1_270.0)

    assert outcome.state == "ALARM"
    assert outcome.reason.startswith(
        "Threshold Crossed: 2 out of the last 3 datapoints [60.0 (01/01/70 00:19:00), "
    )
    assert outcome.reason.endswith(
        "were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    assert outcome.data["recentDatapoints"] == [0.0, 50.0, 60.0]


def test_alarm_when_one_of_three_minutes_breaches_stays_ok() -> None:
    consumed = dict.fromkeys(range(600, 1_200, 60), 100.0)

    assert engine.evaluate(rollback_alarm(), published({1_140: 60.0}, consumed), 1_210.0).state == "OK"


def test_alarm_on_a_bare_fill_when_minutes_are_late_sees_zeros_first() -> None:
    # The documented pitfall: the newest minutes are filled before they are published.
    alarm = rollback_alarm(EvaluationPeriods=1, DatapointsToAlarm=1)
    alarm["Metrics"][2]["Expression"] = "FILL(throttled, 0)"

    assert engine.evaluate(alarm, published({1_140: 60.0}, {}), 1_270.0).state == "OK"


def test_alarm_when_nothing_was_published_names_the_treatment() -> None:
    outcome = engine.evaluate(rollback_alarm(StateValue="ALARM"), {}, 1_210.0)

    assert outcome.state == "OK"
    assert outcome.reason == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
        "[NonBreaching]."
    )


def test_alarm_on_dynamodb_when_missing_data_is_left_to_the_default_keeps_its_state() -> None:
    alarm = rollback_alarm(StateValue="ALARM", TreatMissingData=None)

    assert engine.evaluate(alarm, {}, 1_210.0).state == "ALARM"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"DatapointsToAlarm": 4}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"TreatMissingData": "maybe"}, "Option maybe is not supported"),
        ({"MetricName": "m"}, "Exactly one of MetricName and Metrics"),
        ({"EvaluationPeriods": 1_441}, "Metrics cannot be checked across more than 86400 seconds"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "is not emulated"),
        ({"Threshold": None}, "Threshold is required"),
    ],
)
def test_alarm_when_not_valid_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(engine.AlarmError, match=message):
        engine.check(rollback_alarm(**changes))


def test_alarm_when_its_expressions_are_wrong_is_refused() -> None:
    unknown, circle, two = rollback_alarm(), rollback_alarm(), rollback_alarm()
    unknown["Metrics"][2]["Expression"] = "ghost + 1"
    circle["Metrics"][2]["Expression"] = "e1 + consumed"
    two["Metrics"][1]["ReturnData"] = True

    with pytest.raises(engine.AlarmError, match="unknown ids: ghost"):
        engine.check(unknown)
    with pytest.raises(engine.AlarmError, match="in a circle"):
        engine.check(circle)
    with pytest.raises(engine.AlarmError, match="Exactly one element"):
        engine.check(two)
