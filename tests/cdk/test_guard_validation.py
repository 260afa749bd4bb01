"""GuardValidation: what fails the synthesis of every app with a guard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard, CapacityGuardChecks
from capacity_guard.cdk import registry
from capacity_guard.cdk.guard_validation import circular_dependency
from capacity_guard.cdk.validation_names import CYCLE_CHECK
from tests.builders import adopted
from tests.builders.guarded import RAISED, app, table


@pytest.mark.parametrize("given", [{"capacity": RAISED}, {"baseline": "nowhere/conversations.json"}])
def test_gate_that_would_wait_for_its_table_fails_the_synthesis(given: dict[str, Any]) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack, **given)
    assert guarded.gates is not None
    # what a well-meant escape hatch does: the exact ARN in the functions' environment
    function = stack.node.find_child("CapacityGuard").node.find_child("OnEvent").node.default_child
    assert isinstance(function, cdk.CfnResource)
    function.add_property_override("Environment.Variables.TABLE", guarded.table.table_arn)
    with pytest.raises(RuntimeError, match="its gate would wait for the table that waits for the gate"):
        made.synth()


def reported(made: cdk.App) -> list[tuple[str, str]]:
    """Rule and severity of what GuardValidation reports."""
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    return [
        (violation["ruleName"], violation["severity"])
        for plugin in report["pluginReports"]
        if plugin["pluginName"] == CYCLE_CHECK
        for violation in plugin["violations"]
    ]


def test_app_with_several_guards_is_validated_once_and_warned_of_each_change_without_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_PACKS", [])
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "First", capacity=RAISED)
    table(stack, "Second", capacity=RAISED)
    made.synth()
    assert reported(made) == [("no-rules", "warning")] * 2


def test_app_with_a_rule_pack_gets_no_warning() -> None:
    made = app()
    table(cdk.Stack(made, "S"), capacity=RAISED)
    CapacityGuardChecks()
    made.synth()
    assert reported(made) == []


def test_capacity_that_cannot_be_read_fails_the_synthesis_of_an_app_without_a_rule_pack() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = adopted.table(stack, adopted.PROVISIONED)
    CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
    cdk.CfnParameter(stack, "Reads", type="Number")
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", {"Ref": "Reads"})
    with pytest.raises(RuntimeError, match="capacity-unread"):
        made.synth()
    assert reported(made) == [("capacity-unread", "fatal")]


def test_circular_dependency_names_every_resource_of_the_circle() -> None:
    guarded = table(cdk.Stack(app(), "S"), capacity=RAISED)
    assert guarded.gates is not None
    gate, resource = guarded.logical_id(guarded.gates.preflight), guarded.logical_id(guarded.resource)
    circle: dict[str, Any] = {
        gate: {"DependsOn": ["Role"]},
        "Role": {"Properties": {"Table": {"Ref": resource}}},
        resource: {},
    }
    error = circular_dependency(guarded, circle)
    assert error is not None
    assert f"({gate} -> Role -> {resource} -> {gate})" in error.problem
    assert circular_dependency(guarded, {**circle, "Role": {}}) is None
    assert circular_dependency(table(cdk.Stack(app(), "S")), circle) is None, "without gates"
