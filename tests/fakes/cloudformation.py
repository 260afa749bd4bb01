"""The fake CloudFormation: stacks that can be read as the gates read them, and made, changed and described by a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.fakes import cloudformation_resources as handlers
from tests.fakes.models import Refusal

if TYPE_CHECKING:
    from tests.fakes.account import Account

Resources = Mapping[str, Mapping[str, Any]]
_UNCHANGED = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass
class FakeStack:
    """One stack.

    Attributes:
        described: as DescribeStacks shows it.
        physical: physical id and status by logical id.
        types: resource types by logical id.
        events: its events, in any order.
        changes: changes of the change set that ``described`` names.
        change_sets: change sets that wait, by name: their status, reason and changes.
        template: the resources as they were deployed.
    """

    described: dict[str, Any]
    physical: dict[str, tuple[str, str]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    change_sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    template: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class CloudFormation:
    """The service.

    Args:
        account: the account whose services its resources live in.
        region: Region of everything.
        number: account id.

    Attributes:
        stacks: by id.
        page: entries a page.
    """

    def __init__(self, account: Account, region: str, number: str) -> None:
        self._account, self._region, self._number = account, region, number
        self.stacks: dict[str, FakeStack] = {}
        self.page = 100

    # --- what a test does

    def make(self, name: str, resources: Resources) -> None:
        """Make a stack and all its resources."""
        id_ = f"arn:aws:cloudformation:{self._region}:{self._number}:stack/{name}/{len(self.stacks) + 1}"
        stack = self.stacks[id_] = FakeStack(
            {
                "StackId": id_,
                "StackName": name,
                "CreationTime": self._account.now,
                "StackStatus": "CREATE_IN_PROGRESS",
                "DisableRollback": False,
            }
        )
        self._apply(stack, resources, "CREATE")

    def update(self, name: str, resources: Resources) -> None:
        """Update a stack directly, without a change set."""
        stack = self._stack(name, "")
        stack.described.pop("ChangeSetId", None)
        self._apply(stack, resources, "UPDATE")

    def make_change_set(self, name: str, change_set: str, resources: Resources, *, execute: bool) -> None:
        """Make a change set of a stack, and execute it if asked to."""
        stack = self._stack(name, "")
        changes = self._compared(stack, resources)
        id_ = f"arn:aws:cloudformation:{self._region}:{self._number}:changeSet/{change_set}/1"
        stack.change_sets[change_set] = {
            "ChangeSetName": change_set,
            "ChangeSetId": id_,
            "StackName": stack.described["StackName"],
            "StackId": stack.described["StackId"],
            "Status": "CREATE_COMPLETE" if changes else "FAILED",
            "ExecutionStatus": "AVAILABLE" if changes else "UNAVAILABLE",
            "Changes": changes,
            **({} if changes else {"StatusReason": _UNCHANGED}),
        }
        if execute:
            assert changes, "a change set without changes cannot be executed"
            del stack.change_sets[change_set]
            stack.changes, stack.described["ChangeSetId"] = changes, id_
            self._apply(stack, resources, "UPDATE")

    def _compared(self, stack: FakeStack, resources: Resources) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for logical, one in resources.items():
            before = stack.template.get(logical)
            change = {"LogicalResourceId": logical, "ResourceType": one["type"]}
            if before is None:
                found.append({**change, "Action": "Add"})
            elif before != one:
                physical = stack.physical[logical][0]
                found.append(
                    {
                        **change,
                        "Action": "Modify",
                        "PhysicalResourceId": physical,
                        "Replacement": "False",
                        "Scope": ["Properties"],
                    }
                )
        for logical in stack.template.keys() - resources.keys():
            physical = stack.physical[logical][0]
            found.append(
                {
                    "Action": "Remove",
                    "LogicalResourceId": logical,
                    "PhysicalResourceId": physical,
                    "ResourceType": stack.types[logical],
                }
            )
        return found

    def _apply(self, stack: FakeStack, resources: Resources, verb: str) -> None:
        name = stack.described["StackName"]
        self._tell(stack, name, name, "AWS::CloudFormation::Stack", f"{verb}_IN_PROGRESS")
        for logical, one in resources.items():
            before = stack.template.get(logical)
            if before == one:
                continue
            properties = one.get("properties") or {}
            physical = stack.physical.get(logical, (f"{name}-{logical}", ""))[0]
            act = "CREATE" if before is None else "UPDATE"
            self._tell(stack, logical, physical, one["type"], f"{act}_IN_PROGRESS", properties)
            if before is None:
                physical = handlers.create(self._account, one["type"], properties, physical)
            else:
                old = before.get("properties") or {}
                handlers.update(self._account, one["type"], physical, old, properties)
            stack.physical[logical], stack.types[logical] = (physical, f"{act}_COMPLETE"), one["type"]
            self._tell(stack, logical, physical, one["type"], f"{act}_COMPLETE", properties)
        for logical in stack.template.keys() - resources.keys():
            physical, _ = stack.physical[logical]
            handlers.delete(self._account, stack.types[logical], physical)
            stack.physical[logical] = (physical, "DELETE_COMPLETE")
            self._tell(stack, logical, physical, stack.types[logical], "DELETE_COMPLETE")
        stack.template = dict(resources)
        stack.described["StackStatus"] = f"{verb}_COMPLETE"
        self._tell(stack, name, name, "AWS::CloudFormation::Stack", f"{verb}_COMPLETE")

    def _tell(
        self,
        stack: FakeStack,
        logical: str,
        physical: str,
        type_: str,
        status: str,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        event = {
            "StackId": stack.described["StackId"],
            "StackName": stack.described["StackName"],
            "EventId": f"event-{len(stack.events)}",
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": type_,
            "ResourceStatus": status,
            "Timestamp": self._account.now,
        }
        if properties is not None:
            event["ResourceProperties"] = json.dumps(properties)
        stack.events.append(event)

    # --- operations: parameters in, answer out

    def describe_stacks(self, p: Mapping[str, Any]) -> dict[str, Any]:
        return {"Stacks": [self._stack(p["StackName"], "Stack with id {} does not exist").described]}

    def describe_stack_resource(self, p: Mapping[str, Any]) -> dict[str, Any]:
        stack = self._stack(p["StackName"], "Stack '{}' does not exist")
        logical = p["LogicalResourceId"]
        if logical not in stack.physical:
            raise Refusal("ValidationError", f"Resource {logical} does not exist for stack {p['StackName']}")
        return {"StackResourceDetail": self._resource(stack, logical, "LastUpdatedTimestamp")}

    def describe_stack_resources(self, p: Mapping[str, Any]) -> dict[str, Any]:
        physical = p["PhysicalResourceId"]
        for stack in self.stacks.values():
            if physical in {found for found, _ in stack.physical.values()}:
                return {"StackResources": [self._resource(stack, one, "Timestamp") for one in stack.physical]}
        raise Refusal("ValidationError", f"Stack for {physical} does not exist")

    def _resource(self, stack: FakeStack, logical: str, timestamp: str) -> dict[str, Any]:
        physical, status = stack.physical[logical]
        return {
            "StackName": stack.described["StackName"],
            "StackId": stack.described["StackId"],
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": stack.types.get(logical, "AWS::CloudWatch::Alarm"),
            "ResourceStatus": status,
            timestamp: self._account.now,
        }

    def describe_stack_events(self, p: Mapping[str, Any]) -> dict[str, Any]:
        stack = self._stack(p["StackName"], "Stack [{}] does not exist")
        newest_first = sorted(stack.events, key=_timestamp)[::-1]
        part, token = self._part(newest_first, p)
        return {"StackEvents": part, **token}

    def describe_change_set(self, p: Mapping[str, Any]) -> dict[str, Any]:
        stack = self._stack(p["StackName"], "Stack [{}] does not exist")
        name = p["ChangeSetName"]
        found = stack.change_sets.get(name)
        if found is None and name == stack.described.get("ChangeSetId"):
            found = {"Changes": stack.changes}
        if found is None:
            raise Refusal("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
        part, token = self._part(found["Changes"], p)
        changes = [{"Type": "Resource", "ResourceChange": one} for one in part]
        return {**found, "Changes": changes, **token}

    def _stack(self, name: str, message: str) -> FakeStack:
        for id_, stack in self.stacks.items():
            if name in (id_, stack.described["StackName"]):
                return stack
        raise Refusal("ValidationError", message.format(name))

    def _part(self, entries: list[Any], p: Mapping[str, Any]) -> tuple[list[Any], dict[str, str]]:
        start = int(p.get("NextToken", "0"))
        end = start + self.page
        return entries[start:end], ({"NextToken": str(end)} if end < len(entries) else {})


def _timestamp(event: Mapping[str, Any]) -> datetime:
    moment: datetime = event["Timestamp"]
    return moment
