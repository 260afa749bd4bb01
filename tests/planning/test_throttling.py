"""What the replays of a plan throttle, and the minutes of a chart."""

from __future__ import annotations

from array import array

from capacity_guard.planning.throttling import Series
from tests.builders.cases import START


def test_series_when_a_gap_is_in_it_throttles_only_where_units_are_missing() -> None:
    def series(demand: float, served: float) -> Series:
        gap = float("nan")
        return Series("start", START, array("d", [demand, gap]), array("d", [served, gap]), array("d"), [])

    assert series(10.0, 9.0).throttles
    assert not series(10.0, 9.96).throttles
    assert series(10.0, 9.0).to_json()["demand"] == [10.0, None]


def test_series_when_scheduled_actions_move_its_bounds_expects_them_in_its_data_and_else_no_field() -> None:
    one = array("d", [1.0])
    series = Series("recorded", START, one, one, one, [])
    assert "bounds" not in series.to_json()
    moved = Series("recorded", START, one, one, one, [], [(0, 10, 20)])
    assert moved.to_json()["bounds"] == [[0, 10, 20]]
