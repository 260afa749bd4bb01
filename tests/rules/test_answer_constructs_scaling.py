"""Printed code of an adopted table keeps the auto scaling that is deployed, and that the change removes."""

from __future__ import annotations

from dataclasses import replace

from capacity_guard.capacity import AutoScaling, Capacity
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.pricing.prices import prices_of
from capacity_guard.rules import Case
from capacity_guard.rules.answer_code import whole_code
from capacity_guard.rules.answer_cost import step_costs
from capacity_guard.rules.separate_changes import declaring_apart, recorded_after
from tests.builders.cases import baseline, deployed, on_demand
from tests.rules.test_answer_constructs import judged

WRITE = Dimension(None, "write")
SCALED = Capacity.provisioned(read=100, write=AutoScaling(500, 2_000, seed=500))
RAISED = Capacity.provisioned(read=100, write=AutoScaling(700, 2_000, seed=700))
MORNING = ScheduledAction(WRITE, "Morning", "cron(45 7 * * ? *)", None, 1_500, None)
TARGET = {
    "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
    "Properties": {"ScheduledActions": [{"ScheduledActionName": "Morning"}]},
}


def to_on_demand(shape: str, *, stated: tuple[ScheduledAction, ...] = ()) -> Case:
    """A change to on-demand mode that removes the auto scaling of the writes, and its scheduled action."""
    of_shape = judged(shape, Capacity.on_demand(), {})
    facts = tuple(replace(each, schedules=stated) for each in of_shape.template)
    was = replace(deployed(SCALED), schedules=(MORNING,), scaling={"WTarget": TARGET})
    return replace(of_shape, declared=Capacity.on_demand(), baseline=baseline(was), template=facts)


def code_of(change: Case, capacity: Capacity, before: Capacity | None = None) -> str:
    code, _ = whole_code(change, capacity, baseline="b.json", before=before)
    return code


def test_scheduled_action_of_a_table_is_kept_until_the_declared_capacity() -> None:
    change = to_on_demand("Table")
    assert "# with scale_on_schedule of table, write: Morning, as deployed" in code_of(change, SCALED)
    assert "scale_on_schedule" not in code_of(change, change.declared)
    stays = replace(to_on_demand("Table", stated=(MORNING,)), declared=RAISED)
    assert "# with scale_on_schedule of table, write: Morning, as deployed" in code_of(stays, RAISED)


def test_scheduled_action_counts_in_each_deployment_that_keeps_it() -> None:
    change = to_on_demand("Table")
    assert change.transition is not None
    assert change.transition.schedules_after == ()
    step = declaring_apart(change, RAISED)
    assert step.transition is not None
    assert step.transition.schedules_after == (MORNING,)
    after = recorded_after(step)
    assert after.deployed is not None
    assert after.deployed.schedules == (MORNING,)
    kept, _ = step_costs(change, [SCALED, change.declared], prices_of("us-east-1"))
    (last,) = step_costs(replace(change, declared=SCALED), [SCALED], prices_of("us-east-1"))
    assert kept.month is not None
    assert last.month is not None
    assert kept.month.high > last.month.high


def test_auto_scaling_that_only_the_deployed_version_has_is_not_declared_under_other_ids() -> None:
    change = to_on_demand("CfnTable")
    code = code_of(change, SCALED)
    assert "# with the auto scaling of table, write, as in the version that is deployed now" in code
    assert "CfnScalableTarget(" not in code
    raised = code_of(change, RAISED)
    assert (
        "# with the auto scaling of table, write with 700 to 2_000, as in the version that is deployed now"
        in raised
    )
    assert "# without the auto scaling of table, write" in code_of(change, change.declared, before=SCALED)
    unknown = replace(change, baseline=baseline(replace(deployed(SCALED), scaling={})))
    assert "CfnScalableTarget(" in code_of(unknown, SCALED)


def test_indexes_of_a_table_v2_are_to_be_declared_once() -> None:
    indexed = Capacity.on_demand(indexes=on_demand().indexes)
    shape: dict[str, str] = dict.fromkeys(indexed.indexes, "agent_id:S HASH; ALL")
    code = code_of(judged("TableV2", indexed, shape), indexed)
    assert "# remove calls of table.add_global_secondary_index, whose indexes these are" in code


def test_order_of_projected_attributes_is_said_to_be_that_of_the_code() -> None:
    indexed = Capacity.on_demand(indexes=on_demand().indexes)
    (name,) = indexed.indexes
    note = "# in the order of your code: another order changes the index"
    assert note in code_of(judged("Table", indexed, {name: "a:S HASH; INCLUDE note, price"}), indexed)
    assert note not in code_of(judged("Table", indexed, {name: "a:S HASH; INCLUDE note"}), indexed)
