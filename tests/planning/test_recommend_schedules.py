"""Recommendations for tables whose auto scaling has scheduled actions: they are kept, replayed, and named."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace

from capacity_guard.capacity import AutoScaling
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.planning.recommend import Asked, Recommendation, recommend
from capacity_guard.planning.search import cheapest_provisioned, throttled_dimensions
from capacity_guard.report.recommendations import recommendation_text
from tests.builders.cases import INDEX_WRITE, NOW, START, baseline, deployed, flat, provisioned, traffic

BY_DAY = ScheduledAction(INDEX_WRITE, "day", "cron(30 6 * * ? *)", None, 900, 2_000)
BY_NIGHT = ScheduledAction(INDEX_WRITE, "night", "cron(30 20 * * ? *)", None, 30, 100)
KEPT = AutoScaling(30, 100)


def office_hours(*schedules: ScheduledAction) -> Baseline:
    """A table whose index takes 600 writes a second from 7 to 20 o'clock, and 20 at night."""
    assert START.hour == 0
    series = array("d", [60.0 * (600 if 7 <= at // 60 % 24 < 20 else 20) for at in range(len(flat(1)))])
    was = replace(deployed(provisioned(KEPT)), schedules=schedules)
    return baseline(was, traffic(series))


def advice(*schedules: ScheduledAction) -> Recommendation:
    return recommend(office_hours(*schedules), Asked(NOW, threshold=0.5))


def test_throughput_when_scheduled_actions_raise_it_in_time_expects_the_traffic_carried() -> None:
    assert INDEX_WRITE in throttled_dimensions(office_hours(), provisioned(KEPT), 1.3)
    assert throttled_dimensions(office_hours(BY_DAY, BY_NIGHT), provisioned(KEPT), 1.3) == ()


def test_throughput_when_scheduled_actions_move_it_expects_it_kept_as_deployed() -> None:
    found = cheapest_provisioned(office_hours(BY_DAY, BY_NIGHT), 1.3)
    assert found is not None
    assert found.throughput(INDEX_WRITE) == KEPT
    without = cheapest_provisioned(office_hours(), 1.3)
    assert without is not None
    assert without.throughput(INDEX_WRITE) != KEPT


def test_cost_when_scheduled_actions_provision_by_day_expects_what_they_provision() -> None:
    def hour(*schedules: ScheduledAction) -> float:
        costs = advice(*schedules).today.costs
        return costs[0].dimensions[INDEX_WRITE].low

    # 14 hours at 900 and 10 at 30 to 100 units, instead of 100 at most.
    by_schedule, without = hour(BY_DAY, BY_NIGHT), hour()
    ratio = by_schedule / without
    assert math.isclose(ratio, (14 * 900 + 10 * 30) / 24 / 71, rel_tol=0.05)


def test_advice_when_a_table_has_scheduled_actions_expects_them_named_with_what_becomes_of_them() -> None:
    unknown = replace(BY_NIGHT, name="sometimes", schedule="rate(1 day)")
    found = advice(BY_DAY, unknown)
    text = recommendation_text(found)
    assert found.chosen is None or not found.chosen.capacity.is_on_demand
    assert (
        "  schedule     by_agent, write: day, cron(30 6 * * ? *): minimum 900, maximum 2,000; "
        "kept, and replayed; the throughput that it moves stays as deployed"
    ) in text
    assert "by_agent, write: sometimes, rate(1 day)" in text
    assert [action["name"] for action in found.to_json()["schedules"]] == ["day", "sometimes"]
    assert "schedules" not in advice().to_json()
