"""The transition of an AWS::DynamoDB::Table, whose throughput is one property with read and write units."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Change,
    Deployed,
    Dimension,
    OnDemand,
    Provisioned,
    Structure,
    TableKind,
    Transition,
    Units,
)
from capacity_guard.capacity.capacity import Throughput
from tests.builders.domain import capacities, deployments

READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX_WRITE = Dimension("by_agent", "write")
SET_BY_AUTO_SCALING = {"table": Units(100, 3_000), "index/by_agent": Units(100, 3_000)}


def capacity(write: Throughput, read: Throughput = 100, index: Throughput = 50) -> Capacity:
    return Capacity.provisioned(read=read, write=write, indexes={"by_agent": Provisioned(100, index)})


def scaled(seed: int = 200, minimum: int = 100, maximum: int = 4_000) -> AutoScaling:
    return AutoScaling(minimum, maximum, seed=seed)


ON_DEMAND = Capacity.on_demand(indexes={"by_agent": OnDemand()})


def transition_between(
    before: Capacity,
    after: Capacity,
    kind: TableKind = TableKind.TABLE,
    units: Mapping[str, Units] = SET_BY_AUTO_SCALING,
) -> Transition:
    provisioned = {} if before.is_on_demand else units
    structure = Structure(kind, "id:S HASH", {"by_agent": "agent_id:S HASH; ALL"})
    return Transition("t", Deployed(before, before, provisioned, {}, structure=structure), after)


@pytest.mark.parametrize(
    ("before", "after", "table", "global_table"),
    [
        # The seed only: CloudFormation sends a Table's units, but a GlobalTable's seed only at a switch.
        (capacity(scaled(200)), capacity(scaled(300)), 300, None),
        (capacity(scaled(200)), capacity(scaled(200)), None, None),
        (capacity(scaled()), capacity(scaled(minimum=150)), None, None),
        # A raise of the reads also sends the writes.
        (capacity(scaled(200)), capacity(scaled(200), read=110), 200, None),
        (capacity(200), capacity(200, read=110), 200, None),
        (capacity(200), capacity(300), 300, 300),
        (capacity(200), capacity(200), None, None),
        # The throughput of the index is a property of the index.
        (capacity(scaled(200)), capacity(scaled(200), index=60), None, None),
        (capacity(200), capacity(scaled(200)), None, None),
        (capacity(scaled(200)), capacity(200), None, 200),
        (capacity(scaled(200)), capacity(300), 300, 300),
        (ON_DEMAND, capacity(scaled(200)), 200, 200),
        (ON_DEMAND, capacity(300), 300, 300),
        (capacity(300), ON_DEMAND, None, None),
    ],
)
def test_units_when_sent_forward_expects_what_each_type_compares(
    before: Capacity, after: Capacity, table: int | None, global_table: int | None
) -> None:
    assert transition_between(before, after).units_sent(WRITE) == table
    assert transition_between(before, after, TableKind.GLOBAL_TABLE).units_sent(WRITE) == global_table


def test_units_when_a_global_table_switches_without_a_seed_expects_none() -> None:
    without_seed = capacity(AutoScaling(100, 4_000))
    assert transition_between(ON_DEMAND, without_seed, TableKind.GLOBAL_TABLE).units_sent(WRITE) is None
    assert transition_between(without_seed, ON_DEMAND, TableKind.GLOBAL_TABLE).resent_units(WRITE) is None


@pytest.mark.parametrize(
    ("kind", "units"), [(TableKind.TABLE, [200, 60]), (TableKind.GLOBAL_TABLE, [100, 50])]
)
def test_units_when_an_index_is_created_expects_the_template_s_or_the_minimum(
    kind: TableKind, units: list[int]
) -> None:
    without = Capacity.provisioned(read=100, write=scaled())
    created = [
        transition_between(without, capacity(scaled(), index=index), kind, {}).units_sent(INDEX_WRITE)
        for index in (scaled(), scaled(seed=60, minimum=50))
    ]
    assert created == units


@pytest.mark.parametrize(
    ("before", "after", "table", "global_table"),
    [
        (capacity(scaled(200)), ON_DEMAND, 200, 200),
        (capacity(300), ON_DEMAND, 300, 300),
        # No property that a rollback compares has changed: auto scaling keeps its minimum.
        (capacity(scaled(200)), capacity(scaled(200, minimum=150)), 100, 100),
        (capacity(scaled(200)), capacity(scaled(300)), 200, 100),
        (capacity(scaled(200)), capacity(scaled(200), read=110), 200, 100),
        (capacity(scaled(80)), capacity(scaled(90)), 80, 100),
        (ON_DEMAND, capacity(300), None, None),
    ],
)
def test_rollback_when_it_re_sends_units_expects_what_each_type_compares(
    before: Capacity, after: Capacity, table: int | None, global_table: int | None
) -> None:
    assert transition_between(before, after).resent_units(WRITE) == table
    assert transition_between(before, after, TableKind.GLOBAL_TABLE).resent_units(WRITE) == global_table


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (capacity(scaled(300)), Change.LOWER),  # auto scaling had set 3,000
        (capacity(scaled(3_500)), Change.RAISE),
        (capacity(scaled(3_000)), Change.RAISE),  # by the time of the deployment it may be more
        (capacity(scaled(200), read=110), Change.LOWER),
        (capacity(scaled(3_500), read=110), Change.RAISE),
        (capacity(scaled(200), index=60), Change.NONE),
        (capacity(scaled(200, minimum=150)), Change.RAISE),
    ],
)
def test_change_when_a_table_s_units_are_sent_expects_a_comparison_with_the_units_set_by_auto_scaling(
    after: Capacity, change: Change
) -> None:
    transition = transition_between(capacity(scaled(200)), after)
    assert transition.change_of(WRITE) is change
    assert not transition.is_empty
    if change is Change.LOWER:
        assert not transition.only_raises


def test_seed_when_it_alone_changes_expects_a_transition_of_a_table_only() -> None:
    before, after = capacity(scaled(200)), capacity(scaled(300))
    assert not transition_between(before, after).is_empty
    assert transition_between(before, after, TableKind.GLOBAL_TABLE).is_empty


@pytest.mark.parametrize(
    ("before", "after", "stays"),
    [
        (capacity(scaled()), capacity(200), True),
        (capacity(scaled()), capacity(300), True),
        (capacity(scaled()), capacity(scaled(minimum=50)), False),
        (capacity(200), capacity(scaled()), False),
        (capacity(scaled()), ON_DEMAND, False),
        (ON_DEMAND, capacity(200), False),
    ],
)
def test_fixed_units_when_auto_scaling_is_removed_from_a_table_expects_it_to_stay_until_the_clean_up(
    before: Capacity, after: Capacity, stays: bool
) -> None:
    assert transition_between(before, after).keeps_scaling_target(WRITE) is stays
    assert not transition_between(before, after, TableKind.GLOBAL_TABLE).keeps_scaling_target(WRITE)


@given(deployments(), capacities())
def test_way_back_when_reversed_expects_the_same_type_and_the_units_re_sent(
    deployed: Deployed, declared: Capacity
) -> None:
    transition = Transition("t", deployed, declared)
    back = transition.reverse()
    assert back.kind is transition.kind
    for dimension in deployed.template.dimensions():
        sent = back.units_sent(dimension)
        if sent is not None:
            assert transition.resent_units(dimension) == sent


SCALED_OF_300 = {"table": Units(100, 300), "index/by_agent": Units(100, 300)}


def unknown(before: Capacity, after: Capacity, declared_kind: TableKind | None = None) -> Transition:
    units = {} if before.is_on_demand else SCALED_OF_300
    return Transition("t", Deployed(before, before, units, {}), after, declared_kind=declared_kind)


def test_kind_when_the_caller_knows_it_expects_that_it_wins_over_the_recorded_one() -> None:
    recorded = transition_between(capacity(200), capacity(300), TableKind.GLOBAL_TABLE)
    assert recorded.kind is TableKind.GLOBAL_TABLE
    known = Transition("t", recorded.deployed, recorded.declared, declared_kind=TableKind.TABLE)
    assert known.kind is TableKind.TABLE
    assert known.reverse().kind is TableKind.TABLE


def test_kind_when_nobody_knows_it_expects_none_and_that_it_may_be_either() -> None:
    transition = unknown(capacity(200), capacity(300))
    assert transition.kind is None
    assert all(map(transition.may_be, TableKind))
    assert not unknown(capacity(200), capacity(300), TableKind.TABLE).may_be(TableKind.GLOBAL_TABLE)


def test_cut_when_the_type_is_unknown_expects_a_lower_and_not_no_change() -> None:
    """The seed from 300 to 1: a Table is sent 1 unit in place of 300, a GlobalTable nothing."""
    before, after = capacity(scaled(300, minimum=1)), capacity(scaled(1, minimum=1))
    assert unknown(before, after, TableKind.GLOBAL_TABLE).is_empty
    assert unknown(before, after, TableKind.TABLE).change_of(WRITE) is Change.LOWER
    assert unknown(before, after).change_of(WRITE) is Change.LOWER
    assert unknown(before, after).units_sent(WRITE) == 1


def test_switch_when_the_type_is_unknown_expects_the_units_of_the_harsher_type() -> None:
    without_seed = AutoScaling(100, 900)
    assert (
        unknown(ON_DEMAND, capacity(without_seed)).units_sent(WRITE) is None
    )  # a GlobalTable has none to send
    assert unknown(ON_DEMAND, capacity(without_seed), TableKind.TABLE).units_sent(WRITE) == 100
    assert unknown(ON_DEMAND, capacity(scaled(200))).units_sent(WRITE) == 200
    assert unknown(capacity(without_seed), ON_DEMAND).resent_units(WRITE) is None


def test_creation_when_the_type_is_unknown_expects_the_fewer_units() -> None:
    declared = capacity(scaled(200, minimum=100))
    assert Transition("t", None, declared).units_sent(WRITE) == 100
    assert Transition("t", None, declared, declared_kind=TableKind.TABLE).units_sent(WRITE) == 200


def test_scaling_target_when_the_type_is_unknown_may_be_kept() -> None:
    assert unknown(capacity(scaled(200)), capacity(500)).keeps_scaling_target(WRITE)


SCALED_OUTSIDE = capacity(AutoScaling(100, 1_000), index=AutoScaling(100, 1_000))
AT_600 = {"table": Units(100, 600), "index/by_agent": Units(100, 600)}


def scaled_elsewhere(before: Capacity, after: Capacity, kind: TableKind) -> Transition:
    """Fixed units in the template; auto scaling that another stack or a person made has reached 600."""
    return Transition("t", Deployed(before, SCALED_OUTSIDE, AT_600, {}), after, declared_kind=kind)


@pytest.mark.parametrize(
    ("after", "kind", "change"),
    [
        # A raise of the reads sends the writes of a Table too, and cuts 600 to 100.
        (capacity(100, read=120, index=100), TableKind.TABLE, Change.LOWER),
        (capacity(100, read=120, index=100), TableKind.GLOBAL_TABLE, Change.NONE),
        (capacity(200, index=100), TableKind.TABLE, Change.LOWER),
        (capacity(200, index=100), TableKind.GLOBAL_TABLE, Change.LOWER),
        (capacity(600, index=100), TableKind.GLOBAL_TABLE, Change.RAISE),
    ],
)
def test_raise_when_auto_scaling_outside_the_stack_has_reached_more_is_no_raise(
    after: Capacity, kind: TableKind, change: Change
) -> None:
    transition = scaled_elsewhere(capacity(100, index=100), after, kind)
    assert transition.change_of(WRITE) is change
    assert transition.only_raises is (change is not Change.LOWER)


@pytest.mark.parametrize(
    ("live", "change"),
    [
        (AutoScaling(100, 1_000), Change.LOWER),  # somebody raised the maximum
        (AutoScaling(150, 200), Change.LOWER),  # or the minimum, for the day
        (AutoScaling(100, 300), Change.RAISE),
        (700, Change.LOWER),  # or took the scaling away and set units
    ],
)
def test_raise_of_bounds_when_the_live_ones_are_higher_is_no_raise(live: Throughput, change: Change) -> None:
    before, after = (capacity(AutoScaling(minimum, 500, seed=100)) for minimum in (100, 120))
    units = {"table": Units(100, 700 if live == 700 else 160)}
    deployed = Deployed(before, capacity(live), units, {})
    transition = Transition("t", deployed, after, declared_kind=TableKind.GLOBAL_TABLE)
    assert transition.change_of(WRITE) is change


def test_raise_when_the_recording_has_no_units_reckons_with_the_live_maximum() -> None:
    deployed = Deployed(capacity(100), SCALED_OUTSIDE, {}, {})
    assert deployed.provisioned_now(WRITE) == 100
    assert deployed.most_provisioned(WRITE) == 1_000
    transition = Transition("t", deployed, capacity(200), declared_kind=TableKind.GLOBAL_TABLE)
    assert transition.change_of(WRITE) is Change.LOWER


def test_raise_when_the_live_table_was_switched_by_hand_is_no_relief() -> None:
    deployed = Deployed(capacity(100), ON_DEMAND, {}, {})
    transition = Transition("t", deployed, capacity(200), declared_kind=TableKind.GLOBAL_TABLE)
    assert not transition.only_raises
