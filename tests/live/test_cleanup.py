"""Cleaning up: everything of the run is removed, nothing else, and what remains is reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live.cleanup import clean_up, cleanup_command

RUN = "0123abcd"


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Call")


class Denied:
    """Every call is denied."""

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            raise refused("AccessDenied")

        return call


def test_cleanup_when_nothing_can_be_read_says_so() -> None:
    aws = type("Aws", (), {"client": lambda self, service: Denied()})()
    left = clean_up(aws, RUN, lambda *lines: None)
    assert any("what is left cannot be read" in one for one in left)


class Account:
    """The services of an account with the stacks, a table and a log group of a run, and those of another app."""

    def __init__(self) -> None:
        self.stacks = {
            f"CgLive-{RUN}-Global": "UPDATE_COMPLETE",
            f"CgLive-{RUN}-Plain": "CREATE_FAILED",
            f"CgLive-{RUN}-Hold": "UPDATE_FAILED",
            "Orders": "UPDATE_COMPLETE",
        }
        self.tables = [f"CgLive-{RUN}-Plain-Live1", "Orders"]
        self.protected = True
        self.log_groups = [
            f"/aws/lambda/CgLive-{RUN}-Plain-Gate",
            f"CgLive-{RUN}-Plain-Log1",
            "/aws/lambda/Orders",
        ]
        self.targets = [
            (f"table/CgLive-{RUN}-Plain-Live1", "dynamodb:table:WriteCapacityUnits"),
            (f"table/CgLive-{RUN}-Plain-Live1/index/by_owner", "dynamodb:index:WriteCapacityUnits"),
            ("table/Orders", "dynamodb:table:WriteCapacityUnits"),
        ]
        self.parameters = [f"/capacity-guard/CgLive-{RUN}-Hold/Live", "/capacity-guard/Orders/Table"]
        self.alarms = [
            f"CgLive-{RUN}-Global-candidate-guard",
            f"TargetTracking-table/CgLive-{RUN}-Plain-Live1-AlarmHigh-1",
            "TargetTracking-table/Orders-AlarmHigh-1",
            "Orders-alarm",
        ]

    def client(self, service: str) -> Account:
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.stacks:
            raise refused("ValidationError")
        return {"Stacks": [{"StackStatus": self.stacks[StackName]}]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        del self.stacks[StackName]

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Table": {"TableStatus": "ACTIVE", "DeletionProtectionEnabled": self.protected}}

    def update_table(self, TableName: str, DeletionProtectionEnabled: bool) -> None:  # noqa: N803
        self.protected = DeletionProtectionEnabled

    def delete_table(self, TableName: str) -> None:  # noqa: N803
        assert not self.protected
        self.tables.remove(TableName)

    def delete_log_group(self, logGroupName: str) -> None:  # noqa: N803
        self.log_groups.remove(logGroupName)

    def deregister_scalable_target(
        self,
        ServiceNamespace: str,  # noqa: N803
        ResourceId: str,  # noqa: N803
        ScalableDimension: str,  # noqa: N803
    ) -> None:
        if (ResourceId, ScalableDimension) not in self.targets:
            raise refused("ObjectNotFoundException")
        self.targets.remove((ResourceId, ScalableDimension))

    def delete_alarms(self, AlarmNames: list[str]) -> None:  # noqa: N803
        # Auto scaling makes the alarms of its targets again.
        assert all(not resource.startswith(f"table/CgLive-{RUN}") for resource, _ in self.targets)
        self.alarms = [name for name in self.alarms if name not in AlarmNames]

    def delete_parameters(self, Names: list[str]) -> None:  # noqa: N803
        self.parameters = [name for name in self.parameters if name not in Names]

    def get_paginator(self, operation: str) -> Any:
        pages: dict[str, Callable[..., dict[str, Any]]] = {
            "list_tables": lambda: {"TableNames": list(self.tables)},
            "describe_alarms": lambda: {"MetricAlarms": [{"AlarmName": name} for name in self.alarms]},
            "describe_scalable_targets": lambda **_: {
                "ScalableTargets": [
                    {"ResourceId": resource, "ScalableDimension": dimension}
                    for resource, dimension in self.targets
                ]
            },
            "get_parameters_by_path": lambda **asked: {
                "Parameters": [
                    {"Name": name} for name in self.parameters if name.startswith(f"{asked['Path']}/")
                ]
            },
            "describe_log_groups": lambda **asked: {
                "logGroups": [
                    {"logGroupName": name}
                    for name in self.log_groups
                    if name.startswith(asked["logGroupNamePrefix"])
                ]
            },
        }
        page = pages[operation]
        return type("Pages", (), {"paginate": lambda self, **parameters: [page(**parameters)]})()


def test_cleanup_when_everything_can_be_removed_removes_what_is_of_the_run_alone() -> None:
    account = Account()
    assert clean_up(account, RUN, lambda *lines: None) == []
    assert account.stacks == {"Orders": "UPDATE_COMPLETE"}
    assert account.tables == ["Orders"]
    assert account.log_groups == ["/aws/lambda/Orders"]
    assert account.parameters == ["/capacity-guard/Orders/Table"]
    assert account.targets == [("table/Orders", "dynamodb:table:WriteCapacityUnits")]
    assert account.alarms == ["TargetTracking-table/Orders-AlarmHigh-1", "Orders-alarm"]


def test_cleanup_when_stacks_and_tables_are_gone_already_removes_what_they_left() -> None:
    account = Account()
    account.stacks, account.tables = {"Orders": "UPDATE_COMPLETE"}, ["Orders"]
    assert clean_up(account, RUN, lambda *lines: None) == []
    assert len(account.targets) == 1
    assert len(account.alarms) == 2


def test_cleanup_when_a_target_is_gone_meanwhile_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()

    def gone(ResourceId: str, **_: str) -> None:  # noqa: N803
        account.targets = [target for target in account.targets if target[0] != ResourceId]
        raise refused("ObjectNotFoundException")

    monkeypatch.setattr(account, "deregister_scalable_target", gone)
    assert clean_up(account, RUN, lambda *lines: None) == []


def test_cleanup_when_a_target_may_not_be_removed_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()

    def denied(**_: str) -> None:
        raise refused("AccessDeniedException")

    monkeypatch.setattr(account, "deregister_scalable_target", denied)
    monkeypatch.setattr(account, "delete_alarms", lambda **_: None)
    remaining = clean_up(account, RUN, lambda *lines: None)
    assert f"scaling target table/CgLive-{RUN}-Plain-Live1" in remaining


def test_cleanup_when_a_stack_cannot_be_deleted_names_it_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account()

    def fail(StackName: str) -> None:  # noqa: N803
        account.stacks[StackName] = "DELETE_FAILED"

    monkeypatch.setattr(account, "delete_stack", fail)
    remaining = clean_up(account, RUN, lambda *lines: None)
    assert f"stack CgLive-{RUN}-Global" in remaining
    assert f"stack CgLive-{RUN}-Global: its deletion failed; its events say why" in remaining


def test_cleanup_command_when_shown_names_account_region_and_run() -> None:
    command = cleanup_command(RUN, "123456789012", "eu-west-1")
    assert command == f"python -m live --account 123456789012 --region eu-west-1 --cleanup {RUN}"
