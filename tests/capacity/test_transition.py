"""The transition: classified per dimension, a fingerprint of the plan, and its way back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Change,
    Deployed,
    Dimension,
    OnDemand,
    Provisioned,
    Transition,
    Units,
)
from capacity_guard.capacity.capacity import Throughput
from capacity_guard.capacity.structure import Structure, TableKind
from tests.builders.domain import (
    INDEXES,
    capacities,
    deployments,
    transitions,
    transitions_of_deployed_tables,
)

WRITE = Dimension(None, "write")
INDEX_WRITE = Dimension("by_agent", "write")


def fixed(write: Throughput, read: Throughput = 100) -> Capacity:
    return Capacity.provisioned(read=read, write=write, indexes={"by_agent": Provisioned(read, write)})


def on_demand(maximum: int | None = None, warm: int | None = None) -> Capacity:
    index = OnDemand(
        None if warm is None else Units(write=warm), None if maximum is None else Units(write=maximum)
    )
    return Capacity.on_demand(warm=index.warm, maximum=index.maximum, indexes={"by_agent": index})


def transition_between(before: Capacity, after: Capacity, **fields: object) -> Transition:
    kind = None if fields.get("structure") else TableKind.GLOBAL_TABLE
    deployed = Deployed(before, before, {}, {}, **fields)  # type: ignore[arg-type]
    return Transition("t", deployed, after, declared_kind=kind)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (fixed(10), on_demand(), Change.TO_ON_DEMAND),
        (on_demand(), fixed(10), Change.TO_PROVISIONED),
        (fixed(10), fixed(11), Change.RAISE),
        (fixed(10), fixed(9), Change.LOWER),
        (fixed(10), fixed(10), Change.NONE),
        (fixed(10), fixed(AutoScaling(10, 10)), Change.NONE),
        (fixed(10), fixed(AutoScaling(10, 20)), Change.RAISE),  # never below 10, whatever the target
        (fixed(10), fixed(AutoScaling(20, 40)), Change.RAISE),
        (fixed(10), fixed(AutoScaling(9, 20)), Change.LOWER),
        (fixed(AutoScaling(10, 20, 50)), fixed(AutoScaling(20, 40, 90)), Change.RAISE),
        (fixed(AutoScaling(10, 20, 50)), fixed(AutoScaling(19, 40, 90)), Change.LOWER),
        (fixed(AutoScaling(10, 20)), fixed(AutoScaling(11, 20)), Change.RAISE),
        (fixed(AutoScaling(10, 20)), fixed(AutoScaling(10, 19)), Change.LOWER),
        (fixed(AutoScaling(10, 20)), fixed(AutoScaling(11, 19)), Change.LOWER),
        (fixed(AutoScaling(10, 20, 70)), fixed(AutoScaling(10, 20, 60)), Change.RAISE),
        (fixed(AutoScaling(10, 20, 70)), fixed(AutoScaling(10, 20, 80)), Change.LOWER),
        (fixed(AutoScaling(10, 20)), fixed(AutoScaling(10, 20, seed=15)), Change.NONE),
        (on_demand(), on_demand(maximum=500), Change.LOWER),
        (on_demand(maximum=500), on_demand(), Change.RAISE),
        (on_demand(maximum=500), on_demand(maximum=600), Change.RAISE),
        (on_demand(), on_demand(warm=9_000), Change.RAISE),
    ],
)
def test_change_when_classified_expects_the_name_of_its_effect(
    before: Capacity, after: Capacity, change: Change
) -> None:
    transition = transition_between(before, after)
    assert transition.change_of(WRITE) is change
    assert transition.change_of(INDEX_WRITE) is change


def test_change_when_an_index_is_created_or_deleted_expects_an_index_change() -> None:
    without = Capacity.on_demand()
    for before, after in ((without, on_demand()), (on_demand(), without)):
        assert transition_between(before, after).having(Change.INDEX_CHANGE) == (
            Dimension("by_agent", "read"),
            INDEX_WRITE,
        )
        assert not transition_between(before, after).only_raises


def test_change_when_the_table_does_not_exist_expects_created() -> None:
    transition = Transition("t", None, on_demand())
    assert {change.change for change in transition.changes} == {Change.CREATED}
    assert transition.is_creation
    assert not transition.only_raises


def test_warm_throughput_when_the_live_table_has_it_expects_no_transition() -> None:
    """Warm throughput never falls, so a target that the table has reached needs no gate."""
    live = Deployed(
        on_demand(), on_demand(), {}, {"table": Units(1, 9_000), "index/by_agent": Units(1, 9_000)}
    )
    assert Transition("t", live, on_demand(warm=9_000)).is_empty


@given(deployments())
def test_transition_when_the_template_is_declared_again_expects_it_empty(deployed: Deployed) -> None:
    same = Transition(
        "t", replace(deployed, warm={k: Units(50_000, 50_000) for k in KEYS}), deployed.template
    )
    assert same.is_empty
    assert not same.only_raises
    assert not same.having(*set(Change) - {Change.NONE})


KEYS = ("table", *(f"index/{name}" for name in INDEXES))


@given(transitions)
def test_changes_when_listed_expects_each_dimension_once(transition: Transition) -> None:
    dimensions = [change.dimension for change in transition.changes]
    assert len(dimensions) == len(set(dimensions))
    assert {change.change for change in transition.changes} == {transition.change_of(d) for d in dimensions}


@given(transitions, st.integers(1, 99))
def test_fingerprint_when_only_the_attempt_differs_expects_another(
    transition: Transition, attempt: int
) -> None:
    other = replace(transition, attempt=attempt)
    assert (other.fingerprint == transition.fingerprint) is (attempt == transition.attempt)


@given(transitions, capacities())
def test_fingerprint_when_the_plan_differs_expects_another(
    transition: Transition, declared: Capacity
) -> None:
    other = replace(transition, declared=declared)
    assert (other.fingerprint == transition.fingerprint) is (declared == transition.declared)


@pytest.mark.slow
@given(transitions_of_deployed_tables, deployments())
def test_fingerprint_when_only_the_recording_differs_expects_the_same(
    transition: Transition, other: Deployed
) -> None:
    """Every recording may have other units of auto scaling and other warm throughput: the plan stays the same."""
    assert transition.deployed is not None
    again = replace(
        transition.deployed, units=other.units, warm=other.warm, live=other.live, previous=other.previous
    )
    assert replace(transition, deployed=again).fingerprint == transition.fingerprint


@given(transitions_of_deployed_tables)
def test_fingerprint_when_the_deployed_template_differs_expects_another(transition: Transition) -> None:
    assert transition.deployed is not None
    template = transition.deployed.template
    other = fixed(50_001) if template.is_on_demand else on_demand(maximum=50_001)
    changed = replace(transition, deployed=replace(transition.deployed, template=other))
    assert changed.fingerprint != transition.fingerprint


def test_fingerprint_when_the_plan_is_known_expects_the_same_text_in_every_release() -> None:
    """The ids of the gates contain it: a new release of the library must not change it during a transition."""
    assert transition_between(fixed(10), on_demand(warm=5_000)).fingerprint == "414e60e75c"


@given(transitions_of_deployed_tables)
def test_way_back_when_reversed_expects_the_template_without_warm_throughput(transition: Transition) -> None:
    assert transition.deployed is not None
    back = transition.reverse()
    template = transition.deployed.template
    assert back.declared.billing_mode is template.billing_mode
    for dimension in template.dimensions():
        assert back.declared.throughput(dimension) == template.throughput(dimension)
        assert back.declared.maximum(dimension) == template.maximum(dimension)
        assert back.declared.warm(dimension) is None
        assert back.deployed is not None
        assert back.deployed.warm_now(dimension) >= transition.deployed.warm_now(dimension)
    assert back.switches_to_on_demand is transition.switches_to_provisioned
    assert back.switches_to_provisioned is transition.switches_to_on_demand


@given(transitions_of_deployed_tables)
def test_way_back_when_taken_expects_a_relief(transition: Transition) -> None:
    """A return to the capacity deployed before is never refused."""
    back = transition.reverse()
    assert back.is_empty or back.is_return


def test_way_back_when_the_table_is_new_expects_an_error() -> None:
    with pytest.raises(ValueError, match="does not exist yet"):
        Transition("t", None, on_demand()).reverse()


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (fixed(10), on_demand(), 10),
        (fixed(AutoScaling(10, 20, seed=15)), on_demand(), 15),
        (fixed(AutoScaling(10, 20)), on_demand(), None),
        (fixed(AutoScaling(10, 20, seed=15)), fixed(9), 10),
        (on_demand(), fixed(9), None),
    ],
)
def test_rollback_when_it_re_sends_units_expects_those_of_the_template(
    before: Capacity, after: Capacity, units: int | None
) -> None:
    live = Deployed(before, before, {"table": Units(777, 777), "index/by_agent": Units(777, 777)}, {})
    transition = Transition("t", live, after, declared_kind=TableKind.GLOBAL_TABLE)
    assert transition.resent_units(WRITE) == units
    assert transition.resent_units(INDEX_WRITE) == units


def test_relief_when_one_dimension_is_raised_and_one_lowered_expects_none() -> None:
    assert not transition_between(fixed(10, 10), fixed(11, 9)).only_raises
    assert transition_between(fixed(10, 10), fixed(11, 10)).only_raises


def test_return_when_it_is_to_the_capacity_before_expects_one_with_any_seed() -> None:
    before = fixed(AutoScaling(10, 20))
    with_seed = fixed(AutoScaling(10, 20, seed=15))
    assert transition_between(on_demand(), with_seed, previous=before).is_return
    assert not transition_between(on_demand(), fixed(9), previous=before).is_return
    assert not transition_between(on_demand(), with_seed).is_return


@given(transitions)
def test_relief_when_nothing_changes_expects_none(transition: Transition) -> None:
    assert not (transition.only_raises and transition.is_empty)


def test_warm_raises_when_declared_above_the_live_table_expects_both_values_of_each_dimension() -> None:
    before = fixed(10)
    deployed = Deployed(before, before, {}, {"table": Units(write=6_000)})
    declared = Capacity.on_demand(
        warm=Units(read=12_000, write=9_000),
        indexes={"by_agent": OnDemand(Units(write=5_000)), "new": OnDemand()},
    )
    assert Transition("t", deployed, declared).warm_raises == {
        WRITE: (6_000, 9_000),
        INDEX_WRITE: (4_000, 5_000),
    }
    assert Transition("t", None, declared).warm_raises == {}


@pytest.mark.parametrize("created", [True, False])
def test_scaling_target_of_an_index_when_only_one_capacity_has_it_is_not_kept(created: bool) -> None:
    """Bake asks this for each live scaled dimension: a created index must not end it with an error."""
    table = Structure(TableKind.TABLE, "id:S HASH")
    with_index = fixed(AutoScaling(100, 900, seed=100))
    without_index = Capacity.provisioned(read=100, write=AutoScaling(100, 900, seed=100))
    before, after = (without_index, with_index) if created else (with_index, without_index)
    transition = transition_between(before, after, structure=table)
    assert not transition.keeps_scaling_target(INDEX_WRITE)
    assert not transition.keeps_scaling_target(WRITE)


def test_scaling_target_when_a_table_gets_fixed_units_is_kept_until_the_end() -> None:
    before, after = fixed(AutoScaling(100, 900, seed=100)), fixed(500)
    transition = transition_between(before, after, structure=Structure(TableKind.TABLE, "id:S HASH"))
    assert transition.keeps_scaling_target(INDEX_WRITE)
    assert not transition_between(before, after).keeps_scaling_target(INDEX_WRITE)
