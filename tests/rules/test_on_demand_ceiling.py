"""A declared on-demand capacity with its ceiling raised to what is needed."""

from __future__ import annotations

from capacity_guard.capacity import OnDemand, Transition, Units
from capacity_guard.rules.cg04_index_ceiling import RULE as CG4
from capacity_guard.rules.on_demand_ceiling import find_low_ceilings
from capacity_guard.rules.sufficient import with_ceiling
from tests.builders.cases import (
    INDEX_WRITE,
    case,
    creation_with_index_peak,
    on_demand,
    provisioned,
    switch_with_index_peak,
)


def switch() -> Transition:
    transition = case(on_demand()).transition
    assert transition is not None
    return transition


def test_ceiling_when_warm_throughput_is_too_low_is_declared_as_warm_throughput() -> None:
    assert with_ceiling(switch(), OnDemand(), INDEX_WRITE, 6_240) == OnDemand(warm=Units(write=6_240))


def test_ceiling_when_the_table_starts_with_it_needs_no_warm_throughput() -> None:
    assert with_ceiling(switch(), OnDemand(), INDEX_WRITE, 4_000) == OnDemand()


def test_ceiling_when_a_maximum_is_below_it_raises_the_maximum_and_keeps_the_other_access() -> None:
    declared = OnDemand(maximum=Units(read=10, write=1_000))
    raised = with_ceiling(switch(), declared, INDEX_WRITE, 1_300)
    assert raised == OnDemand(maximum=Units(read=10, write=1_300))


def test_low_ceiling_of_a_new_table_is_fixed_by_recording_it_before_it_carries_traffic() -> None:
    (finding,) = find_low_ceilings(creation_with_index_peak(4_000), CG4, of_indexes=True)
    assert finding.fix.splitlines() == [
        'create it before it carries traffic: baseline=NewTable("conversations")',
        'then record it and raise: indexes={"by_agent": OnDemand(warm=Units(write=5_200))}',
    ]
    # What has to change first is the baseline, not the capacity: no template creates a table with more.
    assert finding.deployments == ()


def test_low_ceiling_above_the_quota_shows_the_quota() -> None:
    (finding,) = find_low_ceilings(switch_with_index_peak(40_000), CG4, of_indexes=True)
    assert [figure.label for figure in finding.figures][-1] == "quota"


def test_table_is_not_searched_for_low_ceilings_of_indexes_and_a_provisioned_one_not_at_all() -> None:
    assert list(find_low_ceilings(switch_with_index_peak(40_000), CG4, of_indexes=False)) == []
    assert list(find_low_ceilings(case(provisioned(10)), CG4, of_indexes=True)) == []
