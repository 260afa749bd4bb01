"""What is kept of ``plan_chart``, letter by letter (``scenarios.py``)."""

from __future__ import annotations

from tests.report.scenarios import kept, made


def test_chart_of_the_scenarios_is_what_is_kept_of_it() -> None:
    assert made("chart") == kept("chart"), "if this is meant: python -m tests.report.scenarios --write"
