"""The timeline shows stages, alarms and marks of the records, and its part the dimension that throttled most."""

from __future__ import annotations

from datetime import timedelta

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.rehearsal.report.build import STEPS
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.rehearsal.report.timeline import (
    Timeline,
    first_steps,
    rollback_part,
    timeline,
    watch_part,
)
from tests.builders.rehearsal_records import ALARM, INDEX, START, Raw, alarm, at


def read(raw: Raw) -> tuple[Records, Timeline]:
    records = Records.load(raw.write())
    return records, timeline(records, STEPS)


def test_timeline_when_an_index_throttles_shows_its_alarm_from_transition_to_end(raw: Raw) -> None:
    _, rehearsal = read(raw)
    spans = rehearsal.alarms[f"index/{INDEX}"]
    assert [(span.label, span.started - START, span.ended - START) for span in spans] == [
        (ALARM, timedelta(minutes=67), timedelta(minutes=75))
    ]
    assert rehearsal.alarms["table"] == ()


def test_timeline_when_the_alarm_never_ends_lasts_to_the_end(raw: Raw) -> None:
    raw.alarms = raw.alarms[:2]
    _, rehearsal = read(raw)
    assert rehearsal.alarms[f"index/{INDEX}"][0].ended == rehearsal.end


def test_rollback_part_when_only_the_index_throttles_shows_the_index(raw: Raw) -> None:
    for minute in raw.minutes:
        if minute["dimension"] == "table/write":
            minute["throttle_events"] = 0
    records, rehearsal = read(raw)
    part = rollback_part(rehearsal, records)
    assert [lane.dimension for lane in part.lanes] == [Dimension(INDEX, "write")]
    assert [mark.kind for mark in part.marks] == ["change", "alarm", "rollback", "restored"]
    assert part.start < part.marks[0].at < part.marks[-1].at < part.end


def test_timeline_when_the_bake_was_faster_than_the_alarm_marks_the_rollback_before_it(raw: Raw) -> None:
    raw.alarms[1]["Timestamp"] = at(69.1)
    _, rehearsal = read(raw)
    assert [(mark.kind, mark.label) for mark in rehearsal.marks][1:3] == [
        ("rollback", "rollback begins, 6 s before the alarm"),
        ("alarm", "alarm, 426 s after the change"),
    ]


def test_watch_part_when_a_change_was_taken_back_shows_the_dimension_that_throttled_and_its_moments(
    raw: Raw,
) -> None:
    records, rehearsal = read(raw)
    part = watch_part(rehearsal, records)
    assert [lane.dimension for lane in part.lanes] == [Dimension(INDEX, "write")]
    assert [(mark.kind, mark.letter, mark.label) for mark in part.marks] == [
        ("throttled", "E", "first throttled minute, 1 hours after the change"),
        ("veto", "F", "the watch vetoes, 210 s after that minute began"),
        ("rollback", "G", "UpdateStack, 6 s after the veto"),
        ("restored", "H", "on-demand as before, 54 s later"),
        ("confirmed", "I", "the watch has compared table and index"),
    ]
    assert [stage.name for stage in part.stages] == ["rollback"]
    assert part.start < part.marks[0].at < part.marks[-1].at < part.end


def test_watch_part_when_an_alarm_came_before_the_restoration_marks_it(raw: Raw) -> None:
    raw.alarms.append(alarm(204, "ALARM"))
    records, rehearsal = read(raw)
    labels = [mark.label for mark in watch_part(rehearsal, records).marks if mark.kind == "alarm"]
    assert labels == ["alarm, 240 s after that minute began"]


def test_first_steps_when_the_watch_follows_end_after_the_rollback(raw: Raw) -> None:
    records, rehearsal = read(raw)
    part = first_steps(rehearsal, records)
    assert part.end - START == timedelta(minutes=81), "the last metered minute"
    assert [mark.letter for mark in part.marks] == ["A", "B", "C", "D"]
    assert [span.label for span in part.steps] == [
        "before",
        "1 refused",
        "2 done right",
        "3 rolled back",
    ]


def test_parts_when_the_player_stopped_early_end_with_its_last_minute(raw: Raw) -> None:
    raw.minutes = [minute for minute in raw.minutes if not at(73) <= minute["minute"] < at(180)]
    records, rehearsal = read(raw)
    assert rollback_part(rehearsal, records).end - START == timedelta(minutes=73)
    assert watch_part(rehearsal, records).end - START == timedelta(minutes=210)
