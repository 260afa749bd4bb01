"""The structure of a table: canonical text, and its differences in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from capacity_guard.capacity import InputError, Structure, TableKind
from capacity_guard.capacity.structure import index_text, keys_text, projected_attributes, table_text
from tests.builders.domain import structures

KEYS = "id:S HASH"
BY_AGENT = "agent_id:S HASH; ALL"
TABLE = Structure(TableKind.TABLE, KEYS, {"by_agent": BY_AGENT}, guard="0f4a8c2d77aa1b.zip")


@given(structures)
def test_structure_when_written_and_read_expects_the_same(structure: Structure) -> None:
    assert Structure.from_json(structure.to_json(), "deployed.structure") == structure


@given(structures, structures)
def test_differences_when_two_are_compared_expects_none_only_where_they_are_equal(
    before: Structure, after: Structure
) -> None:
    assert (before.differences(after) == ()) == (before == after)
    assert before.differences(after) == before.table_differences(after) + before.guard_differences(after)


@pytest.mark.parametrize(
    ("after", "words"),
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
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else "",
)
def test_differences_when_one_thing_changes_expects_it_in_words(after: Structure, words: str) -> None:
    assert TABLE.differences(after) == (words,)


def test_guard_when_it_is_added_expects_no_difference_of_the_table() -> None:
    before = replace(TABLE, guard=None)
    assert before.table_differences(TABLE) == ()
    assert before.differences(TABLE) == ("guard: is added",)


def test_text_of_keys_when_a_type_is_unknown_expects_a_question_mark() -> None:
    schema = [("id", "HASH"), ("at", "RANGE")]
    assert keys_text(schema, {"id": "S", "at": "N"}) == "id:S HASH, at:N RANGE"
    assert keys_text(schema, {"id": "S"}) == "id:S HASH, at:? RANGE"


def test_text_of_an_index_when_attributes_have_another_order_expects_the_same() -> None:
    expected = "id:S HASH; INCLUDE a, b"
    assert index_text("id:S HASH", "INCLUDE", ["b", "a"]) == expected
    assert index_text("id:S HASH", "INCLUDE", ["a", "b"]) == expected
    assert index_text("id:S HASH", "ALL", []) == "id:S HASH; ALL"


@pytest.mark.parametrize(
    "names", [["a", "b"], ["a", "b, c"], ['q"u\\o,te', "z z", " lead", "tail "], ["é,", "x; y"], []]
)
def test_attributes_of_a_projection_are_read_from_its_text_whatever_they_are_called(names: list[str]) -> None:
    text = index_text("id:S HASH", "INCLUDE", names)
    assert projected_attributes(text.partition("INCLUDE")[2]) == sorted(names)
    assert index_text("id:S HASH", "INCLUDE", ["b, c"]) != index_text("id:S HASH", "INCLUDE", ["b", "c"])


def test_text_of_a_table_when_it_has_local_indexes_expects_them_by_name() -> None:
    assert table_text(KEYS, {"b": "x", "a": "y"}) == "id:S HASH; local a: y; local b: x"


@pytest.mark.parametrize(
    ("field", "value", "location"),
    [
        ("kind", "AWS::SQS::Queue", "s.kind"),
        ("keys", " ", "s.keys"),
        ("indexes", {"by_agent": 1}, "s.indexes.by_agent"),
        ("replicas", ["eu-west-1", ""], "s.replicas[1]"),
        ("ttl", "expires", "s.ttl"),
    ],
)
def test_structure_when_a_field_is_wrong_expects_its_name_in_the_error(
    field: str, value: object, location: str
) -> None:
    with pytest.raises(InputError) as raised:
        Structure.from_json({**TABLE.to_json(), field: value}, "s")
    assert raised.value.location == location
