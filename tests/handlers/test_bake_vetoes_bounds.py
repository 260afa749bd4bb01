"""Vetoes on states made by hand: what counts, from which minute, and the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_guard.capacity import Dimension, Rollout
from capacity_guard.capacity.reasons import Reason
from capacity_guard.handlers.bake_vetoes import BakeStart, find_vetoes
from capacity_guard.handlers.handover import Loud
from capacity_guard.handlers.live_alarms import LiveAlarm
from capacity_guard.handlers.live_traffic import LiveTraffic
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import INDEX, LOWERED, NOW, WARM, a_plan

START = NOW.replace(second=30)
MINUTE = timedelta(minutes=1)
FLOOR = START.replace(second=0)
PLAN = a_plan(LOWERED, rollout=Rollout(alarm_periods=3, alarm_datapoints=2, alarms=("users", "orders")))
NAMES = StackNames("orders-table", {"table": "of-table", INDEX: "of-index"})
WRITE, INDEX_WRITE = Dimension(None, "write"), Dimension("by_agent", "write")


def alarm(
    name: str, state: str = "ALARM", since: datetime | None = None, reason: str = "it is so"
) -> LiveAlarm:
    return LiveAlarm(name, state, None, since, None, reason, {})


def traffic(
    table: dict[datetime, float] | None = None, index: dict[datetime, float] | None = None
) -> LiveTraffic:
    throttled = {
        Dimension(None, "read"): {},
        WRITE: table or {},
        Dimension("by_agent", "read"): {},
        INDEX_WRITE: index or {},
    }
    return LiveTraffic(START + 30 * MINUTE, {}, throttled)


def vetoes(
    *alarms: LiveAlarm,
    moving: LiveTraffic | None = None,
    cure: bool = False,
    loud: Loud | None = None,
    changed: datetime = START,
    **plan: Any,
) -> list[str]:
    found = find_vetoes(
        replace(PLAN, **plan),
        NAMES,
        {one.name: one for one in alarms},
        moving or traffic(),
        BakeStart(cure, loud, START, changed),
    )
    users = {*PLAN.rollout.alarms, *plan.get("rollout", PLAN.rollout).alarms}
    for veto in found:
        is_users = any(veto.text.startswith(f"alarm {name} ") for name in users)
        assert veto.reason is (Reason.BAKE_ALARM if is_users else Reason.BAKE_THROTTLED)
    return [veto.text for veto in found]


def minutes(*events: tuple[int, float]) -> dict[datetime, float]:
    """Events by minutes after the start."""
    return {FLOOR + number * MINUTE: value for number, value in events}


def test_alarms_in_alarm_veto_the_guards_first_in_their_words() -> None:
    found = vetoes(
        alarm("orders", since=START, reason="r" * 201),
        alarm("users"),
        alarm("of-index", reason="s" * 201),
        alarm("of-table"),
    )
    assert found == [
        "alarm of-table is in ALARM: table, it is so",
        f"alarm of-index is in ALARM: index by_agent, {'s' * 199}\u2026",
        "alarm users is in ALARM: it is so",
        f"alarm orders is in ALARM since 16:00 UTC: {'r' * 199}\u2026",
    ]


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
@pytest.mark.parametrize("cure", [False, True])
def test_alarms_in_another_state_veto_nothing(state: str, cure: bool) -> None:
    assert (
        vetoes(*(alarm(name, state) for name in ("users", "orders", "of-index", "of-table")), cure=cure) == []
    )
    assert vetoes(cure=cure) == []


def test_alarm_of_the_guard_shows_the_worst_minute_that_is_too_much() -> None:
    events = minutes((-6, 900), (-5, 7), (1, 9), (2, 9), (3, 8))
    found = vetoes(alarm("of-table"), moving=traffic(events))
    assert found == [
        "alarm of-table is in ALARM: table, write, 9 throttle events in the minute 16:02 UTC, 0 allowed"
    ]
    early = vetoes(alarm("of-table"), moving=traffic(minutes((-5, 70), (1, 9))))
    assert early == [
        "alarm of-table is in ALARM: table, write, 70 throttle events in the minute 15:55 UTC, 0 allowed"
    ]
    rollout = replace(PLAN.rollout, alarm_threshold=9)
    allowed = vetoes(alarm("of-table"), moving=traffic(events), rollout=rollout)
    assert allowed == ["alarm of-table is in ALARM: table, it is so"]


def test_throttling_without_an_alarm_vetoes_from_the_minute_of_the_start() -> None:
    said = "table, write, 8 throttle events in the minute 16:01 UTC, 0 allowed"
    assert vetoes(moving=traffic(minutes((0, 7), (1, 8)))) == [said]
    assert vetoes(moving=traffic(minutes((-1, 7), (1, 8)))) == []
    assert vetoes(moving=traffic(minutes((0, 7), (2, 8)))) != []
    assert vetoes(moving=traffic(minutes((0, 7), (3, 8)))) == []
    both = vetoes(moving=traffic(minutes((0, 7), (1, 8)), minutes((4, 1), (5, 2))))
    assert both == [said, "index by_agent, write, 2 throttle events in the minute 16:05 UTC, 0 allowed"]


def test_throttling_that_an_alarm_reports_is_told_once() -> None:
    found = vetoes(alarm("of-table"), moving=traffic(minutes((0, 7), (1, 8)), minutes((0, 7), (1, 8))))
    assert [text.partition(",")[0] for text in found] == [
        "alarm of-table is in ALARM: table",
        "index by_agent",
    ]


CHANGED = START - 10 * MINUTE
"""When the table of a cure began to change."""


def cure(*alarms: LiveAlarm, **given: Any) -> list[str]:
    return vetoes(*alarms, cure=True, **{"changed": CHANGED, **given})


def before(*events: tuple[int, float]) -> dict[datetime, float]:
    """Events by minutes after the change."""
    return {CHANGED.replace(second=0) + number * MINUTE: value for number, value in events}


@pytest.mark.parametrize("name", ["users", "of-table"])
def test_alarm_that_was_loud_before_a_cure_vetoes_when_it_changes_again(name: str) -> None:
    loud = Loud(CHANGED, (), (name,))
    assert cure(alarm(name, since=None), loud=loud) == []
    assert cure(alarm(name, since=CHANGED), loud=loud) == []
    assert cure(alarm(name, since=CHANGED - MINUTE), loud=loud) == []
    assert len(cure(alarm(name, since=CHANGED + timedelta(seconds=1)), loud=loud)) == 1
    other = Loud(CHANGED, (), ("other",))
    assert len(cure(alarm(name, since=CHANGED - MINUTE), loud=other)) == 1
    assert len(cure(alarm(name, since=None), loud=None)) == 1
    everything = Loud(CHANGED, everything=True)
    assert cure(alarm(name, since=CHANGED), loud=everything) == []


def test_throttling_of_what_was_quiet_before_a_cure_counts_from_the_change() -> None:
    said = "table, write, 8 throttle events in the minute 15:52 UTC, 0 allowed"
    assert cure(moving=traffic(before((1, 7), (2, 8)))) == [said]
    # what throttled in the minute of the change or before it was loud
    assert cure(moving=traffic(before((0, 7), (1, 8)))) == []
    assert cure(moving=traffic(before((-5, 7), (1, 8), (2, 8)))) == []
    assert cure(moving=traffic(before((-6, 7), (1, 7), (2, 8)))) == [said]
    rollout = replace(PLAN.rollout, alarm_threshold=7)
    assert cure(moving=traffic(before((0, 7), (1, 8), (2, 9))), rollout=rollout) != []


def test_throttling_of_what_was_loud_before_a_cure_counts_once_it_has_been_quiet() -> None:
    loud = Loud(CHANGED, ("table",))
    again = before((1, 7), (2, 7), (6, 8), (7, 9))
    assert cure(moving=traffic(again), loud=loud) == [
        "table, write, 9 throttle events in the minute 15:57 UTC, 0 allowed"
    ]
    assert cure(moving=traffic(before((1, 7), (2, 7), (5, 8), (6, 9))), loud=loud) == []
    assert cure(moving=traffic(before((2, 7), (3, 8))), loud=Loud(CHANGED, (INDEX,))) != []
    by_alarm = Loud(CHANGED, (), ("of-table",))
    assert cure(moving=traffic(before((1, 7), (2, 7))), loud=by_alarm) == []
    assert cure(moving=traffic(before((1, 7), (2, 7))), loud=Loud(CHANGED, (), ("of-index",))) != []


def test_alarm_about_throttling_before_a_cure_vetoes_only_what_came_after_the_quiet() -> None:
    loud = Loud(CHANGED, ("table",))
    quiet = before((1, 7), (2, 7))  # quiet from the third minute to the sixth
    since_quiet = CHANGED.replace(second=0) + 6 * MINUTE
    moving = traffic(quiet)
    assert cure(alarm("of-table", since=since_quiet), moving=moving, loud=loud) == []
    assert (
        len(cure(alarm("of-table", since=since_quiet + timedelta(seconds=1)), moving=moving, loud=loud)) == 1
    )
    assert len(cure(alarm("of-table", since=None), moving=moving, loud=loud)) == 1
    never = traffic({CHANGED.replace(second=0) + number * MINUTE: 7.0 for number in range(-5, 60)})
    assert cure(alarm("of-table", since=NOW), moving=never, loud=loud) == []


def test_start_of_a_bake_knows_what_was_loud() -> None:
    loud = BakeStart(True, Loud(NOW, ("table",), ("a",)), START, CHANGED)
    assert (loud.had_alarm("a"), loud.had_alarm("b"), loud.had_alarm(None)) == (True, False, False)
    assert (loud.had_throttling("table"), loud.had_throttling(INDEX)) == (True, False)
    unknown = BakeStart(True, None, START, CHANGED)
    assert not unknown.had_alarm("a")
    assert not unknown.had_throttling("table")
    everything = BakeStart(True, Loud(NOW, everything=True), START, CHANGED)
    assert (everything.had_alarm("a"), everything.had_alarm(None)) == (True, False)
    assert everything.had_throttling(INDEX)


SWITCH = a_plan(WARM).transition
"""A switch to on-demand."""


def test_throttling_of_a_switch_to_on_demand_counts_from_the_first_whole_minute() -> None:
    assert vetoes(moving=traffic(minutes((0, 7), (1, 8))), transition=SWITCH) == []
    assert vetoes(moving=traffic(minutes((0, 7), (1, 8)))) != [], "units that are changed serve at once"
    assert len(vetoes(moving=traffic(minutes((1, 7), (2, 8))), transition=SWITCH)) == 1


def test_alarm_of_a_switch_to_on_demand_vetoes_what_its_minutes_veto() -> None:
    own = alarm("of-table", since=START - MINUTE)
    for cure in (False, True):
        for events in (minutes((-3, 7), (-2, 7)), minutes((-1, 7), (0, 8), (1, 9))):
            given: dict[str, Any] = {"moving": traffic(events), "transition": SWITCH, "cure": cure}
            assert vetoes(own, **given) == vetoes(**given) == []
    after = traffic(minutes((2, 7), (3, 8)))
    assert vetoes(own, moving=after, transition=SWITCH) == [
        "alarm of-table is in ALARM: table, write, 8 throttle events in the minute 16:03 UTC, 0 allowed"
    ]
    assert len(vetoes(moving=after, transition=SWITCH)) == 1
