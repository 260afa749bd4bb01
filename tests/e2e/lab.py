"""One guarded table in one emulator, deployed by the CDK CLI: the base of all end-to-end scenarios."""

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
from typing import Any, TypeVar

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.capacity.capacity import minimum_of
from capacity_guard.capacity.hold import is_journals
from capacity_guard.capacity.settings import Rollout
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player
from capacity_guard.rules.cg09_bake import shortest_bake_minutes
from tests.paths import ROOT

CLI = ROOT / "node_modules" / ".bin" / "cdk"
APP = Path(__file__).parent / "guarded_app" / "app.py"
REGION = "eu-west-1"
STACK = "Guarded"
INDEX = "by_customer"
# Resource types with the capacity of a table. The scaling limits of a Table are resources of their own.
CAPACITY_TYPES = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::ApplicationAutoScaling::ScalableTarget",
)
START = datetime(2026, 7, 9, 3, 0, tzinfo=UTC)
NOON = datetime(2026, 7, 9, 12, 0, tzinfo=UTC)
STEADY_DEMAND = 30.0
"""Demand of a shop, units per second in each dimension: 50 to 70 % of 45 and of 50 units, so that target tracking rests."""
BAKE_MINUTES = shortest_bake_minutes(Rollout())
DEMAND = {
    "table/read": 40.0,
    "table/write": 300.0,
    f"index/{INDEX}/read": 40.0,
    f"index/{INDEX}/write": 200.0,
}
LITTLE_HEADROOM = {"rule": "CG14", "reason": "no more traffic than recorded is expected", "until": None}
"""The provisioned capacity of the scenarios carries the recorded traffic, but not 1.3 times of it."""
BUSY_HOUR = 5
"""Hour of the day, UTC. In its first half the writes of the table rise from 300 to 480 units per second."""


def demand(dimension: str, minute: datetime) -> float:
    """Demand of the table's users, units per second (``Player`` has the arguments)."""
    if dimension == "table/write" and minute.hour == BUSY_HOUR and 10 <= minute.minute < 30:
        return 480.0
    return DEMAND[dimension]


def provisioned(table: int = 500, index: int = 400, seeds: bool = True) -> Capacity:
    """The first capacity of most scenarios, units per second."""

    def writes(units: int) -> AutoScaling:
        return AutoScaling(units, units, seed=units if seeds else None)

    return Capacity.provisioned(
        read=100, write=writes(table), indexes={INDEX: Provisioned(read=100, write=writes(index))}
    )


def on_demand(**index: Any) -> Capacity:
    """On-demand capacity; the keywords are those of the index, for example ``warm``."""
    return Capacity.on_demand(indexes={INDEX: OnDemand(**index)})


@dataclass
class CliResult:
    """How one run of the CDK CLI ended: its exit code, and standard output and error together."""

    code: int
    output: str


@dataclass
class Lab:
    """An emulator, the spec of the app, and the traffic on its table.

    Attributes:
        emulator: the running emulator.
        folder: folder for the spec, the assembly and the baseline.
        spec: what the app declares (``guarded_app/app.py``).
        stack: name of the table's stack.
        app: path of the app.
    """

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
        """Change the spec of the app; nothing is deployed."""
        self.spec |= {"capacity": capacity.to_json(), **changes}

    def cdk(self, *arguments: str) -> CliResult:
        """Run the CDK CLI with the app and its present spec."""
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
        return CliResult(run.returncode, run.stdout + run.stderr)

    def cdk_with_last_assembly(self, *arguments: str) -> CliResult:
        """Run the CDK CLI with the assembly of the last synthesis."""
        command = [str(CLI), "--no-notices", "--app", str(self.folder / "cdk.out"), *arguments]
        run = subprocess.run(
            command, env=self.emulator.env(), capture_output=True, text=True, timeout=400, check=False
        )
        return CliResult(run.returncode, run.stdout + run.stderr)

    def deploy(self, *arguments: str, stack: str | None = None) -> CliResult:
        """Run ``cdk deploy`` for one stack, by default the table's."""
        return self.cdk(
            "deploy", stack or self.stack, "--exclusively", "--require-approval", "never", *arguments
        )

    def change_to(self, capacity: Capacity, **changes: Any) -> CliResult:
        """Declare a capacity and deploy it."""
        self.declare(capacity, **changes)
        return self.deploy()

    def template_of(self, capacity: Capacity) -> str:
        """The template of the stack with a capacity and without gates, for a deployment without the guard."""
        spec = dict(self.spec)
        self.declare(capacity, baseline=None)
        assert self.cdk("synth", "-q").code == 0
        self.spec = spec
        template = json.loads((self.folder / "cdk.out" / f"{self.stack}.template.json").read_text())
        resources = template["Resources"]
        gates = [name for name in resources if resources[name]["Type"].startswith("Custom::CapacityGuard")]
        for name in gates:
            del resources[name]
        for resource in resources.values():
            if "DependsOn" in resource:
                resource["DependsOn"] = [name for name in resource["DependsOn"] if name not in gates]
        return json.dumps(template)

    def update(self, template: str) -> None:
        """Update the stack with a template, without the CDK CLI, and wait for the end of the update."""
        client = self.emulator.client("cloudformation")
        client.update_stack(
            StackName=self.stack, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        self.until(lambda: self.status() in ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"))
        assert self.status() == "UPDATE_COMPLETE"
        self.settle()

    def record(self) -> Baseline:
        """Record the table with ``capacity-guard record``, when it is ACTIVE; later syntheses use this baseline."""
        out = self.folder / "orders.json"
        ended: list[CliResult] = []

        def is_recorded() -> bool:
            ended.append(command(self, "record", "--table", self.table_name, "--out", str(out)))
            # Auto scaling may begin an update at any time. The command names it, and people record again.
            return "is UPDATING" not in ended[-1].output

        self.until(is_recorded)
        assert ended[-1].code == 0, ended[-1].output
        self.spec["baseline"] = str(out)
        return Baseline.load(out)

    @property
    def table_name(self) -> str:
        """Name of the table, as CloudFormation generated it."""
        names = self.emulator.client("dynamodb").list_tables()["TableNames"]
        (name,) = (str(name) for name in names if not is_journals(str(name)))
        return name

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeTable."""
        answer = self.emulator.client("dynamodb").describe_table(TableName=self.table_name)
        table: dict[str, Any] = answer["Table"]
        return table

    def player(self, **options: Any) -> Player:
        """A traffic player with the demand that was recorded."""
        return Player.of(self.emulator, self.table_name, demand, **options)

    def publish_throttle_events(self, dimension: str, events: int) -> None:
        """Publish the same number of throttle events in every twentieth minute of the 14 days before now."""
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

    def publish_history(self) -> None:
        """Publish the 14 days of traffic before now."""
        now = self.emulator.clock.now()
        self.player().backfill(now - timedelta(days=14), now)

    def status(self, stack: str | None = None) -> str:
        """Status of a stack, by default the table's."""
        answer = self.emulator.client("cloudformation").describe_stacks(StackName=stack or self.stack)
        return str(answer["Stacks"][0]["StackStatus"])

    def functions(self) -> list[str]:
        """Names of the guard's functions, without those of the provider framework."""
        functions = self.emulator.client("lambda").list_functions()["Functions"]
        return [
            function["FunctionName"]
            for function in functions
            if str(function["Runtime"]).startswith("python")
        ]

    def gates(self) -> list[str]:
        """Logical ids of the gates in the stack, without the resource that makes a hold."""
        answer = self.emulator.client("cloudformation").list_stack_resources(StackName=self.stack)
        return [
            resource["LogicalResourceId"]
            for resource in answer["StackResourceSummaries"]
            if resource["ResourceType"].startswith("Custom::CapacityGuard")
            and not resource["ResourceType"].endswith("Hold")
            and not resource["ResourceStatus"].startswith("DELETE")
        ]

    def properties_of(self, gate: str) -> dict[str, Any]:
        """Properties that CloudFormation sent to the newest gate of a kind, from the stack events.

        Args:
            gate: ``Preflight`` or ``Bake``.
        """
        events = self.emulator.client("cloudformation").describe_stack_events(StackName=self.stack)[
            "StackEvents"
        ]
        event = next(
            event
            for event in sorted(events, key=lambda event: event["Timestamp"], reverse=True)
            if event["ResourceType"] == f"Custom::CapacityGuard{gate}"
            and event["ResourceStatus"] == "CREATE_COMPLETE"
        )
        properties: dict[str, Any] = json.loads(event["ResourceProperties"])
        return properties

    def log_lines(self, text: str) -> list[str]:
        """Lines in the logs of the guard's functions that contain a text."""
        logs = self.emulator.client("logs")
        lines = []
        for name in self.functions():
            configuration = self.emulator.client("lambda").get_function_configuration(FunctionName=name)
            location = (configuration.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=location):
                lines += [event["message"] for event in page["events"] if text in event["message"]]
        return lines

    def warm_throughput(self) -> dict[str, int]:
        """Live warm throughput for writes of the table and of each index, units per second."""
        table = self.describe()
        indexes = {
            index["IndexName"]: index["WarmThroughput"]["WriteUnitsPerSecond"]
            for index in table["GlobalSecondaryIndexes"]
        }
        return {"table": table["WarmThroughput"]["WriteUnitsPerSecond"], **indexes}

    def until(self, condition: Callable[[], bool], minutes: float = 30) -> None:
        """Wait on the rehearsal clock until a condition holds. Raises AssertionError after ``minutes``."""
        end = self.emulator.clock.seconds() + minutes * 60
        while not condition():
            if self.emulator.clock.seconds() > end:
                raise AssertionError("did not come about")
            self.emulator.clock.sleep(5)

    def alarm_states(self) -> dict[str, str]:
        """State of every alarm, by name."""
        alarms = self.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}

    def is_in_alarm(self, part: str = "") -> bool:
        """Whether an alarm whose name contains ``part`` is in ALARM."""
        return any(part in name and state == "ALARM" for name, state in self.alarm_states().items())

    @contextmanager
    def once_table_updated(self, act: Callable[[], object]) -> Iterator[None]:
        """Call a function, in a thread, as soon as CloudFormation has updated the table."""
        cloudformation = self.emulator.client("cloudformation")
        before = self._table_updates(cloudformation)
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                if self._table_updates(cloudformation) > before:
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
        events = client.describe_stack_events(StackName=self.stack)["StackEvents"]
        return sum(
            1
            for event in events
            if event["ResourceType"] in CAPACITY_TYPES and event["ResourceStatus"] == "UPDATE_COMPLETE"
        )

    def settle(self) -> dict[str, Any]:
        """Advance the rehearsal clock by a minute, and by up to four more until the table and its indexes are settled.

        Indexes become ACTIVE after their table. Auto scaling tries again what it was refused while the table was being changed.

        Returns:
            The table as it was then: auto scaling may go on at any moment.
        """
        table: dict[str, Any] = {}
        for _ in range(5):
            self.emulator.clock.jump(60)
            table = self.describe()
            if self._is_settled(table):
                break
        return table

    def _is_settled(self, table: dict[str, Any]) -> bool:
        indexes = table.get("GlobalSecondaryIndexes", ())
        if {table["TableStatus"], *(index.get("IndexStatus", "ACTIVE") for index in indexes)} != {"ACTIVE"}:
            return False
        live = {"table": table} | {
            f"index/{index['IndexName']}": index for index in table["GlobalSecondaryIndexes"]
        }
        return all(
            low <= units <= high
            for key, by_access in self._scaling_limits().items()
            if key in live
            for access, units in _positive_units(live[key]["ProvisionedThroughput"]).items()
            if access in by_access
            for low, high in [by_access[access]]
        )

    def assert_has(self, capacity: Capacity) -> None:
        """Live mode, throughput, scaling targets and maxima of table and every index equal a capacity."""
        table = self.settle()
        mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
        assert mode == capacity.billing_mode.value
        assert table["TableStatus"] == "ACTIVE"
        live = {"table": table} | {
            f"index/{index['IndexName']}": index for index in table["GlobalSecondaryIndexes"]
        }
        targets = self._scaling_limits()
        for key, declared in capacity.resources():
            resource = live[key]
            assert resource.get("IndexStatus", "ACTIVE") == "ACTIVE", key
            units = Units(**_positive_units(resource["ProvisionedThroughput"]))
            maxima = {
                name: units for name, units in resource.get("OnDemandThroughput", {}).items() if units != -1
            }
            if isinstance(declared, Provisioned):
                assert units == Units(minimum_of(declared.read), minimum_of(declared.write)), key
                assert not maxima, key
                scaled = {
                    access: (throughput.minimum, throughput.maximum)
                    for access, throughput in (("read", declared.read), ("write", declared.write))
                    if isinstance(throughput, AutoScaling)
                }
                assert targets.get(key, {}) == scaled, key
            else:
                assert units == Units(), key
                expected = declared.maximum or Units()
                assert maxima.get("MaxReadRequestUnits") == expected.read, key
                assert maxima.get("MaxWriteRequestUnits") == expected.write, key

    def _scaling_limits(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Minimum and maximum of every scaled dimension of the table, by resource key and access."""
        limits: dict[str, dict[str, tuple[int, int]]] = {}
        client = self.emulator.client("application-autoscaling")
        for target in client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]:
            _, _, rest = str(target["ResourceId"]).partition("table/")
            name, _, index = rest.partition("/index/")
            if name != self.table_name:
                continue
            key = f"index/{index}" if index else "table"
            access = "read" if "Read" in target["ScalableDimension"] else "write"
            limits.setdefault(key, {})[access] = (target["MinCapacity"], target["MaxCapacity"])
        return limits


@dataclass
class Shop(Lab):
    """The stack of an app with one table, on which the demand is the same at every hour."""

    stack: str = "Shop"

    def begin(self, **spec: Any) -> None:
        """Bootstrap, and deploy the table without a guard.

        Args:
            spec: what the app declares otherwise.
        """
        self.spec |= spec
        bootstrapped = self.cdk("bootstrap", f"aws://000000000000/{REGION}")
        assert bootstrapped.code == 0, bootstrapped.output
        self.deploy_well()

    def deploy_well(self) -> str:
        """Deploy; return the output."""
        deployed = self.deploy()
        assert deployed.code == 0, deployed.output
        return deployed.output

    def player(self, **options: Any) -> Player:
        """A traffic player with that demand."""
        return Player.of(self.emulator, self.table_name, lambda dimension, minute: STEADY_DEMAND, **options)


def command(lab: Lab, *arguments: str) -> CliResult:
    """Run ``capacity-guard``."""
    environment = lab.emulator.env()
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
    run = subprocess.run(
        [sys.executable, "-m", "capacity_guard", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return CliResult(run.returncode, run.stdout + run.stderr)


ShopKind = TypeVar("ShopKind", bound=Shop)


@contextmanager
def shop_at_noon(kind: type[ShopKind], folder: Path) -> Iterator[ShopKind]:
    """A shop in an emulator of its own, in which it is noon.

    Args:
        kind: the class of the shop.
        folder: folder for the spec, the assembly and the baseline.
    """
    with Emulator(speed=60, start=NOON, region=REGION) as emulator:
        yield kind(emulator, folder)


def _positive_units(throughput: dict[str, Any]) -> dict[str, int]:
    by_access = {"read": throughput["ReadCapacityUnits"], "write": throughput["WriteCapacityUnits"]}
    return {access: units for access, units in by_access.items() if units > 0}
