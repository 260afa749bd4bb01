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
            "Orders": "UPDATE_COMPLETE",
        }
        self.tables = [f"CgLive-{RUN}-Plain-Live1", "Orders"]
        self.protected = True
        self.log_groups = [f"/aws/lambda/CgLive-{RUN}-Plain-Gate", "/aws/lambda/Orders"]

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

    def get_paginator(self, operation: str) -> Any:
        pages: dict[str, Callable[..., dict[str, Any]]] = {
            "list_tables": lambda: {"TableNames": list(self.tables)},
            "describe_alarms": lambda: {"MetricAlarms": [{"AlarmName": "Orders-alarm"}]},
            "describe_scalable_targets": lambda **_: {"ScalableTargets": [{"ResourceId": "table/Orders"}]},
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
