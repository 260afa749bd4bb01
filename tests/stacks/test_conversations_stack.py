"""The stack of the example: its table, its index, and what an unprotected environment changes."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from stacks.conversations_stack import ConversationsStack
from stacks.settings import INDEX, environments


def table_of(environment: str) -> dict[str, Any]:
    (settings,) = environments(only=environment)
    stack = ConversationsStack(cdk.App(context={"capacity-guard:now": "2026-07-09T15:40:00Z"}), settings)
    assert stack.stack_name == f"Conversations-{environment}"
    (table,) = Template.from_stack(stack).find_resources("AWS::DynamoDB::GlobalTable").values()
    return dict(table)


@pytest.mark.parametrize(("environment", "protected"), [("dev", False), ("staging", True)])
def test_stack_when_its_environment_is_protected_keeps_its_table(environment: str, protected: bool) -> None:
    table = table_of(environment)
    (replica,) = table["Properties"]["Replicas"]
    assert replica["DeletionProtectionEnabled"] is protected
    assert table["DeletionPolicy"] == ("Retain" if protected else "Delete")


def test_stack_when_declared_has_the_index_of_an_agents_conversations_by_last_activity() -> None:
    (index,) = table_of("staging")["Properties"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == INDEX
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["agent_id", "last_activity"]
