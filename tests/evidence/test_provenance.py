"""The provenance of a baseline: recording and history as plain data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.evidence.provenance import (
    History,
    Recording,
    history_from_json,
    history_to_json,
    recording_to_json,
    requested_period_from_json,
    throttle_causes_from_json,
)

FIRST, STOP = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 9, 6, tzinfo=UTC)
CAUSES = {"table/write": {"TableWriteMaxOnDemandThroughputThrottleEvents": 7}}


def test_recording_when_it_has_the_required_values_only_expects_no_other_fields() -> None:
    assert recording_to_json(Recording(STOP, "capacity-guard record", "CloudWatch")) == {
        "at": "2026-07-09T06:00:00Z",
        "by": "capacity-guard record",
        "source": "CloudWatch",
    }


def test_recording_when_it_has_all_values_expects_them_readable() -> None:
    recording = Recording(STOP, "capacity-guard record", "CloudWatch", "a note", (FIRST, STOP), CAUSES)
    data = recording_to_json(recording)
    assert list(data) == ["at", "by", "source", "note", "asked", "throttled_by"]
    assert data["note"] == "a note"
    assert requested_period_from_json(data["asked"], "f") == (FIRST, STOP)
    assert throttle_causes_from_json(data["throttled_by"], "f") == CAUSES


def test_requested_period_when_absent_expects_none() -> None:
    assert requested_period_from_json(None, "f") is None


@pytest.mark.parametrize(
    ("value", "location"),
    [
        ([], "f"),
        ({"from": "2026-07-01T00:00:00Z"}, "f.to"),
        ({"from": "2026-07-09T00:00:00Z", "to": "2026-07-09T00:00:00Z"}, "f"),
        ({"from": "2026-07-01T00:00:00Z", "to": "2026-07-09T00:00:00Z", "days": 8}, "f.days"),
    ],
)
def test_requested_period_when_wrong_expects_an_error(value: Any, location: str) -> None:
    with pytest.raises(InputError) as raised:
        requested_period_from_json(value, "f")
    assert raised.value.location == location


@pytest.mark.parametrize(
    ("value", "location"),
    [
        (None, "f"),
        ({"orders": {}}, "f.orders"),
        ({"table/write": 7}, "f.table/write"),
        ({"table/write": {"x": -1}}, "f.table/write.x"),
        ({"table/write": {"x": True}}, "f.table/write.x"),
    ],
)
def test_throttle_causes_when_wrong_expects_an_error(value: Any, location: str) -> None:
    with pytest.raises(InputError) as raised:
        throttle_causes_from_json(value, "f")
    assert raised.value.location == location


@pytest.mark.parametrize("last", [None, FIRST])
def test_history_when_written_and_read_expects_the_same(last: datetime | None) -> None:
    history = History(last, {"table": 2, "index/by_agent": 0})
    assert history_from_json(history_to_json(history), "f") == history


def test_history_when_assigned_expects_it_frozen() -> None:
    with pytest.raises(TypeError):
        History().decreases_today["table"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("decreases", "location"),
    [
        (None, "f.decreases_today"),
        ({"by_agent": 1}, "f.decreases_today.by_agent"),
        ({"table": 1.5}, "f.decreases_today.table"),
        ({"table": -1}, "f.decreases_today.table"),
    ],
)
def test_history_when_its_decreases_are_wrong_expects_an_error(decreases: Any, location: str) -> None:
    with pytest.raises(InputError) as raised:
        history_from_json({"decreases_today": decreases}, "f")
    assert raised.value.location == location
