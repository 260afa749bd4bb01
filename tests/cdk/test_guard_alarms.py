"""The rollback alarms of a guard: ordinary alarms of the CDK, made once, with their logical ids."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from capacity_guard import CapacityGuard, GuardedTable
from tests.builders import adopted
from tests.builders.guarded import ALARM, INDEX, app, synthesize, table


@pytest.mark.parametrize("kind", ["GuardedTable", "CapacityGuard"])
def test_rollback_alarms_are_alarms_that_take_actions(kind: str) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guard: GuardedTable | CapacityGuard
    if kind == "GuardedTable":
        guard = table(stack)
    else:
        declared = adopted.table(stack, adopted.PROVISIONED)
        guard = CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
    assert list(guard.rollback_alarms) == ["table", f"index/{INDEX}"]
    topic = sns.Topic(stack, "Told")
    for alarm in guard.rollback_alarms.values():
        assert isinstance(alarm, cloudwatch.Alarm)
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))
    cloudwatch.CompositeAlarm(
        stack,
        "Either",
        alarm_rule=cloudwatch.AlarmRule.any_of(*guard.rollback_alarms.values()),
    )
    found = synthesize(made)
    alarms = found.of(ALARM)
    (reference,) = found.of("AWS::SNS::Topic")
    assert {*guard.guard.alarm_ids.values()} == {*alarms}
    for alarm_resource in alarms.values():
        assert alarm_resource["Properties"]["AlarmActions"] == [{"Ref": reference}]
        assert alarm_resource["Properties"]["OKActions"] == [{"Ref": reference}]


def test_alarms_are_made_once_and_dropped_with_their_index() -> None:
    stack = cdk.Stack(app(), "S")
    guarded = table(stack)
    alarms = guarded.guard.alarms
    before = dict(alarms.by_key)
    alarms.add([INDEX], guarded.guard.resource)
    assert alarms.by_key == before
    alarms.add(["x"], guarded.guard.resource)
    assert list(alarms.by_key) == ["table", f"index/{INDEX}", "index/x"]
    assert list(alarms.resources) == list(alarms.by_key)
    alarms.drop_others([])
    assert list(alarms.by_key) == ["table"]
    assert [child.node.id for child in guarded.node.children] == ["Table", "TableThrottled"]


def test_ids_are_kept_once_they_are_final() -> None:
    guarded = table(cdk.Stack(app(), "S"))
    alarms = guarded.guard.alarms
    resource: Any = alarms.by_key["table"].node.default_child
    resource.override_logical_id("First")
    assert alarms.ids(final=False)["table"] == "First"
    resource.override_logical_id("Second")
    assert alarms.ids(final=False)["table"] == "Second"
    alarms.know_ids({"table": "Third", f"index/{INDEX}": "Fourth"})
    assert alarms.ids(final=True) == {"table": "Third", f"index/{INDEX}": "Fourth"}
