"""Tables with data that an app deployed without a guard: the base of the scenarios of adoption."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, TableKind, Units
from capacity_guard.capacity.dimension import ACCESSES
from capacity_guard.capacity.hold import is_journals
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player

from .lab import BAKE_MINUTES, INDEX, CliResult, Lab

APP = Path(__file__).parent / "adopted_app" / "app.py"
DAYS = 9
ITEMS = 25
TABLE_KEY, INDEX_KEY = "table/write", f"index/{INDEX}/write"
_DEMAND = {"table/read": 40.0, TABLE_KEY: 300.0, f"index/{INDEX}/read": 40.0, INDEX_KEY: 200.0}


def provisioned(table: int = 550, index: int = 350, minimum: int = 500, maximum: int = 2_000) -> Capacity:
    """Auto-scaled writes; ``table`` and ``index`` are the seeds, units per second."""
    return Capacity.provisioned(
        read=100,
        write=AutoScaling(minimum, maximum, seed=table),
        indexes={INDEX: Provisioned(read=100, write=AutoScaling(minimum - 200, maximum, seed=index))},
    )


def on_demand(maximum: int | None = None) -> Capacity:
    """On-demand; ``maximum`` writes per second of the index."""
    bound = None if maximum is None else Units(write=maximum)
    return Capacity.on_demand(indexes={INDEX: OnDemand(maximum=bound)})


FIRST_TABLES = {
    "PlainProvisioned": (False, provisioned()),
    "PlainOnDemand": (False, on_demand(maximum=20_000)),
    "GlobalProvisioned": (True, provisioned()),
    "GlobalOnDemand": (True, on_demand(maximum=20_000)),
}
"""The tables before the guard, by stack: whether it is a TableV2, and its capacity."""


def demand(dimension: str, minute: datetime) -> float:
    """Demand of the table's users, units per second: the same at every hour."""
    del minute
    return _DEMAND[dimension]


@dataclass
class Adopted(Lab):
    """One of the deployed tables, in the app that declares all of them."""

    stack: str = "PlainProvisioned"
    app: Path = APP

    def __post_init__(self) -> None:
        self.spec = {
            "stacks": {
                name: {
                    "v2": v2,
                    "capacity": capacity.to_json(),
                    "baseline": None,
                    "bake_minutes": BAKE_MINUTES,
                    "margins": {},
                    "acknowledgments": {},
                    "hotfix": "",
                }
                for name, (v2, capacity) in FIRST_TABLES.items()
            }
        }

    @property
    def table_spec(self) -> dict[str, Any]:
        """The part of the spec that declares this table."""
        spec: dict[str, Any] = self.spec["stacks"][self.stack]
        return spec

    @property
    def kind(self) -> TableKind:
        """Type of the table's resource."""
        return TableKind.GLOBAL_TABLE if self.table_spec["v2"] else TableKind.TABLE

    @property
    def table_name(self) -> str:
        """Name of the table, as CloudFormation generated it."""
        answer = self.emulator.client("cloudformation").list_stack_resources(StackName=self.stack)
        (name,) = (
            resource["PhysicalResourceId"]
            for resource in answer["StackResourceSummaries"]
            if resource["ResourceType"] == self.kind.value and not is_journals(resource["LogicalResourceId"])
        )
        return str(name)

    def users(self) -> Player:
        """A traffic player with the demand of the table's users."""
        return Player.of(self.emulator, self.table_name, demand)

    def publish_history(self) -> None:
        """Publish the days of traffic before now."""
        now = self.emulator.clock.now()
        self.users().backfill(now - timedelta(days=DAYS), now)

    def fill(self) -> None:
        """Put items into the table."""
        client = self.emulator.client("dynamodb")
        for number in range(ITEMS):
            item = {"order_id": {"S": f"order-{number}"}, "customer_id": {"S": f"customer-{number % 3}"}}
            client.put_item(TableName=self.table_name, Item=item)

    def assert_full(self) -> None:
        """The items are still there, in the table and in its index."""
        client = self.emulator.client("dynamodb")
        assert client.scan(TableName=self.table_name, Select="COUNT")["Count"] == ITEMS
        assert client.scan(TableName=self.table_name, IndexName=INDEX, Select="COUNT")["Count"] == ITEMS

    def record(self) -> Baseline:
        """Record the table with ``capacity-guard record``; later syntheses use this baseline for the guard."""
        baseline = super().record()
        self.table_spec["baseline"] = self.spec.pop("baseline")
        return baseline

    def adopt(self) -> None:
        """Record the table, add a guard, check that this only adds resources, and deploy it."""
        self.record()
        before = self.template()
        diff = self.cdk("diff", self.stack, "--exclusively")
        assert diff.code == 0, diff.output
        marks = re.findall(r"^\[(.)\] AWS::\S+", diff.output, re.MULTILINE)
        assert marks, diff.output
        assert set(marks) == {"+"}, diff.output
        guarded = self.deploy_table()
        assert guarded.code == 0, guarded.output
        after = self.template()
        assert {name: after.get(name) for name in before} == before
        assert self.gates() == []
        recorded = self.record().deployed
        assert recorded is not None
        assert recorded.structure is not None
        assert recorded.structure.kind is self.kind
        assert recorded.structure.guard is not None

    def template(self) -> dict[str, Any]:
        """Resources of the deployed template."""
        client = self.emulator.client("cloudformation")
        body = client.get_template(StackName=self.stack, TemplateStage="Processed")["TemplateBody"]
        # CDKMetadata lists the constructs of the stack; `cdk diff` leaves it out too.
        return {name: resource for name, resource in body["Resources"].items() if name != "CDKMetadata"}

    def deploy_table(self, *arguments: str) -> CliResult:
        """Run ``cdk deploy`` for the stack of this table."""
        return self.deploy(*arguments, stack=self.stack)

    def change(self, capacity: Capacity) -> CliResult:
        """Declare another capacity in the code of the table and deploy it."""
        self.table_spec["capacity"] = capacity.to_json()
        return self.deploy_table()

    def unguard(self) -> None:
        """Remove the guard, and check that nothing of it remains and that the table is unchanged."""
        guarded = self.template()
        self.table_spec["baseline"] = None
        removed = self.deploy_table()
        assert removed.code == 0, removed.output
        remaining = self.template()
        for name, resource in remaining.items():
            # The guard changes only DependsOn of the table and its scaling, in a transition.
            assert resource["Properties"] == guarded[name]["Properties"]
            assert "Preflight" not in str(resource.get("DependsOn"))
        assert not [name for name in remaining if "Guard" in name]
        assert self.alarm_states() == {}
        assert self.functions() == []

    @contextmanager
    def surge_once_table_updated(
        self, factor: float = 6, keys: tuple[str, ...] = (TABLE_KEY, INDEX_KEY)
    ) -> Iterator[None]:
        """Traffic above the recorded one, as soon as CloudFormation has updated the table."""
        with self.users() as player, self.once_table_updated(lambda: player.surge(factor, keys=list(keys))):
            yield

    def assert_live(self, capacity: Capacity) -> None:
        """Live mode, units, scaling targets, policies and maxima of table and index are those of a capacity."""
        table = self.settle()
        assert table["TableStatus"] == "ACTIVE"
        assert (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED") == (
            capacity.billing_mode.value
        )
        (index,) = table["GlobalSecondaryIndexes"]
        assert index["IndexStatus"] == "ACTIVE"
        live = {"table": table, f"index/{INDEX}": index}
        expected = {}
        for key, declared in capacity.resources():
            units = {
                access: live[key]["ProvisionedThroughput"][f"{access.title()}CapacityUnits"]
                for access in ACCESSES
            }
            maximum = {
                name: value for name, value in live[key].get("OnDemandThroughput", {}).items() if value > 0
            }
            if isinstance(declared, OnDemand):
                wanted = declared.maximum or Units()
                assert units == {"read": 0, "write": 0}, key
                assert maximum.get("MaxWriteRequestUnits") == wanted.write, key
                continue
            assert maximum == {}, key
            for access in ACCESSES:
                throughput = declared.of(access)
                if isinstance(throughput, AutoScaling):
                    assert throughput.minimum <= units[access] <= throughput.maximum, (key, access)
                    expected[key, access] = (throughput.minimum, throughput.maximum, throughput.target)
                else:
                    assert units[access] == throughput, (key, access)
        assert self.scaling() == expected

    def units(self) -> dict[str, dict[str, int]]:
        """Live provisioned units of table and index."""
        table = self.describe()
        return {
            key: {
                access: resource["ProvisionedThroughput"][f"{access.title()}CapacityUnits"]
                for access in ACCESSES
            }
            for key, resource in (("table", table), (INDEX, table["GlobalSecondaryIndexes"][0]))
        }

    def scaling(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Live minimum, maximum and target of every scaled dimension of this table."""
        client = self.emulator.client("application-autoscaling")
        targets = client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
        policies = client.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
        target_percent = {
            (policy["ResourceId"], policy["ScalableDimension"]): policy[
                "TargetTrackingScalingPolicyConfiguration"
            ]["TargetValue"]
            for policy in policies
        }
        name = self.table_name
        scaling = {}
        for target in targets:
            _, table, *index = target["ResourceId"].split("/")
            if table == name:
                key = f"index/{index[1]}" if index else "table"
                access = "read" if "Read" in target["ScalableDimension"] else "write"
                percent = target_percent[target["ResourceId"], target["ScalableDimension"]]
                scaling[key, access] = (target["MinCapacity"], target["MaxCapacity"], int(percent))
        return scaling


def deploy_unguarded_tables(folder: Path, start: datetime, region: str) -> Path:
    """Deploy every table without a guard, with data and recorded traffic; return the saved state of the emulator."""
    folder.mkdir()
    with Emulator(speed=60, start=start, region=region) as emulator:
        lab = Adopted(emulator, folder)
        bootstrapped = lab.cdk("bootstrap", f"aws://000000000000/{region}")
        assert bootstrapped.code == 0, bootstrapped.output
        deployed = lab.cdk("deploy", "--all", "--concurrency", "4", "--require-approval", "never")
        assert deployed.code == 0, deployed.output
        tables = [Adopted(emulator, folder, stack=name) for name in FIRST_TABLES]
        in_parallel(tables, Adopted.fill)
        for table in tables:
            table.publish_history()
        emulator.save(folder / "saved")
    return folder / "saved"


def in_parallel(tables: list[Adopted], act: Callable[[Adopted], None]) -> None:
    """Call a function for several tables at the same time."""
    threads = [threading.Thread(target=act, args=(table,)) for table in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
