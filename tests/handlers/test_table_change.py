"""Which properties of the table an entry of a change set changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity_guard.handlers.table_change import ChangedProperty, changed_properties
from tests.handlers.gate_world import a_detail

INDEXES = "GlobalSecondaryIndexes"
BY_DAY = json.dumps({"IndexName": "by_day", "KeySchema": []})


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"AttributeChangeType": "Add", "AfterValue": BY_DAY}, ("Add", "by_day", f"{INDEXES} by_day (new)")),
        (
            {"AttributeChangeType": "Remove", "BeforeValue": BY_DAY},
            ("Remove", "by_day", f"{INDEXES} by_day (removed)"),
        ),
        ({"AttributeChangeType": "Add", "AfterValue": '{"Ind'}, ("Add", "", f"{INDEXES} (new)")),
        ({"AttributeChangeType": "Modify"}, ("", "", f"{INDEXES} 1")),
    ],
)
def test_index_when_its_path_ends_at_the_entry_is_new_or_leaves(
    target: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    change = {"Details": [a_detail(INDEXES, Path=f"/Properties/{INDEXES}/1", **target)]}
    (found,) = changed_properties(change, {})
    assert (found.entry, found.index, found.text) == expected


@pytest.mark.parametrize("context", [None, "{", "[]", '{"Properties": []}', '{"Other": {}}'])
def test_context_when_it_cannot_be_read_leaves_the_path(context: str | None) -> None:
    change = {"BeforeContext": context, "AfterContext": context, "Details": [a_detail(INDEXES)]}
    assert list(changed_properties(change, {})) == [ChangedProperty("", INDEXES)]


@pytest.mark.parametrize("entries", [{"Fn::If": []}, [1], [{"IndexName": {"Ref": "Name"}}]])
def test_context_when_entries_have_no_name_is_a_change_of_the_whole(entries: Any) -> None:
    change = {
        "BeforeContext": json.dumps({"Properties": {INDEXES: []}}),
        "AfterContext": json.dumps({"Properties": {INDEXES: entries}}),
        "Details": [a_detail(INDEXES), a_detail(INDEXES)],
    }
    assert list(changed_properties(change, {})) == [ChangedProperty("", INDEXES)]


def test_details_when_they_are_references_or_of_the_template_alone_are_left_out() -> None:
    details = [
        a_detail("TableClass"),
        {"Target": {"Attribute": "Metadata"}},
        {"Target": {"Attribute": "New"}},
    ]
    assert list(changed_properties({"Details": details}, {0: True})) == [ChangedProperty("New")]


def test_index_of_a_replica_when_its_path_ends_at_the_entry_is_hidden() -> None:
    path = f"/Properties/Replicas/0/{INDEXES}/1"
    change = {"Details": [a_detail("Replicas", Path=path, AttributeChangeType="Remove")]}
    assert list(changed_properties(change, {})) == [ChangedProperty("", f"Replicas 0 {INDEXES} 1")]
