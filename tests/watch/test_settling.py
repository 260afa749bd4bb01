"""When a change has carried load: minutes at half of the peak, minutes in a row at 80 %, its busiest hour, and time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Dimension
from capacity_guard.capacity.evidence import DimensionEvidence, Evidence, Peak
from capacity_guard.watch.settings import WatchSettings
from capacity_guard.watch.settling import Progress, RecordedLoad, Verdict, progress

CHANGED = datetime(2026, 7, 9, 3, 10, tzinfo=UTC)
WRITE, READ = Dimension(None, "write"), Dimension("by_agent", "read")
LOAD = RecordedLoad(1_000, 21)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def minutes(units: Iterable[float], start: datetime = CHANGED) -> dict[datetime, float]:
    return {start + number * MINUTE: each for number, each in enumerate(units)}


def look(
    metered: Mapping[datetime, float],
    *,
    after: timedelta,
    load: RecordedLoad = LOAD,
    is_first_wave: bool = True,
    settings: WatchSettings | None = None,
) -> Progress:
    return progress(
        {WRITE: load},
        {WRITE: metered},
        changed_at=CHANGED,
        now=CHANGED + after,
        settings=settings or WatchSettings(),
        is_first_wave=is_first_wave,
    )


ENOUGH = minutes([500.0] * 47 + [800.0] * 3)


def test_change_when_it_has_carried_load_and_its_busiest_hour_has_passed_is_settled() -> None:
    # Changed at 03:10; the busiest hour, 21:00 to 22:00, has passed 18 hours and 50 minutes later.
    passed = 18 * HOUR + 50 * MINUTE
    assert look(ENOUGH, after=passed).verdict is Verdict.SETTLED
    before = look(ENOUGH, after=passed - MINUTE)
    assert before.verdict is Verdict.OPEN
    assert before.dimensions[WRITE].missing == ("its busiest hour of the day passes at Thu 09 Jul 22:00 UTC",)


@pytest.mark.parametrize(
    ("metered", "missing"),
    [
        (minutes([500.0] * 46 + [800.0] * 3), "49 of 50 minutes at 50% of the recorded peak"),
        (minutes([500.0] * 48 + [800.0] * 2), "2 of 3 minutes in a row at 80% of it"),
        (minutes([800.0, 800.0, 799.9] * 30), "2 of 3 minutes in a row at 80% of it"),
        (minutes([499.9] * 900 + [800.0] * 3), "3 of 50 minutes at 50% of the recorded peak"),
    ],
)
def test_change_when_a_minute_is_missing_is_open_and_says_what_it_lacks(
    metered: Mapping[datetime, float], missing: str
) -> None:
    found = look(metered, after=24 * HOUR)
    assert found.verdict is Verdict.OPEN
    assert found.dimensions[WRITE].missing == (missing,)


def test_minutes_at_the_peak_with_a_hole_between_them_are_not_in_a_row() -> None:
    metered = {CHANGED + number * MINUTE: 1_000.0 for number in range(0, 200, 2)}
    found = look(metered, after=24 * HOUR).dimensions[WRITE]
    assert (found.loaded_minutes, found.longest_high, found.is_settled) == (100, 1, False)


def test_minutes_before_the_change_and_minutes_that_are_not_over_count_for_nothing() -> None:
    early = minutes([1_000.0] * 60, CHANGED - HOUR)
    late = minutes([1_000.0] * 60, CHANGED + 24 * HOUR - timedelta(seconds=30))
    found = look({**early, **late}, after=24 * HOUR).dimensions[WRITE]
    assert (found.loaded_minutes, found.highest) == (0, None)


@pytest.mark.parametrize(("is_first_wave", "hours"), [(True, 12), (False, 2)])
def test_change_when_its_wave_has_had_too_little_time_is_open(is_first_wave: bool, hours: int) -> None:
    load = RecordedLoad(0.9, 21)
    before = look({}, after=hours * HOUR - MINUTE, load=load, is_first_wave=is_first_wave)
    assert before.verdict is Verdict.OPEN
    assert before.shortest_ends == CHANGED + hours * HOUR
    assert look({}, after=hours * HOUR, load=load, is_first_wave=is_first_wave).verdict is Verdict.SETTLED


def test_dimension_when_its_peak_is_below_one_unit_settles_by_time_and_says_so() -> None:
    assert look({}, after=12 * HOUR, load=RecordedLoad(0.99, 3)).dimensions[WRITE].by_time
    assert look({}, after=6 * 24 * HOUR, load=RecordedLoad(1.0, 3)).verdict is Verdict.OPEN


def test_dimension_when_nothing_was_recorded_of_it_ends_unproven() -> None:
    found = look(minutes([9_999.0] * 900), after=7 * 24 * HOUR, load=RecordedLoad(None, None))
    assert found.verdict is Verdict.UNPROVEN
    assert "no traffic was recorded" in found.dimensions[WRITE].missing[0]


def test_change_when_seven_days_are_over_is_unproven() -> None:
    assert look({}, after=7 * 24 * HOUR - MINUTE).verdict is Verdict.OPEN
    assert look({}, after=7 * 24 * HOUR).verdict is Verdict.UNPROVEN
    assert look(ENOUGH, after=7 * 24 * HOUR).verdict is Verdict.SETTLED


def test_change_of_two_dimensions_when_one_lacks_load_is_open() -> None:
    found = progress(
        {WRITE: LOAD, READ: LOAD},
        {WRITE: ENOUGH},
        changed_at=CHANGED,
        now=CHANGED + 24 * HOUR,
        settings=WatchSettings(),
        is_first_wave=True,
    )
    assert found.verdict is Verdict.OPEN
    assert (found.dimensions[WRITE].is_settled, found.dimensions[READ].is_settled) == (True, False)


def test_busiest_hour_when_the_change_was_inside_it_passes_the_next_day() -> None:
    found = look(ENOUGH, after=12 * HOUR, load=RecordedLoad(1_000, 3)).dimensions[WRITE]
    assert found.busiest_hour_ends == datetime(2026, 7, 10, 4, tzinfo=UTC)
    on_the_hour = progress(
        {WRITE: RecordedLoad(1_000, 3)},
        {},
        changed_at=CHANGED.replace(minute=0),
        now=CHANGED,
        settings=WatchSettings(),
        is_first_wave=True,
    )
    assert on_the_hour.dimensions[WRITE].busiest_hour_ends == datetime(2026, 7, 9, 4, tzinfo=UTC)


def test_recorded_load_when_taken_from_the_evidence_has_peak_and_its_hour() -> None:
    peak = Peak(4_800, datetime(2026, 7, 7, 21, 41, tzinfo=UTC))
    evidence = Evidence(CHANGED, CHANGED + HOUR, 10, {WRITE: DimensionEvidence(peak, (), (), 0.0)})
    assert RecordedLoad.of(evidence, WRITE) == RecordedLoad(4_800, 21)
    assert RecordedLoad.of(evidence, READ) == RecordedLoad(None, None)


loads = st.lists(st.floats(0, 2_000), max_size=200)


@given(loads, st.integers(0, 11_000), st.floats(0, 500))
def test_more_load_never_takes_progress_back(units: list[float], after: int, more: float) -> None:
    settings = WatchSettings(loaded_minutes=20)
    fewer = look(minutes(units), after=after * MINUTE, settings=settings)
    higher = look(minutes([each + more for each in units]), after=after * MINUTE, settings=settings)
    assert higher.dimensions[WRITE].loaded_minutes >= fewer.dimensions[WRITE].loaded_minutes
    assert higher.dimensions[WRITE].longest_high >= fewer.dimensions[WRITE].longest_high
    assert fewer.verdict is not Verdict.SETTLED or higher.verdict is Verdict.SETTLED


@given(loads, st.integers(0, 11_000), st.integers(0, 11_000))
def test_settled_change_when_time_passes_stays_settled(units: list[float], after: int, later: int) -> None:
    settings = WatchSettings(loaded_minutes=20)
    first = look(minutes(units), after=after * MINUTE, settings=settings)
    second = look(minutes(units), after=(after + later) * MINUTE, settings=settings)
    assert first.verdict is not Verdict.SETTLED or second.verdict is Verdict.SETTLED
    assert first.verdict is not Verdict.UNPROVEN or second.verdict is not Verdict.OPEN


@given(loads, st.integers(0, 11_000))
def test_settled_change_has_carried_what_the_settings_ask(units: list[float], after: int) -> None:
    settings = WatchSettings(loaded_minutes=20)
    now = CHANGED + after * MINUTE
    found = look(minutes(units), after=after * MINUTE, settings=settings)
    seen = [each for number, each in enumerate(units) if number + 1 <= after]
    if found.verdict is Verdict.SETTLED:
        assert now >= CHANGED + 12 * HOUR
        assert sum(each >= 500 for each in seen) >= 20
        assert any(all(each >= 800 for each in seen[at : at + 3]) for at in range(len(seen) - 2))
        assert now >= datetime(2026, 7, 9, 22, tzinfo=UTC)
    if found.verdict is Verdict.UNPROVEN:
        assert now >= CHANGED + timedelta(days=7)


def test_settings_when_changed_change_the_verdict() -> None:
    strict = replace(WatchSettings(), loaded_minutes=51)
    assert look(ENOUGH, after=24 * HOUR, settings=strict).verdict is Verdict.OPEN
    short = replace(WatchSettings(), most_days=0.5)
    assert look({}, after=12 * HOUR, settings=short).verdict is Verdict.UNPROVEN
