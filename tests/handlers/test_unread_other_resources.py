"""The gate of a table whose baseline cannot be read leaves other resources of the operation alone."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity.structure import TableKind
from capacity_guard.handlers import unread
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.messages import GateError
from capacity_guard.handlers.request import GateRequest
from tests.handlers.gate_world import NOW, STACK_ID, TABLE, WARM, a_change, a_plan, an_aws
from tests.handlers.unread_plans import a_plan_unread


def detail(name: str) -> dict[str, Any]:
    return {"Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}}


def judged(*changes: dict[str, Any]) -> dict[str, Any]:
    """Judge an operation on a Table whose units auto scaling has moved."""
    aws = an_aws(a_plan(WARM))
    aws.resources["table"].units["write"] = 7_000
    aws.changes = list(changes)
    data = unread.poll(
        GateAws(aws.clients()), a_plan_unread(kind=TableKind.TABLE), GateRequest(STACK_ID, NOW, NOW)
    )
    assert data is not None
    return dict(data)


@pytest.mark.parametrize("name", ["ProvisionedThroughput", "BillingMode", "GlobalSecondaryIndexes"])
def test_unread_when_only_another_table_is_sent_units_passes(name: str) -> None:
    other = a_change("Other", "AWS::DynamoDB::Table", "Modify", Details=[detail(name)])
    assert judged(other)["Judged"] == "change"


@pytest.mark.parametrize("name", ["ProvisionedThroughput", "BillingMode", "GlobalSecondaryIndexes"])
def test_unread_when_the_table_comes_after_other_resources_refuses(name: str) -> None:
    changes = [
        a_change("Other", "AWS::DynamoDB::Table", "Modify", Details=[detail("Tags")]),
        a_change(TABLE, "AWS::DynamoDB::Table", "Modify", Details=[{}, detail("Tags"), detail(name)]),
    ]
    with pytest.raises(GateError, match=f"{name} of {TABLE} changes"):
        judged(*changes)


def test_unread_when_the_change_of_the_table_has_no_details_refuses_what_it_cannot_know() -> None:
    with pytest.raises(GateError, match=f"everything .Modify. of {TABLE} changes"):
        judged(a_change(TABLE, "AWS::DynamoDB::Table", "Modify"))
