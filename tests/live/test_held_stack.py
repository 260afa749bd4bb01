"""The checks of a hold decide by what the update changed, and leave undecided what a refused call does not show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live import probes
from live.held_stack import HeldStack
from live.scenario import HOLD, stack_name

RUN = "0123abcd"
STACK = stack_name(RUN, HOLD)


def refused(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "UpdateStack")


class Account:
    """CloudFormation with one stack, which reads the parameter at each update where ``reads_again``."""

    def __init__(self) -> None:
        self.reads_again = True
        self.paused_refusal: str | None = None
        self.also_updated: list[str] = []
        self.end_of_failing = "UPDATE_FAILED"
        self.status = "CREATE_COMPLETE"
        self.template: dict[str, Any] = {}
        self.events: list[dict[str, str]] = []
        self.parameters: dict[str, str] = {}
        self.value = ""
        self.units = 0

    def client(self, service: str) -> Account:
        return self

    def put_parameter(self, Name: str, Value: str, **_: Any) -> None:  # noqa: N803
        assert Name == f"/capacity-guard/{STACK}/Live"
        self.parameters[Name] = Value

    def create_stack(self, StackName: str, TemplateBody: str) -> None:  # noqa: N803
        assert StackName == STACK
        self.template = json.loads(TemplateBody)
        self._read()
        self._apply()

    def update_stack(self, **given: Any) -> None:
        assert given["Parameters"] == [{"ParameterKey": "Held", "UsePreviousValue": True}]
        if self.status == "UPDATE_FAILED" and self.paused_refusal is not None:
            raise refused(self.paused_refusal)
        if self.reads_again:
            self._read()
        if "TemplateBody" in given:
            self.template = json.loads(given["TemplateBody"])
        before = self.units
        self._apply()
        if self.units == before and "TemplateBody" not in given:
            raise refused("No updates are to be performed.")
        for name in ("Live", *self.also_updated):
            self._event(name, "UPDATE_COMPLETE")
        fails = "LiveFailure" in self.template["Resources"]
        self.status = self.end_of_failing if fails else "UPDATE_COMPLETE"
        self._event(STACK, self.status)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        return {"Stacks": [{"StackStatus": self.status}]}

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        return {"StackEvents": list(self.events)}

    def describe_stack_resource(self, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        return {"StackResourceDetail": {"PhysicalResourceId": f"{StackName}-{LogicalResourceId}"}}

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        assert TableName == f"{STACK}-Live"
        return {"Table": {"ProvisionedThroughput": {"ReadCapacityUnits": self.units}}}

    def _read(self) -> None:
        self.value = self.parameters[self.template["Parameters"]["Held"]["Default"]]

    def _apply(self) -> None:
        throughput = self.template["Resources"]["Live"]["Properties"]["ProvisionedThroughput"]
        _, held, declared = throughput["ReadCapacityUnits"]["Fn::If"]
        equals = self.template["Conditions"]["IsHeld"]["Fn::Equals"]
        self.units = held if self.value == equals[1] else declared

    def _event(self, name: str, status: str) -> None:
        self.events.insert(
            0, {"EventId": str(len(self.events)), "LogicalResourceId": name, "ResourceStatus": status}
        )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(probes.time, "sleep", lambda _: None)
    return Account()


def test_hold_when_the_update_reads_it_and_changes_the_table_alone_holds(account: Account) -> None:
    assert HeldStack(account, RUN).hold_update() == (
        True,
        "2 read units before, 1 after (UPDATE_COMPLETE); updated: Live",
    )
    assert json.loads(json.dumps(account.template))["Resources"]["Other"]["Type"] == "AWS::DynamoDB::Table"


def test_hold_when_the_update_changes_another_table_too_does_not_hold(account: Account) -> None:
    account.also_updated = ["Other"]
    holds, evidence = HeldStack(account, RUN).hold_update()
    assert holds is False
    assert evidence.endswith("updated: Live, Other")


def test_hold_when_the_parameter_is_not_read_again_does_not_hold(account: Account) -> None:
    account.reads_again = False
    holds, evidence = HeldStack(account, RUN).hold_update()
    assert holds is False
    assert "did not read the parameter again" in evidence


def test_hold_when_the_stack_cannot_be_made_or_updated_is_undecided(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(**_: Any) -> None:
        raise refused("not authorized")

    monkeypatch.setattr(account, "update_stack", deny)
    assert HeldStack(account, RUN).hold_update()[0] is None
    account.status = "ROLLBACK_COMPLETE"
    holds, evidence = HeldStack(account, RUN).hold_update()
    assert holds is None
    assert "ROLLBACK_COMPLETE" in evidence


def test_paused_update_when_it_is_taken_and_changes_the_table_back_holds(account: Account) -> None:
    held = HeldStack(account, RUN)
    held.hold_update()
    assert held.paused_update() == (True, "3 read units before, 1 after (UPDATE_FAILED)")


def test_paused_update_when_it_is_refused_does_not_hold(account: Account) -> None:
    account.paused_refusal = "is in UPDATE_FAILED state and can not be updated"
    held = HeldStack(account, RUN)
    held.hold_update()
    holds, evidence = held.paused_update()
    assert holds is False
    assert evidence.endswith("is in UPDATE_FAILED state and can not be updated")


def test_paused_update_when_the_update_before_did_not_fail_is_undecided(account: Account) -> None:
    account.end_of_failing = "UPDATE_ROLLBACK_COMPLETE"
    held = HeldStack(account, RUN)
    held.hold_update()
    holds, evidence = held.paused_update()
    assert holds is None
    assert "ended in UPDATE_ROLLBACK_COMPLETE" in evidence
