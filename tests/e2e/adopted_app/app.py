"""An app with tables that were deployed before they get a guard. Context `spec` names the file that describes it.

Each stack declares one table with the construct's own code, and can have a ``CapacityGuard``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns

from capacity_guard import (
    CapacityGuard,
    CapacityGuardChecks,
    GuardOptions,
    Margins,
    Rollout,
    Watch,
    acknowledge,
)
from capacity_guard.capacity.gate_plan import capacity_hash
from capacity_guard.capacity.transition import Transition

KEY = dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING)
INDEX = "by_customer"
INDEX_KEY = dynamodb.Attribute(name="customer_id", type=dynamodb.AttributeType.STRING)


def plain_table(stack: Stack, capacity: dict[str, Any]) -> dynamodb.Table:
    """A ``Table``; auto scaling by its own methods."""
    of_table, of_index = capacity["table"], capacity["indexes"][INDEX]
    if capacity["billing_mode"] == "PAY_PER_REQUEST":
        table = dynamodb.Table(
            stack,
            "Orders",
            partition_key=KEY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            max_write_request_units=of_table.get("maximum", {}).get("write"),
        )
        table.add_global_secondary_index(
            index_name=INDEX,
            partition_key=INDEX_KEY,
            max_write_request_units=of_index.get("maximum", {}).get("write"),
        )
        return table

    table = dynamodb.Table(
        stack,
        "Orders",
        partition_key=KEY,
        read_capacity=of_table["read"]["units"],
        write_capacity=of_table["write"]["seed"],
    )
    table.add_global_secondary_index(
        index_name=INDEX,
        partition_key=INDEX_KEY,
        read_capacity=of_index["read"]["units"],
        write_capacity=of_index["write"]["seed"],
    )
    writes, index_writes = of_table["write"], of_index["write"]
    table.auto_scale_write_capacity(
        min_capacity=writes["minimum"], max_capacity=writes["maximum"]
    ).scale_on_utilization(target_utilization_percent=writes["target"])
    table.auto_scale_global_secondary_index_write_capacity(
        INDEX, min_capacity=index_writes["minimum"], max_capacity=index_writes["maximum"]
    ).scale_on_utilization(target_utilization_percent=index_writes["target"])
    return table


def table_v2(stack: Stack, capacity: dict[str, Any]) -> dynamodb.TableV2:
    """A ``TableV2``: mode, auto scaling and indexes in one resource."""
    of_table, of_index = capacity["table"], capacity["indexes"][INDEX]
    if capacity["billing_mode"] == "PAY_PER_REQUEST":
        return dynamodb.TableV2(
            stack,
            "Orders",
            partition_key=KEY,
            billing=dynamodb.Billing.on_demand(
                max_write_request_units=of_table.get("maximum", {}).get("write")
            ),
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=INDEX,
                    partition_key=INDEX_KEY,
                    max_write_request_units=of_index.get("maximum", {}).get("write"),
                )
            ],
        )

    def write_capacity(resource: dict[str, Any]) -> dynamodb.Capacity:
        return dynamodb.Capacity.autoscaled(
            min_capacity=resource["write"]["minimum"],
            max_capacity=resource["write"]["maximum"],
            seed_capacity=resource["write"]["seed"],
            target_utilization_percent=resource["write"]["target"],
        )

    return dynamodb.TableV2(
        stack,
        "Orders",
        partition_key=KEY,
        billing=dynamodb.Billing.provisioned(
            read_capacity=dynamodb.Capacity.fixed(of_table["read"]["units"]),
            write_capacity=write_capacity(of_table),
        ),
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(
                index_name=INDEX,
                partition_key=INDEX_KEY,
                read_capacity=dynamodb.Capacity.fixed(of_index["read"]["units"]),
                write_capacity=write_capacity(of_index),
            )
        ],
    )


def cfn_table(stack: Stack, capacity: dict[str, Any]) -> dynamodb.CfnTable:
    """The same table as ``plain_table``, as an L1 with fixed units: it has the same logical id."""

    def properties(resource: dict[str, Any], of: Any) -> dict[str, Any]:
        if capacity["billing_mode"] == "PAY_PER_REQUEST":
            limit = resource.get("maximum", {}).get("write")
            maximum = dynamodb.CfnTable.OnDemandThroughputProperty(max_write_request_units=limit)
            return {} if limit is None else {"on_demand_throughput": maximum}
        units = {f"{access}_capacity_units": resource[access]["units"] for access in ("read", "write")}
        return {"provisioned_throughput": of(**units)}

    of = dynamodb.CfnTable.ProvisionedThroughputProperty
    table = dynamodb.CfnTable(
        stack,
        "Orders",
        attribute_definitions=[
            dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name=key.name, attribute_type="S")
            for key in (KEY, INDEX_KEY)
        ],
        key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name=KEY.name, key_type="HASH")],
        billing_mode=capacity["billing_mode"],
        global_secondary_indexes=[
            dynamodb.CfnTable.GlobalSecondaryIndexProperty(
                index_name=INDEX,
                key_schema=[
                    dynamodb.CfnTable.KeySchemaProperty(attribute_name=INDEX_KEY.name, key_type="HASH")
                ],
                projection=dynamodb.CfnTable.ProjectionProperty(projection_type="ALL"),
                **properties(capacity["indexes"][INDEX], of),
            )
        ],
        **properties(capacity["table"], of),
    )
    table.override_logical_id("OrdersA9B65338")
    table.apply_removal_policy(RemovalPolicy.RETAIN)
    return table


app = App()
if app.node.try_get_context("names-its-gates-otherwise"):
    # as a newer library would whose fingerprints have other contents
    Transition.fingerprint = property(lambda transition: capacity_hash(transition.declared))
env = Environment(account="000000000000", region="eu-west-1")
for name, declared in json.loads(Path(app.node.get_context("spec")).read_text())["stacks"].items():
    stack = Stack(app, name, env=env)
    declare = cfn_table if declared.get("l1") else table_v2 if declared["v2"] else plain_table
    table = declare(stack, declared["capacity"])
    if declared["baseline"]:
        guard = CapacityGuard(
            stack,
            "Guard",
            table=table,
            baseline=declared["baseline"],
            options=GuardOptions(
                rollout=Rollout(bake_minutes=declared["bake_minutes"]),
                margins=Margins(**declared["margins"]),
                watch=Watch() if declared.get("watch") else None,
            ),
        )
        for rule, reason in declared["acknowledgments"].items():
            acknowledge(guard, rule, reason=reason)
    if declared["hotfix"]:
        sns.Topic(stack, "Hotfix", display_name=declared["hotfix"])
Validations.of(app).add_plugins(CapacityGuardChecks())
app.synth()
