"""What scaling targets and policies of any template name: resolved as far as the templates of the synthesis tell."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.cloudformation.scaling_elsewhere import ScalingElsewhere, find_scaling, table_mark

NAME = "S-Orders-1ABC"
ORDERS = {"Type": "AWS::DynamoDB::Table"}
MARK = table_mark("S.json", "Orders")


def target(resource_id: Any, dimension: Any = "dynamodb:table:WriteCapacityUnits") -> dict[str, Any]:
    return {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {"ResourceId": resource_id, "ScalableDimension": dimension},
    }


def template(resource_id: Any, **sections: Any) -> dict[str, Any]:
    return {"Resources": {"Target": target(resource_id)}, **sections}


def in_other(resource_id: Any, file: str = "O.json", **sections: Any) -> ScalingElsewhere:
    """The target of a template beside the one with the table, whose name ``Exported`` exports."""
    own = {
        "Resources": {
            "Orders": ORDERS,
            "Nested": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"Parameters": {"reference": {"Ref": "Orders"}}},
            },
        },
        "Outputs": {"Name": {"Value": {"Ref": "Orders"}, "Export": {"Name": "Exported"}}},
    }
    (found,) = find_scaling({"S.json": own, file: template(resource_id, **sections)})
    return found


def default(value: str) -> dict[str, Any]:
    return {"Table": {"Type": "String", "Default": value}}


NAMING: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain text": (f"table/{NAME}", {}),
    "an index": (f"table/{NAME}/index/by_agent", {}),
    "join": ({"Fn::Join": ["/", ["table", NAME]]}, {}),
    "sub with a variable": ({"Fn::Sub": ["table/${Name}", {"Name": NAME}]}, {}),
    "an export": ({"Fn::Join": ["", ["table/", {"Fn::ImportValue": "Exported"}]]}, {}),
    "an export, in a sub": ({"Fn::Sub": ["table/${Name}", {"Name": {"Fn::ImportValue": "Exported"}}]}, {}),
    "a table that states the name": (
        {"Fn::Sub": "table/${Copy}"},
        {
            "Resources": {
                "Copy": {**ORDERS, "Properties": {"TableName": NAME}},
                "Target": target({"Fn::Sub": "table/${Copy}"}),
            }
        },
    ),
}


@pytest.mark.parametrize(("resource_id", "sections"), NAMING.values(), ids=list(NAMING))
def test_target_that_names_the_table_is_told_apart_from_others(
    resource_id: Any, sections: dict[str, Any]
) -> None:
    found = in_other(resource_id, **sections)
    assert (found.file, found.logical_id) == ("O.json", "Target")
    assert found.names([MARK, NAME]) is True
    assert found.names([table_mark("S.json", "Invoices"), "invoices"]) is False


MAY_NAME: dict[str, tuple[Any, dict[str, Any]]] = {
    "the default of a parameter": ({"Fn::Sub": "table/${Table}"}, {"Parameters": default(NAME)}),
    "another default of a parameter": ({"Fn::Sub": "table/${Table}"}, {"Parameters": default("invoices")}),
    "an unknown export": ({"Fn::Join": ["", ["table/", {"Fn::ImportValue": "Elsewhere"}]]}, {}),
    "an unknown part": ({"Fn::Sub": "table/S-${AWS::Partition}-1ABC"}, {}),
    "an unknown table, an index": ({"Fn::Sub": "table/${AWS::Partition}/index/by_agent"}, {}),
    "one of two": ({"Fn::If": ["Main", f"table/{NAME}", "table/other"]}, {}),
    "a function that is not read": ({"Fn::Select": [0, ["table/x"]]}, {}),
    "a malformed function": ({"Fn::Join": "table"}, {}),
    "a list": (["table"], {}),
}


@pytest.mark.parametrize(("resource_id", "sections"), MAY_NAME.values(), ids=list(MAY_NAME))
def test_target_whose_resource_id_is_not_known_may_name_the_table(
    resource_id: Any, sections: dict[str, Any]
) -> None:
    assert in_other(resource_id, **sections).names([MARK, NAME]) is None


@pytest.mark.parametrize(
    "resource_id",
    [
        "table/S-Orders-1ABCD",
        "table/s-orders-1abc",
        f"service/{NAME}",
        {"Fn::Sub": "table/invoices-${AWS::Region}"},
        {"Fn::Sub": "table/${!Table}"},
    ],
)
def test_target_of_another_table_does_not_name_it(resource_id: Any) -> None:
    assert in_other(resource_id).names([MARK, NAME]) is False


def test_target_of_a_nested_stack_is_resolved_by_what_its_parent_gives() -> None:
    parameters = {"reference": {"Type": "String"}}
    found = in_other({"Fn::Sub": "table/${reference}"}, "SN.nested.template.json", Parameters=parameters)
    assert found.names([MARK]) is True
    assert found.names([table_mark("S.json", "Invoices")]) is False
    of_no_parent = in_other({"Fn::Sub": "table/${reference}"}, Parameters=parameters)
    assert of_no_parent.names([MARK]) is None


def test_policy_names_the_table_by_its_resource_id_or_by_the_id_of_its_target() -> None:
    by_resource = target(f"table/{NAME}")
    by_target = {
        "Properties": {"ScalingTargetId": f"table/{NAME}|dynamodb:table:WriteCapacityUnits|dynamodb"}
    }
    by_reference = {"Properties": {"ScalingTargetId": {"Ref": "Target"}}}
    policies = {"A": by_resource, "B": by_target, "C": by_reference}
    resources = {
        name: {**policy, "Type": "AWS::ApplicationAutoScaling::ScalingPolicy"}
        for name, policy in policies.items()
    }
    found = find_scaling({"O.json": {"Resources": resources}})
    assert [each.logical_id for each in found] == ["A", "B"], "C is told by its target"
    assert all(each.names([NAME]) for each in found)


def test_target_of_another_service_is_none_of_a_table_unless_its_dimension_is_unknown() -> None:
    resources = {
        "Service": target({"Fn::ImportValue": "x"}, "ecs:service:DesiredCount"),
        "Unknown": target({"Fn::ImportValue": "x"}, {"Ref": "Dimension"}),
    }
    found = find_scaling({"O.json": {"Resources": resources}})
    assert [each.logical_id for each in found] == ["Unknown"]


def test_values_that_refer_to_each_other_without_end_are_unknown() -> None:
    outputs = {"A": {"Value": {"Fn::ImportValue": "a"}, "Export": {"Name": "a"}}}
    (found,) = find_scaling({"O.json": template({"Fn::ImportValue": "a"}, Outputs=outputs)})
    assert found.names([NAME]) is None


def test_more_combinations_than_are_tried_are_unknown() -> None:
    either = {"Fn::If": ["C", "a", "b"]}
    found = in_other({"Fn::Join": ["", ["table/", *[either] * 8]]})
    assert found.names(["babababa"]) is None
    assert found.names([NAME]) is False, "what follows is still known"
