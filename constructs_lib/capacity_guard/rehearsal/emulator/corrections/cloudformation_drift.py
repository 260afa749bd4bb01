"""Correction of the emulated CloudFormation: drift-aware change sets (``DeploymentMode=REVERT_DRIFT``).

Such a change set compares the actual state with the template, changes what differs although no template changed, and on failure
rolls back to the actual state of before (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html).
DescribeChangeSet shows DeploymentMode, StackDriftStatus, and for each property its Drift. Read and write units of a Table that a
scalable target governs are left alone while the property is unedited.

Compared are the provisioned throughput of AWS::DynamoDB::Table and the bounds of AWS::ApplicationAutoScaling::ScalableTarget. The
page does not say what becomes of a GlobalTable's own scaling, and nothing else is read from the live services.
"""

from __future__ import annotations

import copy
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from . import correction, ministack, scaling_targets
from .cloudformation_engine import (
    API,
    GUIDE,
    body_text,
    engine,
    find_stack,
    replace_action,
    request_parameter,
)
from .ministack import ServiceError, table_description

ROLLBACK_VARIABLE = "CAPACITY_GUARD_DRIFT_ROLLBACK"
"""Environment variable. ``template``: the rollback of a drift-aware change set restores what the template of before states, as
that of every other operation does; anything else: the actual state of before, as the guide says. No source reports it
for a table."""

_TABLE, _TARGET = "AWS::DynamoDB::Table", "AWS::ApplicationAutoScaling::ScalableTarget"
_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
_BOUNDS = ("MinCapacity", "MaxCapacity")
_DRIFT, _DEPLOYED = "_drift", "_deployed_before_drift"
Properties = dict[str, Any]


def actual_properties(
    resource_type: str, physical_id: str, deployed: Mapping[str, Any], edited: frozenset[str]
) -> Properties:
    """The properties of a resource with the live values of those that are compared.

    deployed: its properties by the last deployment, resolved.
    edited: names of the properties that the new template changes.
    """
    actual = copy.deepcopy(dict(deployed))
    if resource_type == _TARGET:
        resource, dimension, _ = physical_id.split("|")
        target = scaling_targets.find_target(scaling_targets.request_key(resource, dimension))
        if target is not None:
            live = dict(zip(_BOUNDS, (target.minimum, target.maximum), strict=True))
            actual |= {name: live[name] for name in _BOUNDS if int(deployed[name]) != live[name]}
        return actual
    try:
        table = table_description(physical_id)
    except ServiceError:
        return actual
    if (table.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return actual
    live_indexes = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes") or []}
    _compare(actual, table, f"table/{physical_id}", "ProvisionedThroughput" in edited)
    for index in actual.get("GlobalSecondaryIndexes") or []:
        live_index = live_indexes.get(index["IndexName"])
        if live_index is not None:
            resource = f"table/{physical_id}/index/{index['IndexName']}"
            _compare(index, live_index, resource, "GlobalSecondaryIndexes" in edited)
    return actual


def _compare(stated: Properties, live: Mapping[str, Any], resource: str, edited: bool) -> None:
    """Replace the stated units by live ones that differ, except those that auto scaling governs."""
    throughput = stated.get("ProvisionedThroughput")
    for unit in _UNITS if throughput else ():
        assert throughput is not None
        kind = "index" if "/index/" in resource else "table"
        key = scaling_targets.request_key(resource, f"dynamodb:{kind}:{unit}")
        units = int(live["ProvisionedThroughput"][unit])
        governed = scaling_targets.find_target(key) is not None and not edited
        if units != int(throughput[unit]) and not governed:
            throughput[unit] = units


def _drift_of(stack: Mapping[str, Any], changes: list[dict[str, Any]]) -> dict[str, Properties]:
    """Actual properties of the resources that drifted, by logical id."""
    edited = {
        change["ResourceChange"]["LogicalResourceId"]: frozenset(
            detail["Target"].get("Name", "") for detail in change["ResourceChange"].get("Details", ())
        )
        for change in changes
    }
    found = {}
    for name, resource in stack.get("_resources", {}).items():
        if resource.get("ResourceType") in (_TABLE, _TARGET):
            deployed = resource.get("Properties", {})
            actual = actual_properties(
                resource["ResourceType"],
                resource["PhysicalResourceId"],
                deployed,
                edited.get(name, frozenset()),
            )
            if actual != deployed:
                found[name] = actual
    return found


def _add_changes(change_set: dict[str, Any], stack: Mapping[str, Any], drift: dict[str, Properties]) -> None:
    """List the drifted properties among the changes; a change set of drift alone can be executed."""
    listed = {change["ResourceChange"]["LogicalResourceId"]: change for change in change_set["Changes"]}
    for name, actual in drift.items():
        resource = stack["_resources"][name]
        if name not in listed:
            listed[name] = {
                "ResourceChange": {
                    "Action": "Modify",
                    "LogicalResourceId": name,
                    "PhysicalResourceId": resource["PhysicalResourceId"],
                    "ResourceType": resource["ResourceType"],
                    "Replacement": "False",
                    "Scope": ["Properties"],
                    "Details": [],
                }
            }
            change_set["Changes"].append(listed[name])
        details = listed[name]["ResourceChange"]["Details"]
        known = {detail["Target"].get("Name") for detail in details}
        details += [
            {
                "Target": {"Attribute": "Properties", "Name": member, "RequiresRecreation": "Never"},
                "Evaluation": "Static",
                "ChangeSource": "NoModification",
            }
            for member in actual
            if actual[member] != resource["Properties"].get(member) and member not in known
        ]
    if drift and change_set["Status"] == "FAILED" and "contain changes" in change_set.get("StatusReason", ""):
        change_set |= {"Status": "CREATE_COMPLETE", "StatusReason": "", "ExecutionStatus": "AVAILABLE"}


def _shown(text: str, change_set: Mapping[str, Any], stack: Mapping[str, Any]) -> str:
    """The XML of a change set with its mode and its drift."""
    drift, at = change_set[_DRIFT]
    status = "DRIFTED" if drift else "IN_SYNC"
    text = text.replace(
        "<Capabilities>",
        f"<StackDriftStatus>{status}</StackDriftStatus><DeploymentMode>REVERT_DRIFT</DeploymentMode><Capabilities>",
        1,
    )

    def resource(found: re.Match[str]) -> str:
        member, name = found[0], found[1]
        kind = re.search(r"<ResourceType>([^<]*)</ResourceType>", member)
        state = "MODIFIED" if name in drift else "IN_SYNC"
        if kind is None or kind[1] not in (_TABLE, _TARGET):
            state = "UNSUPPORTED"
        member = member.replace(
            "</ResourceType>", f"</ResourceType><ResourceDriftStatus>{state}</ResourceDriftStatus>", 1
        )
        deployed = stack["_resources"].get(name, {}).get("Properties", {})
        for prop, value in drift.get(name, {}).items():
            if value != deployed.get(prop):
                member = member.replace(
                    f"<Name>{prop}</Name>",
                    f"<Name>{prop}</Name><Path>/Properties/{prop}</Path><BeforeValueFrom>ACTUAL_STATE</BeforeValueFrom>"
                    "<AfterValueFrom>TEMPLATE</AfterValueFrom><Drift>"
                    f"<PreviousValue>{escape(json.dumps(deployed.get(prop)))}</PreviousValue>"
                    f"<ActualValue>{escape(json.dumps(value))}</ActualValue>"
                    f"<DriftDetectionTimestamp>{at}</DriftDetectionTimestamp></Drift>",
                    1,
                )
        return member

    return re.sub(
        r"<ResourceChange>.*?<LogicalResourceId>([^<]*)</LogicalResourceId>.*?</ResourceChange>",
        resource,
        text,
        flags=re.DOTALL,
    )


@correction(
    "cloudformation.revert-drift", f"{GUIDE}/drift-aware-change-sets.html {API}/API_DescribeChangeSet.html"
)
def make_change_sets_that_revert_drift() -> None:
    """A change set with REVERT_DRIFT shows and changes what differs from the live state, and is rolled back to that state."""
    changesets = ministack.module("services.cloudformation.changesets")
    stacks = engine()
    roll_back = stacks._roll_back_operation

    def found(parameters: dict[str, Any]) -> dict[str, Any] | None:
        names = (request_parameter(parameters, name) or "" for name in ("ChangeSetName", "StackName"))
        change_set: dict[str, Any] | None = changesets._find_change_set(*names)[1]
        return change_set

    def create(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_change_set(parameters: dict[str, Any]) -> Any:
            answer = original(parameters)
            if answer[0] != 200 or request_parameter(parameters, "DeploymentMode") != "REVERT_DRIFT":
                return answer
            change_set, stack = found(parameters), find_stack(request_parameter(parameters, "StackName"))
            if change_set and stack:
                drift = _drift_of(stack, change_set["Changes"])
                at = f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%dT%H:%M:%SZ}"
                change_set[_DRIFT] = drift, at
                _add_changes(change_set, stack, drift)
            return answer

        return create_change_set

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_change_set(parameters: dict[str, Any]) -> Any:
            status, headers, body = original(parameters)
            change_set = found(parameters)
            stack = find_stack(change_set["StackName"]) if change_set else None
            if status != 200 or not change_set or not stack or _DRIFT not in change_set:
                return status, headers, body
            return status, headers, _shown(body_text(body), change_set, stack).encode()

        return describe_change_set

    def execute(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute_change_set(parameters: dict[str, Any]) -> Any:
            change_set = found(parameters)
            stack = find_stack(change_set["StackName"]) if change_set else None
            if not change_set or not stack or _DRIFT not in change_set:
                return original(parameters)
            drift = change_set[_DRIFT][0]
            resources = stack["_resources"]
            stack[_DEPLOYED] = {name: resources[name]["Properties"] for name in drift}
            for name, actual in drift.items():
                resources[name]["Properties"] = copy.deepcopy(actual)
            answer = original(parameters)
            if answer[0] != 200:
                _restore(stack)
            return answer

        return execute_change_set

    async def roll_back_to_actual(
        stack_name: str,
        stack_id: str,
        stack: dict[str, Any],
        operation: dict[str, Any],
        *args: Any,
        **options: Any,
    ) -> None:
        previous = (operation.get("previous_stack") or {}).get("_resources", {})
        if os.environ.get(ROLLBACK_VARIABLE) == "template":
            for name, deployed in stack.get(_DEPLOYED, {}).items():
                if name in previous:
                    previous[name]["Properties"] = deployed
        await roll_back(stack_name, stack_id, stack, operation, *args, **options)
        _restore(stack)  # what the template states is what the next operation compares with

    def end(original: Callable[..., Any]) -> Callable[..., Any]:
        def begin_next_operation(parameters: dict[str, Any]) -> Any:
            stack = find_stack(request_parameter(parameters, "StackName"))
            if stack is not None and not str(stack.get("StackStatus")).endswith("_IN_PROGRESS"):
                stack.pop(_DEPLOYED, None)
            return original(parameters)

        return begin_next_operation

    stacks._roll_back_operation = roll_back_to_actual
    ministack.module("services.cloudformation.handlers")._roll_back_operation = roll_back_to_actual
    replace_action("CreateChangeSet", create)
    replace_action("DescribeChangeSet", describe)
    replace_action("ExecuteChangeSet", execute)
    for action in ("UpdateStack", "CreateChangeSet"):
        replace_action(action, end)


def _restore(stack: dict[str, Any]) -> None:
    """Let the stack's record state again what the last deployment stated."""
    for name, deployed in stack.pop(_DEPLOYED, {}).items():
        if name in stack.get("_resources", {}):
            stack["_resources"][name]["Properties"] = deployed


__all__ = ["ROLLBACK_VARIABLE", "actual_properties"]
