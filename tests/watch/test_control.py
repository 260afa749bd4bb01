"""The concurrent control: what the minutes of an unchanged cell say about a veto."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import InputError
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.watch.control import SLACK, Cell, Comparison, Control, Verdict, compare, no_control
from capacity_guard.watch.settings import WatchSettings
from capacity_guard.watch.vetoes import MeteredMinute
from tests.handlers.gate_world import PROVISIONED

AT = datetime(2026, 7, 9, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SINCE = AT - timedelta(hours=2)
WRITE = Dimension(None, "write")
PEAK = 100.0


def cell(
    throttled: Mapping[int, float] | None = None,
    *,
    load: float = 0.8,
    noise: float = 0,
    peak: float | None = PEAK,
    missing: tuple[int, ...] = (),
) -> Cell:
    """A cell with a load, as a share of its peak, from two hours before the veto to ten minutes after it."""
    events = throttled or {}
    minutes = {}
    for number in range(-120, 10):
        if number not in missing:
            consumed = load * (peak or PEAK) * 60
            minutes[AT + number * MINUTE] = MeteredMinute(events.get(number, 0.0), consumed)
    demand = {WRITE: {at: minute.consumed + minute.throttled for at, minute in minutes.items()}}
    return Cell(minutes, demand, {} if peak is None else {WRITE: peak}, noise)


BAD = {0: 600.0, 1: 600.0}


def judged(control: Cell, changed: Cell | None = None, **changes: Any) -> Comparison:
    return compare(
        "Orders in cell-2",
        "table",
        changed or cell(BAD),
        control,
        AT,
        AT + 3 * MINUTE,
        since=SINCE,
        settings=WatchSettings(**changes),
    )


def test_veto_of_the_changed_cell_alone_is_attributed_to_the_change() -> None:
    found = judged(cell())
    assert found.verdict is Verdict.ALONE
    assert "Orders in cell-2 had 80% of its recorded peak in the same minutes" in found.text
    assert "did not throttle. So the change is the likely cause" in found.text


def test_veto_of_both_cells_says_that_the_change_may_not_be_the_cause() -> None:
    found = judged(cell(BAD))
    assert found.verdict is Verdict.BOTH
    assert found.text.startswith(
        "An unchanged cell throttled in the same minutes too: Orders in cell-2, 7.7%"
    )


@pytest.mark.parametrize("shift", [-5, -3, 3, 5])
def test_load_that_reaches_the_other_cell_minutes_earlier_or_later_is_the_same(shift: int) -> None:
    found = judged(cell({number + shift: events for number, events in BAD.items()}))
    assert found.verdict is Verdict.BOTH


def test_control_that_throttles_far_less_is_no_common_cause() -> None:
    found = judged(cell({0: 30.0, 1: 30.0}))
    assert found.verdict is Verdict.ALONE
    assert "throttled 0.4% of its demand (7.7% here)" in found.text


def test_control_that_throttles_within_its_noise_does_not_throttle() -> None:
    assert judged(cell({0: 30.0, 1: 30.0}, noise=30)).verdict is Verdict.ALONE


def test_control_that_throttled_before_has_a_cause_of_its_own() -> None:
    found = judged(cell({-20: 600, -19: 600, 0: 600, 1: 600}))
    assert found == no_control(
        "Orders in cell-2 throttled before this cell did, from 15:40 UTC on, for a cause of its own"
    )


def test_control_that_throttled_before_with_the_changed_cell_has_the_same_cause() -> None:
    both = {-20: 600.0, -19: 600.0, **BAD}
    assert judged(cell(both), cell(both)).verdict is Verdict.BOTH


def test_control_that_throttled_before_the_change_is_not_asked_about_it() -> None:
    assert judged(cell({-121: 600, -119: 600, -90: 600, -89: 600})).verdict is Verdict.ALONE


@pytest.mark.parametrize(
    ("load", "verdict"), [(0.0, Verdict.UNKNOWN), (0.3, Verdict.UNKNOWN), (0.5, Verdict.ALONE)]
)
def test_idle_control_is_no_control(load: float, verdict: Verdict) -> None:
    found = judged(cell(load=load))
    assert found.verdict is verdict
    assert ("no comparable load" in found.text) is (verdict is Verdict.UNKNOWN)


def test_idle_control_of_an_idle_changed_cell_is_no_control() -> None:
    assert judged(cell(load=0), cell(load=0)).verdict is Verdict.UNKNOWN


def test_control_of_another_size_is_compared_by_its_own_peak() -> None:
    assert judged(cell(peak=10.0)).verdict is Verdict.ALONE


def test_control_whose_minutes_are_missing_is_no_control() -> None:
    found = judged(cell(missing=(1,)))
    assert found == no_control("the metrics of Orders in cell-2 are missing for 1 of the minutes")


@pytest.mark.parametrize("which", ["control", "changed"])
def test_cell_without_recorded_traffic_is_not_compared(which: str) -> None:
    without = cell(BAD if which == "changed" else None, peak=None)
    found = judged(cell() if which == "changed" else without, without if which == "changed" else None)
    assert found.verdict is Verdict.UNKNOWN
    assert "no recorded traffic" in found.text


def test_share_that_counts_is_a_setting() -> None:
    assert judged(cell(load=0.2), control_share=0.1).verdict is Verdict.ALONE
    assert judged(cell({0: 200, 1: 200}), control_share=0.9).verdict is Verdict.ALONE
    assert judged(cell({-20: 600, -19: 600}), control_minutes=10).verdict is Verdict.ALONE


EVENTS = st.dictionaries(st.integers(-119, 9), st.sampled_from([0.0, 1.0, 50.0, 600.0, 5_000.0]), max_size=12)


@given(EVENTS, st.floats(0, 2), st.floats(0, 100), st.sets(st.integers(-30, 9), max_size=5))
def test_control_without_throttling_is_never_a_common_cause(
    events: dict[int, float], load: float, noise: float, missing: set[int]
) -> None:
    quiet = {number: min(each, noise) for number, each in events.items()}
    found = judged(cell(quiet, load=load, noise=noise, missing=tuple(missing)))
    assert found.verdict is not Verdict.BOTH
    assert found.text.endswith(".")


@given(EVENTS, st.floats(0, 2))
def test_attribution_needs_load_and_every_minute(events: dict[int, float], load: float) -> None:
    found = judged(cell(events, load=load))
    if found.verdict is Verdict.ALONE:
        assert load + 1e-9 >= 0.4 or any(events.get(number) for number in range(3))
    near = [number for number, each in events.items() if each and abs(number) <= 5 + 3]
    if found.verdict is Verdict.BOTH:
        assert len(near) >= 2


@given(st.integers(-5, 5), st.floats(0.2, 2))
def test_two_cells_alike_are_both(shift: int, load: float) -> None:
    same = {number + shift: 600.0 for number in (0, 1, 2)}
    assert judged(cell(same, load=load), cell({0: 600, 1: 600, 2: 600}, load=load)).verdict is Verdict.BOTH
    assert abs(shift) * MINUTE <= SLACK


def a_control(**changes: Any) -> dict[str, Any]:
    control = Control(
        "Orders in cell-2", "cell-2", "OrdersTable", None, PROVISIONED, {WRITE: 4_800.0}, {"table": 3.0}
    )
    return {**control.to_json(), **changes}


def test_control_when_written_is_read_again_also_by_an_earlier_version() -> None:
    written = a_control(colour="blue")
    read = Control.from_json(written)
    assert (read.label, read.table_name, read.deployed, read.peaks) == (
        "Orders in cell-2",
        None,
        PROVISIONED,
        {WRITE: 4_800.0},
    )
    assert {**read.to_json(), "colour": "blue"} == written


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "text",
        {"label": ""},
        {"stack": None},
        {"table_name": 5},
        {"deployed": {}},
        {"peaks": {"table": 5}},
        {"peaks": {"table/write": "many"}},
        {"peaks": []},
        {"noise": {"table": -1}},
        {"noise": {"table": True}},
    ],
)
def test_control_when_it_cannot_be_read_is_an_error(wrong: Any) -> None:
    with pytest.raises(InputError, match=r"CapacityGuardControl|is not a dimension"):
        Control.from_json(a_control(**wrong) if isinstance(wrong, dict) else wrong)
