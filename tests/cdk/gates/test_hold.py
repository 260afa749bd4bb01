"""The hold in the template of a stack with several tables: one permission for all, a resource for each."""

from __future__ import annotations

import aws_cdk as cdk

from capacity_guard import GuardOptions
from capacity_guard.cdk.gates.hold import HOLD_TYPE, hold_policy
from capacity_guard.cdk.watch import Watch
from tests.builders.guarded import app, synthesize, table


def test_holds_of_a_stack_share_one_permission() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    for name in ("Orders", "Payments"):
        guard = table(stack, name, options=GuardOptions(watch=Watch())).guard
    table(stack, "Plain")
    found = synthesize(made)
    assert len(found.of(HOLD_TYPE)) == 2
    assert len(found.of("AWS::IAM::ManagedPolicy")) == 1
    assert hold_policy(guard.provider).logical_id == hold_policy(guard.provider).logical_id
    names = {hold["Properties"]["Hold"] for hold in found.of(HOLD_TYPE).values()}
    assert len(names) == 2
