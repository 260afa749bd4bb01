"""The timeline shows stages, alarms and marks of the records, and its part the dimension that throttled most."""

from __future__ import annotations

from datetime import timedelta

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.rehearsal.report.build import STEPS
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.rehearsal.report.timeline import Timeline, rollback_part, timeline
from tests.builders.rehearsal_records import ALARM, INDEX, START, Raw, at


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
