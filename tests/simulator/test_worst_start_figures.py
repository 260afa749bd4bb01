"""The figures that are kept of ``worst_start`` (``scenarios.py``)."""

from __future__ import annotations

import pytest

from tests.simulator.scenarios import figures, kept


@pytest.mark.slow
def test_figures_of_the_scenarios_are_those_that_are_kept() -> None:
    assert figures("worst_start") == kept("worst_start"), (
        "if this is meant: python -m tests.simulator.scenarios worst_start --write"
    )
