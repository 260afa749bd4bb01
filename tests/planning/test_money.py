"""The cost of a table before and after a transition."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Margins, Rollout
from capacity_guard.capacity.transition import Transition
from capacity_guard.planning.money import money
from capacity_guard.planning.recommend import Asked, recommend
from capacity_guard.planning.replays import TableReplays
from capacity_guard.pricing.prices import TABLE
from capacity_guard.report.plan_formatting import cost, month
from capacity_guard.simulator.dimension_replay import run
from tests.builders.cases import (
    NOW,
    TABLE_READ,
    TABLE_WRITE,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    traffic,
)
from tests.planning.plans import plan_of

US = TABLE["us-east-1"]


def test_plan_when_an_index_is_created_has_its_cost_and_its_minutes(tmp_path: Path) -> None:
    carried = traffic(flat(100)).only([TABLE_READ, TABLE_WRITE])
    before = Capacity.provisioned(read=1_000, write=1_000)
    table = plan_of(tmp_path, baseline(deployed(before), carried), provisioned(1_000, 1_000))
    assert table.money is not None
    assert table.money.before is not None
    assert table.money.after.low == pytest.approx(2 * table.money.before.low)
    assert [(stage.name, stage.longest) for stage in table.stages][1] == ("change", 16)


def test_money_of_a_switch_compares_provisioned_units_with_consumed_ones() -> None:
    transition = Transition("conversations", deployed(provisioned()), on_demand())
    found = money(TableReplays(transition, traffic(flat(100, 1)), Margins(), Rollout(), run), US)
    assert found.before is not None
    assert found.before.low == found.before.high == pytest.approx(2 * 1_000 * (0.00013 + 0.00065))
    assert found.after.low == found.after.high == pytest.approx(2 * 100 * 3_600 * (0.125 + 0.625) / 1e6)
    assert found.warm.price == 0.0


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    "was",
    [provisioned(), provisioned(AutoScaling(50, 1_000, 40), AutoScaling(20, 300)), on_demand()],
    ids=["fixed", "scaled", "on-demand"],
)
def test_money_before_is_the_figure_of_recommend_for_todays_capacity(was: Capacity) -> None:
    """Waves that auto scaling follows late: the figure must not depend on which command reckons it."""
    waves = array("d", [units * (1 + at // 300 % 4) for at, units in enumerate(flat(40))])
    recorded = baseline(deployed(was), traffic(waves, waves, waves))
    transition = recorded.transition_to(provisioned(2_000, 2_000, 2_000))
    assert recorded.traffic is not None
    found = money(TableReplays(transition, recorded.traffic, Margins(), Rollout(), run), TABLE["eu-west-1"])
    today = recommend(recorded, Asked(NOW)).today
    assert found.before == today.hour
    assert cost(found).startswith(month(today.hour))


def test_money_of_a_created_table_has_no_cost_before() -> None:
    transition = Transition("conversations", None, on_demand())
    found = money(TableReplays(transition, traffic(flat(100, 1)), Margins(), Rollout(), run), US)
    assert found.before is None
    assert found.after.high > 0
