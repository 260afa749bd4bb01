"""The tables that an app declares: which construct declares one, and in which dialect."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from capacity_guard.cdk.app.declared_tables import declared_by, tables_below
from tests.builders.adopted import MAKERS, PROVISIONED
from tests.builders.guarded import app
from tests.builders.guarded import table as guarded_table


@pytest.mark.parametrize(
    ("maker", "dialect"),
    [("TableV2", "table-v2"), ("Table", "table"), ("CfnTable", "l1"), ("CfnGlobalTable", "l1")],
)
def test_construct_and_its_resource_declare_the_same_table(maker: str, dialect: str) -> None:
    construct = MAKERS[maker](cdk.Stack(app(), "S"), PROVISIONED)
    declared = declared_by(construct)
    assert declared is not None
    assert (declared.label, declared.dialect) == ("Orders", dialect)
    by_resource = declared_by(declared.resource)
    assert by_resource is not None
    assert by_resource.construct.node.path == "S/Orders"
    assert by_resource.dialect == dialect


def test_resource_in_a_construct_of_an_app_is_a_table_of_its_own() -> None:
    """The construct's default child is looked at only where the construct is one of the CDK's tables."""
    mine = Construct(cdk.Stack(app(), "S"), "Mine")
    resource = dynamodb.CfnTable(mine, "Resource", key_schema=[])
    declared = declared_by(resource)
    assert declared is not None
    assert (declared.construct.node.path, declared.dialect) == ("S/Mine/Resource", "l1")


def test_untyped_resource_declares_a_table_by_its_type_only() -> None:
    stack = cdk.Stack(app(), "S")
    declared = declared_by(cdk.CfnResource(stack, "Orders", type="AWS::DynamoDB::Table"))
    assert declared is not None
    assert (declared.label, declared.dialect) == ("Orders", "l1")
    assert declared_by(cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic")) is None


def test_reference_to_a_table_and_another_construct_declare_none() -> None:
    stack = cdk.Stack(app(), "S")
    assert declared_by(dynamodb.Table.from_table_name(stack, "Imported", "orders")) is None
    assert declared_by(stack) is None
    assert declared_by("orders") is None


def test_tables_below_a_construct_are_found_once_each_also_in_nested_stacks_and_guards() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    for name, maker in MAKERS.items():
        maker(stack, PROVISIONED, None, name)
    MAKERS["Table"](cdk.NestedStack(stack, "Nested"), PROVISIONED, None, "Inner")
    guarded_table(stack)
    paths = [declared.construct.node.path for declared in tables_below(made)]
    assert sorted(paths) == sorted(
        [*(f"S/{name}" for name in MAKERS), "S/Nested/Inner", "S/Conversations/Table"]
    )
