"""What is kept of ``build`` (``scenarios.py``)."""

from __future__ import annotations

import pytest

from tests.planning import scenarios

KEPT = scenarios.kept("plan")


def test_scenarios_are_those_that_are_kept() -> None:
    assert list(KEPT) == list(scenarios.PLANS)


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", scenarios.PLANS)
def test_plan_of_a_scenario_is_what_is_kept_of_it(name: str) -> None:
    assert scenarios.plan(name) == KEPT[name], "if this is meant: python -m tests.planning.scenarios --write"
