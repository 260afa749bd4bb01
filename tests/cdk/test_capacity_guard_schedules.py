"""Scheduled actions in the code of a table: the rules tell of them, and the gates take what they set for no difference."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import AutoScaling, Capacity, CapacityGuard
from tests.builders.adopted import KEY, recorded
from tests.builders.guarded import app

DEPLOYED = Capacity.provisioned(read=100, write=AutoScaling(50, 200, 70, 50))


def guard_of(stack: cdk.Stack, reads: int, *, scheduled: bool = True, units: object = 40) -> CapacityGuard:
    table = dynamodb.Table(stack, "Orders", partition_key=KEY, read_capacity=reads, write_capacity=50)
    writes = table.auto_scale_write_capacity(min_capacity=50, max_capacity=200)
    writes.scale_on_utilization(target_utilization_percent=70)
    if scheduled:
        writes.scale_on_schedule(
            "night",
            schedule=autoscaling.Schedule.cron(hour="20", minute="0"),
            min_capacity=20,
            max_capacity=units,  # type: ignore[arg-type]
        )
    baseline = recorded(DEPLOYED, units=10)
    return CapacityGuard(stack, "Guard", table=table, baseline=baseline)


def test_plan_of_a_change_has_the_scheduled_actions_of_the_template() -> None:
    made = app()
    guard = guard_of(cdk.Stack(made, "S"), 120)
    made.synth()
    (action,) = guard.guard.plan.deployed.schedules
    assert (action.dimension.key, action.minimum, action.maximum) == ("table/write", 20, 40)
    assert guard.guard.transition is not None
    assert guard.guard.plan.transition.fingerprint == guard.guard.transition.fingerprint


def test_plan_of_a_table_without_scheduled_actions_has_none() -> None:
    made = app()
    guard = guard_of(cdk.Stack(made, "S"), 120, scheduled=False)
    made.synth()
    assert guard.guard.plan.deployed.schedules == ()


def test_scheduled_action_that_depends_on_a_parameter_does_not_hide_the_capacity() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    most = cdk.CfnParameter(stack, "Most", type="Number")
    guard = guard_of(stack, 120, units=most.value_as_number)
    made.synth()
    assert guard.guard.plan.deployed.schedules == ()
