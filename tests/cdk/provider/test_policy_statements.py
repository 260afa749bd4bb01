"""Statements of policies: the forms in which a template may have them."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.cdk.provider.policy_statements import covers, listed, mapping, statements

STATEMENT = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}


@pytest.mark.parametrize(
    "document",
    [
        {"Statement": STATEMENT},
        {"Statement": [STATEMENT]},
        [{"PolicyName": "a", "PolicyDocument": {"Statement": STATEMENT}}],
        [{"PolicyDocument": {"Statement": [STATEMENT, "no statement"]}}, "no policy"],
    ],
)
def test_statement_when_it_stands_alone_or_in_a_list_is_found(document: Any) -> None:
    assert statements(document) == [STATEMENT]


@pytest.mark.parametrize(
    "document", [None, "text", {}, {"Statement": None}, [{"Ref": "Policy"}], {"Ref": "x"}]
)
def test_document_when_it_states_nothing_has_no_statement(document: Any) -> None:
    assert statements(document) == []


@pytest.mark.parametrize(
    ("statement", "is_covered"),
    [
        ({"Action": "*"}, True),
        ({"Action": ["s3:*", "DynamoDB:update*"]}, True),
        ({"Action": "dynamodb:UpdateTabl?"}, True),
        ({"Action": "dynamodb:UpdateItem"}, False),
        ({"NotAction": "iam:*"}, True),
        ({"NotAction": ["dynamodb:*"]}, False),
        ({}, False),
    ],
)
def test_statement_covers_an_action_that_its_patterns_match(statement: Any, is_covered: bool) -> None:
    assert covers(statement, ["dynamodb:UpdateTable"]) is is_covered


def test_value_when_it_is_no_object_is_an_empty_one() -> None:
    assert mapping({"a": 1}) == {"a": 1}
    assert mapping("text") == mapping(None) == {}


def test_value_when_it_is_no_list_is_one_entry() -> None:
    assert listed(["a"]) == listed("a") == ["a"]
    assert listed(None) == []
