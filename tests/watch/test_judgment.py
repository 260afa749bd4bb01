"""What the minutes since a change say: load of what changed, throttling of everything, and minutes that are missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from capacity_guard.capacity import Dimension, Rollout
from capacity_guard.watch.judgment import Judgment, judge
from capacity_guard.watch.settings import WatchSettings
from capacity_guard.watch.settling import Verdict
from tests.fakes.gate_aws import utc
from tests.handlers.gate_world import LOWERED, ON_DEMAND, a_plan

CHANGED = utc("2026-07-09T03:00")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WRITE, INDEX_WRITE = Dimension(None, "write"), Dimension("by_agent", "write")
DIMENSIONS = [Dimension(index, access) for index in (None, "by_agent") for access in ("read", "write")]
PEAKS = {
    "table/read": 2_000,
    "table/write": 4_800,
    "index/by_agent/read": 1_000,
    "index/by_agent/write": 4_800,
}


def traffic(
    minutes: int, share: float = 1.0, start: datetime = CHANGED
) -> dict[Dimension, dict[datetime, float]]:
    """Consumed units per minute: a share of the recorded peaks, in every minute."""
    return {
        dimension: {start + number * MINUTE: PEAKS[dimension.key] * 60 * share for number in range(minutes)}
        for dimension in DIMENSIONS
    }


def judged(
    consumed: Mapping[Dimension, Mapping[datetime, float]],
    throttled: Mapping[Dimension, Mapping[datetime, float]] | None = None,
    *,
    after: timedelta,
    plan: Any = None,
) -> Judgment:
    return judge(
        plan or a_plan(ON_DEMAND),
        consumed,
        throttled or {},
        changed_at=CHANGED,
        complete_until=CHANGED + after,
        settings=WatchSettings(),
        is_first_wave=True,
    )


def test_change_when_every_dimension_carried_its_peak_is_settled() -> None:
    found = judged(traffic(20 * 60), after=20 * HOUR)
    assert found.progress.verdict is Verdict.SETTLED
    assert set(found.progress.dimensions) == set(DIMENSIONS)
    assert not found.vetoed
    assert not found.blind
    assert found.metered_until == CHANGED + 20 * HOUR


def test_dimension_when_it_did_not_change_needs_no_load() -> None:
    idle = {dimension: dict.fromkeys(minutes, 0.0) for dimension, minutes in traffic(20 * 60).items()}
    read = Dimension(None, "read")
    found = judged({**idle, read: traffic(20 * 60)[read]}, after=20 * HOUR, plan=a_plan(LOWERED))
    assert set(found.progress.dimensions) == {read}
    assert found.progress.verdict is Verdict.SETTLED
    assert judged(idle, after=20 * HOUR, plan=a_plan(LOWERED)).progress.verdict is Verdict.OPEN


def test_index_when_it_throttles_vetoes_though_its_load_is_carried() -> None:
    events = {INDEX_WRITE: {CHANGED + 5 * MINUTE: 40.0, CHANGED + 6 * MINUTE: 50.0}}
    found = judged(traffic(60), events, after=HOUR)
    assert list(found.fast) == ["index/by_agent"]
    assert found.fast["index/by_agent"].events == (40.0, 50.0)
    assert found.vetoed == ("index/by_agent",)


def test_reads_and_writes_of_a_resource_are_judged_together() -> None:
    events = {
        WRITE: {CHANGED + 5 * MINUTE: 1.0},
        Dimension(None, "read"): {CHANGED + 7 * MINUTE: 1.0},
    }
    assert list(judged(traffic(60), events, after=HOUR).fast) == ["table"]


def test_throttling_over_hours_vetoes_slowly() -> None:
    every_third = {CHANGED + number * MINUTE: 90_000.0 for number in range(0, 360, 3)}
    found = judged(traffic(360), {WRITE: every_third}, after=6 * HOUR)
    assert not found.fast
    assert list(found.slow) == ["table"]


def test_minutes_before_the_change_are_judged_by_nobody() -> None:
    before = {WRITE: {CHANGED - number * MINUTE: 900.0 for number in range(1, 20)}}
    assert not judged(traffic(60), before, after=HOUR).vetoed


def test_resource_when_its_last_minutes_are_missing_is_blind() -> None:
    consumed = traffic(60)
    for access in ("read", "write"):
        minutes = consumed[Dimension("by_agent", access)]
        for number in range(56, 60):
            del minutes[CHANGED + number * MINUTE]
    found = judged(consumed, after=HOUR)
    assert found.blind == ("index/by_agent",)
    assert found.metered_until == CHANGED + 56 * MINUTE
    assert not judged(traffic(57), after=HOUR).blind


def test_resource_without_any_minute_is_blind_once_some_are_due() -> None:
    nothing: dict[Dimension, dict[datetime, float]] = {dimension: {} for dimension in DIMENSIONS}
    assert not judged(nothing, after=3 * MINUTE).blind
    found = judged(nothing, after=4 * MINUTE)
    assert found.blind == ("table", "index/by_agent")
    assert found.metered_until is None


def test_threshold_of_the_rollout_is_what_the_watch_allows() -> None:
    plan = a_plan(ON_DEMAND, rollout=Rollout(alarm_threshold=100))
    consumed = traffic(60)

    def throttled(events: float) -> dict[Dimension, dict[datetime, float]]:
        return {INDEX_WRITE: {CHANGED + number * MINUTE: events for number in range(20, 60)}}

    assert judged(consumed, throttled(100), after=HOUR, plan=plan).vetoed == ()
    assert judged(consumed, throttled(101), after=HOUR, plan=plan).fast.keys() == {"index/by_agent"}
    assert judged(consumed, throttled(100), after=HOUR).fast.keys() == {"index/by_agent"}
