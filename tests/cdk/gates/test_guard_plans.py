"""The plans of a guard's gates, and when there is none."""

from __future__ import annotations

import shlex

import aws_cdk as cdk
import pytest

from capacity_guard import InputError, NewTable
from capacity_guard.cdk.gates.guard_plans import gate_plan, unread_plan
from tests.builders.guarded import LOWERED, PREFLIGHT, app, synthesize, table


def test_plan_is_the_one_in_the_properties_of_the_gates() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=LOWERED)
    with pytest.raises(InputError, match="is in no transition"):
        gate_plan(guarded.guard)
    found = synthesize(made)
    plan = gate_plan(guarded.guard)
    assert found.only(PREFLIGHT)["Properties"]["Plan"] == plan.to_property()
    assert plan == guarded.guard.plan


def test_plan_of_a_new_table_says_how_it_becomes_known() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), baseline=NewTable("orders"))
    found = synthesize(made).only(PREFLIGHT)
    plan = unread_plan(guarded.guard)
    assert found["Properties"]["Plan"] == plan.to_property()
    assert "orders is declared as a table that does not exist yet" in plan.problem
    assert plan == guarded.guard.unread_plan
    assert "--table NAME" not in plan.problem
    assert 'and give baseline="baselines/Conversations.json"' in plan.problem


@pytest.mark.parametrize("name", [None, "orders"])
def test_plan_of_a_missing_baseline_has_the_complete_command(name: str | None) -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    guarded = table(stack, baseline="baselines/my orders.json", table_name=name)
    synthesize(made)
    problem = unread_plan(guarded.guard).problem
    command = problem[problem.index("capacity-guard record") :].rstrip(".")
    words = shlex.split(command)
    assert words[words.index("--out") + 1] == "baselines/my orders.json"
    if name is not None:
        assert words[words.index("--table") + 1] == "orders"
    else:
        assert f"--logical-resource-id {guarded.guard.logical_id(guarded.guard.resource)}" in command
        assert command.endswith("--region eu-west-1")
        assert "--stack-name S " in command
