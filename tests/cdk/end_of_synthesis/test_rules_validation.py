"""RulesValidation: a change of capacity that no rule judges is told, whatever packs were made."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard, CapacityGuardChecks
from capacity_guard.cdk.end_of_synthesis.rules_validation import needs_rules
from capacity_guard.cdk.end_of_synthesis.validation_names import RULES_CHECK
from tests.builders import adopted
from tests.builders.guarded import RAISED, app, table


def reported(made: cdk.App) -> list[tuple[str, str]]:
    """Rule and severity of what RulesValidation reports."""
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    return [
        (violation["ruleName"], violation["severity"])
        for plugin in report["pluginReports"]
        if plugin["pluginName"] == RULES_CHECK
        for violation in plugin["violations"]
    ]


def an_app() -> cdk.App:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "First", capacity=RAISED)
    table(stack, "Second", capacity=RAISED)
    table(stack, "Unchanged")
    declared = adopted.table(cdk.Stack(made, "T"), adopted.RAISED)
    CapacityGuard(declared.stack, "Guard", table=declared, baseline=adopted.recorded())
    return made


def test_each_change_without_rules_is_a_warning() -> None:
    made = an_app()
    made.synth()
    assert reported(made) == [("no-rules", "warning")] * 3


def test_pack_that_is_made_and_not_added_judges_nothing() -> None:
    made = an_app()
    CapacityGuardChecks(made)
    made.synth()
    assert reported(made) == [("no-rules", "warning")] * 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_pack_that_is_added_judges_whenever_it_is(when: str) -> None:
    made = app()
    if when == "before":
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    table(cdk.Stack(made, "S"), capacity=RAISED)
    if when == "after":
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    assert reported(made) == []


def test_pack_of_another_app_does_not_judge_this_one() -> None:
    judged = app()
    table(cdk.Stack(judged, "S"), capacity=RAISED)
    cdk.Validations.of(judged).add_plugins(CapacityGuardChecks())
    judged.synth()
    made = an_app()
    made.synth()
    assert reported(judged) == []
    assert reported(made) == [("no-rules", "warning")] * 3


def test_circle_of_one_table_does_not_hide_that_no_rule_judges_it() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack, capacity=RAISED)
    function = stack.node.find_child("CapacityGuard").node.find_child("OnEvent").node.default_child
    assert isinstance(function, cdk.CfnResource)
    function.add_property_override("Environment.Variables.TABLE", guarded.table.table_arn)
    with pytest.raises(RuntimeError, match="its gate would wait for the table"):
        made.synth()
    assert reported(made) == [("no-rules", "warning")]


def test_table_without_a_transition_needs_no_rules() -> None:
    stack = cdk.Stack(app(), "S")
    assert not needs_rules(table(stack, "Unchanged").guard)
    assert needs_rules(table(stack, "Changed", capacity=RAISED).guard)
    assert not needs_rules(table(stack, "Unread", baseline="nowhere/conversations.json").guard)


@pytest.mark.parametrize("has_pack", [True, False])
def test_stage_that_is_synthesized_early_is_judged_by_a_pack_that_is_added_later(has_pack: bool) -> None:
    """CDK Pipelines synthesize a stage when it is added to the pipeline."""
    made = app()
    stage = cdk.Stage(made, "Production")
    table(cdk.Stack(stage, "S"), capacity=RAISED)
    table(cdk.Stack(stage, "T"), capacity=RAISED)
    stage.synth()
    if has_pack:
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    made.synth()
    assert reported(made) == ([] if has_pack else [("no-rules", "warning")] * 2)
