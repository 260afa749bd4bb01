"""Break-glass: which reason a table gets, and that the template has no gate and says why."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from capacity_guard.cdk.app.break_glass_reason import CONTEXT
from tests.builders.guarded import LOWERED, ON_DEMAND, RAISED, Synthesized, app, table, template

REASON = "orders are lost"


def synthesized(made: cdk.App) -> dict[str, Any]:
    found: dict[str, Any] = made.synth().get_stack_by_name("S").template
    return found


@pytest.mark.parametrize(
    "context", ["orders are  lost\n", {"S/Conversations": REASON}, {"Conversations": REASON}]
)
@pytest.mark.parametrize("capacity", [RAISED, LOWERED, ON_DEMAND])
def test_break_glass_leaves_the_gates_out_and_its_reason_in_the_metadata(context: Any, capacity: Any) -> None:
    """Gates need Lambda, and its lack may be the emergency."""
    made = app(**{CONTEXT: context})
    guarded = table(cdk.Stack(made, "S"), capacity=capacity)
    assert guarded.guard.case.break_glass == REASON
    stack = synthesized(made)
    assert not Synthesized(stack["Resources"]).gates
    assert "Custom::" not in str(stack["Resources"])
    assert stack["Metadata"] == {CONTEXT: {"S/Conversations": REASON}}


def test_break_glass_without_a_transition_leaves_the_template_as_it_is() -> None:
    made, plain = app(**{CONTEXT: REASON}), app()
    for each in (made, plain):
        table(cdk.Stack(each, "S"))
    assert synthesized(made) == synthesized(plain)


def test_break_glass_keeps_the_metadata_of_the_stack_and_of_other_tables() -> None:
    made = app(**{CONTEXT: REASON})
    stack = cdk.Stack(made, "S")
    stack.template_options.metadata = {"Owner": "chat"}
    for name in ("First", "Second"):
        table(stack, name, capacity=RAISED)
    assert synthesized(made)["Metadata"] == {
        "Owner": "chat",
        CONTEXT: {"S/First": REASON, "S/Second": REASON},
    }


def test_break_glass_of_another_table_has_no_effect() -> None:
    made = app(**{CONTEXT: {"Orders": REASON}})
    stack = cdk.Stack(made, "S")
    table(stack, capacity=LOWERED)
    table(stack, "Orders", capacity=LOWERED)
    assert set(Synthesized(synthesized(made)["Resources"]).gates) == set(template(capacity=LOWERED).gates)


@pytest.mark.parametrize("context", ["", "  ", 7, ["lost"], {"Orders": ""}, "x" * 251, ' {"Orders": "lost"}'])
def test_break_glass_without_a_valid_reason_is_refused_also_for_another_table(context: Any) -> None:
    made = app(**{CONTEXT: context})
    with pytest.raises(InputError, match=f"context {CONTEXT}"):
        table(cdk.Stack(made, "S"))


def test_break_glass_with_an_unreadable_baseline_has_no_gate_either() -> None:
    made = app(**{CONTEXT: REASON})
    table(cdk.Stack(made, "S"), baseline="nowhere/conversations.json")
    assert not Synthesized(synthesized(made)["Resources"]).gates
