"""What is kept of ``plan_text``, letter by letter (``scenarios.py``)."""

from __future__ import annotations

import pytest

from tests.report.scenarios import kept, made


@pytest.mark.slow
def test_text_of_the_scenarios_is_what_is_kept_of_it() -> None:
    assert made("text") == kept("text"), "if this is meant: python -m tests.report.scenarios --write"
