"""What the guards of a stack ask of it."""

from __future__ import annotations

import aws_cdk as cdk

from capacity_guard.cdk.app.stack_identity import StackIdentity
from tests.builders.guarded import app


def test_identity_knows_account_and_region_only_where_the_stack_states_them() -> None:
    made = app()
    assert StackIdentity.of(cdk.Stack(made, "S"), "S") == StackIdentity("S", None, None, "S.template.json")
    placed = cdk.Stack(
        made, "T", stack_name="orders", env=cdk.Environment(account="111122223333", region="eu-west-1")
    )
    assert StackIdentity.of(placed, "orders") == StackIdentity(
        "orders", "111122223333", "eu-west-1", "T.template.json"
    )
