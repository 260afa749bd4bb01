"""The commands of a run: the CDK CLI with the app of the run, and recordings of its tables."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from capacity_guard.evidence.files import write_whole
from capacity_guard.recording.aws import RecordingAws
from capacity_guard.recording.record import record_table

from .scenario import CREATED, ON_DEMAND, stack_name

ROOT = Path(__file__).resolve().parents[1]
_CDK = ROOT / "node_modules" / ".bin" / "cdk"
_TABLE_TYPES = ("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")


class LiveError(RuntimeError):
    """A step of a run had an unexpected result. The message names it."""


class Deployment:
    """Deploys and records the tables of one run.

    Args:
        run: id of the run.
        account: account id.
        region: Region.
        folder: where assemblies, baselines and command output go.
        warm: whether warm throughput is raised.
        endpoint: endpoint that replaces AWS, ``None`` for AWS.
        say: prints a line.

    Attributes:
        modes: declared mode of each table.
        turn: which of its capacities a mode declares (``scenario.capacity``).
        extra_bake: minutes that an edited setting adds to the bake time.
        baselines: path of the newest baseline of each recorded table.
    """

    def __init__(
        self,
        run: str,
        account: str,
        region: str,
        folder: Path,
        *,
        warm: bool,
        endpoint: str | None,
        say: Callable[[str], None],
    ) -> None:
        self.run, self.account, self.region, self.folder = run, account, region, folder
        self.warm, self.endpoint = warm, endpoint
        self.say = say
        self.modes = dict(CREATED)
        self.turn = 0
        self.extra_bake = 0
        self.baselines: dict[str, str] = {}
        self._session = boto3.session.Session(region_name=region)
        self._deployments = 0

    def client(self, service: str) -> Any:
        """A boto3 client of one service."""
        return self._session.client(service)

    def table_name(self, kind: str) -> str:
        """Name that CloudFormation generated for a table."""
        answer = self.client("cloudformation").describe_stack_resources(StackName=stack_name(self.run, kind))
        return next(
            str(resource["PhysicalResourceId"])
            for resource in answer["StackResources"]
            if resource["ResourceType"] in _TABLE_TYPES
        )

    def record(self, kinds: Sequence[str]) -> None:
        """Record tables like ``capacity-guard record --days 1``. Later deployments use these baselines."""
        for kind in kinds:
            out = self.folder / f"{kind.lower()}.json"
            record_table(
                RecordingAws.connect(self.region, self.endpoint),
                self.table_name(kind),
                out,
                stack=stack_name(self.run, kind),
                days=1,
                note="A table of a live run, minutes old.",
            )
            self.baselines[kind] = str(out)

    def deploy(self, kinds: Sequence[str]) -> tuple[int, str]:
        """Run ``cdk deploy`` for the stacks of some tables; return the exit code and the output."""
        names = [stack_name(self.run, kind) for kind in kinds]
        self._deployments += 1
        spec = self.folder / "spec.json"
        write_whole(spec, json.dumps(self._spec(kinds)))
        words = [str(_CDK), "--no-notices", "--app", f"{sys.executable} -m live.app"]
        words += ["--output", str(self.folder / "cdk.out"), "-c", f"spec={spec}"]
        words += ["-c", f"capacity-guard:now={datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"]
        words += ["deploy", *names, "--exclusively", "--require-approval", "never", "--concurrency", "2"]
        self.say(f"$ cdk deploy {shlex.join(names)}")
        code, output = _run(words, self._environment(), self.folder)
        write_whole(self.folder / f"deploy-{self._deployments}.txt", output)
        return code, output

    def _spec(self, kinds: Sequence[str]) -> dict[str, Any]:
        tables = {
            kind: {
                "mode": self.modes[kind],
                "turn": self.turn,
                # A table that was never on-demand would be raised from a handful of units, at the price of thousands.
                "warm": self.warm
                and self.modes[kind] == ON_DEMAND == CREATED[kind]
                and kind in self.baselines,
                "extra_bake": self.extra_bake,
                "baseline": self.baselines.get(kind),
            }
            for kind in kinds
        }
        return {"run": self.run, "account": self.account, "region": self.region, "tables": tables}

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = self.region
        path = [environment["PYTHONPATH"]] if environment.get("PYTHONPATH") else []
        environment["PYTHONPATH"] = os.pathsep.join([*path, str(ROOT)])
        environment["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
        )
        environment.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(ROOT / ".cache" / "jsii"))
        return environment


def _run(words: Sequence[str], environment: dict[str, str], folder: Path) -> tuple[int, str]:
    # A process group of its own: Ctrl-C interrupts only this process, which then ends the command.
    process = subprocess.Popen(
        list(words),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        raise
    return process.returncode, output
