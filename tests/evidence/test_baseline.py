"""The baseline: a round trip through its file, its schema, its checks."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from capacity_guard.capacity import InputError, Structure, TableKind
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.traffic import write_traffic
from tests.builders.cases import baseline, on_demand
from tests.builders.domain import baselines
from tests.paths import ROOT

SCHEMA = json.loads(
    (resources.files("capacity_guard.evidence") / "schemas" / "baseline-1.schema.json").read_text()
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


@given(baselines())
def test_baseline_when_saved_twice_expects_the_same_bytes(recorded: Baseline) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, second = saved(recorded, Path(one)), saved(recorded, Path(other))
        for suffix in (".json", ".csv.gz"):
            assert first.with_suffix(suffix).read_bytes() == second.with_suffix(suffix).read_bytes()


def test_baseline_when_it_tells_no_structure_expects_the_same_bytes_as_ever_and_a_global_table(
    tmp_path: Path,
) -> None:
    path = saved(baseline(), tmp_path)
    assert "structure" not in json.loads(path.read_text())["deployed"]
    deployed = Baseline.load(path).deployed
    assert deployed is not None
    assert deployed.kind is TableKind.GLOBAL_TABLE


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
    """A saved baseline with some fields (dotted paths) changed; ``...`` takes one out."""
    path = saved(baseline(), folder)
    data = json.loads(path.read_text())
    for dotted, value in change.items():
        *parents, last = dotted.split("/")
        part = data
        for name in parents:
            part = part[name]
        if value is ...:
            del part[last]
        else:
            part[last] = value
    path.write_text(json.dumps(data))
    return path


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
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
        {"deployed/live/table/read": {"minimum": 1, "maximum": 2, "target": 10}},
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


def test_traffic_when_changed_behind_the_baseline_expects_an_error(tmp_path: Path) -> None:
    path = saved(baseline(), tmp_path)
    traffic = path.with_suffix(".csv.gz")
    traffic.write_bytes(traffic.read_bytes() + b"\x00")
    with pytest.raises(InputError, match=r"traffic\.sha256"):
        Baseline.load(path)


def test_baseline_when_loaded_without_its_traffic_expects_all_else_whatever_lies_there(
    tmp_path: Path,
) -> None:
    path = saved(baseline(), tmp_path)
    whole = Baseline.load(path)
    path.with_suffix(".csv.gz").write_bytes(b"of another recording")
    assert Baseline.load(path, traffic=False) == replace(whole, traffic=None)


def test_traffic_file_when_it_points_elsewhere_expects_only_the_folder_beside_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv.gz"
    outside.write_bytes(b"secret")
    folder = tmp_path / "in"
    folder.mkdir()
    path = edited(folder, {"traffic/file": "../outside.csv.gz"})
    with pytest.raises(InputError, match=r"traffic\.file: outside\.csv\.gz cannot be read"):
        Baseline.load(path)


def test_checksum_when_written_expects_that_of_the_file(tmp_path: Path) -> None:
    path = saved(baseline(), tmp_path)
    content = path.with_suffix(".csv.gz").read_bytes()
    assert json.loads(path.read_text())["traffic"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_attempt_when_raised_expects_another_fingerprint() -> None:
    once, again = baseline(), baseline(attempt=2)
    assert once.transition_to(on_demand()).fingerprint != again.transition_to(on_demand()).fingerprint


def test_history_when_saved_expects_its_moment_in_utc(tmp_path: Path) -> None:
    recorded = baseline()
    moved = replace(
        recorded, history=replace(recorded.history, last_switch_to_on_demand=datetime(2026, 7, 1, tzinfo=UTC))
    )
    assert Baseline.load(saved(moved, tmp_path)).history == moved.history
