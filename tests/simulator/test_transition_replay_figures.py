"""The figures that are kept of ``transition_replay`` (``scenarios.py``)."""

from __future__ import annotations

from tests.simulator.scenarios import figures, kept


def test_figures_of_the_scenarios_are_those_that_are_kept() -> None:
    assert figures("transition_replay") == kept("transition_replay"), (
        "if this is meant: python -m tests.simulator.scenarios transition_replay --write"
    )
