"""One guarded table in one emulator, deployed by the real CDK CLI: what the scenarios have in common."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.capacity.capacity import minimum_of
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player
from tests.paths import ROOT

CLI = ROOT / "node_modules" / ".bin" / "cdk"
APP = Path(__file__).parent / "guarded_app" / "app.py"
REGION = "eu-west-1"
STACK = "Guarded"
INDEX = "by_customer"
# What holds a table's capacity: of a Table the limits of auto scaling are resources of their own.
CAPACITY_TYPES = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::ApplicationAutoScaling::ScalableTarget",
)
START = datetime(2026, 7, 9, 3, 0, tzinfo=UTC)
BAKE_MINUTES = 7
DEMAND = {
    "table/read": 40.0,
    "table/write": 300.0,
    f"index/{INDEX}/read": 40.0,
    f"index/{INDEX}/write": 200.0,
}
LITTLE_HEADROOM = {"rule": "CG14", "reason": "no more traffic than recorded is expected", "until": None}
"""What the scenarios provision carries the recorded traffic, but not 1.3 times of it."""
BUSY_HOUR = 5
"""Hour of the day, UTC, whose first half the table's writes climb in, from 300 to 480 units per second."""


def demand(dimension: str, minute: datetime) -> float:
    """Units per second that the table's users ask for."""
    if dimension == "table/write" and minute.hour == BUSY_HOUR and 10 <= minute.minute < 30:
        return 480.0
    return DEMAND[dimension]


def provisioned(table: int = 500, index: int = 400, seeds: bool = True) -> Capacity:
    """The capacity that most scenarios start from, in units per second."""

    def writes(units: int) -> AutoScaling:
        return AutoScaling(units, units, seed=units if seeds else None)

    return Capacity.provisioned(
        read=100, write=writes(table), indexes={INDEX: Provisioned(read=100, write=writes(index))}
    )


def on_demand(**index: Any) -> Capacity:
    """On-demand capacity; keywords are those of the index, for example ``warm``."""
    return Capacity.on_demand(indexes={INDEX: OnDemand(**index)})


@dataclass
class Deployment:
    """How one run of the CDK CLI ended."""

    code: int
    output: str


@dataclass
class Lab:
    """An emulator, the app's description and the traffic on its table."""

    emulator: Emulator
    folder: Path
    spec: dict[str, Any] = field(
        default_factory=lambda: {
            "user_alarms": {},
            "baseline": None,
            "rollout": {"bake_minutes": BAKE_MINUTES},
            "companion": False,
            "acknowledgments": [LITTLE_HEADROOM],
            "capacity": provisioned().to_json(),
        }
    )
    stack: str = STACK
    app: Path = APP

    def declare(self, capacity: Capacity, **changes: Any) -> None:
        """Change what the app declares; nothing is deployed."""
        self.spec |= {"capacity": capacity.to_json(), **changes}

    def cdk(self, *arguments: str) -> Deployment:
        """Run the CDK CLI with the app as it is declared now."""
        spec = self.folder / "spec.json"
        spec.write_text(json.dumps(self.spec))
        command = [
            str(CLI),
            "--no-notices",
            "--app",
            f"{sys.executable} {self.app}",
            "--output",
            str(self.folder / "cdk.out"),
            "-c",
            f"spec={spec}",
            "-c",
            f"capacity-guard:now={self.emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}",
            *arguments,
        ]
        environment = self.emulator.env() | {"CDK_VALIDATION": "false", "PYTHONWARNINGS": "ignore"}
        environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
        run = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        return Deployment(run.returncode, run.stdout + run.stderr)

    def cdk_prepared(self, *arguments: str) -> Deployment:
        """Run the CDK CLI on the assembly that the last synthesis made."""
        command = [str(CLI), "--no-notices", "--app", str(self.folder / "cdk.out"), *arguments]
        run = subprocess.run(
            command, env=self.emulator.env(), capture_output=True, text=True, timeout=400, check=False
        )
        return Deployment(run.returncode, run.stdout + run.stderr)

    def deploy(self, *arguments: str, stack: str | None = None) -> Deployment:
        """``cdk deploy`` of one stack, the table's own unless another is named."""
        return self.cdk(
            "deploy", stack or self.stack, "--exclusively", "--require-approval", "never", *arguments
        )

    def change_to(self, capacity: Capacity, **changes: Any) -> Deployment:
        """Declare a capacity and deploy it."""
        self.declare(capacity, **changes)
        return self.deploy()

    def template_of(self, capacity: Capacity) -> str:
        """The stack's template with a capacity and without gates, as one would deploy it past the guard."""
        kept = dict(self.spec)
        self.declare(capacity, baseline=None)
        assert self.cdk("synth", "-q").code == 0
        self.spec = kept
        return (self.folder / "cdk.out" / f"{self.stack}.template.json").read_text()

    def update(self, template: str) -> None:
        """Update the stack with a template, without the CDK CLI, and wait until it is through."""
        client = self.emulator.client("cloudformation")
        client.update_stack(
            StackName=self.stack, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        self.until(lambda: self.status() in ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"))
        assert self.status() == "UPDATE_COMPLETE"
        self.settle()

    def record(self) -> Baseline:
        """``capacity-guard record``, into the baseline that the app reads from now on."""
        out = self.folder / "orders.json"
        environment = self.emulator.env()
        environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "capacity_guard",
                "record",
                "--table",
                self.table_name,
                "--out",
                str(out),
            ],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.spec["baseline"] = str(out)
        return Baseline.load(out)

    @property
    def table_name(self) -> str:
        """Name of the table, as CloudFormation generated it."""
        (name,) = self.emulator.client("dynamodb").list_tables()["TableNames"]
        return str(name)

    def describe(self) -> dict[str, Any]:
        """DescribeTable's answer."""
        answer = self.emulator.client("dynamodb").describe_table(TableName=self.table_name)
        table: dict[str, Any] = answer["Table"]
        return table

    def player(self, **options: Any) -> Player:
        """A traffic player with the steady demand that the baseline knows."""
        return Player.of(self.emulator, self.table_name, demand, **options)

    def noise(self, dimension: str, events: int) -> None:
        """Publish throttle events in one minute of twenty of the 14 days before now, as many each time."""
        resource, _, access = dimension.rpartition("/")
        location = [{"Name": "TableName", "Value": self.table_name}]
        if resource != "table":
            location.append({"Name": "GlobalSecondaryIndexName", "Value": resource.removeprefix("index/")})
        now = self.emulator.clock.now().replace(second=0, microsecond=0)
        points = [
            {
                "MetricName": f"{access.capitalize()}ThrottleEvents",
                "Dimensions": location,
                "Timestamp": now - timedelta(minutes=minute),
                "Value": events,
            }
            for minute in range(5, 14 * 1_440, 20)
        ]
        client = self.emulator.client("cloudwatch")
        for start in range(0, len(points), 500):
            client.put_metric_data(Namespace="AWS/DynamoDB", MetricData=points[start : start + 500])

    def history(self) -> None:
        """Publish the 14 days of traffic before now."""
        now = self.emulator.clock.now()
        self.player().backfill(now - timedelta(days=14), now)

    def status(self, stack: str | None = None) -> str:
        """Status of a stack, the table's own unless another is named."""
        found = self.emulator.client("cloudformation").describe_stacks(StackName=stack or self.stack)
        return str(found["Stacks"][0]["StackStatus"])

    def functions(self) -> list[str]:
        """Names of the guard's own functions (not those of the provider framework)."""
        found = self.emulator.client("lambda").list_functions()["Functions"]
        return [f["FunctionName"] for f in found if str(f["Runtime"]).startswith("python")]

    def gates(self) -> list[str]:
        """Logical ids of the gates that the stack holds."""
        found = self.emulator.client("cloudformation").list_stack_resources(StackName=self.stack)
        return [
            r["LogicalResourceId"]
            for r in found["StackResourceSummaries"]
            if r["ResourceType"].startswith("Custom::CapacityGuard")
            and not r["ResourceStatus"].startswith("DELETE")
        ]

    def told(self, gate: str) -> dict[str, Any]:
        """Properties that CloudFormation gave the newest gate of a kind (``Preflight``, ``Bake``), from the events."""
        found = self.emulator.client("cloudformation").describe_stack_events(StackName=self.stack)[
            "StackEvents"
        ]
        event = next(
            e
            for e in sorted(found, key=lambda e: e["Timestamp"], reverse=True)
            if e["ResourceType"] == f"Custom::CapacityGuard{gate}"
            and e["ResourceStatus"] == "CREATE_COMPLETE"
        )
        properties: dict[str, Any] = json.loads(event["ResourceProperties"])
        return properties

    def logged(self, pattern: str) -> list[str]:
        """Lines in the logs of the guard's functions that hold a text."""
        logs = self.emulator.client("logs")
        found = []
        for name in self.functions():
            group = self.emulator.client("lambda").get_function_configuration(FunctionName=name)
            location = (group.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=location):
                found += [e["message"] for e in page["events"] if pattern in e["message"]]
        return found

    def warm(self) -> dict[str, int]:
        """Live warm throughput for writes, by resource."""
        table = self.describe()
        indexes = {
            i["IndexName"]: i["WarmThroughput"]["WriteUnitsPerSecond"]
            for i in table["GlobalSecondaryIndexes"]
        }
        return {"table": table["WarmThroughput"]["WriteUnitsPerSecond"], **indexes}

    def until(self, condition: Callable[[], bool], minutes: float = 30) -> None:
        """Wait, on the rehearsal clock, until something has come about; an error after so many minutes."""
        end = self.emulator.clock.seconds() + minutes * 60
        while not condition():
            if self.emulator.clock.seconds() > end:
                raise AssertionError("did not come about")
            self.emulator.clock.sleep(5)

    def alarm_states(self) -> dict[str, str]:
        """State of every alarm, by name."""
        found = self.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return {a["AlarmName"]: a["StateValue"] for a in found}

    def alarm_on(self, part: str = "") -> bool:
        """Whether an alarm whose name contains ``part`` is in ALARM."""
        return any(part in name and state == "ALARM" for name, state in self.alarm_states().items())

    @contextmanager
    def once_changed(self, act: Callable[[], object]) -> Iterator[None]:
        """Act, in the background, as soon as CloudFormation has changed the table."""
        events = self.emulator.client("cloudformation")
        before = self._table_updates(events)
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                if self._table_updates(events) > before:
                    act()
                    return
                self.emulator.clock.sleep(5)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _table_updates(self, client: Any) -> int:
        found = client.describe_stack_events(StackName=self.stack)["StackEvents"]
        return sum(
            1
            for event in found
            if event["ResourceType"] in CAPACITY_TYPES and event["ResourceStatus"] == "UPDATE_COMPLETE"
        )

    def settle(self) -> None:
        """Let the rehearsal clock pass what indexes lag behind their table."""
        self.emulator.clock.jump(60)

    def assert_has(self, capacity: Capacity) -> None:
        """Live mode, throughput, scaling targets and maxima of table and every index equal a capacity."""
        self.settle()
        table = self.describe()
        mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
        assert mode == capacity.billing_mode.value
        assert table["TableStatus"] == "ACTIVE"
        live = {"table": table} | {f"index/{i['IndexName']}": i for i in table["GlobalSecondaryIndexes"]}
        targets = self._targets()
        for key, declared in capacity.resources():
            one = live[key]
            assert one.get("IndexStatus", "ACTIVE") == "ACTIVE", key
            units = Units(**_positive(one["ProvisionedThroughput"]))
            maxima = {k: v for k, v in one.get("OnDemandThroughput", {}).items() if v != -1}
            if isinstance(declared, Provisioned):
                assert units == Units(minimum_of(declared.read), minimum_of(declared.write)), key
                assert not maxima, key
                scaled = {
                    access: (t.minimum, t.maximum)
                    for access, t in (("read", declared.read), ("write", declared.write))
                    if isinstance(t, AutoScaling)
                }
                assert targets.get(key, {}) == scaled, key
            else:
                assert units == Units(), key
                expected = declared.maximum or Units()
                assert maxima.get("MaxReadRequestUnits") == expected.read, key
                assert maxima.get("MaxWriteRequestUnits") == expected.write, key

    def _targets(self) -> dict[str, dict[str, tuple[int, int]]]:
        found: dict[str, dict[str, tuple[int, int]]] = {}
        client = self.emulator.client("application-autoscaling")
        for target in client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]:
            _, _, rest = str(target["ResourceId"]).partition("table/")
            name, _, index = rest.partition("/index/")
            if name != self.table_name:
                continue
            key = f"index/{index}" if index else "table"
            access = "read" if "Read" in target["ScalableDimension"] else "write"
            found.setdefault(key, {})[access] = (target["MinCapacity"], target["MaxCapacity"])
        return found


def _positive(throughput: dict[str, Any]) -> dict[str, int]:
    found = {"read": throughput["ReadCapacityUnits"], "write": throughput["WriteCapacityUnits"]}
    return {name: units for name, units in found.items() if units > 0}
