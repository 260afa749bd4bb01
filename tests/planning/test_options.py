"""The cheapest capacity of each mode, and what is taken where a rule refuses it because it serves too little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, Dimension
from capacity_guard.planning.judging import Asked, judge, refusing
from capacity_guard.planning.options import cheapest_options
from capacity_guard.planning.search import (
    cheapest_on_demand,
    cheapest_provisioned,
    only_raised,
    throttled_dimensions,
)
from capacity_guard.rules.after_deployment import after
from tests.builders.cases import (
    INDEX_WRITE,
    NOW,
    TUESDAY_EVENING,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.recordings import made_up

ASKED = Asked(NOW)
CAPACITY_RULES = {"CG3", "CG4", "CG5", "CG11", "CG14"}


@pytest.mark.slow
def test_options_at_a_margin_below_that_of_a_synthesis_are_those_that_no_rule_refuses() -> None:
    """3,500 writes fit the 4,000 of a new on-demand index, and not the 1.3 times that CG4 asks for by default."""
    recorded = baseline(deployed(provisioned(4_000)), traffic(flat(3_500)))
    low = replace(ASKED, margin=1.05)
    found = cheapest_options(recorded, low)
    assert [capacity.is_on_demand for capacity in found] == [False, True]
    for capacity in found:
        assert not CAPACITY_RULES & {finding.rule for finding in refusing(judge(recorded, capacity, low))}
    assert found[1].warm(INDEX_WRITE) == 4_550


def test_options_at_a_margin_above_that_of_a_synthesis_keep_it_though_a_rule_refuses_the_switch() -> None:
    """The replay throttles while the mode switches, which no throughput of on-demand mode changes."""
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    recorded = baseline(before, traffic(spike(flat(100), TUESDAY_EVENING, 60, 3_000)))
    high = replace(ASKED, margin=2.0)
    _, switched = cheapest_options(recorded, high)
    assert switched.warm(INDEX_WRITE) == 6_000
    assert "CG14" in {finding.rule for finding in refusing(judge(recorded, switched, high))}


@pytest.mark.parametrize("margin", [1.05, 1.3])
def test_options_above_the_quota_of_a_table_expect_none(margin: float) -> None:
    asked = replace(ASKED, margin=margin)
    assert cheapest_options(baseline(carried=traffic(flat(50_000))), asked) == ()


def test_provisioned_that_is_to_be_sturdier_serves_the_busiest_minute_without_burst_and_then_is_fixed() -> (
    None
):
    busy = flat(300)
    for evening in range(14):
        first = 1_440 * evening + 1_200
        busy[first : first + 5] = busy[first : first + 5].__class__("d", [60 * 900.0]) * 5
    recorded = baseline(deployed(provisioned()), traffic(busy))
    highest: list[int] = []
    for sturdiness in range(3):
        capacity = cheapest_provisioned(recorded, 1.3, {Dimension("by_agent", "write"): sturdiness})
        assert capacity is not None
        assert throttled_dimensions(recorded, capacity, 1.3) == ()
        throughput = capacity.throughput(INDEX_WRITE)
        highest.append(throughput.maximum if isinstance(throughput, AutoScaling) else throughput or 0)
    assert highest[0] < 1_215 <= highest[1]
    assert highest[2] == 1_215  # 1.35 times 900


def test_warm_throughput_that_a_rule_refuses_gets_room_for_the_busiest_second() -> None:
    """One minute of 5,000 in an hour of nearly nothing: 6,500 is 1.3 times it, and its busiest second asks for 6,750."""
    rare = spike(flat(1), TUESDAY_EVENING, 1, 5_000)
    recorded = baseline(deployed(provisioned(10_000)), traffic(rare))
    assert cheapest_on_demand(recorded, 1.3) == on_demand()
    halved = replace(recorded, deployed=deployed(provisioned(6_500)))
    assert cheapest_options(halved, ASKED)[1].warm(INDEX_WRITE) == 6_750


def test_provisioned_is_what_no_rule_refuses_once_the_table_throttles_no_more() -> None:
    """Rules count what a change throttles beyond today, so a table that throttles accepts what a healthy one refuses."""
    recorded = made_up(191)
    (found, *_) = cheapest_options(recorded, ASKED)
    throttled = throttled_dimensions(recorded, recorded.deployed.live, 1.3)  # type: ignore[union-attr]
    assert throttled
    healthy = after(recorded, only_raised(recorded, found, throttled, 1.3))
    refused = {finding.rule for finding in refusing(judge(healthy, found, ASKED))}
    assert not CAPACITY_RULES & refused
