"""The capacity to deploy before a change."""

from __future__ import annotations

from capacity_guard.capacity import AutoScaling
from capacity_guard.rules.prepared import low_ways_back, prepared, weaker_templates
from tests.builders.cases import (
    INDEX_WRITE,
    TUESDAY_EVENING,
    baseline,
    case,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    switch_from_provisioned,
    traffic,
)


def test_scaled_index_gets_a_minimum_for_the_switch_and_a_seed_for_the_way_back() -> None:
    judged = switch_from_provisioned(AutoScaling(100, 5_000), 2_000)
    found = prepared(judged).throughput(INDEX_WRITE)
    assert isinstance(found, AutoScaling)
    assert found.minimum >= 2_000
    assert found.seed is not None
    assert found.seed >= found.minimum


def test_what_is_enough_is_left_as_it_is() -> None:
    judged = switch_from_provisioned(1_000, 1_000)
    assert low_ways_back(judged) == {}
    assert prepared(judged) == provisioned(1_000)


def test_template_that_agrees_with_the_live_table_is_replayed_for_no_way_back() -> None:
    busy = spike(flat(500), TUESDAY_EVENING, 30, 2_000)
    judged = case(provisioned(2_000, 900), baseline(deployed(provisioned(1_000)), traffic(busy)))
    assert weaker_templates(judged) == {}


def test_template_below_a_live_table_that_was_raised_by_hand_takes_its_units() -> None:
    busy = spike(flat(500), TUESDAY_EVENING, 30, 2_000)
    was = deployed(provisioned(1_000), live=provisioned(3_000))
    judged = case(provisioned(2_000, 900), baseline(was, traffic(busy)))
    assert set(weaker_templates(judged)) == {INDEX_WRITE}
    assert prepared(judged) == provisioned(3_000)


def test_mode_that_stays_on_demand_has_no_way_back_to_arm() -> None:
    assert low_ways_back(case(on_demand(), baseline(deployed(on_demand())))) == {}
