"""The search of the cheapest capacity that serves a recording."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Deployed, OnDemand, Provisioned, Units
from capacity_guard.capacity.structure import TableKind
from capacity_guard.planning.search import (
    cheapest_on_demand,
    cheapest_provisioned,
    half_way,
    only_raised,
    throttled_dimensions,
)
from capacity_guard.planning.throughput_search import (
    cheapest_throughput,
    never_throttles,
    peak,
    required,
    with_margin,
)
from tests.builders.cases import (
    DIMENSIONS,
    INDEX,
    INDEX_WRITE,
    STRUCTURE,
    TABLE_WRITE,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    traffic,
)
from tests.planning.recordings import days

DAYS = 7.0


def quiet(index_write: array[float] | None = None) -> array[float]:
    return flat(100, DAYS) if index_write is None else index_write


def test_cheapest_provisioned_without_a_margin_is_fixed_at_the_traffic() -> None:
    found = cheapest_provisioned(baseline(carried=traffic(quiet())), 1.0)
    assert found == provisioned(100, 100, 100)


def test_cheapest_provisioned_of_a_long_quiet_night_scales() -> None:
    night_and_day = (flat(10, 0.5) + flat(1_000, 0.5)) * 7
    found = cheapest_provisioned(baseline(carried=traffic(night_and_day)), 1.0)
    assert found is not None
    scaling = found.throughput(INDEX_WRITE)
    assert isinstance(scaling, AutoScaling)
    assert scaling.minimum < 1_000 <= scaling.maximum
    assert scaling.seed is not None
    assert throttled_dimensions(baseline(carried=traffic(night_and_day)), found, 1.0) == ()


def test_cheapest_provisioned_when_what_serves_more_throttles_at_the_margin_is_fixed_at_the_peak() -> None:
    """What serves 1.35 times this traffic throttles 1.3 times it: with less load auto scaling raises later."""
    series = days(88)
    recorded = baseline(carried=traffic(series))
    sturdier = cheapest_throughput(series, 1.35, INDEX_WRITE, starts_empty=True)
    assert isinstance(sturdier, AutoScaling)
    assert not never_throttles(with_margin(series, 1.3), sturdier, INDEX_WRITE)
    found = cheapest_provisioned(recorded, 1.3, {INDEX_WRITE: 1})
    assert found is not None
    assert found.throughput(INDEX_WRITE) == required(1.3 * peak(series))


def auto_scaled_table(*indexes: str) -> Deployed:
    """A Table without seeds whose template scales the table and some indexes; the live table has one index."""
    scaled = AutoScaling(1_000, 3_000)
    template = Capacity.provisioned(
        read=scaled, write=scaled, indexes={name: Provisioned(scaled, scaled) for name in indexes}
    )
    found = deployed(template, live=provisioned(scaled, scaled, scaled))
    return replace(found, structure=replace(STRUCTURE, kind=TableKind.TABLE))


def test_cheapest_provisioned_of_an_auto_scaled_table_keeps_its_minimum_where_no_seed_is_stated() -> None:
    found = cheapest_provisioned(baseline(auto_scaled_table(INDEX)), 1.3)
    assert found is not None
    for dimension in DIMENSIONS:
        throughput = found.throughput(dimension)
        assert isinstance(throughput, AutoScaling)
        assert (throughput.seed, throughput.maximum) == (1_000, 1_000)


def test_cheapest_provisioned_keeps_no_units_of_an_index_that_the_template_does_not_have() -> None:
    found = cheapest_provisioned(baseline(auto_scaled_table()), 1.3)
    assert found is not None
    seeds = [
        throughput.seed
        for throughput in map(found.throughput, (TABLE_WRITE, INDEX_WRITE))
        if isinstance(throughput, AutoScaling)
    ]
    assert seeds == [1_000, 130]


def test_cheapest_capacities_when_the_peak_exceeds_the_quota_expect_none() -> None:
    recorded = baseline(carried=traffic(flat(50_000, DAYS)))
    assert cheapest_provisioned(recorded, 1.0) is None
    assert cheapest_on_demand(recorded, 1.0) is None


def test_cheapest_capacities_that_take_the_whole_quota_are_within_it() -> None:
    recorded = baseline(carried=traffic(flat(40_000, DAYS)))
    for found in (cheapest_provisioned(recorded, 1.0), cheapest_on_demand(recorded, 1.0)):
        assert found is not None
        assert throttled_dimensions(recorded, found, 1.0) == ()


def test_cheapest_on_demand_has_warm_throughput_only_where_the_ceiling_is_too_low() -> None:
    carried = traffic(quiet(flat(5_000, DAYS)))
    found = cheapest_on_demand(baseline(deployed(on_demand()), carried), 1.3)
    assert found == on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_500))})


def test_cheapest_on_demand_keeps_a_maximum_and_raises_it_to_the_traffic() -> None:
    before = on_demand(indexes={INDEX: OnDemand(maximum=Units(write=50))})
    found = cheapest_on_demand(baseline(deployed(before), traffic(quiet())), 1.3)
    assert found is not None
    assert found.maximum(INDEX_WRITE) == 130


@pytest.mark.parametrize(("units", "throttled"), [(130, ()), (129, (INDEX_WRITE,))])
def test_throttled_dimensions_when_units_are_below_the_margin_expects_the_dimension(
    units: int, throttled: tuple[object, ...]
) -> None:
    recorded = baseline(carried=traffic(quiet()))
    assert throttled_dimensions(recorded, provisioned(units), 1.3) == throttled


def test_half_way_when_a_capacity_is_lowered_far_expects_half_of_each_bound() -> None:
    recorded = baseline(deployed(provisioned(1_001, AutoScaling(200, 2_000))))
    step = half_way(recorded, provisioned(10, AutoScaling(10, 1_500), 1_500), 1.0)
    assert step == provisioned(501, AutoScaling(100, 1_500), 1_500)


def test_half_way_to_fixed_units_below_half_of_the_maximum_keeps_auto_scaling() -> None:
    """Fixed units lower minimum and maximum at once, and CG6 judges both."""
    scaled = AutoScaling(200, 2_000, 50, seed=1_500)
    recorded = baseline(deployed(provisioned(scaled, scaled, scaled)), traffic(flat(1), flat(1), flat(1)))
    step = half_way(recorded, provisioned(1, 999, 1_000), 1.0)
    assert step == provisioned(
        AutoScaling(100, 1_000, 50, seed=1_000), AutoScaling(999, 1_000, 50, seed=1_000), 1_000
    )


def test_half_way_when_half_of_a_bound_throttles_expects_a_shorter_step_in_that_dimension() -> None:
    """145 after a quiet night: a floor of 200 holds them by itself, 100 waits for auto scaling, which comes too late."""
    night = flat(10, 1)
    night[600:] = array("d", [60 * 145.0]) * (len(night) - 600)
    before = deployed(provisioned(AutoScaling(200, 2_000), 300, 300))
    recorded = baseline(before, traffic(night, flat(10, 1), flat(10, 1)))
    step = half_way(recorded, provisioned(AutoScaling(10, 2_000), 150, 150), 1.0)
    lowered = step.throughput(INDEX_WRITE)
    assert isinstance(lowered, AutoScaling)
    assert 100 < lowered.minimum < 200
    assert throttled_dimensions(recorded, step, 1.0) == ()


def test_half_way_of_an_index_that_the_template_does_not_have_is_what_the_step_leads_to() -> None:
    leads_to = provisioned(130, 1_500, 1_500)
    step = half_way(baseline(auto_scaled_table()), leads_to, 1.3)
    assert step.of(INDEX) == leads_to.of(INDEX)
    assert step.throughput(TABLE_WRITE) == 1_500


def test_only_raised_expects_no_other_dimension_changed() -> None:
    recorded = baseline(deployed(provisioned(50)), traffic(quiet()))
    found = only_raised(recorded, provisioned(AutoScaling(20, 200), 20, 20), [INDEX_WRITE], 1.3)
    assert found == provisioned(130)
    assert isinstance(found, Capacity)
    assert recorded.transition_to(found).only_raises
