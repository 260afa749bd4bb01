"""Dependencies between the resources of a template."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.cdk.app.dependencies import dependency_path, depends_on


@pytest.mark.parametrize("location", ["DependsOn", "Ref", "Sub", "Join"])
def test_path_between_resources_is_found_through_every_kind_of_reference(location: str) -> None:
    references: dict[str, dict[str, Any]] = {
        "DependsOn": {"DependsOn": "Table"},
        "Ref": {"Properties": {"A": [{"Ref": "Table"}]}},
        "Sub": {"Properties": {"A": {"Fn::Sub": "x-${Table.Arn}"}}},
        "Join": {"Properties": {"A": {"Fn::Join": ["", [{"Fn::GetAtt": "Table.Arn"}]]}}},
    }
    resources = {
        "Gate": {"Properties": {"A": {"Fn::GetAtt": ["F", "Arn"]}}},
        "F": references[location],
        "Table": {},
    }
    assert dependency_path(resources, "Gate", "Table") == ["Gate", "F", "Table"]
    assert dependency_path(resources, "Table", "Gate") is None


def test_path_is_a_shortest_one() -> None:
    resources: dict[str, Any] = {
        "Gate": {"DependsOn": ["A", "Role"]},
        "A": {"DependsOn": ["B"]},
        "B": {"DependsOn": ["Table"]},
        "Role": {"DependsOn": ["Table"]},
        "Table": {},
    }
    assert dependency_path(resources, "Gate", "Table") == ["Gate", "Role", "Table"]


def test_dependencies_of_a_resource_are_its_list_and_the_references_in_its_properties() -> None:
    resource = {
        "DependsOn": ["Preflight"],
        "Properties": {"A": {"Fn::Sub": ["${Mine}-${Other.Arn}", {"Mine": {"Ref": "Size"}}]}, "Ref": 5},
    }
    assert depends_on(resource) == {"Preflight", "Mine", "Other", "Size"}
    assert depends_on({"Type": "AWS::SNS::Topic"}) == set()


def test_dependencies_when_depends_on_is_one_text_include_the_references_in_the_properties() -> None:
    """``add_override("DependsOn", "X")`` writes a text; a circular dependency through a reference is found all the same."""
    resource = {"DependsOn": "Preflight", "Properties": {"A": {"Ref": "Table"}}}
    assert depends_on(resource) == {"Preflight", "Table"}
