"""What every chart shares: labels, widths, scales and paths."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from capacity_guard.report.svg import (
    DARK_PALETTE,
    PALETTE,
    STYLE,
    clock,
    line,
    minutes_step,
    number,
    round_step,
    text_width,
)


def test_clock_shows_the_time_of_day_with_seconds_on_request() -> None:
    at = datetime(2026, 7, 9, 6, 5, 4, tzinfo=UTC)
    assert (clock(at), clock(at, seconds=True)) == ("06:05", "06:05:04")


def test_number_is_whole_with_separators() -> None:
    assert number(12_345.6) == "12,346"


def test_text_width_grows_with_wide_letters_size_and_weight() -> None:
    assert text_width("iii") < text_width("nnn") < text_width("WWW")
    assert text_width("nnn", 26.0) == 2 * text_width("nnn", 13.0)
    assert text_width("nnn", bold=True) > text_width("nnn")
    assert text_width("X") == text_width("n")
    assert text_width("") == 0
    assert text_width("nnn") == text_width("nnn", 13.0)  # the size of a chart's text (STYLE)


def test_line_joins_points_into_a_path() -> None:
    assert line([(0, 1), (2.55, 3)]) == "M0.0 1.0L2.5 3.0"


@pytest.mark.parametrize(
    ("value", "step"),
    [(0.9, 1), (1, 1), (1.1, 2), (2.1, 2.5), (2.6, 5), (5.1, 10), (1_700, 2_000), (0.03, 0.05)],
)
def test_nice_rounds_up_to_a_round_step(value: float, step: float) -> None:
    assert round_step(value) == pytest.approx(step)


def test_nice_of_zero_is_a_positive_step() -> None:
    assert round_step(0) > 0


@pytest.mark.parametrize(
    ("minutes", "ticks", "step"),
    [(5, 10, 1), (60, 12, 5), (240, 13, 30), (1_440, 13, 120), (100_000, 3, 1_440)],
)
def test_minutes_step_leaves_no_more_labels_than_fit(minutes: float, ticks: float, step: int) -> None:
    assert minutes_step(minutes, ticks) == step


def test_palettes_define_every_colour_that_the_style_uses() -> None:
    used = set(re.findall(r"var\((--\w+)\)", STYLE))
    for palette in (PALETTE, DARK_PALETTE):
        assert used <= set(re.findall(r"(--\w+):#", palette))
