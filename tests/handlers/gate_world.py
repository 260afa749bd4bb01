"""A plan, a fake AWS that agrees with it, and the provider framework that runs a gate."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    Deployed,
    Margins,
    OnDemand,
    Provisioned,
    Rollout,
    Structure,
    TableKind,
    Transition,
    Units,
)
from capacity_guard.capacity.dimension import ACCESSES, Dimension, index_of
from capacity_guard.capacity.evidence import DimensionEvidence, Evidence, Peak
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan, capacity_hash
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.handlers import clock, gate
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.handover import Loud
from capacity_guard.handlers.hold_store import HoldStore
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws, FakeResource, utc
from tests.framework.fast import FastFramework

NOW = utc("2026-07-09T16:00:20")  # a Thursday
ACCOUNT, REGION = "111122223333", "eu-west-1"
STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Conversations-production/abc"
CHANGE_SET = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/cdk-deploy-change-set/1"
TABLE, TABLE_NAME, INDEX = "ConversationsTable9A1B", "Conversations-XYZ", "index/by_agent"
ALARM_IDS = {"table": "TableAlarm1", INDEX: "IndexAlarm2"}
ALARM_NAMES = {"table": "Conversations-TableAlarm-A", INDEX: "Conversations-IndexAlarm-B"}
METRICS = {
    "read_throttle": "ReadThrottleEvents",
    "write_throttle": "WriteThrottleEvents",
}
EXPRESSION = "SUM([FILL(read_throttle, 0), FILL(write_throttle, 0)])"

PROVISIONED = Capacity.provisioned(
    read=4_000,
    write=AutoScaling(6_400, 10_000, 70, seed=6_400),
    indexes={"by_agent": Provisioned(read=2_000, write=AutoScaling(4_800, 8_000, 70, seed=4_800))},
)
ON_DEMAND = Capacity.on_demand(indexes={"by_agent": OnDemand()})
WARM = Capacity.on_demand(indexes={"by_agent": OnDemand(warm=Units(write=6_240))})
RAISED = Capacity.provisioned(
    read=4_000,
    write=AutoScaling(8_000, 10_000, 70, seed=6_400),
    indexes={"by_agent": Provisioned(read=2_000, write=AutoScaling(6_000, 8_000, 70, seed=4_800))},
)
LOWERED = Capacity.provisioned(
    read=3_000,
    write=AutoScaling(6_400, 10_000, 70, seed=6_400),
    indexes={"by_agent": Provisioned(read=2_000, write=AutoScaling(4_800, 8_000, 70, seed=4_800))},
)
DEFAULTS = Rollout()
PEAKS = {
    "table/read": 2_000,
    "table/write": 4_800,
    "index/by_agent/read": 1_000,
    "index/by_agent/write": 4_800,
}
LIVE = {"table/read": 500, "table/write": 3_000, "index/by_agent/read": 300, "index/by_agent/write": 3_000}


def evidence(capacity: Capacity, *, rise: float = 500, noise: float = 0) -> Evidence:
    """Recorded traffic: the peaks above at every hour, and one rise."""
    dimensions = {}
    for dimension in capacity.dimensions():
        peak = Peak(PEAKS.get(dimension.key, 100), utc("2026-07-07T21:41"))
        dimensions[dimension] = DimensionEvidence(peak, (peak,) * 168, (rise,) * 168, noise)
    return Evidence(utc("2026-06-25T00:00"), utc("2026-07-09T00:00"), 10, dimensions)


def a_plan(
    declared: Capacity = WARM,
    template: Capacity = PROVISIONED,
    *,
    live: Capacity | None = None,
    previous: Capacity | None = None,
    rollout: Rollout = DEFAULTS,
    acknowledge: tuple[str, ...] = (),
    **changes: Any,
) -> GatePlan:
    """A plan of the table; ``live`` is the live capacity if it differs from the template."""
    live_capacity = _without_seeds(template if live is None else live)
    structure = Structure(TableKind.GLOBAL_TABLE, "conversation_id:S HASH")
    replaced_at = None if previous is None else NOW - timedelta(days=2)
    deployed = Deployed(template, live_capacity, {}, {}, previous, structure, replaced_at)
    plan = GatePlan(
        "Conversations",
        TABLE,
        None,
        Transition(TABLE_NAME, deployed, declared),
        evidence(template),
        NOW - timedelta(days=1),
        ACCOUNT,
        REGION,
        rollout,
        Margins(),
        {key: ALARM_IDS.get(key, f"Alarm{key[-2:]}") for key, _ in template.resources()},
        (TABLE, "PreflightGate", "BakeGate", *ALARM_IDS.values()),
        tuple(Acknowledgment(rule, "reviewed on 1 July") for rule in acknowledge),
    )
    return replace(plan, **changes)


EVENING = ScheduledAction(Dimension(None, "write"), "evening", "cron(0 18 * * ? *)", minimum=8_000)


def with_schedules(plan: GatePlan, *schedules: ScheduledAction) -> GatePlan:
    """The plan of a table whose minimum a scheduled action raises in the evening."""
    deployed = replace(plan.deployed, schedules=schedules or (EVENING,))
    return replace(plan, transition=replace(plan.transition, deployed=deployed))


def in_the_evening(aws: FakeAws, table: str = TABLE_NAME) -> None:
    """The scheduled action ``EVENING`` has raised the minimum of the table's writes, and the units with it."""
    for target in aws.targets:
        if target["ResourceId"] == f"table/{table}" and target["ScalableDimension"].endswith(
            "WriteCapacityUnits"
        ):
            target["MinCapacity"] = EVENING.minimum
    aws.dynamodb.tables[table].resources["table"].units["write"] = EVENING.minimum or 0


def a_relief(**changes: Any) -> GatePlan:
    """A plan that only raises."""
    return a_plan(RAISED, **changes)


def an_aws(plan: GatePlan, capacity: Capacity | None = None) -> FakeAws:
    """An AWS that agrees with a plan: nothing throttles, the guard is deployed, and the table has the live capacity of
    the baseline, or another one."""
    aws = FakeAws(NOW, STACK_ID, TABLE_NAME)
    aws.stack = {
        "StackId": STACK_ID,
        "StackName": "Conversations-production",
        "CreationTime": NOW - timedelta(days=90),
        "StackStatus": "UPDATE_IN_PROGRESS",
        "DisableRollback": False,
        "DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": False},
        "ChangeSetId": CHANGE_SET,
    }
    aws.physical[TABLE] = (TABLE_NAME, "UPDATE_COMPLETE")
    aws.change_set = {
        "ChangeSetId": CHANGE_SET,
        "StackId": STACK_ID,
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "EXECUTE_IN_PROGRESS",
        "CreationTime": NOW - timedelta(minutes=2),
    }
    aws.changes = [
        a_table_change(plan),
        a_change("PreflightGate", "Custom::CapacityGuardPreflight"),
        a_change("BakeGate", "Custom::CapacityGuardBake"),
    ]
    for key, logical in plan.alarms.items():
        name = ALARM_NAMES.get(key, f"alarm-of-{key}")
        aws.physical[logical] = (name, "CREATE_COMPLETE")
        aws.alarms[name] = an_alarm(name, key)
    set_capacity(aws, plan.deployed.live if capacity is None else capacity)
    aws.events = [a_table_event(aws, NOW - timedelta(days=30), plan.deployed.template.billing_mode.value)]
    set_traffic(aws, LIVE)
    return aws


def set_capacity(aws: FakeAws, capacity: Capacity) -> None:
    """Give the live table a capacity; its warm throughput stays."""
    before = aws.resources
    aws.mode = capacity.billing_mode.value
    aws.resources, aws.targets, aws.policies = {}, [], []
    for key, declared in capacity.resources():
        resource = FakeResource()
        if key in before:
            resource.warm = before[key].warm
        aws.resources[key] = resource
        for access in ACCESSES:
            if isinstance(declared, OnDemand):
                units = None if declared.maximum is None else declared.maximum.of(access)
                if units is not None:
                    resource.maximum[access] = units
                continue
            throughput = declared.of(access)
            if isinstance(throughput, AutoScaling):
                register_scaling(aws, key, access, throughput)
                resource.units[access] = throughput.minimum
            else:
                resource.units[access] = throughput


def register_scaling(aws: FakeAws, key: str, access: str, scaling: AutoScaling) -> None:
    """Register auto scaling of a dimension."""
    kind = "table" if key == "table" else "index"
    location = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{aws.name}" + ("" if key == "table" else f"/{key}"),
        "ScalableDimension": f"dynamodb:{kind}:{access.capitalize()}CapacityUnits",
        "CreationTime": NOW,
    }
    aws.targets.append(
        {
            **location,
            "MinCapacity": scaling.minimum,
            "MaxCapacity": scaling.maximum,
            "RoleARN": "arn:aws:iam::1:role/r",
        }
    )
    aws.policies.append(
        {
            **location,
            "PolicyARN": f"arn:policy-of-{key}-{access}",
            "PolicyName": f"{key}-{access}",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": float(scaling.target)},
        }
    )


def set_traffic(
    aws: FakeAws, units: Mapping[str, float], *, start: datetime | None = None, minutes: int = 240
) -> None:
    """Set consumed units of every minute, in units per second, from three hours before ``NOW`` on."""
    first = (start or NOW - timedelta(hours=3)).replace(second=0, microsecond=0)
    all_minutes = [first + timedelta(minutes=i) for i in range(minutes)]
    for key, value in units.items():
        dimension = Dimension.parse(key)
        if dimension.resource in aws.resources:
            metric = f"Consumed{dimension.access.capitalize()}CapacityUnits"
            aws.series(metric, dimension.resource).update(dict.fromkeys(all_minutes, value * 60))


def throttle(aws: FakeAws, key: str, start: datetime, *events: float, access: str = "Write") -> None:
    """Set the throttle events of consecutive minutes."""
    for i, value in enumerate(events):
        aws.put(f"{access}ThrottleEvents", key, start + timedelta(minutes=i), value)


def at(minute: int, second: int = 0) -> datetime:
    """A time, in minutes after 16:00 UTC."""
    return NOW.replace(second=0) + timedelta(minutes=minute, seconds=second)


def an_alarm(name: str, key: str, state: str = "OK", **changes: Any) -> dict[str, Any]:
    """One of the guard's own alarms as DescribeAlarms shows it."""
    location = [{"Name": "TableName", "Value": TABLE_NAME}]
    if key != "table":
        location.append({"Name": "GlobalSecondaryIndexName", "Value": str(index_of(key))})
    metrics: list[dict[str, Any]] = [
        {
            "Id": id_,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/DynamoDB", "MetricName": metric, "Dimensions": location},
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for id_, metric in METRICS.items()
    ]
    metrics.append({"Id": "expr_1", "Expression": EXPRESSION, "ReturnData": True})
    return {
        **a_user_alarm(name, state),
        "Metrics": metrics,
        "TreatMissingData": "notBreaching",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0.0,
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 2,
        **changes,
    }


def a_user_alarm(
    name: str, state: str = "OK", since: datetime | None = None, **changes: Any
) -> dict[str, Any]:
    """An alarm that the user names."""
    since = since or NOW - timedelta(days=3)
    return {
        "AlarmName": name,
        "StateValue": state,
        "StateReason": f"it is {state}",
        "StateUpdatedTimestamp": since,
        "StateTransitionedTimestamp": since,
        "AlarmConfigurationUpdatedTimestamp": NOW - timedelta(days=3),
        **changes,
    }


def set_alarm_state(aws: FakeAws, name: str, state: str, since: datetime) -> None:
    """Change the state of an alarm."""
    aws.alarms[name].update(StateValue=state, StateTransitionedTimestamp=since, StateUpdatedTimestamp=since)


def a_change(logical_id: str, kind: str, action: str = "Add", **more: Any) -> dict[str, Any]:
    """One entry of a change set."""
    return {"Action": action, "LogicalResourceId": logical_id, "ResourceType": kind, **more}


def a_detail(name: str, **target: Any) -> dict[str, Any]:
    """One edited property in an entry of a change set."""
    return {
        "Evaluation": "Static",
        "ChangeSource": "DirectModification",
        "Target": {
            "Attribute": "Properties",
            "Name": name,
            "Path": f"/Properties/{name}",
            "RequiresRecreation": "Never",
            **target,
        },
    }


def a_table_change(plan: GatePlan, *names: str) -> dict[str, Any]:
    """The table's entry in the change set: its capacity changes, and further properties by name."""
    mode = plan.transition.switches_to_on_demand or plan.transition.switches_to_provisioned
    details = [a_detail("BillingMode")] if mode else []
    units = "ProvisionedThroughput"
    if plan.deployed.kind is TableKind.GLOBAL_TABLE:
        units = "WriteProvisionedThroughputSettings"
    details += [a_detail(units), *map(a_detail, names)]
    return a_change(
        plan.logical_id,
        plan.deployed.kind.value,
        "Modify",
        PhysicalResourceId=TABLE_NAME,
        Replacement="False",
        Scope=["Properties"],
        Details=details,
    )


def a_table_event(
    aws: FakeAws, time: datetime, mode: str | None, status: str = "UPDATE_IN_PROGRESS"
) -> dict[str, Any]:
    """A stack event of the table, with the billing mode that CloudFormation sent."""
    properties = {"TableName": TABLE_NAME} if mode is None else {"BillingMode": mode}
    return {
        "StackId": STACK_ID,
        "StackName": "Conversations-production",
        "EventId": f"event-{time.timestamp()}-{len(aws.events)}",
        "LogicalResourceId": TABLE,
        "ResourceType": "AWS::DynamoDB::GlobalTable",
        "ResourceStatus": status,
        "Timestamp": time,
        "ResourceProperties": json.dumps(properties),
    }


def add_table_events(aws: FakeAws, *modes: tuple[float, str | None]) -> None:
    """Add stack events of the table: hours before ``NOW``, and the billing mode that was sent."""
    for hours, mode in modes:
        aws.events.append(a_table_event(aws, NOW - timedelta(hours=hours), mode))


GATES = FastFramework(gate.on_event, gate.is_complete)
"""The provider framework around the gates' functions; ``tests/framework`` holds it to the framework's own code, row by row."""


@dataclass
class Framework:
    """A gate in the provider framework, which a test may stop between two looks."""

    aws: FakeAws
    gate_name: str
    plan: GatePlan | UnreadPlan
    interval: float = 15
    event: dict[str, Any] | None = None
    judged: str | None = None
    """The classification by Preflight, which CloudFormation hands to Bake."""
    travelling: str | None = None
    """What else may change in the stack (``travelling_text``), which CloudFormation hands to Preflight."""
    loud: Loud | None = None
    """What was loud at Preflight's moment, which CloudFormation hands to Bake."""
    hold: str | None = None
    """Name of the hold of a table with a watch."""

    @property
    def fingerprint(self) -> str:
        """The part of the gate's name that identifies the transition."""
        if isinstance(self.plan, UnreadPlan):
            return capacity_hash(self.plan.declared)
        return self.plan.transition.fingerprint

    def start(self) -> dict[str, Any]:
        """CloudFormation's Create; what ``on_event`` answers."""
        request = self.request()
        self.event = GATES.start(request)
        assert len(self.event["PhysicalResourceId"]) <= 1_024
        return {name: value for name, value in self.event.items() if name not in request}

    def request(self) -> dict[str, Any]:
        """CloudFormation's Create."""
        plan = self.plan
        if self.gate_name == "bake" and isinstance(plan, GatePlan):
            plan = plan.of_bake()
        return {
            "RequestType": "Create",
            "StackId": STACK_ID,
            "RequestId": "r-1",
            "LogicalResourceId": "Gate",
            "ResourceType": "Custom::CapacityGuardPreflight",
            "ResourceProperties": {
                "ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:f",
                "Gate": self.gate_name,
                "Fingerprint": self.fingerprint,
                "Plan": plan.to_property(),
                **self._given_to_bake(),
                **({} if self.travelling is None else {"Travelling": self.travelling}),
                **({} if self.hold is None else {"Hold": self.hold}),
            },
        }

    def _given_to_bake(self) -> dict[str, Any]:
        """What CloudFormation resolves in the properties of a Bake."""
        if self.gate_name != "bake" or isinstance(self.plan, UnreadPlan):
            return {}
        alarms = {key: ALARM_NAMES.get(key, f"alarm-of-{key}") for key in self.plan.alarms}
        return {
            "Names": {"Table": self.aws.name, "Alarms": alarms},
            "Judged": ("relief" if self.plan.transition.only_raises else "change")
            if self.judged is None
            else self.judged,
            "Loud": "" if self.loud is None else self.loud.to_attribute(),
        }

    def poll(self) -> dict[str, Any] | None:
        """One call of ``is_complete``; Data once it is complete."""
        assert self.event is not None
        data = GATES.look(self.event)
        assert len(json.dumps(data)) < 2_000, "CloudFormation takes a response of 4,096 bytes"
        return data

    def run(self, until: Callable[[], object] | None = None, limit: float = 3_540) -> dict[str, Any]:
        """Start, then poll until the gate is complete; ``until`` is called before each poll."""
        self.start()
        return self.go_on(until, limit)

    def go_on(self, until: Callable[[], object] | None = None, limit: float = 3_540) -> dict[str, Any]:
        """Poll until the gate is complete."""
        for _ in range(int(limit // self.interval) + 1):
            if until is not None:
                until()
            data = self.poll()
            if data is not None:
                return data
            self.aws.now += timedelta(seconds=self.interval)
        raise AssertionError("Operation timed out")


def replace_aws(monkeypatch: pytest.MonkeyPatch, aws: FakeAws) -> None:
    """Let the gates use a fake AWS and its clock."""
    monkeypatch.setattr(gate, "_aws", lambda: GateAws(aws.clients()))
    monkeypatch.setattr(gate, "_holds", lambda: HoldStore(aws.clients()["ssm"]))
    replace_clock(monkeypatch, lambda: aws.now)


def replace_clock(monkeypatch: pytest.MonkeyPatch, now: Callable[[], datetime]) -> list[float]:
    """Let the gates read a test's clock; returns the list of their pauses, which take no time of the test."""
    pauses: list[float] = []
    monkeypatch.setattr(clock, "now", now)
    monkeypatch.setattr(clock, "monotonic", lambda: sum(pauses))
    monkeypatch.setattr(clock, "sleep", pauses.append)
    return pauses


def prepare_preflight(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan, capacity: Capacity | None = None
) -> tuple[FakeAws, Framework]:
    """An AWS before the change (``an_aws``), and a Preflight that has not started yet."""
    aws = an_aws(plan, capacity)
    replace_aws(monkeypatch, aws)
    return aws, Framework(aws, "preflight", plan)


def run_preflight(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan, aws: FakeAws, *, travelling: str | None = None
) -> dict[str, Any]:
    """Data of a Preflight that passes."""
    replace_aws(monkeypatch, aws)
    return Framework(aws, "preflight", plan, travelling=travelling).run()


def refused_preflight(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan, aws: FakeAws, *, travelling: str | None = None
) -> str:
    """The reason of a Preflight that refuses, without its runbooks."""
    replace_aws(monkeypatch, aws)
    with pytest.raises(GateError) as refused:
        Framework(aws, "preflight", plan, travelling=travelling).run()
    return _text_of(refused.value, "Preflight refused (")


def prepare_bake(monkeypatch: pytest.MonkeyPatch, plan: GatePlan) -> tuple[FakeAws, Framework]:
    """An AWS after the change, and a Bake that has not started yet."""
    aws = an_aws(plan)
    set_capacity(aws, plan.transition.declared)
    for key, declared in plan.transition.declared.resources():
        for access in ACCESSES:
            target = None if declared.warm is None else declared.warm.of(access)
            if target is not None:
                aws.resources[key].warm[access] = target
    replace_aws(monkeypatch, aws)
    return aws, Framework(aws, "bake", plan)


def failed_bake(framework: Framework, until: Callable[[], object] | None = None) -> str:
    """The reason of a Bake that vetoes or fails, without its runbooks."""
    with pytest.raises(GateError) as failed:
        framework.run(until)
    return _text_of(failed.value, "Bake ")


def _text_of(error: GateError, opening: str) -> str:
    """What a gate said, without its end, which names the runbook of each reason."""
    text, codes = str(error), [reason.code for reason in error.reasons]
    assert codes
    assert text == f"{error.text} [capacity-guard runbook {' '.join(codes[:3])}]"
    assert text.startswith(opening)
    assert len(text) <= 900
    return error.text


def _without_seeds(capacity: Capacity) -> Capacity:
    """The capacity as a live table shows it, without seeds."""
    if capacity.is_on_demand:
        return capacity

    def without_seeds(resource: Any) -> Any:
        read, write = (
            replace(throughput, seed=None) if isinstance(throughput, AutoScaling) else throughput
            for throughput in (resource.read, resource.write)
        )
        return Provisioned(read, write)

    return Capacity(
        capacity.billing_mode,
        without_seeds(capacity.table),
        {name: without_seeds(index) for name, index in capacity.indexes.items()},
    )
