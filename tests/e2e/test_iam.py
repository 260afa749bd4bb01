"""With IAM enforced: the roles of the guard can do what they must, and hostile code with their credentials no more than that."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import hostile
from .lab import Lab, provisioned
from .test_taken_back import LOWERED, TABLE_KEY, armed, hold, template  # noqa: F401 - fixtures
from .watched import Watched, rule

pytestmark = pytest.mark.e2e

# What each role can do of the attacks. docs/security.md says what follows.
WATCH = {
    "read the stack",
    "read its template",
    "update the stack as the rollback role",
    "continue a rollback",
    "cancel an update",
    "describe the table",
    "read the journal",
    "write the journal",
    "read the hold",
    "read the hold and the version of the bootstrapping",
    "write the hold",
    "read scaling targets",
    "send events as the guard",
}
GATES = {
    "read the stack",
    "describe the table",
    "update the table",
    "read the hold",
    "write the hold",
    "read scaling targets",
}
ROLLBACK = {
    "describe the table",
    "update the table",
    "read the hold",
    "read the hold and the version of the bootstrapping",
    "read scaling targets",
    "register a scaling target",
    "remove a scaling target",
}
BY_ROLE = {
    "CapacityGuardRole": GATES,
    "CapacityGuardWatchRole": WATCH,
    "CapacityGuardRollbackRole": ROLLBACK,
    "CapacityGuardProviderframeworkonEventServiceRole": {"invoke a gate", "start the state machine"},
    "CapacityGuardProviderframeworkisCompleteServiceRole": {"invoke a gate"},
    "CapacityGuardProviderframeworkonTimeoutServiceRole": {"invoke a gate"},
    "CapacityGuardProviderwaiterstatemachineRole": set(),
}
"""By the beginning of the role's logical id. docs/security.md says what follows."""


@pytest.fixture
def lab(start_from: Callable[..., Lab], provisioned_state: Path) -> Lab:
    """The table of the other end-to-end tests in an emulator that enforces IAM."""
    return start_from(provisioned_state, provisioned(), iam=True)


def resources(lab: Lab) -> dict[str, str]:
    """Physical ids of the stack's resources by logical id."""
    client = lab.emulator.client("cloudformation")
    pages = client.get_paginator("list_stack_resources").paginate(StackName=lab.stack)
    return {
        found["LogicalResourceId"]: found["PhysicalResourceId"]
        for page in pages
        for found in page["StackResourceSummaries"]
    }


def names_of(lab: Lab, role: str) -> dict[str, str]:
    """What the attacks name."""
    found = resources(lab)

    def one(*parts: str) -> str:
        (name,) = (found[key] for key in found if all(part in key for part in parts) and "Role" not in key)
        return name

    account = "arn:aws:iam::000000000000:role"
    (rollback,) = (found[key] for key in found if key.startswith("CapacityGuardRollbackRole"))
    (journals,) = (found[key] for key in found if key.startswith("CapacityGuardWatchJournals"))
    return {
        "stack": lab.stack,
        "table": lab.table_name,
        "table_arn": lab.describe()["TableArn"],
        "journals": journals,
        "hold": hold(lab)["name"],
        "role": role,
        "rollback": f"{account}/{rollback}",
        "deployer": f"{account}/cdk-hnb659fds-cfn-exec-role-000000000000-eu-west-1",
        "gate": one("OnEvent", "CapacityGuardOnEvent"),
        "watch": one("CapacityGuardWatchFunction"),
        "rule": rule(lab)["Name"],
        "alarm": next(iter(lab.alarm_states())),
        "machine": next(found[key] for key in found if "waiterstatemachine" in key and "Role" not in key),
        "topic": "arn:aws:sns:eu-west-1:000000000000:other",
    }


def roles(lab: Lab) -> dict[str, str]:
    """Names of the guard's roles by logical id."""
    return {
        key: name
        for key, name in resources(lab).items()
        if key.startswith("CapacityGuard") and "Role" in key and "Policy" not in key
    }


def with_credentials_of(lab: Lab, role: str) -> Callable[[hostile.Call], dict[str, str]]:
    answer = lab.emulator.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{role}", RoleSessionName="hostile"
    )
    return hostile.by_credentials(lab.emulator.client, answer["Credentials"])


def test_guard_with_iam_enforced_deploys_takes_back_and_is_removed(armed: Lab) -> None:  # noqa: F811
    lab = armed
    with lab.player() as player:
        watched = Watched("TableV2", lab, provisioned(), LOWERED)
        watched.change()
        player.surge(6, keys=[TABLE_KEY])
        watched.assert_taken_back()
        player.surge(1)

        hotfix = lab.change_to(LOWERED, companion=True)
        assert hotfix.code == 0, hotfix.output
        lab.assert_has(provisioned())

    lab.declare(provisioned())
    lab.record()
    lab.spec["watch"] = False
    removed = lab.deploy()
    assert removed.code == 0, removed.output
    assert not [key for key in roles(lab) if "Watch" in key or "Rollback" in key]
    lab.assert_has(provisioned())


def test_hostile_code_with_the_credentials_of_a_role_is_denied_what_the_role_is_not_for(
    armed: Lab,  # noqa: F811
) -> None:
    lab = armed
    tried = {
        logical_id: hostile.succeed(with_credentials_of(lab, role), hostile.attacks(names_of(lab, role)))
        for logical_id, role in roles(lab).items()
    }
    assert {logical_id[:-8]: succeeded for logical_id, succeeded in tried.items()} == BY_ROLE
    # The same from inside of the functions, whose code somebody has replaced.
    client = lab.emulator.client("lambda")
    names = names_of(lab, "any")
    for function, allowed in ((names["watch"], WATCH), (names["gate"], GATES)):
        hostile.take_over(client, function)
        assert hostile.succeed(hostile.by_function(client, function), hostile.attacks(names)) == allowed


def test_hostile_template_under_the_rollback_role_changes_the_capacity_of_the_table_at_most(
    armed: Lab,  # noqa: F811
) -> None:
    """IAM has no condition on the content of a template: the role of the update bounds it."""
    lab = armed
    found = resources(lab)
    watch_role = next(found[key] for key in found if key.startswith("CapacityGuardWatchRole"))
    update = with_credentials_of(lab, watch_role)
    names = names_of(lab, watch_role)
    original = template(lab)

    def attack(change: Callable[[dict[str, Any]], object], **options: Any) -> str:
        """The status in which an update with another template ends, or the code of its refusal."""
        body = copy.deepcopy(original)
        change(body)
        request = {
            "StackName": lab.stack,
            "TemplateBody": json.dumps(body),
            "RoleARN": names["rollback"],
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        answer = update(("cloudformation", "update_stack", request | options))
        if answer["Code"]:
            return answer["Message"]
        lab.until(lambda: not lab.status().endswith("IN_PROGRESS"))
        return lab.status()

    def of_type(body: dict[str, Any], resource_type: str, part: str = "") -> str:
        return next(
            key for key, made in body["Resources"].items() if made["Type"] == resource_type and part in key
        )

    def set_property(
        resource_type: str, part: str, name: str, value: Any
    ) -> Callable[[dict[str, Any]], object]:
        def change(body: dict[str, Any]) -> None:
            body["Resources"][of_type(body, resource_type, part)]["Properties"][name] = value

        return change

    def add_role(body: dict[str, Any]) -> None:
        body["Resources"]["Mine"] = copy.deepcopy(body["Resources"][of_type(body, "AWS::IAM::Role")])

    undone = "UPDATE_ROLLBACK_COMPLETE"
    handler = set_property("AWS::Lambda::Function", "CapacityGuardWatch", "Description", "mine")
    assert attack(handler) == undone
    assert attack(set_property("AWS::IAM::Role", "CapacityGuardWatch", "Description", "mine")) == undone
    assert attack(set_property("AWS::CloudWatch::Alarm", "", "AlarmDescription", "mine")) == undone
    assert attack(set_property("AWS::Events::Rule", "", "State", "DISABLED")) != "UPDATE_COMPLETE"
    assert attack(add_role) == undone
    assert attack(set_property("AWS::DynamoDB::GlobalTable", "Orders", "TableName", "mine")) == undone
    assert lab.table_name == names["table"]
    other = [{"ParameterKey": "BootstrapVersion", "ParameterValue": "/secret"}]
    lab.emulator.client("ssm").put_parameter(Name="/secret", Value="s3cret", Type="String")
    assert "not authorized to perform: ssm:GetParameters" in attack(lambda body: None, Parameters=other)
    lab.assert_has(provisioned())
    assert template(lab) == original

    # What is removed from the template leaves the stack, and stays: the role deletes nothing.
    alarm = lab.alarm_states()

    def remove(body: dict[str, Any]) -> None:
        for key in [
            key for key, made in body["Resources"].items() if made["Type"] == "AWS::CloudWatch::Alarm"
        ]:
            del body["Resources"][key]

    assert attack(remove) == "UPDATE_COMPLETE"
    assert lab.alarm_states().keys() == alarm.keys()
    assert lab.table_name == names["table"]
