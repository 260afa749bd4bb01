"""The way back of a table in the deployed template of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.hold import NONE, hold_name, is_fingerprint
from ..cloudformation.capacity import read_capacity
from ..cloudformation.intrinsics import UNKNOWN, Intrinsics, parse_template
from ..cloudformation.open_change import find_open_change
from ..handlers.aws_error import AwsError
from .calls import RollbackAws
from .capacity_before import CapacityBefore
from .watched_change import find_change

ROLE_OUTPUT = "CapacityGuardRollbackRoleArn"
"""Beginning of the key of the stack output with the ARN of the role under which the update runs."""
_REMEDY = "Roll back by deploying the code of before"


@dataclass(frozen=True)
class WayBack:
    """How a change of a table is taken back.

    Attributes:
        stack: id of the stack.
        stack_name: its name.
        logical_id: logical id of the table.
        table: name of the table.
        parameter: the stack parameter that reads the hold.
        parameters: every parameter of the template.
        hold: name of the SSM parameter.
        fingerprint: the change that is deployed, or held already.
        applied: value of the hold that the stack read last; ``None`` if DescribeStacks does not show it.
        role: ARN of the role under which the update runs.
        before: the capacity of before the change, as CloudFormation re-sends it.
        declared: the capacity that the change declares.
    """

    stack: str
    stack_name: str
    logical_id: str
    table: str
    parameter: str
    parameters: tuple[str, ...]
    hold: str
    fingerprint: str
    applied: str | None
    role: str
    before: CapacityBefore
    declared: Capacity

    @property
    def deployed(self) -> Capacity:
        """The capacity that the template states of before the change."""
        return self.before.template

    @property
    def is_applied(self) -> bool:
        """Whether the stack read the held fingerprint in its last operation."""
        return self.applied == self.fingerprint


def find_way_back(
    body: object, described: Mapping[str, Any], *, logical_id: str, table: str
) -> WayBack | InputError:
    """The way back of a table, or why its stack has none.

    Args:
        body: the template (GetTemplate).
        described: the stack (DescribeStacks).
        logical_id: logical id of the table.
        table: name of the table.

    Raises:
        InputError: the template cannot be read.
    """
    stack, name = str(described["StackId"]), str(described["StackName"])
    template = parse_template(body, f"template of {name}", _REMEDY)
    change = find_open_change(template, name, logical_id)
    status = str(described.get("StackStatus"))
    if change is None and status.endswith("_IN_PROGRESS"):
        # GetTemplate may still show the template of before the operation.
        return InputError(
            table,
            f"has no way back in the template that its stack shows, and an operation runs ({status})",
            "Run it again when the operation has ended, or cancel that: aws cloudformation cancel-update-stack",
        )
    if change is None:
        return InputError(
            table,
            "has no way back in the template of its stack: it is in no transition, or its options have no watch",
            _REMEDY,
        )
    outputs = {str(o["OutputKey"]): str(o["OutputValue"]) for o in described.get("Outputs", [])}
    role = next((value for key, value in outputs.items() if key.startswith(ROLE_OUTPUT)), None)
    if role is None:
        return InputError(
            table, f"has a stack without an output {ROLE_OUTPUT}", "Deploy the guard again, or " + _REMEDY
        )
    given = {str(p["ParameterKey"]): p for p in described.get("Parameters", [])}
    applied = given.get(change.parameter, {}).get("ResolvedValue")

    def capacity(value: str) -> Capacity:
        return read_capacity(
            _reader(template, described, given, {change.parameter: value}, {logical_id: table}), logical_id
        )

    # What a scheduled action sets is in the plan of the change's Bake alone.
    watched = find_change(template, change.fingerprint, logical_id)
    transition = None if watched is None else watched.plan.transition
    return WayBack(
        stack,
        name,
        logical_id,
        table,
        change.parameter,
        tuple(template["Parameters"]),
        change.hold,
        change.fingerprint,
        None if applied is None else str(applied),
        role,
        CapacityBefore.of_transition(transition, capacity(change.fingerprint)),
        capacity(NONE),
    )


def explain(
    aws: RollbackAws, found: InputError, described: Mapping[str, Any], logical_id: str, table: str
) -> InputError:
    """Why a table has no way back, where that is because Bake vetoed its change: it is held already.

    Args:
        aws: the calls.
        found: what ``find_way_back`` returned.
        described: the stack (DescribeStacks).
        logical_id: logical id of the table.
        table: name of the table.
    """
    try:
        held = aws.holds.read(hold_name(str(described["StackName"]), logical_id))
    except AwsError:
        return found
    if not is_fingerprint(held) or str(described.get("StackStatus")).endswith("_IN_PROGRESS"):
        return found
    return InputError(
        table,
        f"has no way back in the template of its stack: change {held} is held already",
        "Let it be tried again: capacity-guard retry BASELINE.json",
    )


def stated_capacity(
    body: object,
    described: Mapping[str, Any],
    *,
    logical_id: str,
    table: str,
    values: Mapping[str, str] = MappingProxyType({}),
) -> Capacity:
    """The capacity that the template of a stack states for a table.

    Args:
        body: the template (GetTemplate).
        described: the stack (DescribeStacks).
        logical_id: logical id of the table.
        table: name of the table.
        values: values of parameters that apply in place of those that the stack has.

    Raises:
        InputError: the template cannot be read.
    """
    template = parse_template(body, f"template of {described['StackName']}", _REMEDY)
    given = {str(p["ParameterKey"]): p for p in described.get("Parameters", [])}
    return read_capacity(_reader(template, described, given, values, {logical_id: table}), logical_id)


def _reader(
    template: Mapping[str, Any],
    described: Mapping[str, Any],
    given: Mapping[str, Mapping[str, Any]],
    values: Mapping[str, str],
    physical: Mapping[str, str],
) -> Intrinsics:
    _, _, _, region, account, _ = str(described["StackId"]).split(":", 5)
    # The names of the other resources are not read. As unknown texts they are equal to no name that is: the auto scaling of
    # another table of the stack is then not this one's.
    others = {str(name): f"{UNKNOWN}{name}}}" for name in template["Resources"]}
    return Intrinsics(
        template,
        {
            **{key: str(p.get("ResolvedValue", p.get("ParameterValue", ""))) for key, p in given.items()},
            **values,
        },
        {
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::StackName": str(described["StackName"]),
            "AWS::StackId": str(described["StackId"]),
        },
        {**others, **physical},
        f"template of {described['StackName']}",
        remedy=_REMEDY,
    )


__all__ = ["ROLE_OUTPUT", "WayBack", "explain", "find_way_back", "stated_capacity"]
