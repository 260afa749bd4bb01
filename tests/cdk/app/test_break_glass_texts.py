"""Break-glass: which reason a construct gets, what is refused to the letter, and what the template keeps."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from constructs import Construct

from capacity_guard import InputError
from capacity_guard.cdk.app.break_glass import break_glass_reason, record_break_glass
from capacity_guard.cdk.app.rendering import render_template
from tests.builders.guarded import app

KEY = "capacity-guard:break-glass"
REASON = "orders are lost, incident 4711"


def construct(context: Any) -> Construct:
    made = app(**({} if context is None else {KEY: context}))
    return Construct(cdk.Stack(made, "S"), "Orders")


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        (None, None),
        (REASON, REASON),
        ({"S/Orders": REASON}, REASON),
        ({"Orders": REASON}, REASON),
        ({"Orders": "another reason", "S/Orders": REASON}, REASON),
        ({"S": REASON, "T/Orders": REASON}, None),
        ({}, None),
    ],
)
def test_reason_is_that_of_the_path_then_of_the_id(context: Any, reason: str | None) -> None:
    assert break_glass_reason(construct(context)) == reason


@pytest.mark.parametrize("context", [7, ["x"], True])
def test_context_that_is_neither_is_refused(context: Any) -> None:
    with pytest.raises(InputError) as raised:
        break_glass_reason(construct(context))
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        f"context {KEY}",
        f"{context!r} is not a reason",
        "Give a sentence, or a mapping from construct paths to sentences",
    )


def test_reason_that_is_none_is_refused_at_its_place_also_for_another_table() -> None:
    for context, place in ((" ", f"context {KEY}"), ({"T": ""}, f"context {KEY}: T")):
        with pytest.raises(InputError) as raised:
            break_glass_reason(construct(context))
        assert raised.value.location == place


def test_reasons_stand_in_the_metadata_of_the_template_beside_others() -> None:
    stack = cdk.Stack(app(), "S")
    stack.template_options.metadata = {"Own": 1}
    first, second = Construct(stack, "A"), Construct(stack, "B")

    def kept() -> Any:
        return stack.template_options.metadata

    record_break_glass(first, None)
    assert kept() == {"Own": 1}
    record_break_glass(first, REASON)
    record_break_glass(second, "another reason")
    assert kept() == {"Own": 1, KEY: {"S/A": REASON, "S/B": "another reason"}}
    record_break_glass(first, REASON)
    assert kept() == {"Own": 1, KEY: {"S/A": REASON, "S/B": "another reason"}}
    record_break_glass(first, "a third reason")
    assert kept()[KEY]["S/A"] == "a third reason"
    record_break_glass(first, None)
    assert kept() == {"Own": 1, KEY: {"S/B": "another reason"}}
    record_break_glass(second, None)
    assert kept() == {"Own": 1}


def test_template_without_metadata_has_none_again_when_the_reason_is_taken_back() -> None:
    stack = cdk.Stack(app(), "S")
    guard = Construct(stack, "A")
    record_break_glass(guard, REASON)
    assert stack.template_options.metadata == {KEY: {"S/A": REASON}}
    record_break_glass(guard, None)
    assert not stack.template_options.metadata
    assert "Metadata" not in render_template(stack)
