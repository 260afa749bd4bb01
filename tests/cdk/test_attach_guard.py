"""attach_guard: one call gives a construct everything that a guard is."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from capacity_guard import GuardOptions
from capacity_guard.cdk.app.place import place_of
from capacity_guard.cdk.arguments.code_capacity import CodeCapacity
from capacity_guard.cdk.attach_guard import attach_guard
from capacity_guard.cdk.end_of_synthesis.validation_names import RULES_CHECK
from capacity_guard.cdk.fleet.registry import tables_of
from capacity_guard.cdk.guards.guard import TableToGuard
from tests.builders import adopted
from tests.builders.guarded import app, synthesize


def test_construct_of_ones_own_gets_alarms_reading_checks_and_gates_by_one_call() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = adopted.table_v2(stack, adopted.LOWERED)
    assert isinstance(declared, dynamodb.TableV2)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    own = Construct(stack, "Own")
    guard = attach_guard(
        own,
        TableToGuard(resource, "Orders", "table-v2", ["by_agent"], construct=declared),
        place=place_of(stack),
        id="Own",
        baseline=adopted.recorded(),
        options=GuardOptions(),
        code=CodeCapacity(),
    )
    assert list(guard.rollback_alarms) == ["table", "index/by_agent"]
    assert tables_of(made) == [guard]
    found = synthesize(made)
    assert guard.capacity == adopted.LOWERED
    assert [key.startswith("Own") for key in found.gates] == [True, True]
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    assert [plugin["pluginName"] for plugin in report["pluginReports"]] == [RULES_CHECK]
    resource.add_override("DependsOn", [])
    with pytest.raises(RuntimeError, match="its gates are not in the template as the guard made them"):
        made.synth(force=True)
