"""One reading of a table: what a template declares, deployed on the fake, is the same to recorder, gate and template reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, InputError, OnDemand, Provisioned
from capacity_guard.capacity.capacity import ResourceCapacity, Throughput
from capacity_guard.capacity.dimension import ACCESSES, Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.cloudformation.capacity import read_capacity
from capacity_guard.cloudformation.intrinsics import Intrinsics
from capacity_guard.cloudformation.schedules import read_scheduled_actions
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.dynamodb.names import scalable_dimension, scaling_resource_id, utilization_metric
from capacity_guard.handlers.live_table import read_scaling, read_table
from capacity_guard.handlers.verify import find_differences
from capacity_guard.recording.live_table import read_live_table
from tests.fakes.account import Account

NAMES = ["Table", "table", "index", "by_agent", "a.b-c"]
"""Names of tables and indexes: also those that could be taken for a resource key or a part of a resource id."""
TARGETS = st.one_of(
    st.integers(10, 100),
    st.floats(10, 100, allow_nan=False),
    st.sampled_from([72.5, 10.0, 100.0, 69.6, 33.333333]),
)
BOUNDED = "bounded"
"""Scaling of a dimension: a target without a policy, which scheduled scaling has."""


class AccountCalls:
    """The fake account behind the calls of the gates and of the recorder."""

    def __init__(self, account: Account) -> None:
        self.account = account

    # --- as the gates call
    def describe_table(self, name: str) -> dict[str, Any]:
        table: dict[str, Any] = self.account.call("dynamodb", "DescribeTable", {"TableName": name})["Table"]
        return table

    def scalable_targets(self, resource_ids: list[str]) -> list[dict[str, Any]]:
        return self._list("DescribeScalableTargets", "ScalableTargets", ResourceIds=resource_ids)

    def scaling_policies(self, resource_id: str) -> list[dict[str, Any]]:
        return self._list("DescribeScalingPolicies", "ScalingPolicies", ResourceId=resource_id)

    # --- as the recorder calls
    def call(self, _service: str, _operation: str, **parameters: Any) -> dict[str, Any]:
        return {"Table": self.describe_table(parameters["TableName"])}

    def pages(self, _service: str, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        if operation == "describe_scalable_targets":
            yield {"ScalableTargets": self.scalable_targets(parameters["ResourceIds"])}
        elif operation == "describe_scaling_policies":
            yield {"ScalingPolicies": self.scaling_policies(parameters["ResourceId"])}
        else:
            actions = self._list(
                "DescribeScheduledActions", "ScheduledActions", ResourceId=parameters["ResourceId"]
            )
            yield {"ScheduledActions": actions}

    def _list(self, operation: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.account.call(
            "application-autoscaling", operation, {"ServiceNamespace": "dynamodb", **parameters}
        )
        found: list[dict[str, Any]] = answer[member]
        return found


Scaling = AutoScaling | str | None


@st.composite
def dimensions(draw: st.DrawFn) -> tuple[int, Scaling]:
    """Units of a dimension in a template, and what scales it: nothing, bounds alone, or a policy."""
    low = draw(st.integers(1, 500))
    high = draw(st.integers(low, 1_000))
    how = draw(st.sampled_from(["fixed", BOUNDED, "scaled"]))
    # A registration moves units outside of bounds into them.
    units = draw(st.integers(1, 1_000))
    if how == "scaled":
        return units, AutoScaling(low, high, draw(TARGETS))
    return units, f"{BOUNDED} {low} {high}" if how == BOUNDED else None


TABLES = st.dictionaries(st.sampled_from(NAMES), st.tuples(dimensions(), dimensions()), max_size=3).flatmap(
    lambda indexes: st.fixed_dictionaries(
        {"name": st.sampled_from(NAMES), "table": st.tuples(dimensions(), dimensions())}
    ).map(lambda table: {**table, "indexes": indexes})
)


def keys(name: str) -> dict[str, Any]:
    return {"KeySchema": [{"AttributeName": name, "KeyType": "HASH"}]}


def table_template(described: dict[str, Any], *, numbers_as_text: bool = False) -> dict[str, Any]:
    """An AWS::DynamoDB::Table with its scaling resources."""
    number = str if numbers_as_text else (lambda value: value)
    resources: dict[str, Any] = {}
    name = described["name"]

    def of(index: str | None, pair: tuple[tuple[int, Scaling], tuple[int, Scaling]]) -> dict[str, Any]:
        for access, (_, scaling) in zip(ACCESSES, pair, strict=True):
            if scaling is None:
                continue
            identity = {
                "ServiceNamespace": "dynamodb",
                "ResourceId": scaling_resource_id(name, index),
                "ScalableDimension": scalable_dimension(Dimension(index, access)),
            }
            low, high = (
                (scaling.minimum, scaling.maximum)
                if isinstance(scaling, AutoScaling)
                else (int(bound) for bound in scaling.split()[1:])
            )
            logical_id = f"{Dimension(index, access).key}"
            resources[f"Target {logical_id}"] = {
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": {**identity, "MinCapacity": number(low), "MaxCapacity": number(high)},
            }
            if isinstance(scaling, AutoScaling):
                resources[f"Policy {logical_id}"] = {
                    "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
                    "Properties": {
                        **identity,
                        "PolicyName": logical_id,
                        "PolicyType": "TargetTrackingScaling",
                        "TargetTrackingScalingPolicyConfiguration": {
                            "TargetValue": number(scaling.target),
                            "PredefinedMetricSpecification": {
                                "PredefinedMetricType": utilization_metric(access)
                            },
                        },
                    },
                }
        read, write = (units for units, _ in pair)
        return {
            "ProvisionedThroughput": {"ReadCapacityUnits": number(read), "WriteCapacityUnits": number(write)}
        }

    indexes = [
        {"IndexName": index, **keys("id"), "Projection": {"ProjectionType": "ALL"}, **of(index, pair)}
        for index, pair in described["indexes"].items()
    ]
    properties = {
        "TableName": name,
        **keys("id"),
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        **of(None, described["table"]),
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }
    return {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": properties}, **resources}


def expected(described: dict[str, Any]) -> Capacity:
    """The capacity without seeds: a live table shows none."""

    def throughput(dimension: tuple[int, Scaling]) -> Throughput:
        units, scaling = dimension
        if isinstance(scaling, str):
            low, high = (int(bound) for bound in scaling.split()[1:])
            return min(max(units, low), high)
        return units if scaling is None else scaling

    def provisioned(pair: tuple[tuple[int, Scaling], tuple[int, Scaling]]) -> Provisioned:
        return Provisioned(throughput(pair[0]), throughput(pair[1]))

    table = provisioned(described["table"])
    return Capacity.provisioned(
        read=table.read,
        write=table.write,
        indexes={index: provisioned(pair) for index, pair in described["indexes"].items()},
    )


def intrinsics(resources: dict[str, Any], name: str) -> Intrinsics:
    return Intrinsics(
        {"Resources": resources}, {}, {"AWS::Region": "eu-west-1"}, {"Orders": name}, "stack S", remedy="r"
    )


def without_seeds(capacity: Capacity) -> Capacity:
    def seedless(resource: ResourceCapacity) -> ResourceCapacity:
        if isinstance(resource, OnDemand):
            return resource
        read, write = (
            replace(of, seed=None) if isinstance(of, AutoScaling) else of
            for of in (resource.read, resource.write)
        )
        return replace(resource, read=read, write=write)

    return replace(
        capacity,
        table=seedless(capacity.table),
        indexes={name: seedless(index) for name, index in capacity.indexes.items()},
    )


def deployed(resources: dict[str, Any]) -> AccountCalls:
    account = Account(datetime(2026, 7, 9, 9, 0, tzinfo=UTC))
    account.autoscaling.target_range = (10.0, 100.0)  # the widest reading of what the service accepts
    account.cloudformation.make(
        "S", {name: {"type": r["Type"], "properties": r["Properties"]} for name, r in resources.items()}
    )
    for _ in range(
        12
    ):  # units move into the bounds of each dimension, one change of the table after the other
        account.forward(3_600)
        account.settle()
    return AccountCalls(account)


def read_by_gate(calls: AccountCalls, name: str) -> LiveTable:
    return read_scaling(calls, read_table(calls, name))  # type: ignore[arg-type]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(TABLES)
def test_table_when_deployed_is_read_alike_by_template_recorder_and_gate(described: dict[str, Any]) -> None:
    name, capacity = described["name"], expected(described)
    resources = table_template(described)
    calls = deployed(resources)
    stated = read_capacity(intrinsics(resources, name), "Orders")
    assert without_seeds(stated) == capacity
    as_text = table_template(described, numbers_as_text=True)
    assert read_capacity(intrinsics(as_text, name), "Orders") == stated
    recorded = read_live_table(calls, name)  # type: ignore[arg-type]
    assert recorded.capacity == capacity
    live = read_by_gate(calls, name)
    assert live.capacity() == capacity
    for known in (stated, recorded.capacity, Capacity.from_json(recorded.capacity.to_json(), "file")):
        assert find_differences(known, live, scaled_units=True) == []


@settings(max_examples=50, deadline=None)
@given(TARGETS, st.integers(1, 400), st.integers(400, 900), st.sampled_from(NAMES))
def test_global_table_when_deployed_is_read_alike(target: float, low: int, high: int, name: str) -> None:
    scaling = {
        "MinCapacity": low,
        "MaxCapacity": high,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target},
    }
    replica = {"Region": "eu-west-1", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 7}}
    resources = {
        "Orders": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "TableName": name,
                **keys("id"),
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": scaling},
                "Replicas": [replica],
            },
        }
    }
    calls = deployed(resources)
    capacity = Capacity.provisioned(read=7, write=AutoScaling(low, high, target))
    stated = read_capacity(intrinsics(resources, name), "Orders")
    recorded = read_live_table(calls, name).capacity  # type: ignore[arg-type]
    assert stated == recorded == capacity
    assert find_differences(recorded, read_by_gate(calls, name), scaled_units=True) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("index", [None, *NAMES])
def test_schedule_when_deployed_is_of_the_same_dimension_to_template_and_recorder(
    name: str, index: str | None
) -> None:
    described = {
        "name": name,
        "table": ((5, None), (5, None)),
        "indexes": {} if index is None else {index: ((5, None), (5, None))},
    }
    where = "table" if index is None else "indexes"
    bounded = ((5, "bounded 1 10"), (5, None))
    described[where] = bounded if index is None else {index: bounded}
    resources = table_template(described)
    (target,) = [r for r in resources.values() if r["Type"].endswith("ScalableTarget")]
    target["Properties"]["ScheduledActions"] = [
        {
            "ScheduledActionName": "day",
            "Schedule": "cron(0 7 * * ? *)",
            "ScalableTargetAction": {"MinCapacity": 5},
        }
    ]
    calls = deployed(resources)
    stated = read_scheduled_actions(intrinsics(resources, name), "Orders")
    recorded = read_live_table(calls, name).schedules  # type: ignore[arg-type]
    assert stated == recorded
    assert stated == (ScheduledAction(Dimension(index, "read"), "day", "cron(0 7 * * ? *)", None, 5),)


def test_target_without_policy_is_fixed_to_recorder_and_gate() -> None:
    described = {"name": "orders", "table": ((100, None), (100, "bounded 100 500")), "indexes": {}}
    calls = deployed(table_template(described))
    recorded = read_live_table(calls, "orders").capacity  # type: ignore[arg-type]
    assert recorded == Capacity.provisioned(read=100, write=100)
    live = read_by_gate(calls, "orders")
    assert find_differences(recorded, live, scaled_units=False) == []
    assert live.tracked(Dimension(None, "write")) is None
    assert live.scaling is not None
    assert live.scaling[Dimension(None, "write")].target is None


def test_target_with_a_fraction_is_read_alike() -> None:
    scaling = AutoScaling(100, 500, 72.5)
    described = {"name": "orders", "table": ((100, None), (100, scaling)), "indexes": {}}
    calls = deployed(table_template(described))
    recorded = read_live_table(calls, "orders").capacity  # type: ignore[arg-type]
    assert recorded == Capacity.provisioned(read=100, write=scaling)
    live = read_by_gate(calls, "orders")
    assert find_differences(recorded, live, scaled_units=False) == []
    other = Capacity.provisioned(read=100, write=replace(scaling, target=72))
    assert find_differences(other, live, scaled_units=False) == [
        "table, write: auto scaling steers to 72.5 %, not 72 %"
    ]


@pytest.mark.parametrize(
    "specification",
    [
        {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}},
        {"CustomizedMetricSpecification": {"MetricName": "Load", "Namespace": "Ours", "Statistic": "Sum"}},
    ],
)
def test_policy_that_follows_another_metric_is_refused_by_template_and_live_table(
    specification: dict[str, Any],
) -> None:
    described = {"name": "orders", "table": ((100, None), (100, AutoScaling(100, 500, 70))), "indexes": {}}
    resources = table_template(described)
    (policy,) = [r for r in resources.values() if r["Type"].endswith("ScalingPolicy")]
    tracking = {"TargetValue": 70, **specification}
    policy["Properties"]["TargetTrackingScalingPolicyConfiguration"] = tracking
    calls = deployed(resources)
    with pytest.raises(InputError, match="not DynamoDBWriteCapacityUtilization"):
        read_capacity(intrinsics(resources, "orders"), "Orders")
    with pytest.raises(InputError, match="not DynamoDBWriteCapacityUtilization"):
        read_live_table(calls, "orders")  # type: ignore[arg-type]
