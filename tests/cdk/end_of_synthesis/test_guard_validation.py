"""GuardValidation: what fails the synthesis of every app with a guard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard
from capacity_guard.cdk.app.break_glass_reason import CONTEXT
from capacity_guard.cdk.end_of_synthesis.guard_validation import circular_dependency
from capacity_guard.cdk.end_of_synthesis.validation_names import CYCLE_CHECK
from tests.builders import adopted
from tests.builders.guarded import RAISED, app, read, table


@pytest.mark.parametrize("given", [{"capacity": RAISED}, {"baseline": "nowhere/conversations.json"}])
def test_gate_that_would_wait_for_its_table_fails_the_synthesis(given: dict[str, Any]) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack, **given)
    # what a well-meant escape hatch does: the exact ARN in the functions' environment
    function = stack.node.find_child("CapacityGuard").node.find_child("OnEvent").node.default_child
    assert isinstance(function, cdk.CfnResource)
    function.add_property_override("Environment.Variables.TABLE", guarded.table.table_arn)
    with pytest.raises(RuntimeError, match="its gate would wait for the table that waits for the gate"):
        made.synth()
    assert guarded.guard.gates is not None


def reported(made: cdk.App) -> list[tuple[str, str]]:
    """Rule and severity of what GuardValidation reports."""
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    return [
        (violation["ruleName"], violation["severity"])
        for plugin in report["pluginReports"]
        if plugin["pluginName"] == CYCLE_CHECK
        for violation in plugin["violations"]
    ]


def test_capacity_that_cannot_be_read_is_a_warning_of_an_app_without_a_rule_pack() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = adopted.table(stack, adopted.PROVISIONED)
    CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
    cdk.CfnParameter(stack, "Reads", type="Number")
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", {"Ref": "Reads"})
    made.synth()
    assert reported(made) == [("capacity-unread", "warning")]


@pytest.mark.parametrize("context", [{}, {"S/Conversations": None}])
def test_break_glass_that_names_nothing_is_a_warning_and_does_not_let_through(
    capsys: pytest.CaptureFixture[str], context: dict[str, Any]
) -> None:
    """Who wrote it may believe that it is in force. A value ``null`` does not reach the app."""
    made = app(**{CONTEXT: context})
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    made.synth()
    assert guarded.guard.gates is not None
    assert reported(made) == [("break-glass-empty", "warning")]
    assert f"context {CONTEXT} is an empty mapping: break-glass is in force for no table" in " ".join(
        capsys.readouterr().err.split()
    )


def test_break_glass_that_is_absent_or_null_is_not_reported() -> None:
    for context in ({}, {CONTEXT: None}):
        made = app(**context)
        table(cdk.Stack(made, "S"))
        made.synth()
        assert reported(made) == []


def test_circular_dependency_names_every_resource_of_the_circle() -> None:
    guarded = table(cdk.Stack(app(), "S"), capacity=RAISED)
    read(guarded)
    assert guarded.guard.gates is not None
    gate, resource = (
        guarded.guard.logical_id(guarded.guard.gates.preflight),
        guarded.guard.logical_id(guarded.guard.resource),
    )
    circle: dict[str, Any] = {
        gate: {"DependsOn": ["Role"]},
        "Role": {"Properties": {"Table": {"Ref": resource}}},
        resource: {},
    }
    error = circular_dependency(guarded.guard, circle)
    assert error is not None
    assert f"({gate} -> Role -> {resource} -> {gate})" in error.problem
    assert circular_dependency(guarded.guard, {**circle, "Role": {}}) is None
    assert circular_dependency(table(cdk.Stack(app(), "S")).guard, circle) is None, "without gates"


def test_break_glass_in_force_is_told_although_no_rule_finds_anything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = app(**{CONTEXT: "INC-4711 of last spring"})
    table(cdk.Stack(made, "S"))
    made.synth()
    assert reported(made) == [("break-glass", "warning")]
    said = capsys.readouterr().err
    assert "break-glass is in force for S/Conversations: INC-4711 of last spring" in said


def test_break_glass_that_names_no_table_fails_the_synthesis_and_names_the_tables() -> None:
    made = app(**{CONTEXT: {"S/Conversatoins": "orders are lost", "Conversations": "orders are lost"}})
    stack = cdk.Stack(made, "S")
    table(stack)
    CapacityGuard(
        stack, "Guard", table=adopted.table(stack, adopted.PROVISIONED), baseline=adopted.recorded()
    )
    adopted.table(cdk.Stack(made, "T"), adopted.PROVISIONED, None, "Unguarded")
    with pytest.raises(RuntimeError) as caught:
        made.synth()
    said = " ".join(str(caught.value).split())
    assert "names 'S/Conversatoins', which is not a table of this app" in said
    assert "Tables: S/Conversations, S/Guard, T/Unguarded." in said


@pytest.mark.parametrize("name", ["S/Guard", "Guard", "S/Orders", "Orders", "S/Conversations", "T/Unguarded"])
def test_break_glass_that_names_a_table_by_any_of_its_names_is_no_error(name: str) -> None:
    made = app(**{CONTEXT: {name: "orders are lost"}})
    stack = cdk.Stack(made, "S")
    table(stack)
    CapacityGuard(
        stack, "Guard", table=adopted.table(stack, adopted.PROVISIONED), baseline=adopted.recorded()
    )
    adopted.table(cdk.Stack(made, "T"), adopted.PROVISIONED, None, "Unguarded")
    made.synth()
    assert [rule for rule, _ in reported(made)] == (["break-glass"] if name != "T/Unguarded" else [])
