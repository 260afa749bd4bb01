"""The emulator with its corrections as a system of the rows."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator.clock import wall_sleep
from capacity_guard.rehearsal.emulator.launcher import ACCOUNT, Emulator
from tests.conformance.runner import NO_MEMBERS, Refused

_SCALING_SECONDS, _SCALING_PIECES, _SCALING_WALL_SECONDS = 6.0, 12, 0.08
_STACK_SECONDS, _POLL_SECONDS = 3_600.0, 3.0
START = datetime(2026, 7, 9, 9, 0, tzinfo=UTC)


class EmulatorSystem:
    """One running emulator for many rows."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._clients: dict[str, Any] = {}
        self._scales = False

    @property
    def region(self) -> str:
        return self._emulator.region

    @property
    def account(self) -> str:
        return ACCOUNT

    def now(self) -> float:
        return self._emulator.clock.seconds()

    def forward(self, seconds: float) -> None:
        left = seconds
        if self._scales:
            # Auto scaling is a thread of the emulator and notices a jump some milliseconds later, so time passes in pieces.
            for piece in [_SCALING_SECONDS] * _SCALING_PIECES:
                if left <= piece:
                    break
                self._emulator.clock.jump(piece)
                wall_sleep(_SCALING_WALL_SECONDS)
                left -= piece
        self._emulator.clock.jump(left)
        if self._scales:
            wall_sleep(_SCALING_WALL_SECONDS)

    def clear(self) -> None:
        """Delete the tables that can be deleted now: the rows of one emulator share an account, which has a quota of units."""
        self._scales = False
        for name in self.call("dynamodb", "ListTables", {})["TableNames"]:
            with contextlib.suppress(Refused):
                self.call("dynamodb", "DeleteTable", {"TableName": name})

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "CreateTable":
            self._scales = False
        elif operation in (
            "RegisterScalableTarget",
            "PutScheduledAction",
        ):  # the target may be that of a stack
            self._scales = True
        if service not in self._clients:
            # Invalid requests must reach the emulator, and the SDK must not repeat a refused request.
            config = Config(
                parameter_validation=False, proxies={}, retries={"total_max_attempts": 1, "mode": "standard"}
            )
            self._clients[service] = self._emulator.client(service, config=config)
        try:
            answer: Mapping[str, Any] = getattr(self._clients[service], xform_name(operation))(**parameters)
        except ClientError as error:
            found = error.response["Error"]
            raise Refused(found["Code"], found.get("Message", "")) from error
        return answer

    def make_stack(
        self, name: str, resources: Mapping[str, Mapping[str, Any]], *, ends: str = "CREATE_COMPLETE"
    ) -> None:
        self.call("cloudformation", "CreateStack", {"StackName": name, "TemplateBody": _template(resources)})
        self._await_stack(name, ends)

    def update_stack(
        self,
        stack: str,
        resources: Mapping[str, Mapping[str, Any]],
        *,
        ends: str = "UPDATE_COMPLETE",
        request: Mapping[str, Any] = NO_MEMBERS,
    ) -> None:
        members = {"StackName": stack, "TemplateBody": _template(resources), **request}
        self.call("cloudformation", "UpdateStack", members)
        if not ends.endswith("_IN_PROGRESS"):
            self._await_stack(stack, ends)

    def _await_stack(self, name: str, wanted: str) -> None:
        end = self.now() + _STACK_SECONDS
        while True:
            stack = self.call("cloudformation", "DescribeStacks", {"StackName": name})["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                break
            assert self.now() < end, stack
            # CloudFormation's handlers wait on this clock, in threads of the emulator
            self._emulator.clock.jump(_POLL_SECONDS)
            wall_sleep(0.02)
        assert stack["StackStatus"] == wanted, stack

    def make_change_set(
        self, stack: str, name: str, resources: Mapping[str, Mapping[str, Any]], *, execute: bool
    ) -> None:
        request = {"StackName": stack, "ChangeSetName": name, "TemplateBody": _template(resources)}
        self.call("cloudformation", "CreateChangeSet", request)
        for _ in range(600):
            found = self.call(
                "cloudformation", "DescribeChangeSet", {"StackName": stack, "ChangeSetName": name}
            )
            if not found["Status"].startswith("CREATE_P"):
                break
            self._emulator.clock.sleep(0.05)
        if execute:
            self.call("cloudformation", "ExecuteChangeSet", {"StackName": stack, "ChangeSetName": name})
            self._await_stack(stack, "UPDATE_COMPLETE")

    def make_evaluation(self, alarm: str, state: str) -> None:
        found = self.call("cloudwatch", "DescribeAlarms", {"AlarmNames": [alarm]})["MetricAlarms"][0]
        self.call(
            "cloudwatch",
            "SetAlarmState",
            {
                "AlarmName": alarm,
                "StateValue": found["StateValue"],
                "StateReason": "an EvaluationState of the emulator",
                "StateReasonData": json.dumps({"evaluationState": state}),
            },
        )


def _template(resources: Mapping[str, Mapping[str, Any]]) -> str:
    described = {
        logical_id: {"Type": resource["type"], "Properties": resource.get("properties") or {}}
        for logical_id, resource in resources.items()
    }
    return json.dumps({"Resources": described})
