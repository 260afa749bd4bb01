"""The messages about a change that is held: one that continues and one that has stopped say so, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

from capacity_guard.capacity.reasons import Reason
from capacity_guard.rollback.held_texts import not_restored, stopped

SINCE = datetime(2026, 7, 9, 16, tzinfo=UTC)


def test_messages_are_two_so_that_the_last_one_does_not_wait_for_the_hour() -> None:
    made = not_restored("it differs", SINCE), stopped("it failed", SINCE)
    assert [each.reason for each in made] == [Reason.NOT_RESTORED] * 2
    assert made[0].name != made[1].name


def test_message_that_it_continues_names_the_off_switch_first() -> None:
    assert "capacity-guard pause TABLE" in next(iter(not_restored("it differs", None).then))


def test_message_that_it_has_stopped_names_what_people_do_with_the_stack() -> None:
    text = " ".join(stopped("it failed", SINCE).then)
    assert "--resources-to-skip" in text
    assert "capacity-guard rollback TABLE" in text
