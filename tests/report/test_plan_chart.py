"""The charts of a plan: minutes of a replay, and the hours of the week."""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from capacity_guard.report.plan_chart import heat_map, hour_texts, series_chart
from capacity_guard.report.plan_formatting import cause_text
from capacity_guard.report.svg import rate, text_width
from tests.report.plans import START, index_write, refused, series, throttling


@pytest.mark.parametrize("width", [400, 1040])
def test_series_chart_is_sound_xml_with_demand_limit_and_throttling(width: int) -> None:
    drawing = ET.fromstring(series_chart(series(), width, 200, access="write", label="a < b"))
    assert drawing.get("aria-label") == "a < b"
    styles = [node.get("class") for node in drawing.iter("path")]
    assert {"served", "throttled", "ceiling", "demand", "mark"} <= set(styles)
    assert [node for node in drawing.iter("line") if node.get("class") == "axis cross"]
    assert any((node.text or "").startswith("write units per second") for node in drawing.iter("text"))


def test_series_chart_when_nothing_is_throttled_has_no_red_area() -> None:
    drawn = series_chart(series(3_000.0, 3_000.0), 1040, 200, access="write", label="")
    assert 'class="throttled"' not in drawn
    assert 'class="served"' in drawn


def test_series_chart_when_minutes_are_missing_draws_one_line_for_each_stretch() -> None:
    demand = array("d", [5_000.0] * 60)
    demand[10:15] = array("d", [float("nan")] * 5)
    without_gap = series_chart(series(), 1040, 200, access="write", label="")
    with_gap = series_chart(replace(series(), demand=demand), 1040, 200, access="write", label="")
    assert without_gap.count('class="demand"') == 1
    assert with_gap.count('class="demand"') == 2


def test_series_chart_starts_the_keyboard_at_the_worst_minute() -> None:
    served = array("d", [4_000.0] * 60)
    served[33] = 1_000.0
    drawn = series_chart(replace(series(), served=served), 1040, 200, access="write", label="")
    start = int(series().start.timestamp() * 1000)
    assert f'data-at="{start + 33 * 60_000}"' in drawn


def test_series_chart_names_its_phases_and_shades_pre_warm_and_switch() -> None:
    drawn = series_chart(series(), 1040, 200, access="write", label="")
    for name in ("pre-warm", "switch", "after"):
        assert f">{name}<" in drawn
    assert drawn.count('class="band"') == 2


@pytest.mark.parametrize("width", [400, 1040])
def test_label_of_a_limit_that_is_above_the_chart_is_above_the_plot(width: int) -> None:
    """Inside the plot it would cover the units that are throttled."""
    limit = array("d", [4_000.0] * 30 + [40_000.0] * 30)
    drawing = ET.fromstring(
        series_chart(replace(series(), limit=limit), width, 200, access="write", label="")
    )
    labels = [node for node in drawing.iter("text") if node.get("class") == "onceiling"]
    (cross,) = (node for node in drawing.iter("line") if node.get("class") == "axis cross")
    assert [label.text for label in labels] == ["\u2191 limit 40,000/s"]
    assert float(str(labels[0].get("y"))) < float(str(cross.get("y1")))
    names = [node for node in drawing.iter("text") if node.text == "after"]
    assert all(float(str(name.get("y"))) <= float(str(labels[0].get("y"))) - 12 for name in names)


PIXELS = 968
"""Minutes of a chart of width 1,040 in which each minute is one pixel wide."""


def phase_names(phases: list[tuple[str, int]]) -> dict[str, tuple[str, str]]:
    """Class and anchor of each text above the plot, by its text, in a chart of one pixel a minute."""
    drawn = series_chart(series(minutes=PIXELS, phases=phases), 1040, 200, access="write", label="")
    nodes = [node for node in ET.fromstring(drawn).iter("text") if node.get("y") == "32.0"]
    return {node.text or "": (node.get("class", ""), node.get("text-anchor", "")) for node in nodes}


def test_phase_of_a_chart_has_its_name_in_it_where_that_and_six_pixels_fit() -> None:
    fits = math.ceil(text_width("switch", 12.0) + 6)
    for length, anchor in ((fits, "start"), (fits - 1, "end")):
        phases = [("before", 0), ("switch", 500), ("after", 500 + length)]
        assert phase_names(phases)["switch"] == ("soft", anchor)


def test_short_switch_of_a_chart_is_named_to_its_left_where_the_phase_before_leaves_ten_pixels() -> None:
    before = 4 + text_width("before", 12.0)
    fits = math.ceil(before + text_width("switch", 12.0) + 8 + 2)
    assert "switch" in phase_names([("before", 0), ("switch", fits), ("after", fits + 5)])
    assert "switch" not in phase_names([("before", 0), ("switch", fits - 1), ("after", fits + 4)])
    two = math.ceil(before + text_width("pre-warm, switch", 12.0) + 8 + 2)
    short = [("before", 0), ("pre-warm", two - 5), ("switch", two), ("after", two + 5)]
    assert phase_names(short)["pre-warm, switch"] == ("soft", "end")


@pytest.mark.parametrize(("width", "labels"), [(600, 8), (601, 4)])
def test_series_chart_that_is_narrow_has_a_label_for_each_62_pixels_and_a_wide_one_for_each_74(
    width: int, labels: int
) -> None:
    four_hours = series(minutes=240, start=START.replace(hour=12, minute=10))
    drawn = series_chart(four_hours, width, 200, access="write", label="")
    assert len(re.findall(r">\d\d:\d\d<", drawn)) == labels


@pytest.mark.parametrize(("minutes_before", "labelled"), [(11, False), (12, True)])
def test_time_of_a_chart_is_left_out_where_its_middle_is_nearer_than_twelve_pixels_to_an_end(
    minutes_before: int, labelled: bool
) -> None:
    start = START.replace(hour=16) - timedelta(minutes=minutes_before)
    at_the_left = series_chart(series(minutes=PIXELS, start=start), 1040, 200, access="write", label="")
    assert (">16:00<" in at_the_left) == labelled
    end = start + timedelta(minutes=2 * minutes_before - PIXELS)
    at_the_right = series_chart(series(minutes=PIXELS, start=end), 1040, 200, access="write", label="")
    assert (">16:00<" in at_the_right) == labelled


def test_series_chart_names_the_limit_that_the_caption_names() -> None:
    """4,892.04 is neither 4,892 here and 4,893 there: every text rounds units per second up."""
    limit = 4_892.04
    drawn = series_chart(
        replace(series(100.0, 100.0), limit=array("d", [limit] * 60)), 1040, 200, access="write", label=""
    )
    judged = index_write(replays=(throttling(limit=limit),))
    assert "limit 4,893/s" in drawn
    assert "4,893 served at most" in cause_text(refused(), judged, judged.replays[0])
    assert rate(series(limit=array("d", [limit])).to_json()["limit"][0]) == "4,893"


def test_series_chart_when_the_limit_leaves_the_plot_states_its_value() -> None:
    high = replace(series(100.0, 100.0), limit=array("d", [12_000.0] * 60))
    assert "\u2191 limit 12,000/s" in series_chart(high, 1040, 200, access="write", label="")
    assert "\u2191" not in series_chart(series(), 1040, 200, access="write", label="")


def test_hour_texts_state_fit_share_and_missing_hours() -> None:
    texts = hour_texts(refused())
    assert len(texts) == 168
    assert texts[0] == "Mon 00:00 UTC: fits, 0.0 % throttled"
    assert texts[16] == "Mon 16:00 UTC: 8.6 % throttled"
    assert texts[167] == "Sun 23:00 UTC: not recorded"


@pytest.mark.parametrize(("width", "labels"), [(400, 8), (1040, 24)])
def test_heat_map_colours_each_hour_by_what_is_throttled(width: int, labels: int) -> None:
    drawing = ET.fromstring(heat_map(refused(), width, "When it fits"))
    styles = [node.get("class") for node in drawing.iter("rect")]
    assert (styles.count("fits"), styles.count("hot"), styles.count("warm"), styles.count("unknown")) == (
        165,
        1,
        1,
        1,
    )
    assert styles[16:18] == ["hot", "warm"]
    texts = [node.text or "" for node in drawing.iter("text")]
    assert len([text for text in texts if re.fullmatch(r"\d\d", text)]) == labels
    assert [text for text in texts if text.isalpha()] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert drawing.get("data-at") == "16"  # the keyboard starts from the worst hour


def test_heat_map_when_no_hour_was_recorded_starts_at_the_first() -> None:
    drawing = ET.fromstring(heat_map(refused(hours=(None,) * 168), 1040, ""))
    assert drawing.get("data-at") == "0"
