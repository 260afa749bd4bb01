"""What is kept of ``recommend`` (``scenarios.py``)."""

from __future__ import annotations

import pytest

from tests.planning import scenarios

KEPT = scenarios.kept("advice")


def test_scenarios_are_those_that_are_kept() -> None:
    assert list(KEPT) == list(scenarios.ADVICE)


@pytest.mark.sampled(every=9)
@pytest.mark.parametrize("name", scenarios.ADVICE)
def test_advice_of_a_scenario_is_what_is_kept_of_it(name: str) -> None:
    assert scenarios.advice(name) == KEPT[name], (
        "if this is meant: python -m tests.planning.scenarios --write"
    )
