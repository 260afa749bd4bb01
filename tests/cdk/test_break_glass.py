"""Break-glass: which reason a table gets, and that the gates receive it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from capacity_guard.capacity.break_glass import CONTEXT
from capacity_guard.capacity.gate_plan import UnreadPlan
from tests.builders.guarded import BAKE, PREFLIGHT, RAISED, app, synthesize, table, template


@pytest.mark.parametrize(
    "context",
    ["orders are  lost\n", {"S/Conversations": "orders are lost"}, {"Conversations": "orders are lost"}],
)
def test_break_glass_reason_is_in_the_plans_of_the_gates(context: Any) -> None:
    made = app(**{CONTEXT: context})
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    assert guarded.case.break_glass == "orders are lost"
    gates = synthesize(made)
    for gate in (PREFLIGHT, BAKE):
        assert gates.plan(gate).break_glass == "orders are lost"
    assert set(gates.gates) == set(template(capacity=RAISED).gates), "it is the same transition"


def test_break_glass_of_another_table_has_no_effect() -> None:
    made = app(**{CONTEXT: {"Orders": "orders are lost"}})
    assert table(cdk.Stack(made, "S"), capacity=RAISED).plan.break_glass is None


@pytest.mark.parametrize("context", ["", "  ", 7, ["lost"], {"Orders": ""}, "x" * 251])
def test_break_glass_without_a_valid_reason_is_refused_also_for_another_table(context: Any) -> None:
    made = app(**{CONTEXT: context})
    with pytest.raises(InputError, match=f"context {CONTEXT}"):
        table(cdk.Stack(made, "S"))


def test_break_glass_reason_is_in_the_plan_of_the_gate_of_an_unreadable_baseline() -> None:
    made = app(**{CONTEXT: "orders are lost"})
    table(cdk.Stack(made, "S"), baseline="nowhere/conversations.json")
    (gate,) = synthesize(made).gates.values()
    assert UnreadPlan.from_property(gate["Properties"]["Plan"]).break_glass == "orders are lost"
