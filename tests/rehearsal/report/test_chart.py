"""The standalone picture: it shows what the records hold, needs nothing from outside and says what it is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

from capacity_guard.rehearsal.report.build import STEPS
from capacity_guard.rehearsal.report.chart import LABEL, picture
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.rehearsal.report.timeline import rollback_part, timeline
from tests.builders.rehearsal_records import Raw, at

SVG = "{http://www.w3.org/2000/svg}"


def drawn(raw: Raw) -> ElementTree.Element:
    records = Records.load(raw.write())
    part = rollback_part(timeline(records, STEPS), records)
    return ElementTree.fromstring(picture(part, "Rolled back"))


def of_class(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in svg.iter() if name in element.get("class", "").split()]


def test_picture_when_standing_alone_is_labelled_and_needs_nothing_from_outside(raw: Raw) -> None:
    svg = drawn(raw)
    text = ElementTree.tostring(svg, encoding="unicode")
    assert LABEL in "".join(svg.itertext())
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"href|url\(|@import|<image|<script", text)
    assert "write units per second" in "".join(svg.itertext())
    assert "rehearsal clock, UTC" in "".join(svg.itertext())


def test_picture_when_nothing_is_throttled_shades_nothing(raw: Raw) -> None:
    assert any(element.tag == f"{SVG}path" for element in of_class(drawn(raw), "throttled"))
    for minute in raw.minutes:
        minute["served"] = minute["demand"]
    assert not any(element.tag == f"{SVG}path" for element in of_class(drawn(raw), "throttled"))


def test_picture_when_minutes_are_missing_leaves_a_gap(raw: Raw) -> None:
    assert len([element for element in of_class(drawn(raw), "demand") if element.tag == f"{SVG}path"]) == 1
    raw.minutes = [minute for minute in raw.minutes if minute["minute"] not in (at(65), at(66))]
    assert len([element for element in of_class(drawn(raw), "demand") if element.tag == f"{SVG}path"]) == 2


def test_picture_when_marks_fall_together_keeps_their_numbers_apart(raw: Raw) -> None:
    raw.alarms[1]["Timestamp"] = at(68.9)
    places = [float(str(element.get("cx"))) for element in of_class(drawn(raw), "dot")][:4]
    assert all(later - earlier >= 20.5 for earlier, later in pairwise(places))


def test_picture_when_capacity_is_restored_raises_the_ceiling_at_the_mark(raw: Raw) -> None:
    for minute in raw.minutes:
        # The record of a minute has the ceiling with which the minute began; the table is restored in the minute 71.
        if minute["minute"] in (at(70), at(71)):
            minute |= {"ceiling": 5_000.0, "ceiling_kind": "provisioned"}
    svg = drawn(raw)
    (mark,) = [e for e in of_class(svg, "mark") if "restored" in str(e.get("class"))]
    at_mark = float(re.findall(r"L([\d.]+) [\d.]+V", str(mark.get("d")))[0])
    (ceiling,) = [e for e in of_class(svg, "ceiling") if e.tag == f"{SVG}path"]
    points = [tuple(map(float, pair.split())) for pair in re.split("[ML]", str(ceiling.get("d")))[1:]]
    raised = [x for (_, before), (x, after) in pairwise(points) if after < before]
    assert raised == [at_mark]
