"""The rows' system that is the emulator with its corrections."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from constructs_lib.emulator.launcher import ACCOUNT, Emulator
from tests.conformance.runner import Refused

START = datetime(2026, 7, 9, 9, 0, tzinfo=UTC)


class EmulatorSystem:
    """One running emulator for many rows."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        return self._emulator.region

    @property
    def account(self) -> str:
        return ACCOUNT

    def now(self) -> float:
        return self._emulator.clock.seconds()

    def forward(self, seconds: float) -> None:
        self._emulator.clock.jump(seconds)

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if service not in self._clients:
            # What the service refuses must reach it, and a refusal that the SDK repeats would be asked several times.
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

    def make_stack(self, name: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
        template = {
            "Resources": {
                logical: {"Type": one["type"], "Properties": one.get("properties") or {}}
                for logical, one in resources.items()
            }
        }
        self.call("cloudformation", "CreateStack", {"StackName": name, "TemplateBody": json.dumps(template)})
        for _ in range(600):
            stack = self.call("cloudformation", "DescribeStacks", {"StackName": name})["Stacks"][0]
            if stack["StackStatus"] != "CREATE_IN_PROGRESS":
                break
            self._emulator.clock.sleep(0.05)
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
