"""What is kept of ``plan_formatting``, letter by letter (``scenarios.py``)."""

from __future__ import annotations

from tests.report.scenarios import kept, made


def test_formatting_of_the_scenarios_is_what_is_kept_of_it() -> None:
    assert made("formatting") == kept("formatting"), (
        "if this is meant: python -m tests.report.scenarios --write"
    )
