"""Tables as the user's code declares them, with a maker for each construct that can declare one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import AutoScaling, Baseline, Capacity, OnDemand, Provisioned
from capacity_guard.capacity import Units
from capacity_guard.cdk.capacity_guard import AnyTable, CapacityGuard
from tests.builders.guarded import INDEX, Synthesized, app, baseline, synthesize, with_options

LOW, HIGH = AutoScaling(500, 2_000, 70, 550), AutoScaling(800, 2_000, 70, 550)
PROVISIONED = Capacity.provisioned(read=100, write=LOW, indexes={INDEX: Provisioned(read=100, write=LOW)})
RAISED = Capacity.provisioned(read=100, write=HIGH, indexes={INDEX: Provisioned(read=100, write=LOW)})
"""A relief, which has a Preflight and no Bake."""
LOWER = AutoScaling(400, 2_000, 70, 550)
LOWERED = Capacity.provisioned(read=100, write=LOWER, indexes={INDEX: Provisioned(read=100, write=LOW)})
"""A change, which has both gates."""
ON_DEMAND = Capacity.on_demand(indexes={INDEX: OnDemand()})
KEY = dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING)
INDEX_KEY = dynamodb.Attribute(name="agent_id", type=dynamodb.AttributeType.STRING)

Maker = Callable[..., AnyTable]


def scaled(capacity: Capacity, index: str | None = None) -> AutoScaling:
    """The auto scaling of writes, which these tables have in provisioned mode."""
    throughput = capacity.of(index)
    assert isinstance(throughput, Provisioned)
    assert isinstance(throughput.write, AutoScaling)
    return throughput.write


def table_v2(stack: cdk.Stack, capacity: Capacity, name: str | None = None, id: str = "Orders") -> AnyTable:
    def writes(index: str | None) -> dynamodb.Capacity:
        given = scaled(capacity, index)
        return dynamodb.Capacity.autoscaled(
            min_capacity=given.minimum, max_capacity=given.maximum, seed_capacity=given.seed
        )

    reads = dynamodb.Capacity.fixed(100)
    billing = dynamodb.Billing.on_demand()
    of_index: dict[str, Any] = {}
    if not capacity.is_on_demand:
        billing = dynamodb.Billing.provisioned(read_capacity=reads, write_capacity=writes(None))
        of_index = {"read_capacity": reads, "write_capacity": writes(INDEX)}
    return dynamodb.TableV2(
        stack,
        id,
        table_name=name,
        partition_key=KEY,
        billing=billing,
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(index_name=INDEX, partition_key=INDEX_KEY, **of_index)
        ],
    )


def table(stack: cdk.Stack, capacity: Capacity, name: str | None = None, id: str = "Orders") -> AnyTable:
    if capacity.is_on_demand:
        made = dynamodb.Table(
            stack,
            id,
            table_name=name,
            partition_key=KEY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        )
        made.add_global_secondary_index(index_name=INDEX, partition_key=INDEX_KEY)
        return made
    of_table, of_index = scaled(capacity), scaled(capacity, INDEX)
    made = dynamodb.Table(
        stack, id, table_name=name, partition_key=KEY, read_capacity=100, write_capacity=of_table.seed
    )
    made.add_global_secondary_index(
        index_name=INDEX, partition_key=INDEX_KEY, read_capacity=100, write_capacity=of_index.seed
    )
    made.auto_scale_write_capacity(
        min_capacity=of_table.minimum, max_capacity=of_table.maximum
    ).scale_on_utilization(target_utilization_percent=of_table.target)
    made.auto_scale_global_secondary_index_write_capacity(
        INDEX, min_capacity=of_index.minimum, max_capacity=of_index.maximum
    ).scale_on_utilization(target_utilization_percent=of_index.target)
    return made


_ATTRIBUTES = [{"attributeName": name, "attributeType": "S"} for name in ("order_id", "agent_id")]
_INDEX = {
    "indexName": INDEX,
    "keySchema": [{"attributeName": "agent_id", "keyType": "HASH"}],
    "projection": {"projectionType": "ALL"},
}


def cfn_table(stack: cdk.Stack, capacity: Capacity, name: str | None = None, id: str = "Orders") -> AnyTable:
    def units(index: str | None) -> dict[str, Any]:
        if capacity.is_on_demand:
            return {}
        seed = scaled(capacity, index).seed
        return {"provisionedThroughput": {"readCapacityUnits": 100, "writeCapacityUnits": seed}}

    made = dynamodb.CfnTable(
        stack,
        id,
        table_name=name,
        billing_mode=capacity.billing_mode.value,
        key_schema=[{"attributeName": "order_id", "keyType": "HASH"}],
        attribute_definitions=_ATTRIBUTES,
        provisioned_throughput=units(None).get("provisionedThroughput"),
        global_secondary_indexes=[{**_INDEX, **units(INDEX)}],
    )
    if capacity.is_on_demand:
        return made
    for index, part in ((None, "table"), (INDEX, "index")):
        given, suffix = scaled(capacity, index), "" if index is None else f"/index/{index}"
        # By name where there is one: nothing in the template then says that the target comes after the table.
        target = autoscaling.CfnScalableTarget(
            stack,
            f"{id}{part}Target",
            service_namespace="dynamodb",
            resource_id=f"table/{name or made.ref}{suffix}",
            scalable_dimension=f"dynamodb:{part}:WriteCapacityUnits",
            min_capacity=given.minimum,
            max_capacity=given.maximum,
            role_arn="arn:aws:iam::123456789012:role/scaling",
        )
        autoscaling.CfnScalingPolicy(
            stack,
            f"{id}{part}Policy",
            policy_name=f"{id}{part}",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration={
                "targetValue": given.target,
                "predefinedMetricSpecification": {"predefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            },
        )
    return made


def cfn_global_table(
    stack: cdk.Stack, capacity: Capacity, name: str | None = None, id: str = "Orders"
) -> AnyTable:
    def writes(index: str | None) -> dict[str, Any]:
        if capacity.is_on_demand:
            return {}
        given = scaled(capacity, index)
        return {
            "writeCapacityAutoScalingSettings": {
                "minCapacity": given.minimum,
                "maxCapacity": given.maximum,
                "seedCapacity": given.seed,
                "targetTrackingScalingPolicyConfiguration": {"targetValue": given.target},
            }
        }

    reads = {} if capacity.is_on_demand else {"readProvisionedThroughputSettings": {"readCapacityUnits": 100}}
    return dynamodb.CfnGlobalTable(
        stack,
        id,
        table_name=name,
        billing_mode=capacity.billing_mode.value,
        key_schema=[{"attributeName": "order_id", "keyType": "HASH"}],
        attribute_definitions=_ATTRIBUTES,
        write_provisioned_throughput_settings=writes(None) or None,
        global_secondary_indexes=[
            {**_INDEX, **({"writeProvisionedThroughputSettings": writes(INDEX)} if writes(INDEX) else {})}
        ],
        replicas=[
            {
                "region": stack.region,
                **reads,
                "globalSecondaryIndexes": [{"indexName": INDEX, **reads}],
            }
        ],
    )


TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
SCALING = ("AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy")

MAKERS: dict[str, Maker] = {
    "TableV2": table_v2,
    "Table": table,
    "CfnTable": cfn_table,
    "CfnGlobalTable": cfn_global_table,
}


def recorded(deployed: Capacity = PROVISIONED, **properties: Any) -> Baseline:
    """A recording of one of these tables."""
    recording = baseline(**properties)
    assert recording.deployed is not None
    units = {} if deployed.is_on_demand else {key: Units(100, 550) for key in ("table", f"index/{INDEX}")}
    return replace(
        recording, deployed=replace(recording.deployed, template=deployed, live=deployed, units=units)
    )


def template(
    maker: Maker, capacity: Capacity, *, name: str | None = None, guard: bool = True, **properties: Any
) -> Synthesized:
    """The template of a stack with one such table, guarded or not."""
    made = app()
    stack = cdk.Stack(made, "S")
    declared = maker(stack, capacity, name)
    if guard:
        CapacityGuard(stack, "Guard", table=declared, **with_options({"baseline": recorded(), **properties}))
    return synthesize(made)


def without_gates(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without its dependency on a gate."""
    dependencies = [name for name in resource.get("DependsOn", []) if "Preflight" not in name]
    rest = {key: value for key, value in resource.items() if key != "DependsOn"}
    return {**rest, "DependsOn": dependencies} if dependencies else rest
