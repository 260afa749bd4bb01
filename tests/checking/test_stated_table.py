"""What is read of a table of a template that has no guard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Provisioned
from capacity_guard.capacity.errors import InputError
from capacity_guard.capacity.structure import TableKind
from capacity_guard.checking.stack_place import StackPlace
from capacity_guard.checking.stated_table import StatedTable, TemplateReader, with_remedy
from capacity_guard.checking.template_file import TemplateFile
from capacity_guard.rules.answer_properties import template_json
from tests.builders.adopted import PROVISIONED, cfn_table
from tests.builders.guarded import INDEX
from tests.checking.checked import ON_DEMAND, provisioned, template, written


def reader(folder: Path, content: dict[str, Any], **parameters: str) -> TemplateReader:
    return TemplateReader(TemplateFile.load(written(folder, content)), StackPlace("S"), parameters)


def test_name_of_a_table_may_be_a_parameter(tmp_path: Path) -> None:
    named = template({**ON_DEMAND, "TableName": {"Ref": "Name"}}, Parameters={"Name": {"Type": "String"}})
    assert reader(tmp_path, named, Name="orders").table_name("Orders") == "orders"
    assert reader(tmp_path, named).table_name("Orders") is None
    assert reader(tmp_path, template({**ON_DEMAND, "TableName": "x"})).table_name("Orders") == "x"


def test_capacity_behind_a_condition_is_the_one_that_is_not_deployed(tmp_path: Path) -> None:
    content = template(
        {**provisioned(), "BillingMode": {"Fn::If": ["Back", "PROVISIONED", "PAY_PER_REQUEST"]}},
        Parameters={"Back": {"Type": "String"}},
        Conditions={"Back": {"Fn::Equals": [{"Ref": "Back"}, "yes"]}},
    )
    read = reader(tmp_path, content)
    deployed = Capacity.provisioned(read=100, write=1_000)
    declared = read.read("Orders", None, deployed)
    assert isinstance(declared, StatedTable)
    assert declared.capacity.is_on_demand
    assert len(declared.facts) == 2
    unknown = read.read("Orders", None, None)
    assert isinstance(unknown, InputError)
    assert "depends on what is known only at the deployment" in unknown.problem
    given = reader(tmp_path, content, Back="yes").read("Orders", None, None)
    assert isinstance(given, StatedTable)
    assert given.capacity == deployed


@pytest.mark.parametrize(
    "properties",
    [
        {**ON_DEMAND, "GlobalSecondaryIndexes": 3},
        {**ON_DEMAND, "GlobalSecondaryIndexes": [3]},
        {**ON_DEMAND, "KeySchema": [3]},
        {**ON_DEMAND, "AttributeDefinitions": {"a": 1}},
        {"BillingMode": ["PROVISIONED"]},
        {"ProvisionedThroughput": 3},
        {**ON_DEMAND, "StreamSpecification": 4},
    ],
)
def test_table_that_is_malformed_is_told_and_never_ends_in_a_traceback(
    properties: dict[str, Any], tmp_path: Path
) -> None:
    found = reader(tmp_path, template(properties)).read("Orders", None, None)
    if isinstance(found, StatedTable):
        assert all(branch.unreadable for branch in found.facts)
    else:
        assert found.location.startswith("S: Orders")


def test_text_of_a_table_is_compared_with_all_that_may_change_it(tmp_path: Path) -> None:
    content = template(provisioned())
    read = reader(tmp_path, content)
    assert read.same_in(TemplateFile.load(written(tmp_path, content, "p.json")), "Orders")
    for other in (
        template(provisioned(101)),
        template(provisioned(), Parameters={"A": {}}),
        {"Resources": {**content["Resources"], "T": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget"}}},
    ):
        assert not read.same_in(TemplateFile.load(written(tmp_path, other, "p.json")), "Orders")


def test_remedy_of_code_becomes_that_of_a_template() -> None:
    error = with_remedy(InputError("a", "b", "State it as a plain value in the table's code"))
    assert "--parameter NAME=VALUE" in error.remedy
    kept = InputError("a", "b", "c")
    assert with_remedy(kept) is kept


def test_names_for_a_fix_are_the_logical_ids_of_the_template(tmp_path: Path) -> None:
    """A policy beside the one of the template would follow the same metric, which Application Auto Scaling refuses."""
    stack = cdk.Stack(cdk.App(), "S")
    cfn_table(stack, PROVISIONED)
    cdk.CfnResource(stack, "OrdersReadTarget", type="AWS::SNS::Topic")
    content = cdk.assertions.Template.from_stack(stack).to_json()
    read = reader(tmp_path, content)
    names = read.names("Orders", None)
    wanted = Capacity.provisioned(
        read=AutoScaling(5, 50, 70, 6),
        write=AutoScaling(900, 2_500, 60, 950),
        indexes={INDEX: Provisioned(read=100, write=AutoScaling(500, 2_000, 70, 550))},
    )
    fragment = json.loads(template_json("Orders", TableKind.TABLE, wanted, names))
    assert {"OrderstableTarget", "OrderstablePolicy", "OrdersindexTarget"} < set(fragment)
    assert fragment["OrderstablePolicy"]["Properties"]["PolicyName"] == "Orderstable"
    assert fragment["OrdersReadTarget2"]["Type"].endswith("ScalableTarget")
    assert fragment["OrdersReadPolicy"]["Properties"]["ScalingTargetId"] == {"Ref": "OrdersReadTarget2"}
    for name, resource in fragment.items():
        target = content["Resources"].setdefault(name, {"Type": resource["Type"], "Properties": {}})
        target["Properties"].update(resource["Properties"])
    merged = reader(tmp_path, content).read("Orders", None, None)
    assert isinstance(merged, StatedTable)
    assert merged.capacity == wanted
