"""The plans of a guard's gates, and when there is none."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard import InputError, NewTable
from capacity_guard.cdk.guard_plans import gate_plan, unread_plan
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
