"""The warning that no rule judges a transition: only where there is a transition, and no pack."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk

from capacity_guard.cdk.end_of_synthesis.validation_names import RULES_CHECK
from tests.builders.guarded import RAISED, app, table


def warned(made: cdk.App) -> list[str]:
    """Construct paths of the tables that the warning names."""
    made.synth()
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    return [
        resource["constructPath"]
        for plugin in report["pluginReports"]
        if plugin["pluginName"] == RULES_CHECK
        for violation in plugin["violations"]
        if violation["ruleName"] == "no-rules"
        for resource in violation["violatingConstructs"]
    ]


def test_no_rules_is_warned_of_for_the_table_in_transition_alone() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "Unchanged")
    unread = table(stack, "Unread", baseline="nowhere/conversations.json")
    raised = table(stack, "Raised", capacity=RAISED)
    assert warned(made) == [raised.guard.resource.node.path]
    assert unread.guard.gates is not None
    assert unread.guard.transition is None
