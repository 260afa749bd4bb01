"""``capacity-guard record --from-csv``: a baseline from files, without AWS."""

from __future__ import annotations

import gzip
import json
import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Dimension, Units
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from tests.paths import ROOT

HEADER = "minute,table/read,table/write,index/by_day/read,index/by_day/write"
ROWS = ("2026-07-01T00:00Z,60,120,30,40", "2026-07-01T00:01Z,61,,31,41.5", "2026-07-01T00:03Z,63,180,33,43")
FIXED = {"read": {"units": 100}, "write": {"minimum": 200, "maximum": 900, "target": 70, "seed": 250}}
CAPACITY: dict[str, Any] = {"billing_mode": "PROVISIONED", "table": FIXED, "indexes": {"by_day": FIXED}}
DEPLOYED: dict[str, Any] = {
    "template": CAPACITY,
    "live": CAPACITY,
    "units": {"table": {"read": 100, "write": 220}},
    "warm": {"table": {"read": 100, "write": 300}},
}


class Inputs:
    """The two input files, and the command that reads them."""

    def __init__(self, folder: Path) -> None:
        self.csv = folder / "traffic.csv"
        self.capacity = folder / "capacity.json"
        self.out = folder / "out" / "orders.json"
        self.write()
        self.give(DEPLOYED)

    def write(self, *rows: str, header: str = HEADER) -> None:
        self.csv.write_text("\n".join((header, *(rows or ROWS))) + "\n")

    def give(self, data: object) -> None:
        self.capacity.write_text(json.dumps(data))

    def run(self, *more: str) -> int:
        given = [
            "--from-csv",
            str(self.csv),
            "--capacity",
            str(self.capacity),
            "--recorded-at",
            "2026-07-02T00:00:00Z",
        ]
        return cli.main(["record", "--table", "Orders", "--out", str(self.out), *given, *more])


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return Inputs(tmp_path)


def test_from_csv_when_sound_writes_what_the_files_say(inputs: Inputs) -> None:
    assert inputs.run("--note", "made by hand", "--stack", "orders-stack") == 0
    baseline = Baseline.load(inputs.out)
    assert (baseline.table.name, baseline.table.stack, baseline.recording.note) == (
        "Orders",
        "orders-stack",
        "made by hand",
    )
    assert baseline.recording.source == "file traffic.csv"
    assert baseline.deployed is not None
    assert baseline.deployed.units == {"table": Units(100, 220)}
    traffic = baseline.traffic
    assert traffic is not None
    assert list(traffic.consumed[Dimension("by_day", "write")])[:2] == [40.0, 41.5]
    write = traffic.consumed[Dimension(None, "write")]
    assert [math.isnan(value) for value in write] == [False, True, True, False]
    assert traffic.gaps() == 2


def test_from_csv_when_the_region_is_given_keeps_it(inputs: Inputs) -> None:
    assert inputs.run() == 0
    assert Baseline.load(inputs.out).table.region is None
    assert inputs.run("--region", "us-gov-west-1") == 0
    assert Baseline.load(inputs.out).table.region == "us-gov-west-1"
    assert inputs.run("--region", "eu-west-1") == 2  # the baseline of another table


def test_from_csv_when_repeated_gives_the_same_bytes(inputs: Inputs) -> None:
    inputs.run()
    first = [file.read_bytes() for file in sorted(inputs.out.parent.iterdir())]
    inputs.run()
    assert [file.read_bytes() for file in sorted(inputs.out.parent.iterdir())] == first


def test_from_csv_when_compressed_reads_it_too(inputs: Inputs) -> None:
    inputs.csv.write_bytes(gzip.compress(inputs.csv.read_bytes()))
    assert inputs.run() == 0


def test_from_csv_when_throttle_events_are_given_keeps_them(inputs: Inputs) -> None:
    inputs.write(
        *(f"{row},{number or ''}" for number, row in enumerate(ROWS)),
        header=f"{HEADER},table/write throttled",
    )
    assert inputs.run() == 0
    traffic = Baseline.load(inputs.out).traffic
    assert traffic is not None
    assert list(traffic.throttled[Dimension(None, "write")]) == [0.0, 1.0, 0.0, 2.0]


def test_from_csv_when_history_and_previous_are_given_keeps_them(inputs: Inputs) -> None:
    history = {"last_switch_to_on_demand": "2026-06-30T10:00:00Z", "decreases_today": {"table": 3}}
    on_demand = {"billing_mode": "PAY_PER_REQUEST", "table": {}, "indexes": {"by_day": {}}}
    inputs.give({**DEPLOYED, "previous": on_demand, "history": history})
    assert inputs.run() == 0
    baseline = Baseline.load(inputs.out)
    assert dict(baseline.history.decreases_today) == {"table": 3}
    assert baseline.deployed is not None
    assert baseline.deployed.previous is not None
    assert baseline.deployed.previous.is_on_demand


def test_from_csv_when_boto3_is_missing_works(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("boto3", "botocore"):
        monkeypatch.setitem(sys.modules, name, None)
    assert inputs.run() == 0


def without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


BAD_ROWS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "no header": ("a,b", ROWS, "traffic.csv: line 1: has no header"),
    "double column": (f"{HEADER},table/read", ROWS, "traffic.csv: line 1: names a column twice"),
    "unknown column": (
        HEADER.replace("table/read", "tabel/read"),
        ROWS,
        "traffic.csv: line 1: tabel/read: is not a dimension",
    ),
    "missing index": (
        "minute,table/read,table/write",
        ("2026-07-01T00:00Z,1,2",),
        "traffic.csv: index/by_day/read: is missing",
    ),
    "unknown index": (
        f"{HEADER},index/x/read",
        tuple(f"{r},1" for r in ROWS),
        "traffic.csv: index/x/read: is of an index that the live capacity does not have. Correct it",
    ),
    "missing field": (HEADER, ("2026-07-01T00:00Z,1,2",), "traffic.csv: line 2: has 3 fields, not 5"),
    "not UTC": (HEADER, ("2026-07-01T00:00+02:00,1,2,3,4",), "traffic.csv: line 2: minute"),
    "no minute": (
        HEADER,
        ("yesterday,1,2,3,4",),
        "traffic.csv: line 2: minute: 'yesterday' is not a minute in UTC",
    ),
    "seconds": (HEADER, ("2026-07-01T00:00:07Z,1,2,3,4",), "traffic.csv: line 2: minute"),
    "backwards": (
        HEADER,
        (ROWS[1], ROWS[0]),
        "traffic.csv: line 3: minute: 2026-07-01T00:00Z does not come after",
    ),
    "twice": (HEADER, (ROWS[0], ROWS[0]), "traffic.csv: line 3: minute"),
    "negative": (HEADER, ("2026-07-01T00:00Z,1,-2,3,4",), "traffic.csv: line 2: table/write: '-2'"),
    "NaN": (HEADER, ("2026-07-01T00:00Z,nan,2,3,4",), "traffic.csv: line 2: table/read: 'nan'"),
    "infinite": (HEADER, ("2026-07-01T00:00Z,1,inf,3,4",), "traffic.csv: line 2: table/write: 'inf'"),
    "text": (HEADER, ("2026-07-01T00:00Z,1,many,3,4",), "traffic.csv: line 2: table/write: 'many'"),
    "only gaps": (HEADER, ("2026-07-01T00:00Z,,,,",), "traffic.csv: holds no consumed units"),
    "after recording": (
        HEADER,
        ("2026-07-03T00:00Z,1,2,3,4",),
        "--recorded-at: is before the end of the traffic",
    ),
}


def refused(inputs: Inputs, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert inputs.run(*more) == 2
    assert not inputs.out.parent.exists()
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "Record the baseline again" not in printed
    return printed


@pytest.mark.parametrize("case", BAD_ROWS)
def test_from_csv_when_the_traffic_is_bad_names_line_and_field(
    case: str, inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    header, rows, expected = BAD_ROWS[case]
    inputs.write(*rows, header=header)
    assert expected in refused(inputs, capsys)


BAD_CAPACITY: dict[str, tuple[object, str]] = {
    "no object": ([], "capacity.json: is not an object"),
    "no template": (without(DEPLOYED, "template"), "capacity.json.template"),
    "no live": (without(DEPLOYED, "live"), "capacity.json.live"),
    "no units": (without(DEPLOYED, "units"), "capacity.json.units: is missing"),
    "unknown field": ({**DEPLOYED, "wram": {}}, "capacity.json: wram: is not a known field"),
    "unknown index": ({**DEPLOYED, "warm": {"index/x": {"read": 1}}}, "capacity.json.warm.index/x"),
    "mode": (
        {**DEPLOYED, "live": {**CAPACITY, "billing_mode": "FREE"}},
        "capacity.json.live.billing_mode: 'FREE'",
    ),
    "zero": (
        {**DEPLOYED, "units": {"table": {"read": 0}}},
        "capacity.json.units.table.read: 0 is not a whole number",
    ),
    "target": (
        {
            **DEPLOYED,
            "live": {**CAPACITY, "table": {**FIXED, "read": {"minimum": 1, "maximum": 2, "target": 101}}},
        },
        "capacity.json.live.table.read.target: 101 is not a number from 10 to 100",
    ),
    "history": (
        {**DEPLOYED, "history": {"last_switch_to_on_demand": "then", "decreases_today": {}}},
        "capacity.json: history.last_switch_to_on_demand: 'then' is not a moment",
    ),
    "decreases": (
        {**DEPLOYED, "history": {"last_switch_to_on_demand": None, "decreases_today": {"table": -1}}},
        "capacity.json: history.decreases_today.table: -1 is not a count",
    ),
}


@pytest.mark.parametrize("case", BAD_CAPACITY)
def test_from_csv_when_the_capacity_is_bad_names_the_field(
    case: str, inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    data, expected = BAD_CAPACITY[case]
    inputs.give(data)
    assert expected in refused(inputs, capsys)


def test_from_csv_when_the_capacity_is_no_json_names_the_file(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.capacity.write_text("{")
    assert "capacity.json: is not JSON" in refused(inputs, capsys)


@pytest.mark.parametrize("name", ["csv", "capacity"])
def test_from_csv_when_a_file_is_missing_names_it(
    name: str, inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    getattr(inputs, name).unlink()
    assert "cannot be read (No such file or directory)" in refused(inputs, capsys)


def test_from_csv_when_compressed_badly_names_the_file(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.csv.write_bytes(b"\x1f\x8bnonsense")
    assert "traffic.csv: is not a compressed CSV" in refused(inputs, capsys)


def test_from_csv_when_given_the_example_of_the_documentation_records_it(inputs: Inputs) -> None:
    page = (ROOT / "docs" / "recording.md").read_text()
    blocks = [block.removeprefix("json").strip() for block in page.split("```")[1::2]]
    (traffic,) = (block for block in blocks if block.startswith("minute,"))
    capacity, *_ = (block for block in blocks if block.startswith("{") and '"template"' in block)
    inputs.csv.write_text(f"{traffic}\n")
    inputs.capacity.write_text(capacity)
    assert inputs.run() == 0
    recorded = Baseline.load(inputs.out).traffic
    assert recorded is not None
    assert (recorded.minutes, recorded.gaps()) == (4, 2)


def test_from_csv_when_the_capacity_has_a_structure_keeps_it(inputs: Inputs) -> None:
    structure: dict[str, Any] = {
        "kind": "AWS::DynamoDB::Table",
        "keys": "id:S HASH",
        "indexes": {"by_day": "day:N HASH; ALL"},
        "stream": None,
        "replicas": [],
        "guard": None,
    }
    inputs.give({**DEPLOYED, "structure": structure})
    assert inputs.run() == 0
    deployed = Baseline.load(inputs.out).deployed
    assert deployed is not None
    assert deployed.structure is not None
    assert deployed.structure.to_json() == structure


def test_from_csv_when_the_output_would_be_its_input_refuses(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.out.parent.mkdir()
    own = inputs.out.with_suffix(".csv.gz")
    own.write_bytes(gzip.compress(inputs.csv.read_bytes()))
    before = own.read_bytes()
    inputs.csv = own
    assert inputs.run() == 2
    assert f"would overwrite --from-csv {own}" in capsys.readouterr().err
    assert [(file, file.read_bytes()) for file in inputs.out.parent.iterdir()] == [(own, before)]


def test_from_csv_when_something_else_lies_where_the_traffic_goes_refuses(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.out.parent.mkdir()
    other = inputs.out.with_suffix(".csv.gz")
    for content in (b"mine", gzip.compress(b"name,price\n")):
        other.write_bytes(content)
        assert inputs.run() == 2
        assert "/orders.csv.gz, which is no traffic" in capsys.readouterr().err
        assert other.read_bytes() == content
    other.write_bytes(gzip.compress(inputs.csv.read_bytes()))  # what a killed first recording leaves
    assert inputs.run() == 0


def test_from_csv_when_its_folder_may_not_be_entered_says_so(
    inputs: Inputs, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = Path.stat

    def denied(self: Path, *, follow_symlinks: bool = True) -> Any:
        if self.suffix == ".json" and self.parent.name == "out":
            raise PermissionError(13, "Permission denied")
        return stat(self, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", denied)
    assert inputs.run() == 2
    assert "orders.json: cannot be written (Permission denied)" in capsys.readouterr().err


@pytest.mark.parametrize("note", ["", "  "])
def test_from_csv_when_the_note_is_blank_writes_none(inputs: Inputs, note: str) -> None:
    assert inputs.run("--note", note) == 0
    assert Baseline.load(inputs.out).recording.note is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 100_000, "capacity.json: is nested more than 64 levels deep"),
        (json.dumps(DEPLOYED).replace("220", "NaN"), "NaN is not a number"),
        (json.dumps(DEPLOYED).replace('"warm"', '"live": {}, "warm"'), "'live' is there twice"),
        (" " * (17 * 2**20), "capacity.json: holds more than 16 MiB"),
    ],
    ids=["brackets", "NaN", "twice", "large"],
)
def test_from_csv_when_the_capacity_is_no_strict_json_names_the_file(
    inputs: Inputs, capsys: pytest.CaptureFixture[str], text: str, expected: str
) -> None:
    inputs.capacity.write_text(text)
    assert expected in refused(inputs, capsys)


def test_from_csv_when_larger_than_any_recording_is_not_read(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    with inputs.csv.open("wb") as file:
        file.truncate(20 * 2**30)  # a hole: it takes no room
    assert "traffic.csv: holds more than 256 MiB" in refused(inputs, capsys)


def test_from_csv_when_recorded_in_the_future_is_refused(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert inputs.run("--recorded-at", tomorrow) == 2
    assert f"--recorded-at {tomorrow}: is still to come" in capsys.readouterr().err
    assert not inputs.out.exists()


def test_from_csv_when_recorded_in_the_last_year_of_the_calendar_is_refused(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inputs.run("--recorded-at", "9999-12-31T23:59:30Z") == 2
    assert "--recorded-at: '9999-12-31T23:59:30Z' is not a moment in UTC" in capsys.readouterr().err
