"""The short checks leave their hypothesis undecided where a call is refused, and put back what they moved."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from live import probes as module
from live.probes import Probes
from live.scenario import UNITS_MAXIMUM, UNITS_MINIMUM

TEMPLATE = {
    "Resources": {
        "Live": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {"ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 6}},
        }
    }
}


def event(id: str) -> dict[str, str]:
    """An event of the stack that tells of an updated table."""
    return {"EventId": id, "ResourceType": "AWS::DynamoDB::Table", "ResourceStatus": "UPDATE_COMPLETE"}


class Account:
    """One stack with one table; ``statuses`` are the stack's next answers, the last of which stays."""

    def __init__(self) -> None:
        self.read = 6
        self.bounds = (UNITS_MINIMUM, UNITS_MAXIMUM)
        self.scheduled = False
        self.statuses = ["UPDATE_COMPLETE"]
        self.change_set: str | None = "set-1"
        self.after_update: str | None = None
        self.read_after_rollback: int | None = None
        self.reverted_to: int | None = None
        self.refusal: Exception | None = None
        self.calls: list[str] = []
        self.runs_once = False
        self.events: list[dict[str, str]] = [event("old")]
        self.drift_status: str | None = None

    def client(self, service: str) -> Account:
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if "ROLLBACK" in status and self.read_after_rollback is not None and status.endswith("COMPLETE"):
            self.read = self.read_after_rollback
        shown = {} if self.change_set is None else {"ChangeSetId": self.change_set}
        return {"Stacks": [{"StackStatus": status, "Parameters": [{"ParameterKey": "Version"}], **shown}]}

    def update_stack(self, **parameters: Any) -> None:
        assert parameters["Parameters"] == [{"ParameterKey": "Version", "UsePreviousValue": True}]
        self.change_set = self.after_update

    def get_template(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        return {"TemplateBody": TEMPLATE}

    def create_change_set(self, **parameters: Any) -> None:
        self.calls.append(str(parameters.get("DeploymentMode")))
        assert "LiveFailure" in parameters["TemplateBody"]
        if self.refusal is not None:
            raise self.refusal

    def describe_change_set(self, **_: str) -> dict[str, str]:
        drift = {} if self.drift_status is None else {"StackDriftStatus": self.drift_status}
        return {"Status": "CREATE_COMPLETE", **drift}

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        other = {"EventId": "1", "ResourceType": "AWS::SNS::Topic", "ResourceStatus": "UPDATE_COMPLETE"}
        return {"StackEvents": [other, *self.events]}

    def execute_change_set(self, **_: str) -> None:
        self.statuses = ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", self.statuses[-1]]
        self.read = self.reverted_to or self.read

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        units = {"ReadCapacityUnits": self.read, "WriteCapacityUnits": 6}
        return {"Table": {"TableStatus": "ACTIVE", "ProvisionedThroughput": units}}

    def update_table(self, TableName: str, ProvisionedThroughput: dict[str, int]) -> None:  # noqa: N803
        if self.refusal is not None:
            raise self.refusal
        self.read = ProvisionedThroughput["ReadCapacityUnits"]

    def put_scheduled_action(self, **parameters: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.scheduled = True
        self.bounds = (parameters["ScalableTargetAction"]["MinCapacity"], UNITS_MAXIMUM)

    def delete_scheduled_action(self, **_: str) -> None:
        self.scheduled = False
        if self.runs_once:
            raise refusal("ObjectNotFoundException")

    def register_scalable_target(self, **parameters: Any) -> None:
        self.bounds = (parameters["MinCapacity"], parameters["MaxCapacity"])

    def describe_scalable_targets(self, **_: Any) -> dict[str, Any]:
        return {"ScalableTargets": [{"MinCapacity": self.bounds[0]}]}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    seconds = iter(range(0, 10**9, 60))
    monkeypatch.setattr(module.time, "time", lambda: float(next(seconds)))
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    return Account()


def probes(account: Account) -> Probes:
    return Probes(account, "CgLive-0123abcd-Plain", "t")


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Call")


def test_schedule_when_it_moves_the_bounds_holds_and_the_bounds_are_put_back(account: Account) -> None:
    holds, evidence = probes(account).scheduled_action()
    assert holds is True
    assert str(UNITS_MINIMUM + 1) in evidence
    assert (account.bounds, account.scheduled) == ((UNITS_MINIMUM, UNITS_MAXIMUM), False)


def test_schedule_when_it_is_gone_after_its_time_holds_and_the_bounds_are_put_back(account: Account) -> None:
    account.runs_once = True
    holds, evidence = probes(account).scheduled_action()
    assert holds is True
    assert evidence.endswith("the action was gone")
    assert account.bounds == (UNITS_MINIMUM, UNITS_MAXIMUM)


def test_schedule_when_the_bounds_stay_does_not_hold(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "put_scheduled_action", lambda **_: None)
    assert probes(account).scheduled_action()[0] is False


def test_schedule_when_it_is_refused_is_undecided(account: Account) -> None:
    account.refusal = refusal("ValidationException")
    assert probes(account).scheduled_action() == (
        None,
        "ClientError: An error occurred (ValidationException) when calling the Call operation: ValidationException",
    )


@pytest.mark.parametrize(("after", "holds"), [("set-1", False), (None, True), ("set-2", True)])
def test_change_set_when_the_stack_is_updated_directly_decides_by_what_is_shown(
    account: Account, after: str | None, holds: bool
) -> None:
    account.after_update = after
    assert probes(account).change_set_id()[0] is holds


def test_change_set_when_none_was_shown_before_is_undecided(account: Account) -> None:
    account.change_set = None
    assert probes(account).change_set_id()[0] is None


@pytest.mark.parametrize(("after", "holds"), [(7, True), (6, False)])
def test_drift_when_the_change_set_failed_decides_by_the_live_units(
    account: Account, after: int, holds: bool
) -> None:
    account.statuses, account.read_after_rollback, account.reverted_to = (
        ["UPDATE_ROLLBACK_COMPLETE"],
        after,
        6,
    )
    assert probes(account).drift_rollback() == (
        holds,
        f"7 live units before, {after} after the rollback (UPDATE_ROLLBACK_COMPLETE)",
    )
    assert account.calls == ["REVERT_DRIFT"]


@pytest.mark.parametrize("status", ["DRIFTED", "IN_SYNC"])
def test_drift_when_the_change_was_too_short_to_be_seen_is_known_by_the_tables_events(
    account: Account, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    execute = account.execute_change_set

    def execute_and_tell(**parameters: str) -> None:
        execute(**parameters)
        account.events.insert(0, event("new"))

    monkeypatch.setattr(account, "execute_change_set", execute_and_tell)
    account.statuses, account.read_after_rollback = ["UPDATE_ROLLBACK_COMPLETE"], 7
    account.drift_status = status
    holds, evidence = probes(account).drift_rollback()
    assert holds is True
    assert evidence.endswith(f"StackDriftStatus {status}")


def test_drift_when_the_change_set_was_not_seen_to_move_the_units_is_undecided(account: Account) -> None:
    account.statuses, account.read_after_rollback = ["UPDATE_ROLLBACK_COMPLETE"], 7
    holds, evidence = probes(account).drift_rollback()
    assert holds is None
    assert "not seen to move them" in evidence


@pytest.mark.parametrize(
    "error", [refusal("ValidationError"), ParamValidationError(report="Unknown parameter: DeploymentMode")]
)
def test_drift_when_the_sdk_or_the_service_does_not_know_it_is_undecided(
    account: Account, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise error

    monkeypatch.setattr(account, "create_change_set", refuse)
    assert probes(account).drift_rollback()[0] is None


@pytest.mark.parametrize(
    ("end", "holds"), [("UPDATE_ROLLBACK_COMPLETE", True), ("UPDATE_ROLLBACK_FAILED", False)]
)
def test_busy_table_when_the_rollback_ended_decides_by_the_stacks_status(
    account: Account, end: str, holds: bool
) -> None:
    account.statuses = [end]
    assert probes(account).busy_table()[0] is holds


def test_busy_table_when_cloudformation_was_first_is_undecided(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.statuses = ["UPDATE_ROLLBACK_COMPLETE"]

    def busy(**_: Any) -> None:
        raise refusal("ResourceInUseException")

    monkeypatch.setattr(account, "update_table", busy)
    assert probes(account).busy_table() == (None, "CloudFormation was first (ResourceInUseException)")
