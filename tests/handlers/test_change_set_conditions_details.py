"""A resource that only refers to the table may travel with it; one that changes in any other way may not."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.change_set_conditions import check_alone
from capacity_guard.handlers.live_state import read_live_state
from tests.handlers.gate_world import NOW, STACK_ID, TABLE, a_change, a_plan, an_aws

REFERENCE = {"Evaluation": "Dynamic", "CausingEntity": f"{TABLE}.Arn", "Target": {"Name": "Environment"}}
EDIT = {"Evaluation": "Static", "Target": {"Name": "Environment"}}


def others(*changes: dict[str, Any]) -> list[str]:
    plan = a_plan()
    aws = an_aws(plan)
    aws.changes = list(changes)
    return list(check_alone(read_live_state(GateAws(aws.clients()), plan, STACK_ID, NOW)))


@pytest.mark.parametrize(
    ("details", "is_alone"),
    [
        ([REFERENCE], True),
        ([REFERENCE, REFERENCE], True),
        ([REFERENCE, EDIT], False),
        ([EDIT, REFERENCE], False),
        ([EDIT], False),
        ([], False),
    ],
)
def test_resource_may_travel_if_each_of_its_details_is_a_reference(
    details: list[dict[str, Any]], is_alone: bool
) -> None:
    found = others(a_change("Worker", "AWS::Lambda::Function", "Modify", Details=details))
    assert (found == []) is is_alone
    if not is_alone:
        assert "Worker (AWS::Lambda::Function)" in found[0]


def test_resource_that_is_added_may_not_travel_although_it_refers_to_the_table() -> None:
    assert others(a_change("Worker", "AWS::Lambda::Function", "Add", Details=[REFERENCE]))


def refers(logical_id: str, to: str, *more: dict[str, Any]) -> dict[str, Any]:
    detail = {**REFERENCE, "CausingEntity": f"{to}.Arn"}
    return a_change(logical_id, "AWS::IAM::Role", "Modify", Details=[detail, *more])


def test_chain_of_references_may_travel_if_it_begins_at_the_table() -> None:
    chain = [refers("Role", TABLE), refers("Function", "Role"), refers("Permission", "Function")]
    assert others(*chain) == []
    assert others(*reversed(chain)) == []


def test_chain_of_references_that_begins_elsewhere_may_not_travel() -> None:
    (text,) = others(refers("Function", "Role"), refers("Permission", "Function"))
    assert "Function (AWS::IAM::Role), Permission (AWS::IAM::Role) would change" in text


def test_chain_of_references_behind_an_edit_may_not_travel() -> None:
    (text,) = others(refers("Role", TABLE, EDIT), refers("Function", "Role"))
    assert "Role (AWS::IAM::Role), Function (AWS::IAM::Role) would change" in text


def test_references_that_go_round_may_not_travel() -> None:
    assert others(refers("Role", "Function"), refers("Function", "Role"))
