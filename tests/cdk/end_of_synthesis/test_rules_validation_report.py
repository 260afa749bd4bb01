"""RulesValidation on a context made by hand: each warning to the letter, and whom it spares."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from capacity_guard.cdk.end_of_synthesis import rules_validation
from capacity_guard.cdk.end_of_synthesis.rules_validation import (
    RulesValidation,
    add_rules_validation,
    needs_rules,
)
from capacity_guard.cdk.fleet.registry import register_judgment
from capacity_guard.cdk.gates.reading import Reading
from tests.builders.guarded import RAISED, app, table


def report(of: cdk.App) -> cdk.PolicyValidationPluginReport:
    context: Any = SimpleNamespace(app_construct=of)
    return RulesValidation().validate(context)


def test_tables_in_a_transition_are_warned_of_until_rules_judge_the_app() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    first = table(stack, "First", capacity=RAISED)
    table(stack, "Quiet")
    table(stack, "Second", capacity=RAISED)
    found = report(made)
    assert found.success
    assert [
        (one.rule_name, str(one.severity), one.description, one.violating_resources[0].construct_path)
        for one in found.violations
    ] == [
        (
            "no-rules",
            "warning",
            f"{name} is in a transition that no rule of capacity-guard judges. "
            "Add Validations.of(app).add_plugins(CapacityGuardChecks(app)).",
            f"S/{name}/Table/Resource",
        )
        for name in ("First", "Second")
    ]
    assert needs_rules(first.guard)
    first.guard.reading = Reading(error=InputError("S", "is wrong", "Mend it"))
    assert not needs_rules(first.guard)
    assert len(list(report(made).violations)) == 1
    register_judgment(made)
    assert list(report(made).violations) == []
    assert report(made).success


def test_validation_names_itself_and_is_added_once(monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[tuple[object, object]] = []
    monkeypatch.setattr(rules_validation, "add_once", lambda root, plugin: added.append((root, plugin)))
    root = app()
    add_rules_validation(root, cdk.Stack(root, "S"))
    assert added == [(root, RulesValidation)]
    assert RulesValidation().name == "CapacityGuardRules"
