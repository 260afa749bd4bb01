"""The replay of a transition: before, pre-warm, switch, after, and the rollback."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, TableKind, Units
from capacity_guard.capacity.transition import Transition
from capacity_guard.simulator.table_replay import simulate
from capacity_guard.simulator.transition_replay import pre_warm_minutes, simulate_change
from capacity_guard.simulator.worst_start import Starts
from tests.builders.cases import INDEX, INDEX_WRITE, TABLE_WRITE, deployed, on_demand, provisioned, spike
from tests.simulator.builders import (
    AT,
    BUSY,
    EVEN,
    assert_conserved,
    day,
    minute_demands,
    short,
    table_rates,
    to,
)


def test_change_when_the_mode_switches_expects_units_frozen_and_scaling_still() -> None:
    """Auto scaling had provisioned 715 units (500 / 0.7), which stay for the ten minutes of the switch."""
    series = spike(day(500), BUSY, 60, 2_000)
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=2_000)))
    change = simulate_change(to(on_demand(), before), short(series), AT, parameters=EVEN, switch_minutes=10)
    replayed = change.outcome.dimensions[INDEX_WRITE]
    assert change.frozen[INDEX_WRITE] == 715
    assert set(replayed.limit[AT : AT + 10]) == {715.0}
    assert [(p.name, p.first, p.stop) for p in change.phases] == [
        ("before", 0, AT),
        ("switch", AT, AT + 10),
        ("after", AT + 10, 1440),
    ]
    # A bucket of 300 seconds carries the first minutes, then 1,285 of 2,000 are throttled.
    assert replayed.throttled[AT : AT + 2] == array("d", [0.0, 0.0])
    assert replayed.throttled[AT + 9] == pytest.approx(1_285 * 60)
    assert set(replayed.throttled[AT + 10 :]) == {0.0}
    assert_conserved(change.outcome)


def test_change_when_warm_throughput_is_raised_expects_the_switch_after_it() -> None:
    warm = on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_000))})
    change = simulate_change(to(warm, deployed(provisioned())), short(day(100)), AT)
    assert [(p.name, p.stop - p.first) for p in change.phases[1:3]] == [("pre-warm", 9), ("switch", 10)]
    assert change.outcome.dimensions[INDEX_WRITE].limit[AT + 19] == 6_000


def test_change_when_rolled_back_expects_the_values_that_are_resent() -> None:
    """On-demand mode serves 4,000 until the rollback has switched; then the seed of 2,000, not the 3,400 reached before."""
    before = deployed(
        provisioned(AutoScaling(100, 5_000, seed=2_000)),
        units={f"index/{INDEX}": Units(1_000, 3_400)},
    )
    change = simulate_change(
        to(on_demand(), before), short(day(1_000)), AT, back_at=AT + 20, parameters=EVEN, switch_minutes=5
    )
    limit = change.outcome.dimensions[INDEX_WRITE].limit
    assert [p.name for p in change.phases] == ["before", "switch", "after", "switch back", "back"]
    assert limit[AT + 20] == limit[AT + 24] == 4_000
    assert limit[AT + 25] == 2_000


def test_change_when_there_is_no_seed_for_the_rollback_expects_an_error() -> None:
    before = deployed(provisioned(AutoScaling(100, 5_000)))
    with pytest.raises(ValueError, match="no units to start provisioned mode with"):
        simulate_change(to(on_demand(), before), short(day(100)), AT, back_at=AT + 20)


def test_change_when_minutes_are_not_in_order_expects_an_error() -> None:
    transition = to(on_demand(), deployed(provisioned()))
    for at, back_at in ((-1, None), (1441, None), (20, 10), (20, 1441)):
        with pytest.raises(ValueError, match="minutes of the recording"):
            simulate_change(transition, short(day(100)), at, back_at=back_at)


def test_change_when_nothing_exists_yet_expects_an_error() -> None:
    with pytest.raises(ValueError, match="does not exist yet"):
        simulate_change(Transition("new", None, on_demand()), short(day(100)), 0)


@settings(deadline=None)
@given(rates=table_rates, at=st.integers(0, 29), back=st.integers(0, 40), seed=st.integers(100, 3_000))
def test_change_when_anything_is_replayed_expects_it_conserved_and_as_before_until_it_starts(
    rates: list[float], at: int, back: int, seed: int
) -> None:
    carried = short(minute_demands(rates))
    before = deployed(provisioned(AutoScaling(100, 3_000, seed=seed)))
    transition = to(on_demand(), before)
    change = simulate_change(transition, carried, at, back_at=min(at + back, len(rates)))
    assert_conserved(change.outcome)
    undisturbed = simulate(before.live, carried)
    for dimension, replayed in change.outcome.dimensions.items():
        if dimension != TABLE_WRITE:  # the index rejects writes later
            assert replayed.throttled[:at] == undisturbed.dimensions[dimension].throttled[:at]
    assert change.phases[0].first == 0
    assert change.phases[-1].stop == carried.minutes


def test_change_when_a_dimension_does_not_change_expects_its_auto_scaling_undisturbed() -> None:
    """The table's raise is due while an index is lowered: auto scaling makes it."""
    scaled = AutoScaling(100, 5_000)
    carried = short(day(100), spike(day(500), BUSY, 120, 1_100))
    transition = to(provisioned(700, scaled), deployed(provisioned(1_000, scaled)))
    change = simulate_change(transition, carried, AT + 5, parameters=EVEN)
    undisturbed = simulate(provisioned(1_000, scaled), carried, parameters=EVEN)
    for name in ("limit", "throttled"):
        values = getattr(change.outcome.dimensions[TABLE_WRITE], name)
        assert values == getattr(undisturbed.dimensions[TABLE_WRITE], name)
    starts = Starts(transition, carried).worst(EVEN)[TABLE_WRITE]
    assert all(start is None or not start.added for start in starts)


def test_change_when_nothing_is_sent_back_expects_what_auto_scaling_had_reached() -> None:
    """A higher maximum only changes the scaling target: neither the transition nor the rollback sends units."""
    scaling = AutoScaling(100, 5_000, 70, seed=2_000)
    transition = to(provisioned(replace(scaling, maximum=8_000)), deployed(provisioned(scaling)))
    replayed = simulate_change(
        transition, short(day(1_000)), AT, back_at=AT + 30, parameters=EVEN
    ).outcome.dimensions[INDEX_WRITE]
    assert set(replayed.limit[AT - 1 :]) == {1_429.0}
    assert replayed.throttled_units == 0


@pytest.mark.parametrize(
    ("kind", "minimum", "units"),
    [
        (TableKind.TABLE, 500, 300),
        (TableKind.TABLE, 600, 600),
        (TableKind.GLOBAL_TABLE, 500, 500),
        (TableKind.GLOBAL_TABLE, 600, 600),
    ],
)
def test_change_when_units_below_a_minimum_are_sent_expects_them_corrected_only_with_new_bounds(
    kind: TableKind, minimum: int, units: int
) -> None:
    """A raise of the reads of a Table sends its writes too (DDB-TABLE-315: units below the minimum stay)."""
    before = provisioned(AutoScaling(500, 1_000, 70, seed=300))
    index = Provisioned(5_000, AutoScaling(minimum, 1_000, 70, seed=300))
    changed = replace(to(replace(before, indexes={INDEX: index}), deployed(before)), declared_kind=kind)
    change = simulate_change(changed, short(day(150)), AT, parameters=EVEN)
    assert change.outcome.dimensions[INDEX_WRITE].limit[AT + 1] == units


@pytest.mark.parametrize("back", [0, 4, 9])
def test_change_when_rolled_back_during_pre_warm_expects_nothing_changed(back: int) -> None:
    before = deployed(provisioned(AutoScaling(100, 5_000, 70, seed=200)))
    change = simulate_change(
        to(on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_000))}), before),
        short(day(1_000)),
        AT,
        back_at=AT + back,
        parameters=EVEN,
    )
    replayed = change.outcome.dimensions[INDEX_WRITE]
    assert set(replayed.limit[AT - 1 :]) == {1_429.0}
    assert [p.name for p in change.phases] == ["before", "pre-warm", "back"][: 3 if back else 1] + (
        [] if back else ["back"]
    )


def test_change_when_an_indexs_live_maximum_is_in_no_template_expects_it_lost_in_the_rollback() -> None:
    live = on_demand(indexes={INDEX: OnDemand(maximum=Units(write=500))})
    change = simulate_change(
        to(provisioned(1_000), deployed(on_demand(), live=live)),
        short(day(400)),
        AT,
        back_at=AT + 60,
        parameters=EVEN,
    )
    limit = change.outcome.dimensions[INDEX_WRITE].limit
    assert (limit[AT - 1], limit[AT + 30], limit[-1]) == (500, 1_000, 4_000)


def test_change_when_a_switch_leaves_no_burst_expects_more_throttled() -> None:
    series = spike(day(500), BUSY, 3, 1_100)
    by_kept = {
        kept: simulate_change(
            to(on_demand(), deployed(provisioned())),
            short(series),
            AT,
            parameters=replace(EVEN, burst_kept=kept),
        ).outcome.dimensions[INDEX_WRITE]
        for kept in (0.0, 1.0)
    }
    assert by_kept[1.0].throttled_units == 0
    assert by_kept[0.0].throttled_units == pytest.approx(3 * 60 * 100)


def test_change_when_a_created_index_has_a_warm_target_expects_no_pre_warm() -> None:
    """The guard cannot raise warm throughput of an index that does not exist yet."""
    before = deployed(Capacity.on_demand())
    assert pre_warm_minutes(to(on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_000))}), before)) == 0


@pytest.mark.parametrize(("target", "minutes"), [(6_000, 9), (40_000, 35)])
def test_pre_warm_when_throughput_doubles_expects_each_doubling_counted(target: int, minutes: int) -> None:
    before = deployed(on_demand(), warm={f"index/{INDEX}": Units(12_000, 4_000)})
    assert (
        pre_warm_minutes(to(on_demand(indexes={INDEX: OnDemand(warm=Units(write=target))}), before))
        == minutes
    )
