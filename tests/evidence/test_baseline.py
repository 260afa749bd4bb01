"""The baseline: the same after a round trip through its file, valid by its schema, wrong files refused."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from capacity_guard.capacity import InputError, Structure, TableKind
from capacity_guard.capacity.plain_data import time_text
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.evidence.traffic_writing import write_traffic
from tests.builders.cases import baseline, on_demand
from tests.builders.domain import baselines
from tests.paths import ROOT

SCHEMA, FORMER_SCHEMA = (
    json.loads((resources.files("capacity_guard.evidence") / "schemas" / name).read_text())
    for name in ("baseline-2.schema.json", "baseline-1.schema.json")
)
VALIDATOR = Draft202012Validator(SCHEMA)
STRUCTURE = Structure(TableKind.TABLE, "id:S HASH").to_json()
STACKS = ROOT / "stacks"


def saved(recorded: Baseline, folder: Path) -> Path:
    path = folder / "conversations.json"
    recorded.save(path)
    return path


def test_schema_when_checked_expects_a_valid_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.slow
@given(baselines())
def test_baseline_when_saved_and_loaded_expects_the_same(recorded: Baseline) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = saved(recorded, Path(folder))
        VALIDATOR.validate(json.loads(path.read_text()))
        again = Baseline.load(path)
        assert again.traffic is not None
        assert recorded.traffic is not None
        assert write_traffic(again.traffic) == write_traffic(recorded.traffic)
        assert replace(again, traffic=recorded.traffic, file="") == recorded


@pytest.mark.slow
@given(baselines())
def test_baseline_when_saved_twice_expects_the_same_bytes(recorded: Baseline) -> None:
    with tempfile.TemporaryDirectory() as first_folder, tempfile.TemporaryDirectory() as second_folder:
        first, second = saved(recorded, Path(first_folder)), saved(recorded, Path(second_folder))
        for suffix in (".json", ".csv.gz"):
            assert first.with_suffix(suffix).read_bytes() == second.with_suffix(suffix).read_bytes()


def test_baseline_when_it_has_no_structure_expects_no_field_for_it_and_an_unknown_type(
    tmp_path: Path,
) -> None:
    path = saved(baseline(), tmp_path)
    assert "structure" not in json.loads(path.read_text())["deployed"]
    deployed = Baseline.load(path).deployed
    assert deployed is not None
    assert deployed.kind is None


def test_new_table_when_saved_and_loaded_expects_nothing_deployed(tmp_path: Path) -> None:
    path = saved(NewTable("conversations"), tmp_path)
    VALIDATOR.validate(json.loads(path.read_text()))
    again = Baseline.load(path)
    assert again.is_new_table
    assert again.traffic is None
    assert again.transition_to(on_demand()).is_creation


def test_new_table_when_given_expected_traffic_expects_it_and_its_age(tmp_path: Path) -> None:
    path = saved(baseline(), tmp_path)
    new = NewTable("orders", traffic=path)
    assert new.is_new_table
    assert new.traffic is not None
    assert new.recording.at == baseline().recording.at
    assert "conversations" in new.recording.source


@pytest.mark.parametrize(
    "path", sorted(STACKS.glob("baselines/*/**/conversations.json")), ids=lambda p: p.parent.name
)
def test_committed_baseline_when_loaded_expects_it_valid(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_text()))
    assert Baseline.load(path).traffic is not None


def test_committed_baselines_when_counted_expects_some() -> None:
    assert list(STACKS.glob("baselines/*/**/conversations.json"))


def edited(folder: Path, change: dict[str, Any]) -> Path:
    """A saved baseline with some fields (paths with slashes) changed; ``...`` removes a field."""
    path = saved(baseline(), folder)
    data = json.loads(path.read_text())
    for field, value in change.items():
        *parents, last = field.split("/")
        parent = data
        for name in parents:
            parent = parent[name]
        if value is ...:
            del parent[last]
        else:
            parent[last] = value
    path.write_text(json.dumps(data))
    return path


@pytest.mark.sampled(every=12)
@pytest.mark.parametrize(
    "change",
    [
        {"version": 3},
        {"kind": "replica"},
        {"kind": "new-table"},
        {"attempt": 0},
        {"table/name": " "},
        {"table/account": "1234"},
        {"table/id": "x"},
        {"recorded/at": "yesterday"},
        {"recorded/by": ...},
        {"comment": "x"},
        {"deployed": None},
        {"deployed/template/billing_mode": "ON_DEMAND"},
        {"deployed/live/table/read": {"units": 0}},
        {"deployed/live/table/read": {"minimum": 1}},
        {"deployed/live/table/read": {"minimum": 1, "maximum": 2, "target": 9}},
        {"deployed/live/table/warm": {"read": 0}},
        {"deployed/units": {"orders": {}}},
        {"deployed/previous": {}},
        {"deployed/structure": None},
        {"deployed/structure": {"kind": "AWS::DynamoDB::Table"}},
        {"deployed/structure": STRUCTURE | {"kind": "AWS::SQS::Queue"}},
        {"deployed/structure": STRUCTURE | {"keys": " "}},
        {"deployed/structure": STRUCTURE | {"indexes": ["by_agent"]}},
        {"deployed/structure": STRUCTURE | {"indexes": {"by_agent": 1}}},
        {"deployed/structure": STRUCTURE | {"stream": ""}},
        {"deployed/structure": STRUCTURE | {"replicas": "eu-west-1"}},
        {"deployed/structure": STRUCTURE | {"guard": 1}},
        {"deployed/structure": STRUCTURE | {"ttl": "expires"}},
        {"history/decreases_today": {"table": -1}},
        {"history/decreases_today": {"by_agent": 1}},
        {"history/last_switch_to_on_demand": "2026-07-09"},
        {"traffic": None},
        {"traffic/minutes": 0},
        {"traffic/sha256": "abc"},
    ],
    ids=repr,
)
def test_file_when_the_schema_refuses_it_expects_the_loader_to_refuse_it_too(
    change: dict[str, Any], tmp_path: Path
) -> None:
    path = edited(tmp_path, change)
    assert not VALIDATOR.is_valid(json.loads(path.read_text()))
    with pytest.raises(InputError, match=r"conversations\.(json|csv\.gz)"):
        Baseline.load(path)


def test_traffic_file_when_changed_after_the_recording_expects_an_error(tmp_path: Path) -> None:
    path = saved(baseline(), tmp_path)
    traffic = path.with_suffix(".csv.gz")
    traffic.write_bytes(traffic.read_bytes() + b"\x00")
    with pytest.raises(InputError, match=r"traffic\.sha256"):
        Baseline.load(path)


def test_baseline_when_loaded_without_its_traffic_expects_all_other_fields_with_any_traffic_file(
    tmp_path: Path,
) -> None:
    path = saved(baseline(), tmp_path)
    complete = Baseline.load(path)
    path.with_suffix(".csv.gz").write_bytes(b"of another recording")
    assert Baseline.load(path, traffic=False) == replace(complete, traffic=None)


def test_traffic_file_when_it_is_in_another_folder_expects_an_error(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv.gz"
    outside.write_bytes(b"secret")
    folder = tmp_path / "in"
    folder.mkdir()
    path = edited(folder, {"traffic/file": "../outside.csv.gz"})
    with pytest.raises(InputError, match=r"traffic\.file: .*/in/outside\.csv\.gz cannot be read"):
        Baseline.load(path)


def test_checksum_when_written_expects_the_checksum_of_the_traffic_file(tmp_path: Path) -> None:
    path = saved(baseline(), tmp_path)
    content = path.with_suffix(".csv.gz").read_bytes()
    assert json.loads(path.read_text())["traffic"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_attempt_when_raised_expects_another_fingerprint() -> None:
    first, second = baseline(), baseline(attempt=2)
    assert first.transition_to(on_demand()).fingerprint != second.transition_to(on_demand()).fingerprint


def test_history_when_saved_expects_its_time_in_utc(tmp_path: Path) -> None:
    recorded = baseline()
    switched = replace(
        recorded, history=replace(recorded.history, last_switch_to_on_demand=datetime(2026, 7, 1, tzinfo=UTC))
    )
    assert Baseline.load(saved(switched, tmp_path)).history == switched.history


def test_gaps_when_saved_expects_their_periods(tmp_path: Path) -> None:
    recorded = baseline()
    assert recorded.traffic is not None
    consumed = {dimension: array("d", series) for dimension, series in recorded.traffic.consumed.items()}
    first, second = list(consumed)[:2]
    for dimension, position in ((first, 10), (second, 11), (first, 20)):
        consumed[dimension][position] = math.nan
    with_gaps = replace(recorded, traffic=replace(recorded.traffic, consumed=consumed))
    path = saved(with_gaps, tmp_path)
    described = json.loads(path.read_text())["traffic"]
    minute = recorded.traffic.minute
    assert described["gaps"] == 3
    assert described["holes"] == [
        {"from": time_text(minute(10)), "to": time_text(minute(12)), "minutes": 2},
        {"from": time_text(minute(20)), "to": time_text(minute(21)), "minutes": 1},
    ]
    assert Baseline.load(path).file == str(path)


def test_baseline_of_version_1_when_loaded_has_an_undated_capacity_before(tmp_path: Path) -> None:
    """It opens nothing: a weekly recording keeps a capacity that was replaced a year ago."""
    path = saved(baseline(), tmp_path)
    data = json.loads(path.read_text())
    data["version"] = 1
    del data["rollout"], data["traffic"]["digest"]
    data["deployed"]["previous"] = on_demand().to_json()
    Draft202012Validator(FORMER_SCHEMA).validate(data)
    path.write_text(json.dumps(data))
    deployed = Baseline.load(path).deployed
    assert deployed is not None
    assert deployed.previous == on_demand()
    assert deployed.replaced_at is None
    data["rollout"] = None
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="rollout: is not a known field"):
        Baseline.load(path)


def test_baseline_when_it_holds_the_state_of_an_unknown_rollout_is_refused(tmp_path: Path) -> None:
    path = saved(baseline(), tmp_path)
    data = json.loads(path.read_text())
    assert (data["version"], data["rollout"]) == (2, None)
    path.write_text(json.dumps({**data, "rollout": {"step": 2}}))
    with pytest.raises(InputError, match=r"rollout\.version: is None, not 1\. Install a newer"):
        Baseline.load(path)


def test_baseline_when_the_capacity_before_was_replaced_after_the_recording_is_refused(
    tmp_path: Path,
) -> None:
    recorded = baseline()
    assert recorded.deployed is not None
    later = recorded.recording.at + timedelta(minutes=1)
    recorded = replace(recorded, deployed=replace(recorded.deployed, previous=on_demand(), replaced_at=later))
    with pytest.raises(InputError, match=r"deployed\.previous\.replaced_at: is after the recording"):
        Baseline.load(saved(recorded, tmp_path))


def test_new_table_without_traffic_has_no_file() -> None:
    assert NewTable("orders").file == ""
    assert NewTable("orders").traffic is None


def test_traffic_that_is_no_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = saved(baseline(), tmp_path)
    path.with_suffix(".csv.gz").unlink()
    os.mkfifo(path.with_suffix(".csv.gz"))
    with pytest.raises(InputError):
        Baseline.load(path)


def test_baseline_when_shown_and_compared_leaves_its_digests_out() -> None:
    first, second = baseline(), baseline()
    assert first.evidence(10) is first.evidence(10)
    assert "DimensionEvidence" not in repr(first)
    assert first == second


@pytest.mark.parametrize(
    "content",
    ["", '{"schema": ', "<<<<<<< HEAD\n{}\n=======\n", "\xff"],
    ids=["empty", "cut", "merge", "bytes"],
)
def test_error_of_a_damaged_file_names_its_folder_and_what_a_recording_would_accept(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fleets have a file of the same name in the folder of each stack, and ``record`` overwrites no damaged file."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "Chat" / "orders.json"
    file.parent.mkdir()
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError) as raised:
        Baseline.load(file)
    assert raised.value.location == "Chat/orders.json"
    assert raised.value.remedy == "Restore it from version control, or delete it and record again"


def test_error_of_a_field_names_the_folder_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "Chat" / "orders.json"
    file.parent.mkdir()
    file.write_text("{}")
    with pytest.raises(InputError, match=r"^Chat/orders\.json: "):
        Baseline.load(file)


def test_remedy_of_a_missing_file_is_a_command_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as raised:
        Baseline.load("my baselines/orders.json")
    assert raised.value.remedy == (
        "Record it, with the name of the table for NAME: capacity-guard record --table NAME --out 'my baselines/orders.json'"
    )


@pytest.mark.parametrize("by", ["file", "loaded"])
def test_new_table_like_another_carries_its_traffic_and_its_name_if_it_has_none(
    by: str, tmp_path: Path
) -> None:
    path = saved(baseline(), tmp_path)
    old = Baseline.load(path)
    new = NewTable(like=path if by == "file" else old)
    assert (new.is_new_table, new.table, new.like) == (True, TableIdentity(old.table.name), old.table)
    assert new.file == str(path)
    assert new.recording.source == f"traffic of {old.table.name}"
    assert new.evidence(10) == old.evidence(10)
    assert NewTable("orders-v2", like=old).table == TableIdentity("orders-v2")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "NewTable: name: is missing. Give a name, or like=FILE of the table that it replaces."),
        (
            {"like": "a.json", "traffic": "b.json"},
            "NewTable: traffic: is given beside like, and both are expected traffic. Give like alone.",
        ),
        ({"like": 7}, "NewTable: like: is int. Give a file or Baseline.load(FILE)."),
        (
            {"like": NewTable("orders")},
            "NewTable: like: is the baseline of orders, which holds no traffic. Give a recorded one.",
        ),
    ],
)
def test_new_table_of_what_holds_no_traffic_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        NewTable(**arguments)
    assert str(raised.value) == said


def test_schema_when_a_structure_has_every_field_expects_each_of_them() -> None:
    fields = set(Structure.__dataclass_fields__)
    assert set(SCHEMA["$defs"]["structure"]["properties"]) == fields
