"""An app whose stacks are in a Stage: a ``Table`` with a guard, and a stack that is deployed before it."""

from __future__ import annotations

import json
from pathlib import Path

from aws_cdk import App, Environment, RemovalPolicy, Stack, Stage, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardOptions, Margins, NewTable, Watch

app = App()
spec = json.loads(Path(app.node.get_context("spec")).read_text())
stage = Stage(app, "Prod", env=Environment(account="000000000000", region="eu-west-1"))
alerts = Stack(stage, "Alerts")
sns.Topic(alerts, "OnCall")
orders = Stack(stage, "Orders")
orders.add_dependency(alerts)
table = dynamodb.Table(
    orders,
    "Orders",
    partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
    read_capacity=5,
    write_capacity=spec["write"],
    removal_policy=RemovalPolicy.DESTROY,
)
CapacityGuard(
    orders,
    "OrdersGuard",
    table=table,
    baseline=spec["baseline"] or NewTable("Orders"),
    options=GuardOptions(watch=Watch(), margins=Margins(baseline_shortest_days=0)),
)
Validations.of(app).add_plugins(CapacityGuardChecks(app))
app.synth()
