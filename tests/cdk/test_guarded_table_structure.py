"""The structure of a table read from a synthesized template, with the asset of the guard's functions."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.structure import read_structure
from tests.builders.guarded import app, synthesize, table

KEYS = "conversation_id:S HASH"
BY_AGENT = {"by_agent": "agent_id:S HASH; ALL"}


def structure(made: cdk.App, kind: TableKind) -> Structure:
    resources = synthesize(made).resources
    (logical_id,) = (name for name, resource in resources.items() if resource["Type"] == kind.value)
    ((_, found),) = in_each_branch(
        {"Resources": resources}, lambda read: read_structure(read, logical_id), location="stack S"
    )
    return found


def test_guarded_table_when_synthesized_expects_the_key_of_its_functions_code() -> None:
    made = app()
    table(cdk.Stack(made, "S"))
    found = structure(made, TableKind.GLOBAL_TABLE)
    assert (found.keys, found.indexes, found.replicas) == (KEYS, BY_AGENT, ())
    assert found.guard is not None
    assert found.guard.endswith(".zip")


def test_table_when_it_has_no_guard_expects_none() -> None:
    made = app()
    plain = dynamodb.Table(
        cdk.Stack(made, "S"),
        "Conversations",
        partition_key=dynamodb.Attribute(name="conversation_id", type=dynamodb.AttributeType.STRING),
        stream=dynamodb.StreamViewType.NEW_IMAGE,
    )
    plain.add_global_secondary_index(
        index_name="by_agent",
        partition_key=dynamodb.Attribute(name="agent_id", type=dynamodb.AttributeType.STRING),
    )
    assert structure(made, TableKind.TABLE) == Structure(TableKind.TABLE, KEYS, BY_AGENT, stream="NEW_IMAGE")
