"""Cases in which a watch must be sound that the fake of the unit tests cannot show: what CloudFormation keeps and gives back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .lab import Lab, provisioned
from .test_taken_back import LOWERED, armed, rollback, template  # noqa: F401 - fixture

pytestmark = pytest.mark.e2e


def role_of(lab: Lab) -> str:
    """Name of the role that the stack uses for an operation that names none."""
    answer = lab.emulator.client("cloudformation").describe_stacks(StackName=lab.stack)
    return str(answer["Stacks"][0]["RoleARN"]).rpartition("/")[2]


def role_exists(lab: Lab, name: str) -> bool:
    pages = lab.emulator.client("iam").get_paginator("list_roles").paginate()
    return any(role["RoleName"] == name for page in pages for role in page["Roles"])


def holds(lab: Lab) -> list[str]:
    found = lab.emulator.client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/capacity-guard/"]}]
    )
    return [str(each["Name"]) for each in found["Parameters"]]


def resources(lab: Lab, kind: str) -> list[str]:
    body: dict[str, Any] = template(lab)
    return [name for name, each in body["Resources"].items() if each["Type"] == kind]


def test_watch_removed_after_a_rollback_leaves_the_stack_a_role_that_exists(armed: Lab) -> None:  # noqa: F811
    """A stack keeps the role of its last operation, and one that names a deleted role could not be updated."""
    lab = armed
    before = role_of(lab)
    with lab.player():
        changed = lab.change_to(LOWERED)
        assert changed.code == 0, changed.output
    taken_back = rollback(lab, "--yes")
    assert taken_back.code == 0, taken_back.output
    lab.assert_has(provisioned())
    of_rollback = role_of(lab)
    assert "RollbackRole" in of_rollback
    assert role_exists(lab, of_rollback)
    assert of_rollback != before

    removed = lab.change_to(provisioned(), watch=False)
    assert removed.code == 0, removed.output
    assert role_of(lab) == before
    assert not role_exists(lab, of_rollback)
    assert role_exists(lab, before)
    assert not holds(lab)
    assert not lab.gates()
    assert not resources(lab, "AWS::Events::Rule")
    lab.assert_has(provisioned())

    body = template(lab)
    body["Resources"]["Later"] = {"Type": "AWS::SNS::Topic"}
    lab.update(json.dumps(body))
    assert "Later" in template(lab)["Resources"]
    lab.assert_has(provisioned())
