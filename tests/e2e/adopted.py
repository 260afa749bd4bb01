"""Tables that somebody else's app has deployed, with data in them: what the scenarios of adoption have in common."""

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
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player

from .lab import BAKE_MINUTES, INDEX, Deployment, Lab

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


FIRST = {
    "PlainProvisioned": (False, provisioned()),
    "PlainOnDemand": (False, on_demand(maximum=20_000)),
    "GlobalProvisioned": (True, provisioned()),
    "GlobalOnDemand": (True, on_demand(maximum=20_000)),
}
"""What is deployed before the guard: whether it is a TableV2, and its capacity, by stack."""


def demand(dimension: str, minute: datetime) -> float:
    """Units per second that the table's users ask for: the same at every hour."""
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
                }
                for name, (v2, capacity) in FIRST.items()
            }
        }

    @property
    def own(self) -> dict[str, Any]:
        """What the app says of this table."""
        found: dict[str, Any] = self.spec["stacks"][self.stack]
        return found

    @property
    def kind(self) -> TableKind:
        """Type of the table's resource."""
        return TableKind.GLOBAL_TABLE if self.own["v2"] else TableKind.TABLE

    @property
    def table_name(self) -> str:
        """Name of the table, as CloudFormation generated it."""
        found = self.emulator.client("cloudformation").list_stack_resources(StackName=self.stack)
        (name,) = (
            one["PhysicalResourceId"]
            for one in found["StackResourceSummaries"]
            if one["ResourceType"] == self.kind.value
        )
        return str(name)

    def demanded(self) -> Player:
        """The table's users."""
        return Player.of(self.emulator, self.table_name, demand)

    def history(self) -> None:
        """Publish the days of traffic before now."""
        now = self.emulator.clock.now()
        self.demanded().backfill(now - timedelta(days=DAYS), now)

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
        """``capacity-guard record``, into the baseline that the app's guard reads from now on."""
        recorded = super().record()
        self.own["baseline"] = self.spec.pop("baseline")
        return recorded

    def adopt(self) -> None:
        """Record the table, put a guard beside it, see that this only adds, and deploy it."""
        self.record()
        before = self.template()
        diff = self.cdk("diff", self.stack, "--exclusively")
        assert diff.code == 0, diff.output
        marks = re.findall(r"^\[(.)\] AWS::\S+", diff.output, re.MULTILINE)
        assert marks, diff.output
        assert set(marks) == {"+"}, diff.output
        guarded = self.deploy_own()
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
        # The CDK's own list of the constructs in the stack; `cdk diff` leaves it out too.
        return {name: one for name, one in body["Resources"].items() if name != "CDKMetadata"}

    def deploy_own(self) -> Deployment:
        """``cdk deploy`` of this table's stack."""
        return self.deploy(stack=self.stack)

    def change(self, capacity: Capacity) -> Deployment:
        """Declare a capacity in the table's own code and deploy it."""
        self.own["capacity"] = capacity.to_json()
        return self.deploy_own()

    def unguard(self) -> None:
        """Take the guard away again: nothing of it stays, and the table is not touched."""
        guarded = self.template()
        self.own["baseline"] = None
        removed = self.deploy_own()
        assert removed.code == 0, removed.output
        left = self.template()
        for name, one in left.items():
            # In a transition the table and its scaling wait for a gate; that is all the guard ever said of them.
            assert one["Properties"] == guarded[name]["Properties"]
            assert "Preflight" not in str(one.get("DependsOn"))
        assert not [name for name in left if "Guard" in name]
        assert self.alarm_states() == {}
        assert self.functions() == []

    @contextmanager
    def vetoed_by_traffic(
        self, factor: float = 6, keys: tuple[str, ...] = (TABLE_KEY, INDEX_KEY)
    ) -> Iterator[None]:
        """More traffic than was ever recorded, as soon as CloudFormation has changed the table."""
        with self.demanded() as player, self.once_changed(lambda: player.surge(factor, keys=list(keys))):
            yield

    def assert_live(self, capacity: Capacity) -> None:
        """Live mode, units, scaling targets, policies and maxima of table and index are those of a capacity."""
        self.settle()
        table = self.describe()
        assert table["TableStatus"] == "ACTIVE"
        assert (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED") == (
            capacity.billing_mode.value
        )
        (index,) = table["GlobalSecondaryIndexes"]
        assert index["IndexStatus"] == "ACTIVE"
        live = {"table": table, f"index/{INDEX}": index}
        expected = {}
        for key, declared in capacity.resources():
            units = {a: live[key]["ProvisionedThroughput"][f"{a.title()}CapacityUnits"] for a in ACCESSES}
            maximum = {k: v for k, v in live[key].get("OnDemandThroughput", {}).items() if v > 0}
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

    def scaling(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Live minimum, maximum and target of every scaled dimension of this table."""
        client = self.emulator.client("application-autoscaling")
        targets = client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
        policies = client.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
        followed = {
            (p["ResourceId"], p["ScalableDimension"]): p["TargetTrackingScalingPolicyConfiguration"][
                "TargetValue"
            ]
            for p in policies
        }
        name = self.table_name
        found = {}
        for one in targets:
            _, table, *index = one["ResourceId"].split("/")
            if table == name:
                key = f"index/{index[1]}" if index else "table"
                access = "read" if "Read" in one["ScalableDimension"] else "write"
                target = followed[one["ResourceId"], one["ScalableDimension"]]
                found[key, access] = (one["MinCapacity"], one["MaxCapacity"], int(target))
        return found


def first(folder: Path, start: datetime, region: str) -> Path:
    """Deploy every table without a guard, with data in it and traffic behind it; the saved state of the emulator."""
    folder.mkdir()
    with Emulator(speed=60, start=start, region=region) as emulator:
        lab = Adopted(emulator, folder)
        bootstrapped = lab.cdk("bootstrap", f"aws://000000000000/{region}")
        assert bootstrapped.code == 0, bootstrapped.output
        deployed = lab.cdk("deploy", "--all", "--concurrency", "4", "--require-approval", "never")
        assert deployed.code == 0, deployed.output
        tables = [Adopted(emulator, folder, stack=name) for name in FIRST]
        each(tables, Adopted.fill)
        for one in tables:
            one.history()
        emulator.save(folder / "saved")
    return folder / "saved"


def each(tables: list[Adopted], act: Callable[[Adopted], None]) -> None:
    """Do the same for some tables at once."""
    threads = [threading.Thread(target=act, args=(one,)) for one in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
