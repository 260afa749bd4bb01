"""The app that the end-to-end tests deploy: one guarded table, described by a JSON file that context `spec` names."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from aws_cdk import App, Duration, Environment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns

from capacity_guard import (
    Capacity,
    CapacityGuardChecks,
    ChangeWindow,
    GuardedTable,
    GuardOptions,
    NewTable,
    Rollout,
    Watch,
    acknowledge,
)

app = App()
spec = json.loads(Path(app.node.get_context("spec")).read_text())
env = Environment(account="000000000000", region="eu-west-1")

alarms = Stack(app, "UserAlarms", env=env)
for name, table_name in spec["user_alarms"].items():
    metric = cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name="WriteThrottleEvents",
        dimensions_map={"TableName": table_name},
        statistic="Sum",
        period=Duration.minutes(1),
    )
    cloudwatch.Alarm(
        alarms,
        name,
        alarm_name=name,
        metric=metric,
        threshold=0,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
sns.Topic(alarms, "AlwaysThere")

stack = Stack(app, "Guarded", env=env)
rollout = dict(spec["rollout"])
if rollout.get("change_window"):
    rollout["change_window"] = ChangeWindow(rollout["change_window"])
guarded = GuardedTable(
    stack,
    "Orders",
    partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
    global_secondary_indexes=[
        dynamodb.GlobalSecondaryIndexPropsV2(
            index_name="by_customer",
            partition_key=dynamodb.Attribute(name="customer_id", type=dynamodb.AttributeType.STRING),
        )
    ],
    capacity=Capacity.from_json(spec["capacity"], "spec"),
    baseline=spec["baseline"] or NewTable("Orders"),
    options=GuardOptions(rollout=Rollout(**rollout), watch=Watch() if spec.get("watch") else None),
    deletion_protection=False,
    removal_policy=RemovalPolicy.DESTROY,
)
for given in spec["acknowledgments"]:
    until = given["until"] and date.fromisoformat(given["until"])
    acknowledge(guarded, given["rule"], reason=given["reason"], until=until)
if spec["companion"]:
    sns.Topic(stack, "Companion", display_name=str(spec["companion"]))
Validations.of(app).add_plugins(CapacityGuardChecks())
app.synth()
