"""The provider acknowledges what AwsSolutions finds in it, and writes ARNs as cdk-nag does."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.provider.own_findings import _as_nag_writes
from tests.builders.guarded import RAISED, app, table

PREFIX = "AwsSolutions::AwsSolutions-"


def test_provider_of_a_table_in_transition_acknowledges_every_finding_with_a_sentence() -> None:
    stack = cdk.Stack(app(), "S")
    table(stack, capacity=RAISED)
    provider = stack.node.find_child("CapacityGuard")
    reasons = {
        id: reason
        for construct in provider.node.find_all()
        for entry in construct.node.metadata
        if entry.type == "aws:cdk:acknowledged-rules"
        for id, reason in entry.data.items()
    }
    rules = {id.removeprefix(PREFIX).partition("[")[0] for id in reasons}
    assert {"IAM4", "IAM5", "L1", "SF1", "SF2"} <= rules
    versions = [
        id for id in reasons if id.startswith(f"{PREFIX}IAM5[Resource::<") and id.endswith(".Arn>:*]")
    ]
    assert len(versions) >= 2, "the versions of each function that the framework calls"
    assert all(reason.strip() for reason in reasons.values())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("arn:aws:x", "arn:aws:x"),
        (5, "5"),
        ({"Ref": "AWS::Partition"}, "<AWS::Partition>"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "<Table.Arn>"),
        ({"Fn::Join": ["", ["a:", {"Ref": "R"}, ":b"]]}, "a:<R>:b"),
        ({"Fn::Sub": "x"}, "{'Fn::Sub': 'x'}"),
    ],
)
def test_resolved_text_is_written_as_in_a_finding(value: Any, text: str) -> None:
    assert _as_nag_writes(value) == text
