"""One evaluation of an alarm: its points, its state, its reason; and the configurations that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import alarm_engine as engine
from capacity_guard.rehearsal.emulator.corrections import metric_store as store
from capacity_guard.rehearsal.emulator.corrections.metric_queries import MetricRequestError
from capacity_guard.rehearsal.emulator.corrections.metric_readings import DROPPED, IGNORED, Reading
from tests.builders.expression_alarm import expression_alarm


def alarm(**changes: Any) -> dict[str, Any]:
    """An alarm on table ``t`` with a state, as MiniStack stores it."""
    return expression_alarm("t", **{"StateValue": "OK", **changes})


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

    outcome = engine.evaluate(alarm(), metrics, 1_270.0, Reading(arithmetic=DROPPED))

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

    assert engine.evaluate(alarm(), published({1_140: 60.0}, consumed), 1_210.0).state == "OK"


def test_alarm_on_a_bare_fill_when_minutes_are_late_sees_zeros_first() -> None:
    # The documented pitfall: the newest minutes are filled before they are published.
    bare = alarm(EvaluationPeriods=1, DatapointsToAlarm=1)
    bare["Metrics"][2]["Expression"] = "FILL(throttled, 0)"

    assert engine.evaluate(bare, published({1_140: 60.0}, {}), 1_270.0).state == "OK"


def test_alarm_when_nothing_was_published_names_the_treatment() -> None:
    outcome = engine.evaluate(alarm(StateValue="ALARM"), {}, 1_210.0, Reading(arithmetic=DROPPED))

    assert outcome.state == "OK"
    assert outcome.reason == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
        "[NonBreaching]."
    )


def test_alarm_on_dynamodb_when_missing_data_is_left_to_the_default_keeps_its_state() -> None:
    bare = alarm(StateValue="ALARM", TreatMissingData=None)

    assert engine.evaluate(bare, {}, 1_210.0, Reading(arithmetic=DROPPED)).state == "ALARM"


def test_alarm_on_dynamodb_when_missing_data_is_always_ignored_keeps_its_state_whatever_is_set() -> None:
    reading = Reading(arithmetic=DROPPED, missing_data=IGNORED)

    assert engine.evaluate(alarm(StateValue="ALARM"), {}, 1_210.0, reading).state == "ALARM"


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
    with pytest.raises(MetricRequestError, match=message):
        engine.check(alarm(**changes))


def test_alarm_when_its_expressions_are_wrong_is_refused() -> None:
    unknown, circle, two = alarm(), alarm(), alarm()
    unknown["Metrics"][2]["Expression"] = "ghost + 1"
    circle["Metrics"][2]["Expression"] = "judged + consumed"
    two["Metrics"][1]["ReturnData"] = True

    with pytest.raises(MetricRequestError, match="unknown ids: ghost"):
        engine.check(unknown)
    with pytest.raises(MetricRequestError, match="in a circle"):
        engine.check(circle)
    with pytest.raises(MetricRequestError, match="Exactly one element"):
        engine.check(two)


@pytest.mark.parametrize(
    ("seconds", "second", "minute"),
    [(1_209.9, 10.0, 19), (1_210.0, 10.0, 20), (1_269.0, 10.0, 20), (1_254.0, 55.0, 19)],
)
def test_evaluation_minute_changes_at_the_second_of_the_run(
    seconds: float, second: float, minute: int
) -> None:
    assert engine.evaluation_minute(seconds, second) == minute


def one_of_one(**changes: Any) -> dict[str, Any]:
    """An alarm on throttle events, 1 of 1, without an expression."""
    return {
        "Namespace": "AWS/DynamoDB",
        "MetricName": "WriteThrottleEvents",
        "Dimensions": [{"Name": "TableName", "Value": "t"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": "OK",
        **changes,
    }


def test_alarm_on_a_metric_with_gaps_waits_and_then_stays_until_its_range_is_over() -> None:
    metrics = published({1_200: 5.0}, {})

    def states(wait: float) -> list[str]:
        evaluated = [
            engine.evaluate(one_of_one(), metrics, 1_264.0 + 60 * later, sparse_wait=wait).state
            for later in range(7)
        ]
        return [state[0] for state in evaluated]

    # the minute ends at 1,260: 4, 64, 124, 184 seconds after it, and so on
    assert states(0.0) == ["A", "A", "A", "O", "O", "O", "O"]
    assert states(180.0) == ["O", "O", "O", "A", "A", "A", "O"]


def test_alarm_on_a_metric_without_gaps_does_not_wait() -> None:
    consumed = dict.fromkeys(range(600, 1_200, 60), 100.0)  # the minute from 1,200 is not published yet
    metrics = published({1_080: 50.0, 1_140: 60.0}, consumed)
    reading = Reading(arithmetic=DROPPED)

    assert engine.evaluate(alarm(), metrics, 1_270.0, reading, sparse_wait=180.0).state == "ALARM"


def test_alarm_whose_metric_was_published_again_after_a_gap_waits() -> None:
    consumed = dict.fromkeys([*range(600, 900, 60), 1_200], 100.0)
    on_consumed = one_of_one(MetricName="ConsumedWriteCapacityUnits", Threshold=99.0)

    assert engine.evaluate(on_consumed, published({}, consumed), 1_264.0, sparse_wait=180.0).state == "OK"
    assert engine.evaluate(on_consumed, published({}, consumed), 1_264.0).state == "ALARM"
