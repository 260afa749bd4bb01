"""The figures that are kept of ``provisioned_check`` (``scenarios.py``)."""

from __future__ import annotations

from tests.simulator.scenarios import figures, kept


def test_figures_of_the_scenarios_are_those_that_are_kept() -> None:
    assert figures("provisioned_check") == kept("provisioned_check"), (
        "if this is meant: python -m tests.simulator.scenarios provisioned_check --write"
    )
