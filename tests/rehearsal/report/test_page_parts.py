"""Parts of the demo's page."""

from __future__ import annotations

import re

from capacity_guard.rehearsal.report.page_parts import (
    before_and_after,
    figure_boxes,
    stage_table,
    without_trace,
)

ON_DEMAND = {
    "billing_mode": "PAY_PER_REQUEST",
    "table": {"read": 0, "write": 0, "maximum_read": None, "maximum_write": 900},
}
PROVISIONED = {
    "billing_mode": "PROVISIONED",
    "table": {"read": 10, "write": 4_000, "maximum_read": None, "maximum_write": None},
}


def test_figure_boxes_end_with_their_sum() -> None:
    html = figure_boxes([(1_234.4, "first"), (-6.0, "second")], (1_228.4, "in all"))
    assert re.findall(r'<div class="(\w*)"><b>(\S+ s)</b><span>(.*?)</span>', html) == [
        ("", "1,234 s", "first"),
        ("", "-6 s", "second"),
        ("sum", "1,228 s", "in all"),
    ]


def test_before_and_after_when_they_differ_says_so_and_shows_both() -> None:
    same = before_and_after({"before": ON_DEMAND, "after": ON_DEMAND}, "the rollback")
    assert "after the rollback: " in same
    assert ">equal<" in same
    other = before_and_after({"before": ON_DEMAND, "after": PROVISIONED}, "the watch")
    assert ">not equal<" in other
    assert "4,000" in other
    assert "900" in other


def test_stage_table_when_a_stage_failed_says_so() -> None:
    html = stage_table([{"deployment": "a", "stage": "bake", "seconds": 600.0, "passed": False}])
    assert "600 s" in html
    assert "failed" in html


def test_reason_without_its_trace_is_what_stands_before_it() -> None:
    assert without_trace("Bake vetoed\n\nLogs: x\n\n    at f (a.js:1)\n    at g") == "Bake vetoed\n\nLogs: x"
    assert without_trace("throttled at 17:09") == "throttled at 17:09"
