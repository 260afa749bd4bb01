"""Parts that the sections of the demo's page share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...report.html import escape, table
from ...report.page_controls import figures_fold
from ...report.svg import clock, number
from .chart import inline
from .timeline import Timeline

_WIDE, _NARROW = 1040, 400
_MODES = {"PAY_PER_REQUEST": "on-demand", "PROVISIONED": "provisioned"}


def figure_boxes(boxes: Iterable[tuple[float, str]], total: tuple[float, str]) -> str:
    """Boxes with the seconds of each part and their sum.

    Args:
        boxes: seconds and text of each part.
        total: their sum and its text.
    """
    parts = [(*box, "") for box in boxes] + [(*total, "sum")]
    return (
        '<div class="figures">'
        + "".join(
            f'<div class="{style}"><b>{value:,.0f} s</b><span>{text}</span></div>'
            for value, text, style in parts
        )
        + "</div>"
    )


def chart_figure(timeline: Timeline, wide_height: int, narrow_height: int, label: str) -> str:
    """A chart for wide and one for narrow screens.

    Args:
        timeline: the content.
        wide_height, narrow_height: heights of the first lane in pixels.
        label: text for screen readers.
    """
    keys = " ".join(lane.dimension.key for lane in timeline.lanes)
    return (
        f'<figure data-lanes="{escape(keys)}"><div class="wide">'
        + inline(timeline, _WIDE, lane_height=wide_height, label=label)
        + '</div><div class="narrow">'
        + inline(timeline, _NARROW, lane_height=narrow_height, label=label)
        + "</div></figure>"
    )


def minute_tables(shown: Timeline, rehearsal: Timeline, figure: int) -> Iterable[str]:
    """A fold for the minutes of each lane of a chart as a table.

    Args:
        shown: the content of the chart.
        rehearsal: the whole, which numbers the lanes.
        figure: 100 times the number of the chart on the page.
    """
    numbers = {lane.dimension: number for number, lane in enumerate(rehearsal.lanes)}
    for lane in shown.lanes:
        yield figures_fold(
            figure + numbers[lane.dimension], f"The minutes of {lane.title} as a table, units per second"
        )


def mark_list(timeline: Timeline) -> str:
    """The marks of a chart with their times."""
    items = "".join(
        f'<li class="{mark.style}"><b>{mark.letter}</b>{clock(mark.at, True)} {escape(mark.label)}</li>'
        for mark in timeline.marks
    )
    return f'<ol class="marks">{items}</ol>'


def before_and_after(part: Mapping[str, Any], happened: str) -> str:
    """The capacity before a change and after it was undone, and whether they are equal.

    Args:
        part: a part of `result.json` with ``before`` and ``after``.
        happened: what undid the change.
    """
    is_equal = part["before"] == part["after"]
    comparison = '<span class="ok">equal</span>' if is_equal else '<span class="no">not equal</span>'
    return f"<p>DescribeTable before the change and after {happened}: {comparison}.</p>" + capacities(
        [("before", part["before"]), ("after", part["after"])]
    )


def stage_table(stages: Iterable[Mapping[str, Any]]) -> str:
    """The stages of deployments, with their seconds of the rehearsal clock."""
    rows = [
        (
            escape(stage["deployment"]),
            escape(stage["stage"]),
            f"{number(stage['seconds'])} s",
            "passed" if stage["passed"] else "failed",
        )
        for stage in stages
    ]
    return table(("deployment", "stage", "rehearsal clock", "outcome"), rows, numbers={2})


def capacities(named: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """A table of capacities.

    Args:
        named: each with its name.
    """
    limits = ("read", "write", "maximum_read", "maximum_write")
    rows = [
        (
            name,
            escape(resource),
            _MODES.get(capacity["billing_mode"], escape(capacity["billing_mode"])),
            *(_units(capacity["billing_mode"], limit, units[limit]) for limit in limits),
        )
        for name, capacity in named
        for resource, units in capacity.items()
        if resource != "billing_mode"
    ]
    heads = ("when", "resource", "billing mode", "read/s", "write/s", "max. read/s", "max. write/s")
    return table(heads, rows, numbers=range(3, 7))


def _units(mode: str, limit: str, units: object) -> str:
    """Units of a capacity; DescribeTable answers 0 for the provisioned units of an on-demand table."""
    if mode == "PAY_PER_REQUEST" and not limit.startswith("maximum"):
        return _MODES[mode]
    return "none" if units is None else number(float(str(units)))


def without_trace(reason: str) -> str:
    """A reason without the stack trace of Node, which the provider framework appends; ``result.json`` keeps it whole.

    Args:
        reason: CloudFormation's reason of a failed gate.
    """
    lines = reason.split("\n")
    trace = next((at for at, text in enumerate(lines) if re.match(r"\s+at \S", text)), len(lines))
    return "\n".join(lines[:trace]).strip()
