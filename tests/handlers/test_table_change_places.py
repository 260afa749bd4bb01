"""Which properties of a table an entry of a change set changes: each place, name and entry, to the letter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity_guard.handlers.table_change import ChangedProperty, changed_properties

GSI, REPLICAS = "GlobalSecondaryIndexes", "Replicas"


def detail(name: str | None = None, attribute: str = "Properties", **target: Any) -> dict[str, Any]:
    named = {} if name is None else {"Name": name}
    return {"Target": {"Attribute": attribute, **named, **target}}


def changed(
    *details: dict[str, Any], references: dict[int, bool] | None = None, **change: Any
) -> list[ChangedProperty]:
    return list(changed_properties({"Details": list(details), **change}, references or {}))


def between(name: str, before: Any, after: Any) -> list[ChangedProperty]:
    """What changes between two values of a property that the contexts show."""
    contexts = {
        key: json.dumps({"Properties": {} if value is None else {name: value}})
        for key, value in (("BeforeContext", before), ("AfterContext", after))
    }
    return changed(detail(name), **contexts)


@pytest.mark.parametrize("attribute", ["Tags", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"])
@pytest.mark.parametrize("name", [None, "Anything"])
def test_attribute_that_makes_no_call_is_no_change(attribute: str, name: str | None) -> None:
    assert changed(detail(name, attribute)) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (detail("BillingMode"), ChangedProperty("BillingMode")),
        (detail("SomethingNew"), ChangedProperty("SomethingNew")),
        (detail(None), ChangedProperty("Properties")),
        (detail(""), ChangedProperty("Properties")),
        (detail(None, "CreationPolicy"), ChangedProperty("CreationPolicy")),
        (detail("Named", "CreationPolicy"), ChangedProperty("Named")),
        ({}, ChangedProperty("None")),
        ({"Target": None}, ChangedProperty("None")),
        ({"Target": {"Name": "BillingMode"}}, ChangedProperty("BillingMode")),
    ],
)
def test_property_of_the_table_is_named(given: dict[str, Any], expected: ChangedProperty) -> None:
    assert changed(given) == [expected]


def test_references_are_left_out_and_each_change_is_given_once() -> None:
    details = (detail("A"), detail("B"), detail("A"), detail("C"))
    assert [found.name for found in changed(*details)] == ["A", "B", "C"]
    assert [found.name for found in changed(*details, references={0: True, 1: False, 3: True})] == ["B", "A"]
    assert list(changed_properties({}, {})) == list(changed_properties({"Details": None}, {})) == []


def index(name: str, **more: Any) -> dict[str, Any]:
    return {"IndexName": name, **more}


def replica(region: str, **more: Any) -> dict[str, Any]:
    return {"Region": region, **more}


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        (GSI, [index("a")], [index("a")], []),
        (GSI, None, None, []),
        (GSI, None, [index("a")], [ChangedProperty("", f"{GSI} a", "Add", "a")]),
        (GSI, [index("a")], None, [ChangedProperty("", f"{GSI} a", "Remove", "a")]),
        (
            GSI,
            [index("c"), index("b")],
            [index("a"), index("c")],
            [ChangedProperty("", f"{GSI} a", "Add", "a"), ChangedProperty("", f"{GSI} b", "Remove", "b")],
        ),
        (GSI, None, [index("a", X=1, Y=2)], [ChangedProperty("", f"{GSI} a", "Add", "a")]),
        (GSI, [index("a", X=1, Y=2)], None, [ChangedProperty("", f"{GSI} a", "Remove", "a")]),
        (GSI, [index("b"), index("a")], [index("a"), index("b")], []),
        (
            GSI,
            [index("a", X=1, Y=2, Z=3)],
            [index("a", X=1, Y=9, W=0)],
            [
                ChangedProperty("W", f"{GSI} a"),
                ChangedProperty("Y", f"{GSI} a"),
                ChangedProperty("Z", f"{GSI} a"),
            ],
        ),
        (
            REPLICAS,
            [replica("r")],
            [replica("r"), replica("q")],
            [ChangedProperty("", f"{REPLICAS} q", "Add")],
        ),
        (REPLICAS, [replica("r")], [], [ChangedProperty("", f"{REPLICAS} r", "Remove")]),
        (REPLICAS, [replica("r", X=1)], [replica("r", X=2)], [ChangedProperty("X", f"{REPLICAS} r")]),
        # the settings of an index in a replica are no entry of their own
        (
            REPLICAS,
            [replica("r", GlobalSecondaryIndexes=[index("a", X=1)])],
            [replica("r", GlobalSecondaryIndexes=[index("a", X=2), index("b", Y=1)])],
            [
                ChangedProperty("X", f"{REPLICAS} r {GSI} a"),
                ChangedProperty("Y", f"{REPLICAS} r {GSI} b"),
            ],
        ),
        (
            REPLICAS,
            [replica("r", GlobalSecondaryIndexes=[index("a", X=1)])],
            [replica("r")],
            [ChangedProperty("X", f"{REPLICAS} r {GSI} a")],
        ),
        (
            REPLICAS,
            [replica("r", GlobalSecondaryIndexes=[index("a")])],
            [replica("r")],
            [],
        ),
        (
            REPLICAS,
            [replica("r")],
            [replica("r", GlobalSecondaryIndexes="x")],
            [ChangedProperty("", f"{REPLICAS} r {GSI}")],
        ),
        (GSI, "x", [], [ChangedProperty("", GSI)]),
        (GSI, [], {"Fn::If": []}, [ChangedProperty("", GSI)]),
        (GSI, [7], [], [ChangedProperty("", GSI)]),
        (GSI, [], [{}], [ChangedProperty("", GSI)]),
        (GSI, [{"IndexName": 7}], [], [ChangedProperty("", GSI)]),
    ],
)
def test_lists_that_the_contexts_show_are_compared_entry_by_entry(
    name: str, before: Any, after: Any, expected: list[ChangedProperty]
) -> None:
    assert between(name, before, after) == expected


@pytest.mark.parametrize("shown", ["BeforeContext", "AfterContext"])
def test_one_context_alone_is_not_compared(shown: str) -> None:
    context = json.dumps({"Properties": {GSI: [index("a")]}})
    path = f"/Properties/{GSI}/0/Projection"
    assert changed(detail(GSI, Path=path), **{shown: context}) == [ChangedProperty("Projection", f"{GSI} 0")]


@pytest.mark.parametrize(
    "context", [7, "", "{", "[]", "null", '{"Properties": []}', '{"Properties": null}', "{}"]
)
def test_context_that_cannot_be_read_leaves_the_path(context: Any) -> None:
    path = f"/Properties/{GSI}/0/Projection"
    good = json.dumps({"Properties": {GSI: [index("a")]}})
    expected = [ChangedProperty("Projection", f"{GSI} 0")]
    assert changed(detail(GSI, Path=path), BeforeContext=context, AfterContext=good) == expected
    assert changed(detail(GSI, Path=path), BeforeContext=good, AfterContext=context) == expected


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        (GSI, {}, ChangedProperty("", GSI)),
        (GSI, {"Path": ""}, ChangedProperty("", GSI)),
        (GSI, {"Path": "/Properties/Other/0/X"}, ChangedProperty("", GSI)),
        (GSI, {"Path": f"/Properties/{GSI}"}, ChangedProperty("", GSI)),
        (GSI, {"Path": f"/Properties/{GSI}/7"}, ChangedProperty("", f"{GSI} 7")),
        (GSI, {"Path": f"/Properties/{GSI}/7/X"}, ChangedProperty("X", f"{GSI} 7")),
        (GSI, {"Path": f"/Properties/{GSI}/7/X/Y/0"}, ChangedProperty("X", f"{GSI} 7")),
        (GSI, {"Path": f"/Properties/{GSI}/X"}, ChangedProperty("X", GSI)),
        (
            REPLICAS,
            {"Path": f"/Properties/{REPLICAS}/0/{GSI}/1/X"},
            ChangedProperty("X", f"{REPLICAS} 0 {GSI} 1"),
        ),
        (
            REPLICAS,
            {"Path": f"/Properties/{REPLICAS}/0/{GSI}/1"},
            ChangedProperty("", f"{REPLICAS} 0 {GSI} 1"),
        ),
        (REPLICAS, {"Path": f"/Properties/{REPLICAS}/0/{GSI}"}, ChangedProperty("", f"{REPLICAS} 0 {GSI}")),
        (
            REPLICAS,
            {"Path": f"/Properties/{REPLICAS}/1", "AttributeChangeType": "Add"},
            ChangedProperty("", REPLICAS, "Add"),
        ),
        (
            REPLICAS,
            {
                "Path": f"/Properties/{REPLICAS}/1",
                "AttributeChangeType": "Remove",
                "BeforeValue": '{"Region": "r"}',
            },
            ChangedProperty("", REPLICAS, "Remove"),
        ),
        (
            REPLICAS,
            {"Path": f"/Properties/{REPLICAS}/1/{GSI}/0", "AttributeChangeType": "Add"},
            ChangedProperty("", f"{REPLICAS} 1 {GSI} 0"),
        ),
        (GSI, {"Path": f"/Properties/{GSI}", "AttributeChangeType": "Add"}, ChangedProperty("", GSI)),
        (
            GSI,
            {"Path": f"/Properties/{GSI}/0", "AttributeChangeType": "Modify"},
            ChangedProperty("", f"{GSI} 0"),
        ),
        (
            GSI,
            {"Path": f"/Properties/{GSI}/0", "AttributeChangeType": "Add"},
            ChangedProperty("", GSI, "Add"),
        ),
    ],
)
def test_path_of_a_detail_is_read_where_no_context_is_shown(
    name: str, target: dict[str, Any], expected: ChangedProperty
) -> None:
    assert changed(detail(name, **target)) == [expected]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"AfterValue": '{"IndexName": "a"}'}, "a"),
        ({"BeforeValue": '{"IndexName": "b"}'}, "b"),
        ({"AfterValue": '{"IndexName": "a"}', "BeforeValue": '{"IndexName": "b"}'}, "a"),
        ({"AfterValue": "{", "BeforeValue": '{"IndexName": "b"}'}, "b"),
        ({"AfterValue": "[]", "BeforeValue": '{"IndexName": "b"}'}, "b"),
        ({"AfterValue": '{"IndexName": 7}', "BeforeValue": '{"Other": "b"}'}, ""),
        ({"AfterValue": "", "BeforeValue": None}, ""),
    ],
)
def test_index_that_is_new_or_leaves_is_named_by_its_value(values: dict[str, Any], named: str) -> None:
    for kind, word in (("Add", "new"), ("Remove", "removed")):
        (found,) = changed(detail(GSI, Path=f"/Properties/{GSI}/0", AttributeChangeType=kind, **values))
        place = f"{GSI} {named}".strip()
        assert found == ChangedProperty("", place, kind, named)
        assert found.text == f"{place} ({word})"


def test_change_is_worded_by_its_place_and_name() -> None:
    assert ChangedProperty("X").text == "X"
    assert ChangedProperty("X", "P a").text == "P a X"
    assert ChangedProperty("", "P a").text == "P a"
