"""Changes that are watched: deployed once for each kind of table, and saved while the guard is on duty."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.capacity import Capacity
from capacity_guard.capacity.hold import is_journals
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player

from . import adopted
from .adopted import Adopted
from .lab import REGION, Lab, provisioned

LOWERED = provisioned(table=490, index=390)
TABLE_KEY = "table/write"
SURGE = 6
"""Times the recorded traffic: more than the changed capacity serves."""
LITTLE = 0.3
"""Times the recorded traffic: too little for a change to settle with it."""


def hold(lab: Lab) -> dict[str, Any]:
    """The SSM parameter of the table's hold."""
    client = lab.emulator.client("ssm")
    (found,) = client.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/capacity-guard/"]}]
    )["Parameters"]
    value = client.get_parameter(Name=found["Name"])["Parameter"]["Value"]
    return {"name": found["Name"], "value": value, "description": found.get("Description")}


def rule(lab: Lab) -> dict[str, Any]:
    """The rule that calls the function."""
    (found,) = lab.emulator.client("events").list_rules()["Rules"]
    made: dict[str, Any] = found
    return made


def journal(lab: Lab) -> dict[str, Any]:
    """The journal of the table; empty without one."""
    client = lab.emulator.client("dynamodb")
    (table,) = (name for name in client.list_tables()["TableNames"] if is_journals(name))
    items = client.scan(TableName=table)["Items"]
    if not items:
        return {}
    found: dict[str, Any] = json.loads(items[0]["journal"]["S"])
    return found


def events_of(lab: Lab) -> list[str]:
    return [entry["event"] for entry in journal(lab).get("entries", [])]


@dataclass
class Watched:
    """A table whose change is watched.

    Attributes:
        name: its kind, of ``KINDS``.
        lab: the emulator and the app.
        before, after: capacity before the change, and with it.
    """

    name: str
    lab: Lab
    before: Capacity
    after: Capacity

    def player(self) -> Player:
        """A player of the recorded traffic."""
        return self.lab.users() if isinstance(self.lab, Adopted) else self.lab.player()

    def assert_live(self, capacity: Capacity) -> None:
        """The live table, its indexes, scaling targets and policies have a capacity."""
        if isinstance(self.lab, Adopted):
            self.lab.assert_live(capacity)
        else:
            self.lab.assert_has(capacity)

    def deploy(self, capacity: Capacity) -> None:
        """Declare a capacity and deploy it; the deployment succeeds."""
        lab = self.lab
        deployed = lab.change(capacity) if isinstance(lab, Adopted) else lab.change_to(capacity)
        assert deployed.code == 0, deployed.output

    @property
    def baseline(self) -> Path:
        """The baseline file of the table."""
        lab = self.lab
        return Path((lab.table_spec if isinstance(lab, Adopted) else lab.spec)["baseline"])

    def edit(self, text: str) -> None:
        """Change in the code something that has nothing to do with the table."""
        if isinstance(self.lab, Adopted):
            self.lab.table_spec["hotfix"] = text
        else:
            self.lab.spec["companion"] = text

    def change(self) -> None:
        """Deploy the change, which bakes well and is watched from then on."""
        assert rule(self.lab)["State"] == "DISABLED"
        self.deploy(self.after)
        self.assert_live(self.after)
        assert rule(self.lab)["State"] == "ENABLED"
        self.lab.until(lambda: journal(self.lab).get("state") == "watching")

    def assert_taken_back(self) -> None:
        """The watch takes the change back: the hold, the journal, the stack, the live table and its drift say so."""
        lab = self.lab
        try:
            lab.until(lambda: "restored, verified" in events_of(lab), minutes=60)
        except AssertionError:
            decisions = lab.log_lines('"stage": "watch"') or lab.log_lines("watch")
            raise AssertionError("\n".join([json.dumps(journal(lab)), *decisions[-30:]])) from None
        assert hold(lab)["value"] == journal(lab)["fingerprint"]
        assert re.match(r"watch: (table|index \S+) throttled from", hold(lab)["description"])
        assert journal(lab)["state"] == "held"
        assert "watch vetoed" in events_of(lab)
        assert lab.status() == "UPDATE_COMPLETE"
        self.assert_live(self.before)
        assert_not_drifted(lab)

    def minutes_to_restored(self) -> dict[str, float]:
        """Minutes from the start of the first throttled minute, of the emulator's clock: to the veto, to the end of the update,
        and until table and indexes were shown to be as before."""
        lab = self.lab
        entries = {entry["event"]: entry for entry in journal(lab)["entries"]}
        vetoed, restored = (entries[name] for name in ("watch vetoed", "restored, verified"))
        found = re.search(r"from (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", vetoed["reason"])
        assert found is not None
        first = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        events = lab.emulator.client("cloudformation").describe_stack_events(StackName=lab.stack)
        ended = max(
            event["Timestamp"]
            for event in events["StackEvents"]
            if event["ResourceType"] == "AWS::CloudFormation::Stack"
            and event["ResourceStatus"] == "UPDATE_COMPLETE"
        )
        times = {
            "vetoed": datetime.fromisoformat(vetoed["at"]),
            "updated": ended,
            "restored": datetime.fromisoformat(restored["at"]),
        }
        return {name: (at - first) / timedelta(minutes=1) for name, at in times.items()}


def assert_not_drifted(lab: Lab) -> None:
    """DetectStackDrift finds no difference between the stack's resources and its template.

    The emulator reads properties of functions, roles, log groups and ``AWS::DynamoDB::Table``; of a table the billing mode and
    the units, not its indexes. It does not check a ``GlobalTable`` or a scalable target: ``assert_live`` compares these.
    """
    client = lab.emulator.client("cloudformation")
    client.detect_stack_drift(StackName=lab.stack)
    drifts = client.describe_stack_resource_drifts(StackName=lab.stack)["StackResourceDrifts"]
    checked = {
        drift["LogicalResourceId"]: drift
        for drift in drifts
        if drift["StackResourceDriftStatus"] != "NOT_CHECKED"
    }
    assert checked
    found = {name: d for name, d in checked.items() if d["StackResourceDriftStatus"] != "IN_SYNC"}
    assert found == {}


@dataclass(frozen=True)
class Kind:
    """A kind of table that is watched.

    Attributes:
        base: name of the fixture with the saved state that it starts from.
        before, after: capacity before the change, and with it.
        make: its lab, from a running emulator and a folder.
        arm: deploys the watch, without a change.
    """

    base: str
    before: Capacity
    after: Capacity
    make: Callable[[Emulator, Path], Lab]
    arm: Callable[[Lab], None]


def _arm_guarded(lab: Lab) -> None:
    lab.declare(provisioned())
    lab.record()
    lab.spec["watch"] = True
    deployed = lab.deploy()
    assert deployed.code == 0, deployed.output


def arm_adopted(lab: Lab) -> None:
    assert isinstance(lab, Adopted)
    lab.table_spec["watch"] = True
    lab.record()
    deployed = lab.deploy_table()
    assert deployed.code == 0, deployed.output
    lab.record()


KINDS = {
    "TableV2": Kind("provisioned_state", provisioned(), LOWERED, Lab, _arm_guarded),
    "Table": Kind(
        "adopted_state",
        adopted.on_demand(maximum=20_000),
        adopted.provisioned(),
        lambda emulator, folder: Adopted(emulator, folder, stack="PlainOnDemand"),
        arm_adopted,
    ),
}
"""The units of a ``TableV2`` are lowered; a ``Table`` is switched from on-demand, with scaling in resources of its own."""


@dataclass(frozen=True)
class Saved:
    """A saved emulator whose table is watched.

    Attributes:
        name: its kind, of ``KINDS``.
        state: folder of the emulator's state.
        spec: what the app declares.
    """

    name: str
    state: Path
    spec: dict[str, Any]

    @staticmethod
    def make(name: str, base: Path, folder: Path) -> Saved:
        """Deploy the watch and then the change, and save the emulator as soon as the change has baked."""
        kind = KINDS[name]
        with Emulator(speed=60, restore=base, region=REGION) as emulator:
            watched = Watched(name, kind.make(emulator, folder), kind.before, kind.after)
            kind.arm(watched.lab)
            assert hold(watched.lab)["value"] == "none"
            watched.assert_live(kind.before)
            with watched.player():
                watched.change()
            emulator.save(folder / "saved")
        return Saved(name, folder / "saved", watched.lab.spec)

    def watched(self, emulator: Emulator, folder: Path) -> Watched:
        """The table in an emulator that was started from the state."""
        kind = KINDS[self.name]
        lab = kind.make(emulator, folder)
        lab.spec = copy.deepcopy(self.spec)
        watched = Watched(self.name, lab, kind.before, kind.after)
        for file in watched.baseline.parent.glob(f"{watched.baseline.stem}.*"):
            shutil.copy2(file, folder)
        baseline = str(folder / watched.baseline.name)
        (lab.table_spec if isinstance(lab, Adopted) else lab.spec)["baseline"] = baseline
        return watched
