"""Chart and page: they show what the records hold, need nothing from outside and say what they are."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.rehearsal.report.build import STEPS, write_page, write_result
from capacity_guard.rehearsal.report.chart import LABEL, picture
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.rehearsal.report.timeline import Timeline, rollback_part, timeline
from tests.builders.rehearsal_records import ALARM, INDEX, REASON, START, Raw, at

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    return Raw(tmp_path / "raw")


def whole(raw: Raw) -> tuple[Records, Timeline]:
    records = Records.load(raw.write())
    return records, timeline(records, STEPS)


def drawn(raw: Raw) -> ElementTree.Element:
    records, everything = whole(raw)
    return ElementTree.fromstring(picture(rollback_part(everything, records), "Rolled back"))


def of_class(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in svg.iter() if name in element.get("class", "").split()]


def test_timeline_when_an_index_throttles_shows_its_alarm_from_transition_to_end(raw: Raw) -> None:
    _, everything = whole(raw)
    spans = everything.alarms[f"index/{INDEX}"]
    assert [(s.label, s.started - START, s.ended - START) for s in spans] == [
        (ALARM, timedelta(minutes=67), timedelta(minutes=75))
    ]
    assert everything.alarms["table"] == ()


def test_timeline_when_the_alarm_never_ends_lasts_to_the_end(raw: Raw) -> None:
    raw.alarms = raw.alarms[:2]
    _, everything = whole(raw)
    assert everything.alarms[f"index/{INDEX}"][0].ended == everything.end


def test_rollback_part_when_only_the_index_throttles_shows_the_index(raw: Raw) -> None:
    for minute in raw.minutes:
        if minute["dimension"] == "table/write":
            minute["throttle_events"] = 0
    records, everything = whole(raw)
    part = rollback_part(everything, records)
    assert [lane.dimension for lane in part.lanes] == [Dimension(INDEX, "write")]
    assert [mark.kind for mark in part.marks] == ["change", "alarm", "rollback", "restored"]
    assert part.start < part.marks[0].at < part.marks[-1].at < part.end


def test_picture_when_standing_alone_is_labelled_and_needs_nothing_from_outside(raw: Raw) -> None:
    svg = drawn(raw)
    text = ElementTree.tostring(svg, encoding="unicode")
    assert LABEL in "".join(svg.itertext())
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"href|url\(|@import|<image|<script", text)
    assert "write units per second" in "".join(svg.itertext())
    assert "rehearsal clock, UTC" in "".join(svg.itertext())


def test_picture_when_nothing_is_throttled_shades_nothing(raw: Raw) -> None:
    assert any(e.tag == f"{SVG}path" for e in of_class(drawn(raw), "throttled"))
    for minute in raw.minutes:
        minute["served"] = minute["demand"]
    assert not any(e.tag == f"{SVG}path" for e in of_class(drawn(raw), "throttled"))


def test_picture_when_minutes_are_missing_leaves_a_gap(raw: Raw) -> None:
    assert len([e for e in of_class(drawn(raw), "demand") if e.tag == f"{SVG}path"]) == 1
    raw.minutes = [m for m in raw.minutes if m["minute"] not in (at(65), at(66))]
    assert len([e for e in of_class(drawn(raw), "demand") if e.tag == f"{SVG}path"]) == 2


def test_picture_when_marks_fall_together_keeps_their_numbers_apart(raw: Raw) -> None:
    raw.alarms[1]["Timestamp"] = at(68.9)
    places = [float(str(e.get("cx"))) for e in of_class(drawn(raw), "dot")][:4]
    assert all(later - earlier >= 20.5 for earlier, later in pairwise(places))


def test_page_when_written_holds_figures_reason_and_values_and_nothing_from_outside(
    raw: Raw, tmp_path: Path
) -> None:
    records, _ = whole(raw)
    index, svg = write_page(records, tmp_path, peak=4_800)
    html = index.read_text()
    assert svg.read_text().startswith("<svg")
    assert not re.search(r"https?://(?!www\.w3\.org)|<link|@import|url\(|<img|src=", html)
    assert REASON in html
    assert html.count(LABEL) >= 4
    for figure in ("300 s", "120 s", "540 s", "4,800 writes/s", "CG15 ERROR", "UPDATE_ROLLBACK_COMPLETE"):
        assert figure in html
    found = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    lanes = {lane["key"]: lane["values"] for lane in json.loads(found.group(1))}
    minute = str(int((START + timedelta(minutes=65)).timestamp() * 1000))
    assert lanes[f"index/{INDEX}/write"][minute] == [6000.0, 5000.0, 5000.0, 60000.0, "provisioned"]


def test_page_when_a_reason_holds_markup_shows_it_as_text(raw: Raw, tmp_path: Path) -> None:
    for event in raw.events:
        if event["ResourceStatus"] == "CREATE_FAILED":
            event["ResourceStatusReason"] = "<script>alert(1)</script>"
    records, _ = whole(raw)
    html = write_page(records, tmp_path, peak=4_800)[0].read_text()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_result_file_when_written_is_the_verdict(raw: Raw, tmp_path: Path) -> None:
    records, _ = whole(raw)
    data = json.loads(write_result(records, tmp_path).read_text())
    assert data["rolled_back"]["seconds"]["change_to_restored"] == 540.0
    assert "emulator, not AWS" in data["labels"]


def test_page_when_the_bake_was_faster_than_the_alarm_says_so(raw: Raw, tmp_path: Path) -> None:
    raw.alarms[1]["Timestamp"] = at(69.1)
    records, everything = whole(raw)
    html = write_page(records, tmp_path, peak=4_800)[0].read_text()
    assert "-6 s" in html
    assert "just before the alarm did" in html
    assert [mark.kind for mark in everything.marks] == ["change", "rollback", "alarm", "restored"]
