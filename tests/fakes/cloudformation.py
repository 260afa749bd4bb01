"""The fake CloudFormation: stacks that a test creates and updates, and the operations with which the gates read them."""

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
        described: its entry in DescribeStacks.
        physical: physical id and status by logical id.
        types: resource types by logical id.
        events: its events, in any order.
        changes: changes of the change set that ``described`` names.
        executed: the other fields of that change set.
        change_sets: change sets that were not executed, by name: their status, reason and changes.
        template: the resources as they were deployed.
    """

    described: dict[str, Any]
    physical: dict[str, tuple[str, str]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    executed: dict[str, Any] = field(default_factory=dict)
    change_sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    template: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class CloudFormation:
    """The service.

    Args:
        account: the account whose services have its resources.
        region: Region of everything.
        number: account id.

    Attributes:
        stacks: by id.
        page: entries of one page.
        keeps_change_set: reading of a field: whether a stack still names the change set of an earlier operation after
            UpdateStack. The API reference (Stack) says "the unique ID of the change set", not of which operation.
    """

    def __init__(self, account: Account, region: str, number: str) -> None:
        self._account, self._region, self._number = account, region, number
        self.stacks: dict[str, FakeStack] = {}
        self.page = 100
        self.keeps_change_set = False

    # --- for tests

    def make(self, name: str, resources: Resources) -> None:
        """Create a stack with all its resources."""
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
        if not self.keeps_change_set:
            stack.described.pop("ChangeSetId", None)
        self._apply(stack, resources, "UPDATE")

    def make_change_set(self, name: str, change_set: str, resources: Resources, *, execute: bool) -> None:
        """Create a change set of a stack; with ``execute`` execute it too."""
        stack = self._stack(name, "")
        changes = self._changes(stack, resources)
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
            stack.executed = stack.change_sets.pop(change_set)
            stack.changes, stack.described["ChangeSetId"] = changes, id_
            self._apply(stack, resources, "UPDATE")
            # in progress until the operation ends (API: DescribeChangeSet, ExecutionStatus)
            stack.executed["ExecutionStatus"] = "EXECUTE_COMPLETE"

    def _changes(self, stack: FakeStack, resources: Resources) -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = []
        for logical, declared in resources.items():
            before = stack.template.get(logical)
            change = {"LogicalResourceId": logical, "ResourceType": declared["type"]}
            if before is None:
                changes.append({**change, "Action": "Add"})
            elif before != declared:
                physical = stack.physical[logical][0]
                changes.append(
                    {
                        **change,
                        "Action": "Modify",
                        "PhysicalResourceId": physical,
                        "Replacement": "False",
                        "Scope": ["Properties"],
                        "Details": _details(before, declared),
                        "BeforeContext": _context(before),
                        "AfterContext": _context(declared),
                    }
                )
        for logical in stack.template.keys() - resources.keys():
            physical = stack.physical[logical][0]
            changes.append(
                {
                    "Action": "Remove",
                    "LogicalResourceId": logical,
                    "PhysicalResourceId": physical,
                    "ResourceType": stack.types[logical],
                }
            )
        return changes

    def _apply(self, stack: FakeStack, resources: Resources, verb: str) -> None:
        name = stack.described["StackName"]
        self._add_event(stack, name, name, "AWS::CloudFormation::Stack", f"{verb}_IN_PROGRESS")
        for logical, declared in resources.items():
            before = stack.template.get(logical)
            if before == declared:
                continue
            properties = declared.get("properties") or {}
            physical = stack.physical.get(logical, (f"{name}-{logical}", ""))[0]
            action = "CREATE" if before is None else "UPDATE"
            self._add_event(stack, logical, physical, declared["type"], f"{action}_IN_PROGRESS", properties)
            if before is None:
                physical = handlers.create(self._account, declared["type"], properties, physical)
            else:
                old = before.get("properties") or {}
                handlers.update(self._account, declared["type"], physical, old, properties)
            stack.physical[logical], stack.types[logical] = (physical, f"{action}_COMPLETE"), declared["type"]
            self._add_event(stack, logical, physical, declared["type"], f"{action}_COMPLETE", properties)
        for logical in stack.template.keys() - resources.keys():
            physical, _ = stack.physical[logical]
            handlers.delete(self._account, stack.types[logical], physical)
            stack.physical[logical] = (physical, "DELETE_COMPLETE")
            self._add_event(stack, logical, physical, stack.types[logical], "DELETE_COMPLETE")
        stack.template = dict(resources)
        stack.described["StackStatus"] = f"{verb}_COMPLETE"
        self._add_event(stack, name, name, "AWS::CloudFormation::Stack", f"{verb}_COMPLETE")

    def _add_event(
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
            if physical in {physical_id for physical_id, _ in stack.physical.values()}:
                resources = [self._resource(stack, logical, "Timestamp") for logical in stack.physical]
                return {"StackResources": resources}
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
        page, token = self._page(newest_first, p)
        return {"StackEvents": page, **token}

    def describe_change_set(self, p: Mapping[str, Any]) -> dict[str, Any]:
        stack = self._stack(p["StackName"], "Stack [{}] does not exist")
        name = p["ChangeSetName"]
        change_set = stack.change_sets.get(name)
        if change_set is None and name == stack.described.get("ChangeSetId"):
            change_set = {**stack.executed, "Changes": stack.changes}
        if change_set is None:
            raise Refusal("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
        page, token = self._page(change_set["Changes"], p)
        values = bool(p.get("IncludePropertyValues"))
        changes = [
            {"Type": "Resource", "ResourceChange": change if values else _without_values(change)}
            for change in page
        ]
        return {**change_set, "Changes": changes, **token}

    def _stack(self, name: str, message: str) -> FakeStack:
        for id_, stack in self.stacks.items():
            if name in (id_, stack.described["StackName"]):
                return stack
        raise Refusal("ValidationError", message.format(name))

    def _page(self, entries: list[Any], p: Mapping[str, Any]) -> tuple[list[Any], dict[str, str]]:
        start = int(p.get("NextToken", "0"))
        end = start + self.page
        return entries[start:end], ({"NextToken": str(end)} if end < len(entries) else {})


def _context(declared: Mapping[str, Any]) -> str:
    return json.dumps({"Properties": declared.get("properties") or {}})


def _details(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A detail for each property that differs."""
    old, new = before.get("properties") or {}, after.get("properties") or {}
    return [
        {
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
            "Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"},
        }
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


_VALUES = ("BeforeValue", "AfterValue")
_CONTEXTS = ("BeforeContext", "AfterContext", "PreviousDeploymentContext")


def _without_values(change: Mapping[str, Any]) -> dict[str, Any]:
    """A change as a request without IncludePropertyValues shows it (API: DescribeChangeSet)."""
    shown = {name: value for name, value in change.items() if name not in _CONTEXTS}
    if "Details" in shown:
        shown["Details"] = [
            {**detail, "Target": {n: v for n, v in detail.get("Target", {}).items() if n not in _VALUES}}
            for detail in shown["Details"]
        ]
    return shown


def _timestamp(event: Mapping[str, Any]) -> datetime:
    timestamp: datetime = event["Timestamp"]
    return timestamp
