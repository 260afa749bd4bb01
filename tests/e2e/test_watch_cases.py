"""Cases in which a watch must be sound that the fake of the unit tests cannot show: what CloudFormation keeps and gives back."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import pytest

from capacity_guard.capacity.hold import is_journals
from capacity_guard.rehearsal.player import Player

from .lab import Lab, provisioned
from .test_taken_back import LOWERED, armed, rollback, template  # noqa: F401 - fixture
from .test_waves import Fleet, _demand, fleet  # noqa: F401 - fixture

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


def journal_of(lab: Lab, cell: str) -> dict[str, Any]:
    """The journal of the table of a cell; empty without one."""
    client = lab.emulator.client("dynamodb")
    names = client.list_tables()["TableNames"]
    (table,) = (name for name in names if is_journals(name) and name.startswith(f"{cell}-"))
    items = client.scan(TableName=table)["Items"]
    return json.loads(items[0]["journal"]["S"]) if items else {}


def test_veto_of_one_cell_is_compared_with_the_cell_that_changes_last(fleet: Fleet) -> None:  # noqa: F811
    lab = fleet.lab
    promoted = fleet.promote()
    assert promoted.code == 0, promoted.output
    fleet.deploy("cell-1")
    assert fleet.units() == {"cell-1": 50}
    with ExitStack() as players:
        both = [
            players.enter_context(Player.of(lab.emulator, cell, _demand)) for cell in ("cell-1", "cell-4")
        ]
        lab.emulator.clock.sleep(300)
        for player in both:
            player.surge(6)  # more than the changed cell serves, and less than the other one
        lab.until(lambda: journal_of(lab, "cell-1").get("state") == "held", minutes=90)
        lab.until(lambda: fleet.units() == {}, minutes=60)
    (vetoed,) = (entry for entry in journal_of(lab, "cell-1")["entries"] if entry["event"] == "watch vetoed")
    assert "Compared with an unchanged cell: Orders in cell-4 had" in vetoed["reason"], vetoed
    assert "and did not throttle. So the change is the likely cause" in vetoed["reason"], vetoed
