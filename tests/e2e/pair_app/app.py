"""Tables in one stack, whose Bakes differ in length. Context `spec` names a file with units, baselines and minutes."""

from __future__ import annotations

import json
from pathlib import Path

from aws_cdk import App, Environment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import (
    CapacityGuard,
    CapacityGuardChecks,
    GuardOptions,
    NewTable,
    Rollout,
    Watch,
    acknowledge,
)

app = App()
spec = json.loads(Path(app.node.get_context("spec")).read_text())
stack = Stack(app, "Pair", env=Environment(account="000000000000", region="eu-west-1"))
for name, minutes in spec["bake_minutes"].items():
    table = dynamodb.Table(
        stack,
        name,
        table_name=name,
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        read_capacity=spec["units"],
        write_capacity=spec["units"],
        removal_policy=RemovalPolicy.DESTROY,
    )
    file = Path(spec["baselines"]) / f"{name}.json"
    guard = CapacityGuard(
        stack,
        f"{name}Guard",
        table=table,
        baseline=str(file) if file.exists() else NewTable(name),
        options=GuardOptions(rollout=Rollout(bake_minutes=minutes), watch=Watch()),
    )
    acknowledge(guard, "CG9", reason="a test of what happens while the other table bakes")
Validations.of(app).add_plugins(CapacityGuardChecks())
app.synth()
