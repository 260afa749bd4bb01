"""Scaling targets and policies as constructs: where they are searched, in which order, and what is refused."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from constructs import Construct

from capacity_guard import InputError
from capacity_guard.cdk.app.scaling_constructs import scaling_constructs
from tests.builders.guarded import app

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"


def resources() -> tuple[cdk.Stack, dict[str, cdk.CfnResource]]:
    """A table in a construct of its own, one target beside it, others elsewhere in the stack."""
    stack = cdk.Stack(app(), "S")
    home = Construct(stack, "Home")
    made = {
        "table": cdk.CfnResource(home, "Table", type="AWS::DynamoDB::Table"),
        "near": cdk.CfnResource(home, "Near", type=TARGET),
        "far": cdk.CfnResource(Construct(stack, "Elsewhere"), "Far", type=TARGET),
        "other": cdk.CfnResource(stack, "Other", type=TARGET),
    }
    return stack, made


def test_constructs_are_found_beside_the_table_and_then_in_the_stack() -> None:
    stack, made = resources()

    def names(*keys: str) -> list[str]:
        return [stack.resolve(made[key].logical_id) for key in keys]

    def found(*keys: str) -> list[str]:
        constructs = scaling_constructs(made["table"], stack, names(*keys))
        return [construct.node.id for construct in constructs]

    assert found() == []
    assert found("near") == ["Near"]
    assert found("far", "near") == ["Near", "Far"]
    assert found("near", "near") == ["Near"]
    assert sorted(found("near", "far", "other")) == ["Far", "Near", "Other"]


def test_stack_is_searched_only_for_what_is_not_beside_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    stack, made = resources()
    asked: list[str] = []
    resolve = stack.resolve
    monkeypatch.setattr(
        stack, "resolve", lambda token: asked.append(resolve(token)) or asked[-1], raising=False
    )
    near = resolve(made["near"].logical_id)
    scaling_constructs(made["table"], stack, [near])
    assert sorted(asked) == sorted([resolve(made["table"].logical_id), near])


def test_target_that_is_no_construct_is_refused_to_the_letter() -> None:
    stack, made = resources()
    near = stack.resolve(made["near"].logical_id)
    with pytest.raises(InputError) as raised:
        scaling_constructs(made["table"], stack, ["B", near, "A"])
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "S: B",
        "scales the table, but is not a construct that could wait for a gate",
        "Declare it as a construct, or with the table's auto_scale_... methods",
    )
