"""References in the properties of a resource, each kind by itself, and the order of a path."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.cdk.app.dependencies import dependency_path, depends_on


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"Ref": "A"}, {"A"}),
        ({"Ref": 7}, set()),
        ({"Ref": {"Ref": "A"}}, {"A"}),
        ({"Fn::GetAtt": "A.Arn"}, {"A"}),
        ({"Fn::GetAtt": "A.Outputs.Arn"}, {"A"}),
        ({"Fn::GetAtt": ["A", "Arn"]}, {"A"}),
        ({"Fn::Sub": "x"}, set()),
        ({"Fn::Sub": "${A}"}, {"A"}),
        ({"Fn::Sub": "x${A}y${B.Arn}z"}, {"A", "B"}),
        ({"Fn::Sub": "A.B}"}, set()),
        ({"Fn::Sub": ["${A}${V}", {"V": {"Ref": "B"}}]}, {"A", "V", "B"}),
        ({"Fn::Sub": ["${A}", {"V": {"Fn::Sub": "${B}"}}]}, {"A", "B"}),
        ({"Fn::Join": ["", [{"Ref": "A"}, "x", {"Fn::GetAtt": ["B", "Arn"]}]]}, {"A", "B"}),
        ([{"a": [{"Ref": "A"}]}, {"b": {"c": {"Ref": "B"}}}], {"A", "B"}),
        ("A", set()),
        (None, set()),
        ({}, set()),
    ],
)
def test_references_in_a_property_are_found(value: Any, names: set[str]) -> None:
    assert depends_on({"Properties": {"P": value}}) == names
    assert depends_on({"Metadata": {"P": value}}) == set()


@pytest.mark.parametrize(
    ("listed", "names"), [(None, set()), ([], set()), ("Ab", {"Ab"}), (["A", "B"], {"A", "B"})]
)
def test_list_of_dependencies_is_read_as_one_or_several(listed: Any, names: set[str]) -> None:
    resource = {} if listed is None else {"DependsOn": listed}
    assert depends_on({**resource, "Properties": {"P": {"Ref": "C"}}}) == {*names, "C"}


def test_of_paths_of_one_length_that_of_the_first_names_is_given() -> None:
    names = [f"N{number:02}" for number in range(20)]
    resources: dict[str, Any] = {name: {"DependsOn": ["T"]} for name in names}
    resources |= {"S": {"DependsOn": [*reversed(names)]}, "T": {"DependsOn": ["S"]}}
    assert dependency_path(resources, "S", "T") == ["S", "N00", "T"]
    assert dependency_path(resources, "S", "S") == ["S"]
    assert dependency_path(resources, "T", "N07") == ["T", "S", "N07"]


def test_path_leads_over_resources_alone() -> None:
    resources: dict[str, Any] = {"S": {"DependsOn": ["Parameter"]}, "T": {}}
    assert dependency_path(resources, "S", "T") is None
    assert dependency_path(resources, "S", "Parameter") is None
    assert dependency_path(resources, "Unknown", "T") is None
