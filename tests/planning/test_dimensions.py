"""The plan of each dimension: capacity before and after, peak, limit, and what the replays throttle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Margins, OnDemand, Rollout, Units
from capacity_guard.capacity.transition import Transition
from capacity_guard.planning.dimensions import dimension_plans
from capacity_guard.planning.plan import DimensionPlan
from capacity_guard.planning.replays import TableReplays
from capacity_guard.simulator.dimension_replay import run
from stacks.settings import INDEX
from tests.builders.cases import INDEX_WRITE, START, deployed, flat, on_demand, provisioned, spike, traffic


def index_write(transition: Transition, replays: TableReplays | None = None) -> DimensionPlan:
    (found,) = [
        dimension for dimension in dimension_plans(transition, replays) if dimension.dimension == INDEX_WRITE
    ]
    return found


def to(declared: Capacity, before: Capacity | None) -> Transition:
    return Transition("conversations", None if before is None else deployed(before), declared)


@pytest.mark.parametrize(
    ("declared", "text", "limit"),
    [
        (provisioned(1_500), "1,500/s fixed", 1_500),
        (provisioned(AutoScaling(100, 5_000, 70)), "100 to 5,000/s at 70 %", 5_000),
        (provisioned(AutoScaling(100, 5_000, 70, seed=900)), "100 to 5,000/s at 70 %, seed 900", 5_000),
        (on_demand(), "on-demand", 4_000),
        (on_demand(indexes={INDEX: OnDemand(maximum=Units(write=500))}), "on-demand, maximum 500/s", 500),
        (on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_000))}), "on-demand, warm 6,000/s", 6_000),
        (Capacity.on_demand(), "none", 0),
    ],
)
def test_dimension_of_any_capacity_states_it_with_its_limit(
    declared: Capacity, text: str, limit: float
) -> None:
    found = index_write(to(declared, provisioned()))
    assert (found.declared, found.limit) == (text, limit)
    assert found.deployed == "1,000/s fixed"


def test_dimension_of_a_created_table_has_no_deployed_capacity_and_no_replays() -> None:
    found = index_write(to(on_demand(), None))
    assert (found.deployed, found.change, found.peak, found.replays) == ("", "created", None, ())
    assert not found.exists


def test_dimension_when_it_throttles_names_the_minute_in_units_per_second() -> None:
    worst = START + timedelta(hours=5)
    carried = traffic(spike(flat(500, 2), worst, 60, 3_000))
    transition = to(provisioned(600), provisioned(4_000))
    replays = TableReplays(transition, carried, Margins(), Rollout(), run)
    found = index_write(transition, replays)
    assert found.peak is not None
    assert found.peak.units == 3_000
    _, admitted, recorded, headroom = found.replays
    assert (admitted.replay, admitted.asked) == ("admitted", pytest.approx(1.2 * 3_000))
    assert (recorded.replay, recorded.asked, recorded.limit) == ("recorded", 3_000, 600)
    assert worst <= recorded.worst < worst + timedelta(hours=1)
    assert (recorded.cause, recorded.within, recorded.started) == ("provisioned throughput", False, None)
    assert headroom.asked == pytest.approx(1.3 * 3_000)


def test_dimension_that_does_not_throttle_is_within_a_budget_of_zero() -> None:
    transition = to(provisioned(2_000), provisioned(1_000))
    margins = Margins(throttle_budget=0)
    replays = TableReplays(transition, traffic(flat(100, 2)), margins, Rollout(), run)
    found = index_write(transition, replays)
    assert [(replay.share, replay.within) for replay in found.replays] == [(0.0, True)] * 3
