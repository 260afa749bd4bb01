"""Malformed input of every kind, in a table of cases: each gets an error that names file or field, and a remedy."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import GuardedTable
from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    ChangeWindow,
    InputError,
    Margins,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.cdk.gate_times import GateTimes
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline, NewTable
from stacks.settings import environments
from tests.builders.cases import baseline


@dataclass(frozen=True)
class Malformed:
    """One malformed input.

    Attributes:
        what: what is wrong, as the name of the test.
        give: passes the input to the library; its argument is a folder with a valid baseline, ``conversations.json``.
        location: the beginning of the error: file and field, or option.
    """

    what: str
    give: Callable[[Path], object]
    location: str


FILE = "conversations.json"


def field(dotted: str, value: Any) -> Callable[[Path], object]:
    """Loads the valid baseline with a field changed; ``...`` removes it."""

    def give(folder: Path) -> object:
        path = folder / FILE
        data = json.loads(path.read_text())
        *parents, last = dotted.split("/")
        part = data
        for name in parents:
            part = part[name]
        if value is ...:
            del part[last]
        else:
            part[last] = value
        path.write_text(json.dumps(data))
        return Baseline.load(path)

    return give


def text(content: str | bytes) -> Callable[[Path], object]:
    """Loads a baseline file with this content."""

    def give(folder: Path) -> object:
        (folder / FILE).write_bytes(content.encode() if isinstance(content, str) else content)
        return Baseline.load(folder / FILE)

    return give


def csv(change: Callable[[list[str]], list[str]]) -> Callable[[Path], object]:
    """Loads the valid baseline with the lines of its traffic changed and a matching checksum."""

    def give(folder: Path) -> object:
        import hashlib

        path = folder / "conversations.csv.gz"
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        content = gzip.compress("\n".join(change(lines)).encode())
        path.write_bytes(content)
        return field("traffic/sha256", hashlib.sha256(content).hexdigest())(folder)

    return give


def row(number: int, column: int, value: str) -> Callable[[Path], object]:
    """The same with a single field changed."""

    def change(lines: list[str]) -> list[str]:
        fields = lines[number - 1].split(",")
        fields[column] = value
        return [*lines[: number - 1], ",".join(fields), *lines[number:]]

    return csv(change)


def of(call: Callable[[], object]) -> Callable[[Path], object]:
    """A setting or a property, which needs no file."""
    return lambda folder: call()


MISSPELT = Capacity.on_demand(indexes={"by_agnet": OnDemand()})


def table(
    *, index_names: tuple[str, ...] = ("by_agent",), now: str = "2026-07-09", **properties: Any
) -> Callable[[Path], object]:
    """Creates a guarded table with these properties."""

    def give(folder: Path) -> object:
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        given = {"capacity": Capacity.on_demand(), "baseline": NewTable("orders"), **properties}
        stack = cdk.Stack(cdk.App(context={"capacity-guard:now": now}), "S")
        indexes = [
            dynamodb.GlobalSecondaryIndexPropsV2(index_name=name, partition_key=key) for name in index_names
        ]
        return GuardedTable(stack, "Orders", partition_key=key, global_secondary_indexes=indexes, **given)

    return give


class Printed(Exception):
    """A command ended with exit code 2."""


def command(*arguments: str) -> Callable[[Path], object]:
    """Runs ``capacity-guard record``; ``{}`` in an argument stands for the folder."""

    def give(folder: Path) -> object:
        code = cli.main(["record", *(argument.replace("{}", str(folder)) for argument in arguments)])
        assert code == 2
        raise Printed

    return give


FROM_CSV = (
    "--table",
    "orders",
    "--out",
    "{}/out.json",
    "--from-csv",
    "{}/traffic.csv",
    "--capacity",
    "{}/capacity.json",
)
ON_DEMAND = '{"billing_mode": "PAY_PER_REQUEST", "table": {}, "indexes": {}}'


def record(traffic: str, capacity: str, *arguments: str) -> Callable[[Path], object]:
    """Records from these two files."""

    def give(folder: Path) -> object:
        (folder / "traffic.csv").write_text(traffic)
        (folder / "capacity.json").write_text(capacity)
        return command(*FROM_CSV, *arguments)(folder)

    return give


GOOD_CSV = "minute,table/read,table/write\n2026-07-01T00:00Z,1,1\n"
GOOD_CAPACITY = f'{{"template": {ON_DEMAND}, "live": {ON_DEMAND}, "units": {{}}, "warm": {{}}}}'

MALFORMED = (
    # Baseline files
    Malformed("file missing", lambda folder: Baseline.load(folder / "none.json"), "none.json"),
    Malformed("file is a folder", lambda folder: Baseline.load(folder), ""),
    Malformed("file empty", text(""), FILE),
    Malformed("file no text", text(b"\xff\xfe"), FILE),
    Malformed("file cut off", text('{"schema": "capacity-guard/baseline", '), FILE),
    Malformed("file a list", text("[]"), FILE),
    Malformed("file nested without end", text("[" * 100_000), FILE),
    Malformed("file after a bad merge", text('{"version": 1, "version": 2}'), FILE),
    Malformed("number not finite", text('{"attempt": NaN}'), FILE),
    Malformed("schema of something else", field("schema", "npm"), f"{FILE}: schema"),
    Malformed("version of the future", field("version", 3), f"{FILE}: version"),
    Malformed("version no number", field("version", True), f"{FILE}: version"),
    Malformed("kind unknown", field("kind", "replica"), f"{FILE}: kind"),
    Malformed("field unknown", field("atempt", 2), f"{FILE}: atempt"),
    Malformed("table missing", field("table", ...), f"{FILE}: table"),
    Malformed("table without a name", field("table/name", ...), f"{FILE}: table.name"),
    Malformed("account no account", field("table/account", "prod"), f"{FILE}: table.account"),
    Malformed("time without a zone", field("recorded/at", "2026-07-09T06:00:00"), f"{FILE}: recorded.at"),
    Malformed(
        "time in another zone", field("recorded/at", "2026-07-09T06:00:00+02:00"), f"{FILE}: recorded.at"
    ),
    Malformed("recorder empty", field("recorded/by", " "), f"{FILE}: recorded.by"),
    Malformed("note no text", field("recorded/note", 7), f"{FILE}: recorded.note"),
    Malformed("attempt zero", field("attempt", 0), f"{FILE}: attempt"),
    Malformed("attempt beyond all numbers", field("attempt", 10**300), f"{FILE}: attempt"),
    Malformed("attempt a text", field("attempt", "2"), f"{FILE}: attempt"),
    Malformed("capacity missing", field("deployed", None), f"{FILE}: deployed"),
    Malformed("capacity half there", field("deployed/live", ...), f"{FILE}: deployed.live"),
    Malformed(
        "billing mode unknown",
        field("deployed/live/billing_mode", "ON_DEMAND"),
        f"{FILE}: deployed.live.billing_mode",
    ),
    Malformed(
        "units zero",
        field("deployed/live/table/read", {"units": 0}),
        f"{FILE}: deployed.live.table.read.units",
    ),
    Malformed(
        "units a fraction",
        field("deployed/live/table/read", {"units": 1.5}),
        f"{FILE}: deployed.live.table.read.units",
    ),
    Malformed(
        "minimum above maximum",
        field("deployed/live/table/read", {"minimum": 9, "maximum": 2}),
        f"{FILE}: deployed.live.table.read.minimum",
    ),
    Malformed(
        "seed of zero",
        field("deployed/template/table/read", {"minimum": 1, "maximum": 2, "seed": 0}),
        f"{FILE}: deployed.template.table.read.seed",
    ),
    Malformed(
        "maximum missing",
        field("deployed/live/table/read", {"minimum": 9}),
        f"{FILE}: deployed.live.table.read.maximum",
    ),
    Malformed(
        "index the table does not have",
        field("deployed/units", {"index/by_day": {}}),
        f"{FILE}: deployed.units.index/by_day",
    ),
    Malformed(
        "index not recorded",
        field("deployed/live/indexes/by_day", {"read": {"units": 1}, "write": {"units": 1}}),
        "conversations.csv.gz: index/by_day/read",
    ),
    Malformed(
        "index recorded, not there",
        field("deployed/live/indexes", {}),
        "conversations.csv.gz: index/by_agent/",
    ),
    Malformed("history missing", field("history", ...), f"{FILE}: history"),
    Malformed(
        "decreases negative",
        field("history/decreases_today", {"table": -1}),
        f"{FILE}: history.decreases_today.table",
    ),
    Malformed("traffic missing", field("traffic", None), f"{FILE}: traffic"),
    Malformed(
        "traffic file of no file's name", field("traffic/file", "a\x00b.csv.gz"), f"{FILE}: traffic.file"
    ),
    Malformed("name half a character", field("table/name", "\ud800"), FILE),
    Malformed("file larger than any", text(" " * (17 * 2**20)), FILE),
    Malformed(
        "units beyond all numbers",
        field("deployed/units", {"table": {"read": 10**400}}),
        f"{FILE}: deployed.units",
    ),
    Malformed("traffic file missing", field("traffic/file", "none.csv.gz"), f"{FILE}: traffic.file"),
    Malformed("traffic changed", field("traffic/sha256", "0" * 64), f"{FILE}: traffic.sha256"),
    Malformed("traffic of another length", field("traffic/minutes", 7), f"{FILE}: traffic.minutes"),
    Malformed(
        "traffic of another day", field("traffic/from", "2026-01-01T00:00:00Z"), f"{FILE}: traffic.from"
    ),
    Malformed("gaps denied", field("traffic/gaps", 5), f"{FILE}: traffic.gaps"),
    # Traffic beside them
    Malformed("traffic without rows", csv(lambda lines: lines[:1]), "conversations.csv.gz"),
    Malformed("column unknown", row(1, 1, "tabel/read"), "conversations.csv.gz: line 1: tabel/read"),
    Malformed("column twice", row(1, 3, "table/read"), "conversations.csv.gz: line 1"),
    Malformed("value no number", row(3, 1, "many"), "conversations.csv.gz: line 3: table/read"),
    Malformed("value NaN", row(3, 1, "nan"), "conversations.csv.gz: line 3: table/read"),
    Malformed("value infinite", row(3, 1, "inf"), "conversations.csv.gz: line 3: table/read"),
    Malformed("value negative", row(3, 1, "-1"), "conversations.csv.gz: line 3: table/read"),
    Malformed("minute out of order", row(3, 0, "2026-06-24T00:00Z"), "conversations.csv.gz: line 3: minute"),
    Malformed(
        "minute with seconds", row(3, 0, "2026-06-25T00:01:30Z"), "conversations.csv.gz: line 3: minute"
    ),
    Malformed(
        "row cut off", csv(lambda lines: [*lines[:5], "2026-06-25T00:04Z"]), "conversations.csv.gz: line 6"
    ),
    # Settings and properties
    Malformed("units zero", of(lambda: Units(write=0)), "Units.write"),
    Malformed("units beyond all numbers", of(lambda: Units(write=10**400)), "Units.write"),
    Malformed("units a text", of(lambda: Units(read="12")), "Units.read"),  # type: ignore[arg-type]
    Malformed("target out of range", of(lambda: AutoScaling(1, 2, target=101)), "AutoScaling.target"),
    Malformed("minimum above maximum", of(lambda: AutoScaling(3, 2)), "AutoScaling.minimum"),
    Malformed("throughput a text", of(lambda: Provisioned("5", 5)), "Provisioned.read"),  # type: ignore[arg-type]
    Malformed("warm a number", of(lambda: OnDemand(warm=5_000)), "OnDemand.warm"),  # type: ignore[arg-type]
    Malformed(
        "index of the other mode",
        of(lambda: Capacity.on_demand(indexes={"by_agent": Provisioned(1, 1)})),  # type: ignore[dict-item]
        "Capacity: index/by_agent",
    ),
    Malformed(
        "index unknown",
        of(
            lambda: Capacity.on_demand(indexes={"by_agnet": OnDemand()}).for_indexes(
                ["by_agent"], "Conversations: capacity"
            )
        ),
        'Conversations: capacity: indexes["by_agnet"]',
    ),
    Malformed(
        "index without throughput",
        of(
            lambda: Capacity.provisioned(read=1, write=1).for_indexes(["by_agent"], "Conversations: capacity")
        ),
        'Conversations: capacity: indexes["by_agent"]',
    ),
    Malformed("window in words", of(lambda: ChangeWindow("Sunday morning")), "change_window"),
    Malformed("window backwards", of(lambda: ChangeWindow("Sun 10-06")), "change_window"),
    Malformed("window a text", of(lambda: Rollout(change_window="Sun 06-10")), "Rollout.change_window"),  # type: ignore[arg-type]
    Malformed("bake a fraction", of(lambda: Rollout(bake_minutes=7.5)), "Rollout.bake_minutes"),  # type: ignore[arg-type]
    Malformed(
        "more datapoints than periods", of(lambda: Rollout(alarm_datapoints=6)), "Rollout.alarm_datapoints"
    ),
    Malformed(
        "periods of more than a day", of(lambda: Rollout(alarm_periods=1_441)), "Rollout.alarm_periods"
    ),
    Malformed("alarms one text", of(lambda: Rollout(alarms="orders-errors")), "Rollout.alarms"),  # type: ignore[arg-type]
    Malformed("alarm without a name", of(lambda: Rollout(alarms=("",))), "Rollout.alarms"),
    Malformed("threshold negative", of(lambda: Rollout(alarm_threshold=-1)), "Rollout.alarm_threshold"),
    Malformed("headroom below one", of(lambda: Margins(headroom=0.9)), "Margins.headroom"),
    Malformed("headroom no number", of(lambda: Margins(headroom=float("nan"))), "Margins.headroom"),
    Malformed("switch no time", of(lambda: Margins(switch_minutes=0)), "Margins.switch_minutes"),
    Malformed(
        "acknowledged without a reason", of(lambda: Acknowledgment("CG4", " ")), "acknowledge: CG4: reason"
    ),
    Malformed("acknowledged no rule", of(lambda: Acknowledgment("index", "x")), "acknowledge: rule"),
    Malformed(
        "acknowledged until a time of day",
        of(lambda: Acknowledgment("CG4", "x", datetime(2026, 1, 1))),  # noqa: DTZ001 - the mistake itself
        "acknowledge: CG4: until",
    ),
    Malformed("expected traffic missing", of(lambda: NewTable("orders", traffic="none.json")), "none.json"),
    Malformed("gate without a plan", of(lambda: GatePlan.from_property("")), "gate: Plan"),
    # Properties of the construct, context of the app
    Malformed("capacity a text", table(capacity="PAY_PER_REQUEST"), "GuardedTable Orders: capacity"),
    Malformed(
        "capacity of another index",
        table(capacity=MISSPELT),
        'GuardedTable Orders: capacity: indexes["by_agnet"]',
    ),
    Malformed("baseline a number", table(baseline=7), "GuardedTable Orders: baseline"),
    Malformed("name empty", table(table_name=""), "GuardedTable Orders: table_name"),
    Malformed(
        "index twice",
        table(index_names=("by_agent", "by_agent")),
        "GuardedTable Orders: global_secondary_indexes",
    ),
    Malformed("judgment time in words", table(now="today"), "context capacity-guard:now"),
    Malformed(
        "gate longer than its hour", of(lambda: GateTimes(longest_seconds=3_600)), "GateTimes.longest_seconds"
    ),
    Malformed("gate that never runs", of(lambda: GateTimes(query_seconds=0)), "GateTimes.query_seconds"),
    Malformed("change unknown", of(lambda: environments(change="incidnet")), "context change"),
    Malformed("environment unknown", of(lambda: environments(only="produktion")), "context only"),
    # The command line
    Malformed("out no JSON file", command("--table", "orders", "--out", "{}/out.txt"), "--out"),
    Malformed("out too long", command("--table", "orders", "--out", "{}/" + "n" * 300 + ".json"), "--out"),
    Malformed("table a pattern", command("--table", "Ord*", "--out", "{}/out.json"), "--table"),
    Malformed("stack empty", command("--stack", "", "--out", "{}/out"), "--stack"),
    Malformed("tag of two values", command("--tag", "a=1", "--tag", "a=2", "--out", "{}/out"), "--tag a=2"),
    Malformed(
        "endpoint no address",
        command("--table", "orders", "--out", "{}/out.json", "--endpoint-url", "localhost:8000"),
        "--endpoint-url",
    ),
    Malformed("capacity nested without end", record(GOOD_CSV, "[" * 100_000), "capacity.json"),
    Malformed("capacity not finite", record(GOOD_CSV, '{"template": NaN}'), "capacity.json"),
    Malformed(
        "traffic with another end of a line",
        record(GOOD_CSV.replace(",1,1", ",1,1\u2028"), GOOD_CAPACITY),
        "traffic.csv: line 2",
    ),
    Malformed("traffic without capacity", command(*FROM_CSV[:6]), "--template"),
    Malformed("capacity without traffic", command(*FROM_CSV[:4], *FROM_CSV[6:]), "--capacity"),
    Malformed("capacity unreadable", command(*FROM_CSV), "--capacity capacity.json"),
    Malformed("time in words", record(GOOD_CSV, GOOD_CAPACITY, "--recorded-at", "today"), "--recorded-at"),
    Malformed("capacity no JSON", record(GOOD_CSV, "on demand"), "capacity.json"),
    Malformed("capacity field unknown", record(GOOD_CSV, '{"tempalte": {}}'), "capacity.json: tempalte"),
    Malformed(
        "traffic no number",
        record(GOOD_CSV.replace(",1,1", ",1,x"), GOOD_CAPACITY),
        "traffic.csv: line 2: table/write",
    ),
    Malformed(
        "traffic of one dimension",
        record("minute,table/read\n2026-07-01T00:00Z,1\n", GOOD_CAPACITY),
        "traffic.csv: table/write",
    ),
)


def test_malformed_inputs_when_counted_expects_enough_of_each_kind() -> None:
    assert len(MALFORMED) >= 30
    assert len({(m.what, m.location) for m in MALFORMED}) == len(MALFORMED)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a valid baseline."""
    folder = tmp_path_factory.mktemp("good")
    baseline().save(folder / FILE)
    Baseline.load(folder / FILE)
    return folder


@pytest.mark.parametrize("malformed", MALFORMED, ids=lambda m: f"{m.what} ({m.location or 'path'})")
def test_input_when_malformed_expects_one_clear_error(
    malformed: Malformed, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(good, tmp_path / "in"))
    with pytest.raises((InputError, Printed)) as raised:
        malformed.give(folder)
    if isinstance(raised.value, Printed):
        said = capsys.readouterr()
        assert said.out == ""
        said_line = said.err.removeprefix("capacity-guard: ").removesuffix("\n")
        assert not (folder / "out.json").exists()
    else:
        said_line = str(raised.value)
        assert isinstance(raised.value, InputError)
        assert raised.value.remedy
    line = said_line.replace(f"{folder}/", "").removeprefix(str(folder))
    assert "\n" not in line
    assert line.startswith(malformed.location)
    assert line.count(". ") >= 1  # problem and remedy are two sentences
    assert line.endswith(".")
    assert "Traceback" not in line
