"""An app in a folder, a CDK CLI that follows a script, and the stack that it deploys."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.deployment.cdk_options import CdkOptions, read_options
from capacity_guard.deployment.deploy import Asked, Deployment
from capacity_guard.deployment.followed import Result
from tests.handlers.gate_world import ON_DEMAND, STACK_ID, TABLE, a_plan, set_capacity
from tests.rollback.world import BAKE, NAME, World, template

FINGERPRINT = a_plan(ON_DEMAND).transition.fingerprint
PREFLIGHT = "PreflightGate"
STACK_TYPE = "AWS::CloudFormation::Stack"
GATE_TYPES = {PREFLIGHT: "Custom::CapacityGuardPreflight", BAKE: "Custom::CapacityGuardBake"}
VETO = "Received response status [FAILED] from custom resource. Message returned: Error: Bake vetoed: table throttles"
Json = dict[str, Any]


def declared(fingerprint: str = FINGERPRINT) -> Json:
    """The template that the app declares: both gates, and both capacities."""
    body = template(fingerprint)
    bake = body["Resources"][BAKE]["Properties"]
    body["Resources"][PREFLIGHT] = {
        "Type": GATE_TYPES[PREFLIGHT],
        "Properties": {
            "Gate": "preflight",
            "Fingerprint": fingerprint,
            "Hold": bake["Hold"],
            "Plan": a_plan(ON_DEMAND).to_property(),
        },
    }
    return body


def write_assembly(folder: Path, stacks: dict[str, Json], **properties: Any) -> None:
    """Write an assembly with stacks, by name, in one account and Region."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    for name, body in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps(body))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/eu-west-1",
            "properties": {"templateFile": f"{name}.template.json", **properties},
            "displayName": name,
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))


class Script:
    """A run of the CLI that does one step at each wait, and ends after the last one."""

    def __init__(self, steps: Sequence[Callable[[], object]], code: int) -> None:
        self._steps, self._code = list(steps), code
        self.stopped = False

    def wait(self, seconds: float) -> int | None:
        del seconds
        if not self._steps:
            return self._code
        self._steps.pop(0)()
        return None

    def stop(self) -> None:
        self.stopped = True


class DeployWorld(World):
    """The stack before and after a deployment, and the CLI.

    Attributes:
        folder: where the app is.
        synthesized: what a synthesis does; its exit code.
        script: what the deployment does.
        asked: the words of each run of the CLI.
        lines: what was said.
        agrees: what the person says.
        others: the stacks of the app beside this one, by id.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.body = {"Resources": {TABLE: declared()["Resources"][TABLE]}, "Parameters": {}}
        set_capacity(self.aws, a_plan(ON_DEMAND).deployed.template)
        self.templates: dict[str, Json] = {NAME: declared()}
        self.synthesized: Callable[[], int] = lambda: 0
        self.script = Script((), 0)
        self.asked: list[tuple[str, ...]] = []
        self.lines: list[str] = []
        self.agrees = True
        self.others: dict[str, World] = {}
        self.deployment: Deployment | None = None

    # the CDK CLI

    def run(self, words: Sequence[str]) -> int:
        self.asked.append(tuple(words))
        write_assembly(self.folder / "cdk.out", self.templates, stackName=NAME)
        return self.synthesized()

    def start(self, words: Sequence[str]) -> Script:
        self.asked.append(tuple(words))
        return self.script

    # what happens in the stack

    def event(self, logical_id: str, status: str, reason: str = "") -> None:
        """An event of the stack, a minute later."""
        self.aws.now += timedelta(minutes=1)
        is_stack = logical_id == NAME
        kind = STACK_TYPE if is_stack else GATE_TYPES.get(logical_id, "AWS::DynamoDB::GlobalTable")
        self.events.insert(
            0,
            {
                "StackId": STACK_ID,
                "EventId": f"{self.aws.now:%d%H%M%S}-{logical_id}-{status}",
                "StackName": NAME,
                "Timestamp": self.aws.now,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": STACK_ID if is_stack else logical_id,
                "ResourceType": kind,
                "ResourceStatus": status,
                **({"ResourceStatusReason": reason} if reason else {}),
            },
        )
        if is_stack:
            self.status = status

    def began(self) -> None:
        self.event(NAME, "UPDATE_IN_PROGRESS", "User Initiated")
        self.event(PREFLIGHT, "CREATE_IN_PROGRESS")
        self.event(PREFLIGHT, "CREATE_IN_PROGRESS", "Resource creation Initiated")

    def changed(self) -> None:
        self.event(PREFLIGHT, "CREATE_COMPLETE")
        self.event(TABLE, "UPDATE_IN_PROGRESS")
        set_capacity(self.aws, ON_DEMAND)
        self.event(TABLE, "UPDATE_COMPLETE")
        self.event(BAKE, "CREATE_IN_PROGRESS")

    def passed(self) -> None:
        self.event(BAKE, "CREATE_COMPLETE")
        self.event(NAME, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self.event(NAME, "UPDATE_COMPLETE")
        self.body = declared()

    def vetoed(self) -> None:
        self.event(BAKE, "CREATE_FAILED", f"{VETO}\n    at onEvent (index.js:1)")
        self.event(
            NAME, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [BakeGate]."
        )
        self.event(TABLE, "UPDATE_IN_PROGRESS")
        self.restore()
        self.event(TABLE, "UPDATE_COMPLETE")
        self.event(NAME, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self.event(NAME, "UPDATE_ROLLBACK_COMPLETE")

    def deployed(self) -> None:
        """The change was deployed before."""
        self.began()
        self.changed()
        self.passed()

    # the command

    def options(self, *words: str) -> CdkOptions:
        return read_options(words, {}, self.folder, self.folder / "home")

    def deploy(self, *words: str, asked: Asked | None = None) -> Result:
        """Deploy, and note what is said."""
        self.deployment = Deployment(
            self,
            self.options(*words),
            lambda stack: self.others.get(stack.id, self).calls(),
            self.lines.append,
            lambda: self.agrees,
        )
        return self.deployment.run(asked or Asked((), False, False, True))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def at(text: str) -> datetime:
    """A time, UTC."""
    return datetime.fromisoformat(text)


__all__ = ["FINGERPRINT", "PREFLIGHT", "VETO", "DeployWorld", "Script", "declared", "write_assembly"]
