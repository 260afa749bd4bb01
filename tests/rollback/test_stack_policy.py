"""The policy during the update: every statement of the stack's own, and no replacement or deletion of the table."""

from __future__ import annotations

import json

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.rollback.stack_policy import policy_during_update

OWN = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}
DENIED = {
    "Effect": "Deny",
    "Action": ["Update:Replace", "Update:Delete"],
    "Principal": "*",
    "Resource": "LogicalResourceId/T",
}


def statements(existing: str | None) -> list[object]:
    found: list[object] = json.loads(policy_during_update(existing, "T"))["Statement"]
    return found


def test_stack_without_a_policy_allows_all_but_to_lose_the_table() -> None:
    allowed = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    assert statements(None) == [allowed, DENIED]


@pytest.mark.parametrize("given", [OWN, [OWN]])
def test_stack_with_a_policy_keeps_every_statement(given: object) -> None:
    assert statements(json.dumps({"Statement": given})) == [OWN, DENIED]


@pytest.mark.parametrize("wrong", ["", "{", "[]", "{}"])
def test_policy_when_it_cannot_be_read_is_not_replaced_by_a_weaker_one(wrong: str) -> None:
    with pytest.raises(InputError, match="the stack's policy: cannot be read"):
        policy_during_update(wrong, "T")
