"""The operation, account and Region, and what must be deployed: texts to the letter, on live states made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.handlers.change_set import ChangeSet
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.operation_conditions import (
    check_armed,
    check_identity,
    check_operation,
    check_shown_operation,
)
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import ACCOUNT, NOW, ON_DEMAND, REGION, STACK_ID, TABLE_NAME, a_plan

GATE = {
    "LogicalResourceId": "PreflightGate",
    "ResourceType": "Custom::CapacityGuardPreflight",
    "Action": "Add",
}
RUNNING = {"ExecutionStatus": "EXECUTE_IN_PROGRESS", "StackId": STACK_ID}


def live(
    stack: dict[str, Any] | None = None,
    *changes: dict[str, Any],
    fields: dict[str, Any] | None = None,
    **more: Any,
) -> LiveState:
    change_set = ChangeSet("arn:c", RUNNING if fields is None else fields, changes or (GATE,))
    return LiveState(
        a_plan(ON_DEMAND),
        NOW,
        STACK_ID,
        StackNames(TABLE_NAME, {}),
        stack=stack,
        change_set=change_set,
        **more,
    )


def said(stack: dict[str, Any] | None, *changes: dict[str, Any], **given: Any) -> list[str]:
    return list(check_operation(live(stack, *changes, **given)))


EXPRESS = "this operation runs in express mode, which neither waits nor rolls back: deploy without --express"
NO_ROLLBACK = "rollback is disabled for this operation: deploy without --no-rollback"
KEPT = "rollback is disabled for this operation by its change set: make one without --on-stack-failure DO_NOTHING"
NO_CHANGE_SET = (
    "this operation has no change set, so what travels with it is unknown: deploy with --method=change-set"
)
OTHER_GATE = (
    "the change set that the stack names does not create this gate, so what travels with the operation is unknown: "
    "deploy with --method=change-set"
)
DRIFT = (
    "this operation reverts drift: it sends what differs from the live resources, without a judgment, and a rollback "
    "restores their state instead of the deployed template: deploy without --revert-drift"
)


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ({"ChangeSetId": "c"}, []),
        ({"ChangeSetId": "c", "DeploymentConfig": None, "DisableRollback": False}, []),
        ({"ChangeSetId": "c", "DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": False}}, []),
        ({"ChangeSetId": "c", "DeploymentConfig": {"Mode": "EXPRESS"}}, [EXPRESS]),
        ({"ChangeSetId": "c", "DeploymentConfig": {"DisableRollback": True}}, [NO_ROLLBACK]),
        ({"ChangeSetId": "c", "DisableRollback": True}, [NO_ROLLBACK]),
        (
            {"DisableRollback": True, "DeploymentConfig": {"Mode": "EXPRESS"}},
            [EXPRESS, NO_ROLLBACK, NO_CHANGE_SET],
        ),
        ({}, [NO_CHANGE_SET]),
        ({"ChangeSetId": ""}, [NO_CHANGE_SET]),
        (None, []),
    ],
)
def test_operation_rolls_back_and_has_a_change_set(stack: dict[str, Any] | None, expected: list[str]) -> None:
    assert said(stack) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"OnStackFailure": "DO_NOTHING"}, [KEPT]),
        (
            {
                "OnStackFailure": "ROLLBACK",
                "DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": False},
            },
            [],
        ),
        ({"OnStackFailure": None, "DeploymentConfig": None}, []),
        ({"DeploymentConfig": {"Mode": "EXPRESS"}}, [EXPRESS]),
        ({"DeploymentConfig": {"DisableRollback": True}}, [NO_ROLLBACK]),
        ({"OnStackFailure": "DO_NOTHING", "DeploymentConfig": {"DisableRollback": True}}, [NO_ROLLBACK]),
    ],
)
def test_change_set_says_how_the_operation_was_started(fields: dict[str, Any], expected: list[str]) -> None:
    """Not documented: whether the stack shows it as well."""
    stack = {"ChangeSetId": "c", "DisableRollback": False}
    assert said(stack, fields={**RUNNING, **fields}) == expected
    earlier = said(stack, fields={**RUNNING, **fields, "ExecutionStatus": "EXECUTE_COMPLETE"})
    assert len(earlier) == 1
    assert "is of an earlier operation" in earlier[0]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({**RUNNING, "StackId": "arn:other"}, "is of another stack (arn:other)"),
        (
            {"ExecutionStatus": "EXECUTE_COMPLETE"},
            "has the status EXECUTE_COMPLETE instead of EXECUTE_IN_PROGRESS",
        ),
        ({}, "has the status unknown instead of EXECUTE_IN_PROGRESS"),
        ({"ExecutionStatus": "EXECUTE_IN_PROGRESS"}, None),
    ],
)
def test_change_set_is_of_the_running_operation(fields: dict[str, Any], why: str | None) -> None:
    text = (
        f"the change set that the stack names {why}, so it is of an earlier operation and what travels with this one is "
        "unknown: deploy with --method=change-set"
    )
    assert said({"ChangeSetId": "c"}, fields=fields) == ([] if why is None else [text])


@pytest.mark.parametrize(
    ("change", "creates"),
    [
        (GATE, True),
        ({**GATE, "Action": "Modify"}, True),
        ({**GATE, "Action": "Remove"}, False),
        ({**GATE, "LogicalResourceId": "Other"}, False),
        ({**GATE, "ResourceType": "Custom::CapacityGuardBake"}, True),
        ({**GATE, "ResourceType": "AWS::SQS::Queue"}, False),
        ({**GATE, "ResourceType": None}, False),
        ({}, False),
    ],
)
def test_change_set_creates_a_gate_of_this_plan(change: dict[str, Any], creates: bool) -> None:
    assert said({"ChangeSetId": "c"}, change) == ([] if creates else [OTHER_GATE])
    stranger = {"LogicalResourceId": "Q", "ResourceType": "AWS::SQS::Queue", "Action": "Add"}
    assert said({"ChangeSetId": "c"}, stranger, change) == ([] if creates else [OTHER_GATE])


TARGET = {"Attribute": "Properties", "Name": "BillingMode"}


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"DeploymentMode": "REVERT_DRIFT"}, {}),
        ({"StackDriftStatus": "DRIFTED"}, {}),
        ({}, {"Action": "SyncWithActual"}),
        ({}, {"ResourceDriftStatus": "MODIFIED"}),
        ({}, {"ResourceDriftIgnoredAttributes": ["x"]}),
        ({}, {"PreviousDeploymentContext": "{}"}),
        ({}, {"Details": [{"Target": {**TARGET, "Drift": {}, "BeforeValueFrom": "ACTUAL_STATE"}}]}),
        ({}, {"Details": [{"Target": TARGET}, {"Target": {**TARGET, "Drift": {"x": 1}}}]}),
        ({}, {"Details": [{"Target": {**TARGET, "AttributeChangeType": "SyncWithActual"}}]}),
    ],
)
def test_operation_that_reverts_drift_is_told(fields: dict[str, Any], change: dict[str, Any]) -> None:
    other = {"LogicalResourceId": "Q", "ResourceType": "AWS::SQS::Queue", "Action": "Modify", **change}
    assert said({"ChangeSetId": "c"}, GATE, other, fields={**RUNNING, **fields}) == [DRIFT]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"ResourceDriftStatus": None, "ResourceDriftIgnoredAttributes": []},
        {"Details": None},
        {"Details": [{}]},
        {"Details": [{"Target": None}]},
        {"Details": [{"Target": {**TARGET, "BeforeValueFrom": "PREVIOUS_DEPLOYMENT_STATE", "Drift": None}}]},
        {"Details": [{"Target": {**TARGET, "AttributeChangeType": "Modify"}}]},
    ],
)
def test_operation_that_reverts_no_drift_is_not_told_to(change: dict[str, Any]) -> None:
    other = {"LogicalResourceId": "Q", "ResourceType": "AWS::SQS::Queue", "Action": "Modify", **change}
    fields = {**RUNNING, "DeploymentMode": None, "StackDriftStatus": ""}
    assert said({"ChangeSetId": "c"}, GATE, other, fields=fields) == []


def test_change_set_that_was_not_read_is_not_judged() -> None:
    assert list(check_operation(replace(live({"ChangeSetId": "c"}), change_set=None))) == []


HIDDEN = "the stack does not show how this operation was started: whether it rolls back is taken from DisableRollback"


@pytest.mark.parametrize(
    ("stack", "notes", "expected"),
    [
        ({}, (), [HIDDEN]),
        ({"DeploymentConfig": {}}, (), []),
        ({"DeploymentConfig": None}, (), []),
        ({}, ("an old SDK",), []),
        (None, (), []),
    ],
)
def test_operation_that_is_not_shown_is_told(
    stack: dict[str, Any] | None, notes: tuple[str, ...], expected: list[str]
) -> None:
    assert list(check_shown_operation(live(stack, notes=notes))) == expected


def test_account_and_region_are_those_of_the_baseline() -> None:
    def identity(account: str | None, region: str | None, stack_id: str = STACK_ID) -> list[str]:
        state = live({})
        return list(
            check_identity(
                replace(state, plan=replace(state.plan, account=account, region=region), stack_id=stack_id)
            )
        )

    assert identity(ACCOUNT, REGION) == identity(None, None) == []
    of_account = f"the baseline is of account 1, this is {ACCOUNT}: record this table's own baseline"
    of_region = f"the baseline is of Region us-east-1, this is {REGION}: record this table's own baseline"
    assert identity("1", REGION) == [of_account]
    assert identity(ACCOUNT, "us-east-1") == [of_region]
    assert identity("1", "us-east-1") == [of_account, of_region]
    assert identity("1", None, "stack") == [
        "the baseline is of account 1, this is unknown: record this table's own baseline"
    ]


def test_guard_is_deployed_before_the_change() -> None:
    state = live({})
    assert list(check_armed(state)) == []
    names = StackNames(None, {}, ("Orders", "Alarm"))
    assert list(check_armed(replace(state, names=names))) == [
        "the stack does not have Orders, Alarm yet: deploy the guard first, without the change of capacity"
    ]
