"""What a recording reads from CloudWatch: minutes, gaps, pages; and what it does with incomplete answers."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.recording.metrics import read_causes, read_metrics
from tests.fakes.recording_aws import END, NAME, Failure, Services

START = END - timedelta(minutes=4)
WRITE = Dimension(None, "write")
INDEX = Dimension("by_day", "write")
MINUTES = [START + timedelta(minutes=number) for number in range(4)]


def read(services: Services) -> Traffic:
    return read_metrics(services.aws(), NAME, (WRITE, INDEX), START, END)


@pytest.fixture
def services() -> Services:
    found = Services()
    found.series["ConsumedWriteCapacityUnits", None] = dict(
        zip(MINUTES, (60.0, 0.0, 90.0, 12.5), strict=True)
    )
    found.series["ConsumedWriteCapacityUnits", "by_day"] = {MINUTES[1]: 30.0, MINUTES[3]: 31.0}
    found.series["WriteThrottleEvents", "by_day"] = {MINUTES[3]: 7.0}
    return found


@pytest.mark.parametrize("points_a_page", [1_000_000, 3, 1])
def test_metrics_when_paged_are_the_same_as_in_one_page(services: Services, points_a_page: int) -> None:
    services.points_a_page = points_a_page
    traffic = read(services)
    assert list(traffic.consumed[WRITE]) == [60.0, 0.0, 90.0, 12.5]
    assert traffic.start == START
    assert len(services.operations("GetMetricData")) == math.ceil(7 / points_a_page)
    assert services.pauses == []


def test_metrics_when_a_minute_is_absent_keep_a_gap_and_never_zero(services: Services) -> None:
    traffic = read(services)
    assert [math.isnan(value) for value in traffic.consumed[INDEX]] == [True, False, True, False]
    assert traffic.gaps() == 2


def test_metrics_when_nothing_was_throttled_hold_zero_events(services: Services) -> None:
    traffic = read(services)
    assert list(traffic.throttled[WRITE]) == [0.0] * 4
    assert list(traffic.throttled[INDEX]) == [0.0, 0.0, 0.0, 7.0]


@pytest.mark.parametrize("status", ["PartialData", "InternalError"])
def test_metrics_when_a_series_stays_incomplete_ask_for_it_again(services: Services, status: str) -> None:
    asked: list[list[str]] = []

    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        data = services.metric_data(parameters)
        asked.append([query["Id"] for query in parameters["MetricDataQueries"]])
        if len(asked) == 1:
            for result in data["MetricDataResults"]:
                if result["Id"] == "consumed1":
                    result.update(StatusCode=status, Timestamps=[], Values=[])
        return data

    services.answers["GetMetricData"] = answer
    traffic = read(services)
    assert asked[1:] == [["consumed1"]]
    assert traffic.consumed[INDEX][3] == 31.0
    assert len(services.pauses) == 1


def test_metrics_when_never_complete_fail_and_name_the_metric(services: Services) -> None:
    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        data = services.metric_data(parameters)
        data["MetricDataResults"][0]["StatusCode"] = "PartialData"
        return data

    services.answers["GetMetricData"] = answer
    with pytest.raises(InputError, match="ConsumedWriteCapacityUnits: is incomplete after 4 tries"):
        read(services)


def test_metrics_when_throttled_then_fine_wait_and_go_on(services: Services) -> None:
    services.failures["GetMetricData"] = [Failure("Throttling"), Failure("ThrottlingException")]
    assert read(services).consumed[WRITE][0] == 60.0
    assert services.pauses == [1.0, 2.0]


def test_metrics_when_throttled_for_good_fail_after_five_tries(services: Services) -> None:
    services.failures["GetMetricData"] = [Failure("Throttling")] * 9
    with pytest.raises(InputError, match="cloudwatch:GetMetricData: is still throttled"):
        read(services)
    assert len(services.failures["GetMetricData"]) == 4


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "forbidden": ({"StatusCode": "Forbidden"}, "is denied"),
    "negative": ({"Timestamps": [START], "Values": [-1.0]}, r"is not a number from 0 to 1e\+15"),
    "beyond a float's count": (
        {"Timestamps": [START], "Values": [1e16]},
        r"is not a number from 0 to 1e\+15",
    ),
    "not a number": ({"Timestamps": [START], "Values": [math.nan]}, r"is not a number from 0 to 1e\+15"),
}


@pytest.mark.parametrize("case", BAD)
def test_metrics_when_a_result_is_bad_fail(services: Services, case: str) -> None:
    change, expected = BAD[case]

    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        data = services.metric_data(parameters)
        data["MetricDataResults"][0].update(change)
        return data

    services.answers["GetMetricData"] = answer
    with pytest.raises(InputError, match=expected):
        read(services)


def test_metrics_when_cloudwatch_has_a_message_fail_with_it(services: Services) -> None:
    message = {"Code": "MaxMetricsExceeded", "Value": "too many"}
    services.answers["GetMetricData"] = lambda given: {**services.metric_data(given), "Messages": [message]}
    with pytest.raises(InputError, match="MaxMetricsExceeded too many"):
        read(services)


def test_metrics_when_the_same_token_comes_twice_fail_instead_of_looping(services: Services) -> None:
    services.answers["GetMetricData"] = lambda given: {
        **services.metric_data({**given, "NextToken": "0"}),
        "NextToken": "a",
    }
    with pytest.raises(InputError, match="same page token twice"):
        read(services)


def test_causes_are_requested_for_throttled_dimensions_alone(services: Services) -> None:
    services.series["WriteThrottleEvents", "by_day"] = {MINUTES[1]: 5.0, MINUTES[3]: 7.0}
    services.series["WriteKeyRangeThroughputThrottleEvents", "by_day"] = {MINUTES[1]: 2.0, MINUTES[3]: 7.0}
    services.series["WriteProvisionedThroughputThrottleEvents", "by_day"] = {MINUTES[1]: 3.0}
    traffic = read(services)
    services.calls.clear()
    causes = read_causes(services.aws(), NAME, traffic)
    assert causes == {"index/by_day/write": {"ProvisionedThroughput": 3, "KeyRangeThroughput": 9}}
    (call,) = services.operations("GetMetricData")
    assert len(call["MetricDataQueries"]) == 4


def test_causes_when_nothing_was_throttled_call_no_service(services: Services) -> None:
    del services.series["WriteThrottleEvents", "by_day"]
    traffic = read(services)
    services.calls.clear()
    assert read_causes(services.aws(), NAME, traffic) == {}
    assert services.calls == []


@pytest.mark.parametrize(
    "cause", ["ProvisionedThroughput", "KeyRangeThroughput", "AccountLimit", "MaxOnDemandThroughput"]
)
def test_cause_of_throttling_is_read_from_the_metric_that_the_service_publishes_for_it(
    services: Services, cause: str
) -> None:
    """The names of the developer guide: metrics-dimensions."""
    services.series[f"Write{cause}ThrottleEvents", "by_day"] = {MINUTES[3]: 7.0}
    assert read_causes(services.aws(), NAME, read(services)) == {"index/by_day/write": {cause: 7}}
