"""Four cells with a table each, in a stack of its own, which change in waves. Context `spec` names a file with the folder."""

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
    Provisioned,
    Rollout,
    Watch,
    Waves,
)

app = App()
spec = json.loads(Path(app.node.get_context("spec")).read_text())
waves = Waves.load(spec["waves"])
for name in waves.cells:
    stack = Stack(app, name, env=Environment(account="000000000000", region="eu-west-1"))
    cell = waves.cell(name)
    declared = cell.capacity.table
    assert isinstance(declared, Provisioned)
    assert isinstance(declared.read, int)
    assert isinstance(declared.write, int)
    table = dynamodb.Table(
        stack,
        "Orders",
        table_name=name,
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        read_capacity=declared.read,
        write_capacity=declared.write,
        removal_policy=RemovalPolicy.DESTROY,
    )
    file = waves.baseline_file(name)
    CapacityGuard(
        stack,
        "OrdersGuard",
        table=table,
        baseline=file if Path(file).exists() else NewTable(name),
        options=GuardOptions(rollout=Rollout(bake_minutes=spec["bake_minutes"]), watch=Watch(), wave=cell),
    )
Validations.of(app).add_plugins(CapacityGuardChecks())
app.synth()
