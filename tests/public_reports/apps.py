"""What public bug reports are about, rebuilt as small apps: their tables, what was recorded of them, and what the guard says."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import (
    AutoScaling,
    Baseline,
    Capacity,
    CapacityGuard,
    CapacityGuardChecks,
    Provisioned,
    Units,
)
from capacity_guard.capacity import Deployed
from capacity_guard.capacity.capacity import minimum_of
from capacity_guard.cloudformation.other_properties import read_other_properties
from capacity_guard.cloudformation.structure import read_structure
from capacity_guard.evidence.provenance import Recording, TableIdentity
from capacity_guard.evidence.traffic import Traffic
from tests.builders.guarded import MINUTES, START, Synthesized, app
from tests.builders.template_tables import deployed as reader_of

Declare = Callable[[cdk.Stack], Any]
"""Declares one table, ``Orders``, and returns its construct."""
PROTECTED: dict[str, Any] = {
    "table_name": "orders",
    "removal_policy": cdk.RemovalPolicy.RETAIN,
    "deletion_protection": True,
    "point_in_time_recovery_specification": dynamodb.PointInTimeRecoverySpecification(
        point_in_time_recovery_enabled=True
    ),
}
"""What keeps CG12 silent, which is not what the reports are about."""
TEXT = dynamodb.AttributeType.STRING
KEY = dynamodb.Attribute(name="id", type=TEXT)
ON_DEMAND: dict[str, Any] = {"billing_mode": dynamodb.BillingMode.PAY_PER_REQUEST}


def key(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=TEXT)


def table(stack: cdk.Stack, **properties: Any) -> dynamodb.Table:
    return dynamodb.Table(stack, "Orders", partition_key=KEY, **{**PROTECTED, **properties})


def recorded(
    capacity: Capacity, deployed: Declare, *, units: float = 20.0, live: Capacity | None = None
) -> Baseline:
    """What ``record`` knows of a table two weeks later: its structure is that of the deployed template."""
    made = app()
    stack = cdk.Stack(made, "S")
    CapacityGuard(stack, "Guard", table=deployed(stack), baseline=nothing_recorded(capacity, units, live))
    template = made.synth().get_stack_by_name("S").template
    (logical_id,) = (
        name for name, found in template["Resources"].items() if found["Type"].startswith("AWS::DynamoDB::")
    )
    structure = replace(
        read_structure(reader_of(template), logical_id),
        properties=read_other_properties(template["Resources"][logical_id]),
    )
    known = nothing_recorded(capacity, units, live)
    assert known.deployed is not None
    return replace(known, deployed=replace(known.deployed, structure=structure))


def nothing_recorded(capacity: Capacity, units: float, live: Capacity | None) -> Baseline:
    """A recording without the structure of the table, of flat traffic."""
    keys = [name for name, _ in capacity.resources()]
    flat, quiet = array("d", [units * 60]) * MINUTES, array("d", [0.0]) * MINUTES
    dimensions = capacity.dimensions()
    now = {}
    for name, resource in capacity.resources():
        if isinstance(resource, Provisioned):
            now[name] = Units(minimum_of(resource.read), minimum_of(resource.write))
    return Baseline(
        TableIdentity("orders"),
        Recording(START + timedelta(minutes=MINUTES), "test", "made up"),
        Deployed(
            capacity,
            capacity if live is None else live,
            now,
            dict.fromkeys(keys, Units(12_000, 4_000)),
        ),
        Traffic(START, dict.fromkeys(dimensions, flat), dict.fromkeys(dimensions, quiet)),
    )


class Answer:
    """What a synthesis says and makes.

    Args:
        made: an app; it is synthesized here.
    """

    def __init__(self, made: cdk.App) -> None:
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
        self.error = ""
        try:
            made.synth()
        except RuntimeError as error:
            self.error = " ".join(str(error).split())
        folder = Path(made.outdir)
        if not (folder / "validation-report.json").exists():
            raise AssertionError(self.error)
        plugins = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
        self.found: list[tuple[str, str, str]] = [
            (found["ruleName"], found["severity"], found["description"])
            for plugin in plugins
            for found in plugin["violations"]
            if found["ruleName"] != "judgment-time"
        ]
        """Rule, severity and text of what is found."""
        self.templates: dict[str, Mapping[str, Any]] = {
            file.name.removesuffix(".template.json"): json.loads(file.read_text())
            for file in folder.rglob("*.template.json")
        }

    @property
    def resources(self) -> Synthesized:
        """Resources of stack ``S``."""
        return Synthesized(self.templates["S"]["Resources"])

    def of(self, *rules: str) -> list[tuple[str, str, str]]:
        """What is found by some rules."""
        return [found for found in self.found if found[0] in rules]


def guarded(declare: Declare, baseline: Baseline, **context: Any) -> Answer:
    """The answer on a stack ``S`` with one guarded table."""
    made = app(**context)
    stack = cdk.Stack(made, "S")
    CapacityGuard(stack, "Guard", table=declare(stack), baseline=baseline)
    return Answer(made)


SCALED = AutoScaling(100, 1_000, 70, seed=100)
