"""What the baseline of a table is sought by, and the name that tells the table from the others of its stack."""

from __future__ import annotations

import re

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from capacity_guard.cdk.app.declared_tables import tables_below
from capacity_guard.cdk.fleet.registry import tables_of
from capacity_guard.cdk.fleet.sought_table import TableOfFleet, generated_name, tables_of_fleet
from tests.builders.adopted import KEY, PROVISIONED, table
from tests.builders.guarded import app
from tests.builders.guarded import table as guarded_table


def found_in(made: cdk.App) -> dict[str, TableOfFleet]:
    found = tables_of_fleet(list(tables_below(made)), tables_of(made))
    return {one.declared.construct.node.path: one for one in found}


def test_table_is_sought_by_all_that_the_code_knows() -> None:
    made = app()
    env = cdk.Environment(account="111111111111", region="eu-west-1")
    stack = cdk.Stack(made, "S", stack_name="shop", env=env)
    table(stack, PROVISIONED, "orders")
    table(cdk.Stack(made, "T"), PROVISIONED)
    known, unknown = found_in(made).values()
    sought = known.sought
    assert (sought.stack, sought.account, sought.region) == ("shop", "111111111111", "eu-west-1")
    assert (sought.construct_id, sought.repeats, sought.name()) == ("Orders", False, "orders")
    assert sought.logical_id.startswith("Orders")
    assert (known.template_file, known.label) == ("S.template.json", "Orders")
    assert (unknown.sought.account, unknown.sought.region, unknown.sought.name()) == (None, None, None)


@pytest.mark.parametrize("name", ["token", "plain resource"])
def test_name_that_only_the_deployment_knows_is_none(name: str) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    if name == "token":
        given = cdk.CfnParameter(stack, "Name").value_as_string
        dynamodb.Table(stack, "Orders", table_name=given, partition_key=KEY)
    else:
        cdk.CfnResource(stack, "Orders", type="AWS::DynamoDB::Table", properties={"TableName": "orders"})
    assert found_in(made)["S/Orders"].sought.name() is None


def test_name_of_a_nested_stack_that_cloudformation_cuts_begins_with_that_of_the_outermost_stack() -> None:
    made = app()
    outer = cdk.Stack(made, "Shop")
    short = cdk.NestedStack(outer, "Part")
    long = cdk.NestedStack(short, "P" * 60)
    resource = outer.resolve(short.nested_stack_resource.logical_id)  # type: ignore[union-attr]
    assert re.fullmatch(generated_name(short), f"Shop-{resource}-1A2B3C4D5E6F7")
    assert not re.fullmatch(generated_name(short), f"Shop-{resource}")
    assert generated_name(long) == "Shop.*"


def test_ids_repeat_within_a_stack_and_not_with_the_table_inside_a_guarded_table() -> None:
    made = app()
    first, second = cdk.Stack(made, "First"), cdk.Stack(made, "Second")
    for scope in (first, Construct(first, "Part"), second):
        table(scope, PROVISIONED, None, "Orders")  # type: ignore[arg-type]
    guarded_table(second)  # whose TableV2 has the id Table
    table(second, PROVISIONED, None, "Table")
    found = found_in(made)
    assert {path for path, one in found.items() if one.sought.repeats} == {
        "First/Orders",
        "First/Part/Orders",
    }
    assert all(one.label == path for path, one in found.items() if one.sought.repeats)
    assert found["Second/Table"].label == "Table"
    assert found["First/Orders"].sought.file_name == f"{found['First/Orders'].sought.logical_id}.json"
    assert found["Second/Orders"].sought.file_name == "Orders.json"
