"""The structure of a table: what differs, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from capacity_guard.capacity import Structure, TableKind
from tests.builders.domain import structures

KEYS = "id:S HASH"
BY_AGENT = "agent_id:S HASH; ALL"
TABLE = Structure(TableKind.TABLE, KEYS, {"by_agent": BY_AGENT}, guard="0f4a8c2d77aa1b.zip")


@given(structures)
def test_structure_when_it_travels_expects_the_same(structure: Structure) -> None:
    assert Structure.from_json(structure.to_json(), "deployed.structure") == structure


@given(structures, structures)
def test_differences_when_two_are_compared_expects_none_only_where_they_are_equal(
    one: Structure, other: Structure
) -> None:
    assert (one.differences(other) == ()) == (one == other)
    assert one.differences(other) == one.table_differences(other) + one.guard_differences(other)


@pytest.mark.parametrize(
    ("becomes", "words"),
    [
        (
            replace(TABLE, kind=TableKind.GLOBAL_TABLE),
            "resource type: AWS::DynamoDB::Table becomes AWS::DynamoDB::GlobalTable",
        ),
        (replace(TABLE, keys="id:N HASH"), "keys: id:S HASH becomes id:N HASH"),
        (replace(TABLE, indexes={}), "index by_agent: is deleted"),
        (
            replace(TABLE, indexes={"by_agent": BY_AGENT, "by_day": "day:S HASH; KEYS_ONLY"}),
            "index by_day: is created (day:S HASH; KEYS_ONLY)",
        ),
        (
            replace(TABLE, indexes={"by_agent": "agent_id:S HASH; KEYS_ONLY"}),
            "index by_agent: agent_id:S HASH; ALL becomes agent_id:S HASH; KEYS_ONLY",
        ),
        (replace(TABLE, stream="NEW_IMAGE"), "stream: none becomes NEW_IMAGE"),
        (replace(TABLE, replicas=("us-east-1",)), "replicas: none becomes us-east-1"),
        (replace(TABLE, guard=None), "guard: is removed"),
        (
            replace(TABLE, guard="1f4a8c2d77aa1b.zip"),
            "guard: its functions change from 0f4a8c2d77aa to 1f4a8c2d77aa",
        ),
    ],
    ids=lambda one: one.split(":")[0] if isinstance(one, str) else "",
)
def test_differences_when_one_thing_changes_expects_it_in_words(becomes: Structure, words: str) -> None:
    assert TABLE.differences(becomes) == (words,)


def test_guard_when_it_is_added_expects_no_difference_of_the_table() -> None:
    before = replace(TABLE, guard=None)
    assert before.table_differences(TABLE) == ()
    assert before.differences(TABLE) == ("guard: is added",)
