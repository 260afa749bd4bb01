"""An app with one table whose auto scaling has scheduled actions. Context `spec` names the file that describes it."""

from __future__ import annotations

import json
from pathlib import Path

from aws_cdk import App, Environment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardOptions, Rollout

TEXT = dynamodb.AttributeType.STRING

app = App()
spec = json.loads(Path(app.node.get_context("spec")).read_text())
stack = Stack(app, "Shop", env=Environment(account="000000000000", region="eu-west-1"))
table = dynamodb.Table(
    stack,
    "Orders",
    partition_key=dynamodb.Attribute(name="order_id", type=TEXT),
    read_capacity=100,
    write_capacity=50,
    removal_policy=RemovalPolicy.RETAIN,
)
writes = table.auto_scale_write_capacity(min_capacity=spec["minimum"], max_capacity=200)
writes.scale_on_utilization(target_utilization_percent=70)
for name, (schedule, minimum, maximum) in spec["actions"].items():
    writes.scale_on_schedule(
        name, schedule=scaling.Schedule.expression(schedule), min_capacity=minimum, max_capacity=maximum
    )
table.add_global_secondary_index(
    index_name="by_customer",
    partition_key=dynamodb.Attribute(name="customer_id", type=TEXT),
    read_capacity=120,
    write_capacity=spec["index"],
)
if spec["baseline"]:
    CapacityGuard(
        stack,
        "OrdersGuard",
        table=table,
        baseline=spec["baseline"],
        options=GuardOptions(rollout=Rollout(bake_minutes=spec["bake_minutes"])),
    )
Validations.of(app).add_plugins(CapacityGuardChecks(app))
app.synth()
