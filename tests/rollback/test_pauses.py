"""Minutes that no veto counts: of pauses that are over, and before a veto that people were told of."""

from __future__ import annotations

from datetime import datetime

import pytest

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.rollback.pauses import MINUTES, paused_spans, without_handled
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.states import Event, State
from tests.handlers.gate_world import NOW, replace_clock

from .watch_world import FINGERPRINT, HOUR, MINUTE, TABLE, WatchWorld

AT = NOW.replace(second=0)
WRITE = Dimension(None, "write")


def paused(journal: Journal, at: datetime, hours: int) -> Journal:
    until = at + hours * HOUR
    figures = {MINUTES: hours * 60}
    return journal.with_event(Event.PAUSED, at=at, by="ada", reason="a client", figures=figures, until=until)


def watched() -> Journal:
    return Journal(TABLE, FINGERPRINT, State.WATCHING)


def test_pause_when_it_is_ended_or_replaced_ends_there() -> None:
    journal = paused(paused(watched(), AT, 4), AT + HOUR, 2)
    assert list(paused_spans(journal)) == [(AT, AT + HOUR), (AT + HOUR, AT + 3 * HOUR)]
    resumed = journal.with_event(Event.RESUMED, at=AT + 2 * HOUR, by="ada")
    assert list(paused_spans(resumed))[-1] == (AT + HOUR, AT + 2 * HOUR)
    assert list(paused_spans(watched())) == []


def test_throttling_of_a_pause_counts_while_it_lasts_and_not_after_it() -> None:
    journal = paused(watched(), AT, 1)
    events = {WRITE: {AT - MINUTE: 1.0, AT + MINUTE: 2.0, AT + HOUR: 3.0}}
    assert without_handled(events, journal, AT + 2 * MINUTE) == events
    assert without_handled(events, journal, AT + HOUR) == {WRITE: {AT - MINUTE: 1.0, AT + HOUR: 3.0}}


def test_throttling_that_people_were_told_of_is_theirs() -> None:
    journal = watched().with_told("veto", AT)
    assert without_handled({WRITE: {AT - MINUTE: 1.0, AT: 2.0}}, journal, AT + HOUR) == {WRITE: {AT: 2.0}}


def test_change_that_throttles_in_a_pause_is_told_and_taken_back_only_for_what_comes_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = WatchWorld(WatchOptions())
    replace_clock(monkeypatch, lambda: world.aws.now)
    world.carry(world.deployed(HOUR))
    world.look()
    import json

    text = json.dumps(paused(world.journal, world.aws.now, 1).to_json())
    world.journals.items[TABLE]["journal"] = {"S": text}
    world.pass_time(10 * MINUTE)
    world.throttle(4, 5)
    world.look(3)
    assert world.topic.subjects == ["throttles, and is NOT taken back"]
    assert "a person has paused the watch until" in world.topic.sent[0]["Message"]
    world.pass_time(HOUR)
    world.look(3)
    assert world.held == "none"
    world.throttle(3, 4)
    world.look(4)
    assert world.held == FINGERPRINT
