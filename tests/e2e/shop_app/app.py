"""Two tables of one stack, each with a ``CapacityGuard`` once it is recorded. Context `spec` names the file of both."""

from __future__ import annotations

import json
from pathlib import Path

from aws_cdk import App, Environment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardOptions, Rollout

app = App()
stack = Stack(app, "Shop", env=Environment(account="000000000000", region="eu-west-1"))
spec = json.loads(Path(app.node.get_context("spec")).read_text())
for name, declared in spec["tables"].items():
    table = dynamodb.Table(
        stack,
        name,
        table_name=name.lower(),
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        read_capacity=declared["units"],
        write_capacity=declared["units"],
        time_to_live_attribute=declared.get("ttl"),
        removal_policy=RemovalPolicy.DESTROY,
    )
    if declared.get("baseline"):
        CapacityGuard(
            stack,
            f"{name}Guard",
            table=table,
            baseline=declared["baseline"],
            options=GuardOptions(rollout=Rollout(bake_minutes=spec["bake_minutes"])),
        )
Validations.of(app).add_plugins(CapacityGuardChecks())
app.synth()
