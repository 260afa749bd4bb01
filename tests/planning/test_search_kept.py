"""The cheapest capacities of the scenarios, and the steps towards them (``scenarios.py``)."""

from __future__ import annotations

import pytest

from tests.planning import scenarios

KEPT = scenarios.kept("search")


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("name", scenarios.ADVICE)
def test_search_of_a_scenario_finds_what_is_kept_of_it(name: str) -> None:
    assert scenarios.search(name) == KEPT[name], "if this is meant: python -m tests.kept"
