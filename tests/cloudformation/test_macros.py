"""Macros of a template: which may change a table, and which of AWS do not."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cloudformation.macros import changed_by_macro, find_macros
from capacity_guard.cloudformation.scaling import scaling_resources
from tests.builders.template_tables import PROVISIONED, deployed, scaling, synthesized_capacities, template_of

MACRO = {"Name": "Company", "Parameters": {"Team": "orders"}}


@pytest.mark.parametrize(
    "transform",
    [
        "AWS::Serverless-2016-10-31",
        ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"],
        {"Name": "AWS::SecretsManager-2024-09-16"},
        "AWS::CodeDeployBlueGreen",
        [],
    ],
)
def test_transforms_of_aws_that_change_no_table_are_not_told(transform: Any) -> None:
    assert find_macros(template_of(PROVISIONED, Transform=transform)) == ()


@pytest.mark.parametrize("transform", ["Company", ["AWS::LanguageExtensions", "Company"], MACRO, [MACRO]])
def test_macro_of_the_whole_template_is_told(transform: Any) -> None:
    assert find_macros(template_of(PROVISIONED, Transform=transform)) == ("Company (Transform)",)


def test_snippet_from_a_file_is_told_wherever_it_may_add_resources() -> None:
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://company/alarms.yaml"}}
    assert find_macros(template_of(PROVISIONED, Transform=include)) == ("AWS::Include (Transform)",)
    in_resources = template_of(PROVISIONED, resources={"Fn::Transform": include})
    assert find_macros(in_resources) == ("AWS::Include (Fn::Transform)",)
    beside = {**template_of(PROVISIONED), "Fn::Transform": include}
    assert find_macros(beside) == ("AWS::Include (Fn::Transform)",)


def test_loop_that_makes_resources_is_told() -> None:
    loop: dict[str, Any] = {"Fn::ForEach::Targets": ["Index", ["a", "b"], {}]}
    assert find_macros(template_of(PROVISIONED, resources=loop)) == ("the loop Fn::ForEach::Targets",)


@pytest.mark.parametrize(
    "properties",
    [
        {**PROVISIONED, "Fn::Transform": MACRO},
        {"ProvisionedThroughput": {**PROVISIONED["ProvisionedThroughput"], "Fn::Transform": MACRO}},
        {**PROVISIONED, "GlobalSecondaryIndexes": [{"IndexName": "a", "Fn::Transform": MACRO}]},
    ],
)
def test_table_in_which_a_macro_may_write_cannot_be_read(properties: dict[str, Any]) -> None:
    assert changed_by_macro({"Properties": properties})
    with pytest.raises(InputError, match="Orders: is changed by Fn::Transform"):
        synthesized_capacities(template_of(properties))


def test_tags_and_metadata_that_a_macro_writes_change_no_capacity() -> None:
    template = template_of({**PROVISIONED, "Tags": [{"Fn::Transform": MACRO}]})
    template["Resources"]["Orders"]["Metadata"] = {"Fn::Transform": MACRO}
    assert len(synthesized_capacities(template)) == 1


@pytest.mark.parametrize("name", ["Target", "Policy"])
def test_auto_scaling_that_a_macro_may_write_cannot_be_read(name: str) -> None:
    resources = scaling("table/orders")
    resources[name]["Properties"]["Fn::Transform"] = MACRO
    with pytest.raises(InputError, match=f"{name}: is changed by Fn::Transform"):
        scaling_resources(deployed(template_of(PROVISIONED, resources=resources)), "Orders")
