"""Policies of the tables: filled to the last character, and how characters are counted."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from capacity_guard import InputError
from capacity_guard.cdk.provider.table_access import (
    INLINE_CHARACTERS,
    MANAGED_CHARACTERS,
    MANAGED_POLICIES,
    TABLE_ACTIONS,
    TableAccess,
    count_characters,
    generated_name_pattern,
)
from tests.builders.guarded import app


def access(name: str = "Shop") -> tuple[cdk.Stack, iam.PolicyDocument, TableAccess]:
    stack = cdk.Stack(app(), name)
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    inline = iam.PolicyDocument(
        statements=[iam.PolicyStatement(sid="Other", actions=["a:B"], resources=["*"])]
    )
    prefix = stack.format_arn(service="dynamodb", resource="table", resource_name="")
    written_prefix, written = stack.resolve([prefix, inline.to_json()])
    made = TableAccess(
        stack,
        role,
        inline,
        stack=stack,
        name=stack.stack_name,
        prefix=prefix,
        written_prefix=written_prefix,
        used=count_characters(written),
    )
    return stack, inline, made


def policies(stack: cdk.Stack, inline: iam.PolicyDocument) -> list[Any]:
    """The inline document, then the managed ones."""
    managed = [child for child in stack.node.children if isinstance(child, iam.ManagedPolicy)]
    return [stack.resolve(document.to_json()) for document in (inline, *(one.document for one in managed))]


def tables_in(document: Any) -> list[str]:
    (statement,) = [one for one in document["Statement"] if one["Sid"].startswith("Tables")]
    assert statement["Action"] == ["dynamodb:DescribeTable", "dynamodb:UpdateTable"]
    assert statement["Effect"] == "Allow"
    listed = statement["Resource"]
    return [
        arn["Fn::Join"][1][-1].rpartition("/")[2]
        for arn in (listed if isinstance(listed, list) else [listed])
    ]


def arn_size(name: str) -> int:
    """Characters of one more ARN of a list, with its comma."""
    arn = {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":dynamodb:",
                {"Ref": "AWS::Region"},
                ":",
                {"Ref": "AWS::AccountId"},
                f":table/{name}",
            ],
        ]
    }
    return count_characters(arn) + 1


def test_sizes_are_those_of_iam() -> None:
    assert (INLINE_CHARACTERS, MANAGED_CHARACTERS, MANAGED_POLICIES) == (10_240, 6_144, 10)
    assert TABLE_ACTIONS == ("dynamodb:DescribeTable", "dynamodb:UpdateTable")


def fill(granted: TableAccess, characters: int, prefix: str) -> None:
    """Add names until a policy has room for as many characters, which are less than a name takes."""
    number = 0
    while granted._room - characters > 0:
        rest = granted._room - characters
        most = arn_size("") + 100
        size = rest if rest <= most else max(arn_size("") + 40, min(most, rest - arn_size("") - 40))
        name = f"{prefix}{number:04}".ljust(size - arn_size(""), "x")
        room = granted._room
        granted.add(name, is_generated=False)
        assert room - granted._room == size == arn_size(name)
        number += 1
    assert granted._room == characters


def test_policy_is_filled_to_the_last_character_and_the_next_name_opens_another() -> None:
    stack, inline, granted = access()
    fill(granted, 0, "a")
    (first,) = policies(stack, inline)
    # room stays for the pattern that stands for all tables of the stack
    assert count_characters(first) + arn_size("Shop-*") == INLINE_CHARACTERS - 1
    assert granted.add("b", is_generated=False) is not None
    first, second = policies(stack, inline)
    assert tables_in(second) == ["b"]
    fill(granted, 0, "c")
    first, second = policies(stack, inline)
    # the first of a list has no comma before it
    assert count_characters(second) == MANAGED_CHARACTERS - 2
    assert [one["Sid"] for document in (first, second) for one in document["Statement"]] == [
        "Other",
        "Tables",
        "Tables2",
    ]
    policy = stack.node.find_child("Tables2")
    assert isinstance(policy, iam.ManagedPolicy)
    assert policy.description == "capacity-guard: further guarded tables of this stack"


def test_name_that_needs_one_character_more_than_there_is_opens_another_policy() -> None:
    stack, inline, granted = access()
    size = arn_size("bb")
    fill(granted, size - 1, "a")
    granted.add("bb", is_generated=False)
    assert [len(tables_in(document)) for document in policies(stack, inline)][1:] == [1]
    _, inline, granted = exact = access()
    fill(granted, size, "a")
    granted.add("bb", is_generated=False)
    assert len(policies(exact[0], inline)) == 1
    assert granted._room == 0


def full() -> tuple[cdk.Stack, iam.PolicyDocument, TableAccess]:
    """Access whose policies are full."""
    stack, inline, granted = access()
    for policy in range(MANAGED_POLICIES):
        fill(granted, 0, chr(ord("a") + policy))
        if policy < MANAGED_POLICIES - 1:
            granted.add(f"first-of-{policy}", is_generated=False)
    return stack, inline, granted


@pytest.fixture(scope="module")
def filled() -> tuple[cdk.Stack, iam.PolicyDocument, TableAccess]:
    return full()


def test_names_beyond_all_policies_are_refused_and_generated_ones_covered_by_one_pattern(
    filled: tuple[cdk.Stack, iam.PolicyDocument, TableAccess],
) -> None:
    stack, inline, granted = filled
    before = policies(stack, inline)
    assert len(before) == MANAGED_POLICIES
    with pytest.raises(InputError) as raised:
        granted.add("z", is_generated=False)
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "Shop",
        "has so many guarded tables with long names that the policies of one role cannot hold them",
        "Spread the tables over several stacks",
    )
    assert policies(stack, inline) == before
    arn = granted.add("Shop-Orders-*", is_generated=True)
    assert stack.resolve(arn)["Fn::Join"][1][-1] == ":table/Shop-*"
    assert granted.add("Shop-Carts-*", is_generated=True) is None
    after = policies(stack, inline)
    assert tables_in(after[0]) == [*tables_in(before[0]), "Shop-*"]
    assert count_characters(after[0]) == INLINE_CHARACTERS - 1
    assert after[1:] == before[1:]
    with pytest.raises(InputError):
        granted.add("z", is_generated=False)


def test_name_is_added_once() -> None:
    stack, inline, granted = access()
    arn = granted.add("orders", is_generated=False)
    assert stack.resolve(arn)["Fn::Join"][1][-1] == ":table/orders"
    assert granted.add("orders", is_generated=False) is None
    assert granted.add("orders", is_generated=True) is None
    assert granted.add("Shop-Carts-*", is_generated=True) is not None
    assert granted.add("Shop-Users-*", is_generated=True) is not None
    assert tables_in(policies(stack, inline)[0]) == ["orders", "Shop-Carts-*", "Shop-Users-*"]


def test_token_of_a_logical_id_counts_as_what_it_stands_for() -> None:
    stack, _, granted = access()
    topic = cdk.CfnResource(stack, "Orders", type="AWS::SNS::Topic")
    room = granted._room
    granted.add(f"Shop-{topic.logical_id}-*", is_generated=True)
    assert room - granted._room == arn_size("Shop-Orders-*")


@pytest.mark.parametrize(
    ("value", "characters"),
    [
        ({}, 2),
        ([], 2),
        ("", 2),
        ("é", 8),
        ({"a": [1, "b"]}, len('{"a":[1,"b"]}')),
        ({"Ref": "AWS::Partition"}, 12),
        ({"Ref": "AWS::Region"}, 17),
        ({"Ref": "AWS::AccountId"}, 14),
        ({"Ref": "AWS::StackName"}, 130),
        ({"Ref": "AWS::StackId"}, 2 + len("arn::cloudformation:::stack//") + 10 + 15 + 12 + 128 + 36),
        ({"Ref": "Orders"}, 257),
        ({"Fn::GetAtt": ["Orders", "Arn"]}, 257),
        ({"Fn::Sub": "${X}"}, 257),
        ({"Fn::Join": ["", ["a", "bc"]]}, 5),
        ({"Fn::Join": ["::", ["a", "bc", {"Ref": "AWS::Region"}]]}, 2 + 1 + 2 + 2 + 2 + 15),
        ({"Fn::Join": ["", ["a", {"Fn::Join": ["-", ["b", "c"]]}]]}, 6),
        ([{"x": {"Ref": "AWS::Region"}}], len('[{"x":""}]') + 15),
        ({"Ref": "A", "Other": "B"}, len('{"Ref":"A","Other":"B"}')),
        ({"Fn::Select": "A"}, len('{"Fn::Select":"A"}')),
    ],
    ids=json.dumps,
)
def test_characters_are_counted_as_iam_does_with_the_longest_values(value: Any, characters: int) -> None:
    assert count_characters(value) == characters


@pytest.mark.parametrize(("stack", "logical_id"), [("s" * 40, "T" * 200), ("s" * 120, "T" * 120)])
def test_name_of_255_characters_is_whole_and_a_longer_one_is_the_beginning_of_the_stacks_name(
    stack: str, logical_id: str
) -> None:
    assert len(f"{stack}-{logical_id}-") + 13 == 255
    assert generated_name_pattern(stack, logical_id) == f"{stack}-{logical_id}-*"
    assert generated_name_pattern(stack, logical_id, token="${Token}") == f"{stack}-${{Token}}-*"
    assert generated_name_pattern(stack, f"{logical_id}T") == f"{stack[:64]}*"
    assert generated_name_pattern(stack, f"{logical_id}T", token="${Token}") == f"{stack[:64]}*"
