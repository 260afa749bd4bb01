"""The policy during the update: all of the stack's own, and no replacement or deletion of the table."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import InputError
from capacity_guard.rollback.stack_policy import policy_during_update

TABLE = "T"
RESOURCES = {TABLE: "AWS::DynamoDB::Table", "Orders": "AWS::DynamoDB::Table", "Topic": "AWS::SNS::Topic"}
ACTIONS = ("Update:Modify", "Update:Replace", "Update:Delete")
ALLOW_ALL = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
DENIED = {
    "Effect": "Deny",
    "Action": ["Update:Replace", "Update:Delete"],
    "Principal": "*",
    "Resource": f"LogicalResourceId/{TABLE}",
}


def values(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def matches(statement: dict[str, Any], key: str, value: str) -> bool:
    """Whether an element of a statement, or its opposite, matches (IAM JSON policy elements)."""
    found = statement.get(key)
    if found is not None:
        return any(fnmatchcase(value, pattern) for pattern in values(found))
    return not any(fnmatchcase(value, pattern) for pattern in values(statement[f"Not{key}"]))


def updatable(policy: str | None) -> set[tuple[str, str]]:
    """What a stack policy lets an update do (CloudFormation User Guide: protect-stack-resources).

    Without a policy everything is allowed; with one nothing is that no statement allows; a denial takes precedence.
    """
    if policy is None:
        return {(resource, action) for resource in RESOURCES for action in ACTIONS}
    statements = values(json.loads(policy)["Statement"])
    found = set()
    for resource, resource_type in RESOURCES.items():
        for action in ACTIONS:
            effects = {
                statement["Effect"]
                for statement in statements
                if matches(statement, "Action", action)
                and matches(statement, "Resource", f"LogicalResourceId/{resource}")
                and all(
                    any(fnmatchcase(resource_type, pattern) for pattern in values(condition["ResourceType"]))
                    for condition in statement.get("Condition", {}).values()
                )
            }
            if effects == {"Allow"}:
                found.add((resource, action))
    return found


LOST = {(TABLE, "Update:Replace"), (TABLE, "Update:Delete")}


def statement(effect: str, **members: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "Update:*", "Principal": "*", "Resource": "*"} | members


NOT_TABLE = {
    "Effect": "Deny",
    "Action": "Update:*",
    "Principal": "*",
    "NotResource": f"LogicalResourceId/{TABLE}",
}
NOT_DELETE = {"Effect": "Allow", "NotAction": "Update:Delete", "Principal": "*", "Resource": "*"}
TYPES = {"StringEquals": {"ResourceType": ["AWS::DynamoDB::Table"]}}

OWN = {
    "the table": [ALLOW_ALL, statement("Deny", Resource=f"LogicalResourceId/{TABLE}")],
    "everything": [statement("Deny")],
    "everything but the table": [ALLOW_ALL, NOT_TABLE],
    "what is not allowed": [statement("Allow", Resource="LogicalResourceId/Topic")],
    "deletion": [NOT_DELETE],
    "a type": [ALLOW_ALL, statement("Deny", Condition=TYPES, Action=["Update:Replace", "Update:Delete"])],
    "nothing": [ALLOW_ALL],
    "one statement": ALLOW_ALL,
}


@pytest.mark.parametrize("denied", sorted(OWN))
def test_policy_of_the_company_allows_nothing_more_when_merged(denied: str) -> None:
    own = json.dumps({"Version": "2012-10-17", "Statement": OWN[denied]})
    merged = policy_during_update(own, TABLE)
    assert updatable(merged) == updatable(own) - LOST
    assert json.loads(merged)["Version"] == "2012-10-17"
    assert json.loads(merged)["Statement"] == [*values(OWN[denied]), DENIED]


def test_stack_without_a_policy_allows_all_but_to_lose_the_table() -> None:
    merged = policy_during_update(None, TABLE)
    assert updatable(merged) == updatable(None) - LOST
    assert json.loads(merged) == {"Statement": [ALLOW_ALL, DENIED]}


_RESOURCE = st.sampled_from(["*", *(f"LogicalResourceId/{name}" for name in (*RESOURCES, "O*", "?"))])
_ACTION = st.sampled_from(["Update:*", *ACTIONS, "*"])


@st.composite
def policies(draw: st.DrawFn) -> str:
    """Any policy of up to five statements."""
    statements = []
    for _ in range(draw(st.integers(1, 5))):
        one: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Deny"])), "Principal": "*"}
        one[draw(st.sampled_from(["Action", "NotAction"]))] = draw(st.lists(_ACTION, min_size=1, max_size=2))
        one[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(_RESOURCE)
        if draw(st.booleans()):
            one["Condition"] = {
                "StringLike": {"ResourceType": draw(st.sampled_from(["AWS::DynamoDB::*", "AWS::SNS::Topic"]))}
            }
        statements.append(one)
    return json.dumps({"Statement": statements})


@given(policies())
def test_any_policy_allows_nothing_more_when_merged(own: str) -> None:
    assert updatable(policy_during_update(own, TABLE)) == updatable(own) - LOST


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        '{"Statement": []}',
        '{"Statement": "Deny"}',
        '{"Statement": [1]}',
        '{"Statement": null}',
        json.dumps({"Statement": [ALLOW_ALL]})[:-1] + ', "Statement": []}',
        '{"Statement": [{"Effect": "Deny", "Effect": "Allow"}]}',
        "[" * 100_000,
    ],
)
def test_policy_when_it_cannot_be_read_is_not_replaced_by_a_weaker_one(wrong: str) -> None:
    with pytest.raises(InputError, match="the stack's policy: cannot be read"):
        policy_during_update(wrong, TABLE)


def test_policy_is_merged_up_to_the_bytes_that_one_may_have() -> None:
    def padded(characters: int, filler: str = "x") -> str:
        return json.dumps({"Statement": [statement("Deny", Sid=filler * characters)]}, ensure_ascii=False)

    room = 16_384 - len(policy_during_update(padded(0), TABLE))
    assert len(policy_during_update(padded(room), TABLE)) == 16_384
    with pytest.raises(InputError, match="has 16,385 bytes together with the denial"):
        policy_during_update(padded(room + 1), TABLE)
    with pytest.raises(InputError, match="bytes together with the denial"):
        policy_during_update(padded(room // 2 + 1, "ä"), TABLE)


def test_policy_with_white_space_may_be_longer_than_what_is_sent() -> None:
    own = json.dumps({"Statement": [ALLOW_ALL]}, indent=4000)
    assert len(own) > 16_384
    assert len(policy_during_update(own, TABLE)) < 400
