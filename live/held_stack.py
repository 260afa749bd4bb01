"""Two checks on a stack of their own, with two tables and a hold: what an UpdateStack with the previous template does.

The watch takes a change back by such a call (``rollback/step.py``). The stack has nothing else of the guard, so that its events
show what the call changes.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from capacity_guard.capacity.hold import NONE, hold_name

from .account import Clients
from .deployment import LiveError
from .probes import Outcome, add_failure, attempt, end_of_operation
from .scenario import HOLD, stack_name

_FINGERPRINT = "0123456789"
_TABLE, _OTHER, _PARAMETER, _CONDITION = "Live", "Other", "Held", "IsHeld"
_BEFORE, _DECLARED, _LATER = 1, 2, 3
"""Read units: while the change is held, as declared, and as a later template declares them."""
_NO_UPDATE = "No updates are to be performed"
"""How CloudFormation refuses an UpdateStack that changes nothing (the message of its ValidationError)."""


class HeldStack:
    """The checks of one run.

    Args:
        aws: clients of the account.
        run: id of the run.
    """

    def __init__(self, aws: Clients, run: str) -> None:
        self._stack = stack_name(run, HOLD)
        self._hold = hold_name(self._stack, _TABLE)
        self._cloudformation = aws.client("cloudformation")
        self._dynamodb = aws.client("dynamodb")
        self._ssm = aws.client("ssm")

    def hold_update(self) -> Outcome:
        """Hold the change of a table, and update its stack with the previous template."""

        def probe() -> Outcome:
            self._make()
            known = {event["EventId"] for event in self._events()}
            self._put(_FINGERPRINT)
            try:
                status = self._update()
            except ClientError as error:
                if _NO_UPDATE not in str(error):
                    raise
                return False, f"UpdateStack did not read the parameter again: {_NO_UPDATE}"
            changed = sorted(
                {
                    str(event["LogicalResourceId"])
                    for event in self._events()
                    if event["EventId"] not in known
                    and event["LogicalResourceId"] != self._stack
                    and str(event.get("ResourceStatus")).startswith("UPDATE_")
                }
            )
            units = self._read_units()
            evidence = f"{_DECLARED} read units before, {units} after ({status}); updated: {', '.join(changed) or 'nothing'}"
            return (status, units, changed) == ("UPDATE_COMPLETE", _BEFORE, [_TABLE]), evidence

        return attempt(probe)

    def paused_update(self) -> Outcome:
        """Let an update fail with rollback disabled, hold the change, and update the stack with the previous template."""

        def probe() -> Outcome:
            self._put(NONE)
            if self._read_units() == _BEFORE:
                self._update()
            status = self._update(_template(self._hold, _LATER, fails=True), DisableRollback=True)
            units = self._read_units()
            if (status, units) != ("UPDATE_FAILED", _LATER):
                return None, f"the update with rollback disabled ended in {status}, with {units} read units"
            self._put(_FINGERPRINT)
            try:
                status = self._update(DisableRollback=True)
            except ClientError as error:
                return (
                    False,
                    f"UpdateStack was refused in UPDATE_FAILED: {error.response['Error'].get('Message', error)}",
                )
            units = self._read_units()
            return units == _BEFORE, f"{_LATER} read units before, {units} after ({status})"

        return attempt(probe)

    def _make(self) -> None:
        self._put(NONE)
        self._cloudformation.create_stack(
            StackName=self._stack, TemplateBody=_template(self._hold, _DECLARED)
        )
        status = end_of_operation(self._cloudformation, self._stack)
        if status != "CREATE_COMPLETE":
            raise LiveError(f"{self._stack}: {status}")

    def _put(self, value: str) -> None:
        self._ssm.put_parameter(Name=self._hold, Value=value, Type="String", Overwrite=True)

    def _update(self, template: str | None = None, **options: bool) -> str:
        """Update the stack, with its previous template if none is given; the status at the end."""
        body: dict[str, Any] = (
            {"UsePreviousTemplate": True} if template is None else {"TemplateBody": template}
        )
        parameters = [{"ParameterKey": _PARAMETER, "UsePreviousValue": True}]
        self._cloudformation.update_stack(StackName=self._stack, Parameters=parameters, **body, **options)
        return end_of_operation(self._cloudformation, self._stack)

    def _events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self._cloudformation.describe_stack_events(StackName=self._stack)[
            "StackEvents"
        ]
        return events

    def _read_units(self) -> int:
        resource = self._cloudformation.describe_stack_resource(
            StackName=self._stack, LogicalResourceId=_TABLE
        )
        name = resource["StackResourceDetail"]["PhysicalResourceId"]
        table = self._dynamodb.describe_table(TableName=name)["Table"]
        return int(table["ProvisionedThroughput"]["ReadCapacityUnits"])


def _template(hold: str, declared: int, *, fails: bool = False) -> str:
    """The template of the stack.

    Args:
        hold: name of the SSM parameter.
        declared: read units of the table where its change is not held.
        fails: whether a resource after the table fails.
    """
    held = {"Fn::If": [_CONDITION, _BEFORE, declared]}
    template: dict[str, Any] = {
        "Parameters": {_PARAMETER: {"Type": "AWS::SSM::Parameter::Value<String>", "Default": hold}},
        "Conditions": {_CONDITION: {"Fn::Equals": [{"Ref": _PARAMETER}, _FINGERPRINT]}},
        "Resources": {_TABLE: _table(held), _OTHER: _table(_BEFORE)},
    }
    if fails:
        add_failure(template, _TABLE)
    return json.dumps(template)


def _table(read: object) -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": 1},
        },
    }


__all__ = ["HeldStack"]
