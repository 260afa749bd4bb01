"""Scaling targets and policies as constructs, by their logical ids."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from capacity_guard.cdk.app.scaling_constructs import scaling_constructs
from tests.builders.adopted import PROVISIONED, SCALING, cfn_table, table
from tests.builders.guarded import app, synthesize


@pytest.mark.parametrize("maker", [table, cfn_table])
def test_every_target_and_policy_is_found_wherever_it_stands(maker: object) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = maker(stack, PROVISIONED)  # type: ignore[operator]
    resource = declared if isinstance(declared, cdk.CfnResource) else declared.node.default_child
    names = list(synthesize(made).of(*SCALING))
    found = scaling_constructs(resource, stack, names)
    assert len(names) == 4
    assert {stack.resolve(construct.logical_id) for construct in found} == set(names)


def test_target_without_a_construct_is_refused() -> None:
    stack = cdk.Stack(app(), "S")
    declared = table(stack, PROVISIONED)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    with pytest.raises(InputError, match="S: Nowhere: scales the table, but is not a construct"):
        scaling_constructs(resource, stack, ["Nowhere"])
