"""Scheduled actions: the same after a round trip, and strict about their fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Deployed, InputError
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction, ScheduledBounds, scheduled_bounds

WRITE = Dimension(None, "write")
NIGHT = ScheduledAction(
    WRITE, "night", "cron(0 20 * * ? *)", "Europe/Berlin", 20, 40, datetime(2026, 7, 1, tzinfo=UTC), None
)
SALE = ScheduledAction(Dimension("by_day", "read"), "sale", "at(2026-11-27T00:00:00)", maximum=900)
SCALED = Capacity.provisioned(
    read=100, write=AutoScaling(200, 4_000), indexes={"by_day": Capacity.provisioned(read=1, write=1).table}
)
DEPLOYED = Deployed(SCALED, SCALED, {}, {}, schedules=(NIGHT, SALE))


def test_schedules_when_written_and_read_expect_the_same() -> None:
    assert Deployed.from_json(json.loads(json.dumps(DEPLOYED.to_json())), "deployed") == DEPLOYED


def test_deployed_without_schedules_is_written_without_the_field_and_read_without_it() -> None:
    data = Deployed(SCALED, SCALED, {}, {}).to_json()
    assert "schedules" not in data
    assert Deployed.from_json(data, "deployed").schedules == ()


def test_bounds_are_told_apart_by_dimension_and_by_bound() -> None:
    assert scheduled_bounds(DEPLOYED.schedules) == {
        WRITE: ScheduledBounds(frozenset({20}), frozenset({40})),
        SALE.dimension: ScheduledBounds(frozenset(), frozenset({900})),
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dimension": "table"}, "dimension"),
        ({"dimension": "index/other/read"}, "dimension"),
        ({"name": ""}, "name"),
        ({"schedule": None}, "schedule"),
        ({"timezone": 1}, "timezone"),
        ({"minimum": 0}, "minimum"),
        ({"minimum": True}, "minimum"),
        ({"maximum": 1.5}, "maximum"),
        ({"start": "yesterday"}, "start"),
        ({"paused": True}, "paused"),
    ],
)
def test_schedule_when_a_field_is_wrong_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    data = DEPLOYED.to_json()
    data["schedules"][0].update(change)
    with pytest.raises(InputError, match=rf"deployed\.schedules\[0\]\.{field}"):
        Deployed.from_json(data, "deployed")


def test_schedules_that_are_no_list_are_refused() -> None:
    data = DEPLOYED.to_json() | {"schedules": {}}
    with pytest.raises(InputError, match=r"deployed\.schedules: is not a list"):
        Deployed.from_json(data, "deployed")
