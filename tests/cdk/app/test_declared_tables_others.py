"""Resources that are no table are none, whatever construct declares them."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from capacity_guard.cdk.app.declared_tables import declared_by, tables_below
from tests.builders import adopted
from tests.builders.guarded import app


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "Custom::DynamoDB", "AWS::DynamoDB::TableX"])
def test_resource_of_another_type_is_no_table(kind: str) -> None:
    stack = cdk.Stack(app(), "S")
    other = cdk.CfnResource(stack, "Other", type=kind)
    s3.CfnBucket(stack, "Bucket")
    assert declared_by(other) is None
    assert list(tables_below(stack)) == []


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"])
def test_resource_of_a_tables_type_is_a_table_beside_others(kind: str) -> None:
    stack = cdk.Stack(app(), "S")
    cdk.CfnResource(stack, "Other", type="AWS::S3::Bucket")
    cdk.CfnResource(stack, "Raw", type=kind)
    adopted.table(stack, adopted.PROVISIONED)
    assert sorted(found.construct.node.id for found in tables_below(stack)) == ["Orders", "Raw"]
