"""Live units of a scalable target: read and changed through DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import scaling_targets, scaling_units
from capacity_guard.rehearsal.emulator.corrections.ministack import ServiceError
from capacity_guard.rehearsal.emulator.corrections.scaling_targets import ScalableTarget, ScalableTargetKey

KEY = ScalableTargetKey(
    "000000000000", "eu-west-1", "table/orders/index/by_agent", "dynamodb:index:WriteCapacityUnits"
)


def throughput(read: int, write: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """DescribeTable of a table with one index."""
    index = {"IndexName": "by_agent", **throughput(3, 4)}
    description = {"TableStatus": "ACTIVE", **throughput(1, 2), "GlobalSecondaryIndexes": [index]}
    monkeypatch.setattr(scaling_units, "table_description", lambda _: description)
    return description


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScalableTarget]:
    monkeypatch.setattr(
        scaling_targets,
        "table_description",
        lambda _: {"GlobalSecondaryIndexes": [{"IndexName": "by_agent"}]},
    )
    yield scaling_targets.register(KEY, 1, 100)
    scaling_targets.clear()


def test_live_units_are_those_of_the_index(table: dict[str, Any]) -> None:
    assert scaling_units.live_units(KEY) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"TableStatus": "UPDATING"},
        {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}},
        {"GlobalSecondaryIndexes": []},
    ],
)
def test_live_units_while_nothing_can_be_scaled_are_none(
    table: dict[str, Any], change: dict[str, Any]
) -> None:
    table.update(change)

    assert scaling_units.live_units(KEY) is None


def test_units_when_set_keep_the_other_unit_and_record_an_activity(
    monkeypatch: pytest.MonkeyPatch, table: dict[str, Any], target: ScalableTarget
) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(scaling_units, "dynamodb", lambda _, **request: calls.append(request))

    assert scaling_units.set_units(KEY, 40, "because")

    (update,) = calls[0]["GlobalSecondaryIndexUpdates"]
    assert update["Update"] == {"IndexName": "by_agent", **throughput(3, 40)}
    (activity,) = target.activities
    assert (activity["StatusCode"], activity["Cause"]) == ("Successful", "because")
    assert activity["Description"] == "Setting write capacity units to 40."


@pytest.mark.parametrize(
    ("code", "recorded"), [("LimitExceededException", ["Failed"]), ("ResourceInUseException", [])]
)
def test_units_when_refused_are_tried_again_and_a_failure_is_recorded_unless_the_table_is_busy(
    monkeypatch: pytest.MonkeyPatch,
    table: dict[str, Any],
    target: ScalableTarget,
    code: str,
    recorded: list[str],
) -> None:
    def refuse(_: str, **request: Any) -> None:
        raise ServiceError(code, "no")

    monkeypatch.setattr(scaling_units, "dynamodb", refuse)

    assert not scaling_units.set_units(KEY, 40, "because")
    assert [activity["StatusCode"] for activity in target.activities] == recorded
