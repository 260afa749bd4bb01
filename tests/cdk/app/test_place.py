"""What guards ask of their scope: the same values as the CDK gives, asked once."""

from __future__ import annotations

from datetime import UTC, datetime

import aws_cdk as cdk
import pytest
from constructs import Construct

from capacity_guard.cdk.app.place import id_in_arn, logical_id_token, place_of
from tests.builders.calls import CallCounter
from tests.builders.guarded import app, table


@pytest.mark.parametrize("id", ["Orders", "a/b", "a--b", "with space"])
def test_path_of_a_child_is_the_one_of_its_node(id: str) -> None:
    stack = cdk.Stack(app(), "S")
    part = Construct(stack, "Part/One")
    assert place_of(part).path_of(id) == Construct(part, id).node.path
    assert place_of(stack).path_of(id) == Construct(stack, id).node.path
    assert place_of(cdk.App()).path_of("Orders") == "Orders"


def test_place_in_a_nested_stack_is_nested() -> None:
    stack = cdk.Stack(app(), "S")
    nested = place_of(cdk.NestedStack(stack, "N"))
    assert (place_of(stack).nested, nested.nested) == (False, True)
    assert place_of(Construct(stack, "Part")).stack is stack


def test_context_of_a_scope_holds_for_its_own_guards_only() -> None:
    made = app()
    stack, other = cdk.Stack(made, "S"), cdk.Stack(made, "T")
    stack.node.set_context("capacity-guard:now", "2026-07-11")
    stack.node.set_context("capacity-guard:break-glass", "the table burns")
    first, second = table(stack), table(other)
    assert first.guard.place.now == datetime(2026, 7, 11, tzinfo=UTC)
    assert second.guard.place.now != first.guard.place.now
    assert (first.guard.break_glass.reason, second.guard.break_glass.reason) == ("the table burns", None)


def test_place_of_a_scope_is_asked_once() -> None:
    stack = cdk.Stack(app(), "S")
    with CallCounter() as calls:
        for _ in range(3):
            place = place_of(stack)
            assert (place.nested, place.break_glass, place.path_of("A")) == (False, None, "S/A")
    assert calls.count <= 5


def test_logical_id_is_the_overridden_one() -> None:
    stack = cdk.Stack(app(), "S")
    guarded = table(stack)
    token = logical_id_token(guarded.guard.resource)
    guarded.guard.resource.override_logical_id("Other")
    assert stack.resolve(token) == stack.resolve(logical_id_token(guarded.guard.resource)) == "Other"


def test_logical_id_stands_in_an_arn() -> None:
    assert id_in_arn({"Fn::GetAtt": ["Function1", "Arn"]}) == "Function1"
