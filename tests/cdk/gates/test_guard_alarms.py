"""The rollback alarms of a guard: ordinary alarms of the CDK, made once, with their logical ids."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from constructs import IConstruct

from capacity_guard import Capacity, CapacityGuard, GuardedTable, NewTable, OnDemand
from tests.builders import adopted
from tests.builders.guarded import ALARM, INDEX, LOWERED, PROVISIONED, RAISED, app, synthesize, table


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


CAPACITIES = {
    "steady": (PROVISIONED, adopted.PROVISIONED),
    "relief": (RAISED, adopted.RAISED),
    "change": (LOWERED, adopted.LOWERED),
}
"""What a guarded table and a table of other code declare."""


@jsii.implements(cdk.IAspect)
class TakesOut:
    """Takes an alarm, or only its resource, out of the stack."""

    def __init__(self, guard: GuardedTable | CapacityGuard, id: str, resource_alone: bool) -> None:
        self._guard, self._id, self._resource_alone = guard, id, resource_alone

    def visit(self, node: IConstruct) -> None:
        alarm = self._guard.node.try_find_child(self._id)
        if alarm is None:
            return
        if self._resource_alone:
            alarm.node.try_remove_child("Resource")
        else:
            self._guard.node.try_remove_child(self._id)


@pytest.mark.sampled(every=8)
@pytest.mark.parametrize("resource_alone", [True, False])
@pytest.mark.parametrize("id", ["TableThrottled", f"{INDEX}Throttled"])
@pytest.mark.parametrize("kind", ["GuardedTable", "CapacityGuard"])
def test_alarm_that_is_taken_out_is_one_error_where_a_gate_would_watch_it(
    kind: str, id: str, resource_alone: bool
) -> None:
    def synthesized(what: str, **context: Any) -> dict[str, Any]:
        made, (of_guarded, of_adopted) = app(**context), CAPACITIES[what]
        stack = cdk.Stack(made, "S")
        guard: GuardedTable | CapacityGuard
        if kind == "GuardedTable":
            guard = table(stack, "Guard", capacity=of_guarded)
        else:
            declared = adopted.table(stack, of_adopted)
            guard = CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
        cdk.Aspects.of(made).add(TakesOut(guard, id, resource_alone))
        return synthesize(made).of(ALARM)

    with pytest.raises(RuntimeError) as raised:
        synthesized("change")
    (said,) = (line for line in str(raised.value).splitlines() if "FATAL" in line)
    assert said == (
        f"ValidationFailed: FATAL S/Guard/{id}: is a rollback alarm of the guard that was taken out of the stack, so no gate "
        "could watch it. Let what removes it pass over this alarm; an emergency has -c capacity-guard:break-glass=REASON. "
        "(CapacityGuardCycle)"
    )
    assert len(synthesized("steady")) == 1, "no gate needs it"
    assert len(synthesized("relief")) == 1, "a relief must not wait for an alarm"
    assert len(synthesized("change", **{"capacity-guard:break-glass": "INC-1"})) == 1


def test_alarm_that_is_taken_out_fails_the_synthesis_also_where_the_table_need_not_be_readable() -> None:
    made = app()
    guard = table(cdk.Stack(made, "S"), "Guard", capacity=LOWERED)
    guard.guard.must_be_readable = False
    cdk.Aspects.of(made).add(TakesOut(guard, "TableThrottled", True))
    with pytest.raises(RuntimeError, match="S/Guard/TableThrottled: is a rollback alarm"):
        made.synth()


@pytest.mark.parametrize("kind", ["GuardedTable", "CapacityGuard"])
def test_index_named_like_the_table_has_an_alarm_of_its_own(kind: str) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    names = ("Table", "table", "index", "read", "Index")
    given: dict[str, object] = {
        "partition_key": adopted.KEY,
        "global_secondary_indexes": [
            dynamodb.GlobalSecondaryIndexPropsV2(index_name=name, partition_key=adopted.INDEX_KEY)
            for name in names
        ],
    }
    guard: GuardedTable | CapacityGuard
    if kind == "GuardedTable":
        capacity = Capacity.on_demand(indexes={name: OnDemand() for name in names})
        guard = GuardedTable(stack, "Orders", capacity=capacity, baseline=NewTable("orders"), **given)
    else:
        declared = dynamodb.TableV2(stack, "Orders", **given)
        guard = CapacityGuard(stack, "Guard", table=declared, baseline=NewTable("orders"))
    assert list(guard.rollback_alarms) == ["table", *(f"index/{name}" for name in names)]
    alarms = synthesize(made).of(ALARM)
    assert len(alarms) == 6
    watched = {
        query["MetricStat"]["Metric"]["Dimensions"][0].get("Value")
        for alarm in alarms.values()
        for query in alarm["Properties"]["Metrics"]
        if "MetricStat" in query and len(query["MetricStat"]["Metric"]["Dimensions"]) == 2
    }
    assert watched == set(names)
    assert set(guard.guard.alarm_ids.values()) == set(alarms)
