"""Where a baseline is written, what it takes over from its predecessor, and that both files change or none."""

from __future__ import annotations

import gzip
import math
import os
from array import array
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.recording import store
from tests.builders.cases import (
    DIMENSIONS,
    START,
    TABLE_WRITE,
    baseline,
    deployed,
    flat,
    gap,
    on_demand,
    provisioned,
    traffic,
)


def test_short_names_when_they_begin_alike_are_different() -> None:
    first, second = store.short_file_name("n" * 255), store.short_file_name("n" * 254 + "m")
    assert first != second
    assert len(first) == len(second) == 209
    assert store.short_file_name("Orders") == "Orders"


def test_output_when_it_can_be_written_is_accepted(tmp_path: Path) -> None:
    store.check_out(tmp_path / "new" / "deep" / "orders.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders.txt", "is not a file name ending in .json"),
        ("folder.json", "is not a file name ending in .json"),
        ("file/orders.json", r"cannot be written \(.*file is not a folder\)"),
        ("n" * 300 + ".json", r"cannot be written \(File name too long\)"),
        ("mine.json", "/mine.csv.gz, which is no traffic"),
        ("link.json", "is a symbolic link"),
        ("dangling.json", "is a symbolic link"),
    ],
)
def test_output_when_it_cannot_be_written_is_refused(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link.json").symlink_to(tmp_path / "file")
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nothing")
    (tmp_path / "mine.csv.gz").write_bytes(gzip.compress(b"name,price\n"))
    with pytest.raises(InputError, match=expected):
        store.check_out(tmp_path / name)


def test_output_when_a_killed_recording_left_its_traffic_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(b"minute,table/read\n"))
    store.check_out(tmp_path / "orders.json")


def test_folder_when_it_is_not_writable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match=rf"--out x: cannot be written \({tmp_path} is not writable\)"):
        store.check_folder("--out x", tmp_path / "new")


def test_hidden_path_lies_beside_the_output(tmp_path: Path) -> None:
    assert store.hidden_path(tmp_path / "orders.json", "recording") == tmp_path / ".orders.recording"
    long = store.hidden_path(tmp_path / f"{'n' * 250}.json", "recording-draft")
    assert len(long.name) < 255


IDENTITY = baseline().table


@pytest.mark.parametrize(
    "identity",
    [
        IDENTITY,
        replace(IDENTITY, stack="Other"),
        replace(IDENTITY, name="Generated"),
        replace(IDENTITY, name="Generated", logical_id=None),
        TableIdentity(IDENTITY.name),
    ],
    ids=["same", "same name", "same stack and id", "same stack", "name alone"],
)
def test_predecessor_of_the_same_table_is_read_without_its_traffic(
    tmp_path: Path, identity: TableIdentity
) -> None:
    out = tmp_path / "orders.json"
    replace(baseline(), attempt=3).save(out)
    out.with_suffix(".csv.gz").unlink()
    found = store.read_predecessor(out, identity)
    assert found is not None
    assert found.attempt == 3


@pytest.mark.parametrize(
    "identity",
    [
        replace(IDENTITY, account="999999999999"),
        replace(IDENTITY, region="us-east-1"),
        replace(IDENTITY, name="Users", logical_id="Users"),
        replace(IDENTITY, name="Users", stack="Other"),
        TableIdentity("Users"),
    ],
    ids=["account", "Region", "logical id", "stack", "name"],
)
def test_predecessor_of_another_table_is_refused(tmp_path: Path, identity: TableIdentity) -> None:
    out = tmp_path / "orders.json"
    baseline().save(out)
    with pytest.raises(
        InputError, match=r"is the baseline of another table \(conversations, Chat, 111122223333, eu-west-1\)"
    ):
        store.read_predecessor(out, identity)


def test_predecessor_when_there_is_no_file_is_none_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "orders.json"
    assert store.read_predecessor(out, IDENTITY) is None
    out.write_text("{")
    with pytest.raises(InputError, match="exists and is not a sound baseline"):
        store.read_predecessor(out, IDENTITY)


def test_new_baseline_takes_over_the_attempt_and_the_template_before_the_last_change() -> None:
    old = replace(baseline(deployed(provisioned(500))), attempt=4)
    changed = store.carry_over(baseline(deployed(on_demand())), old)
    assert changed.attempt == 4
    assert changed.deployed is not None
    assert changed.deployed.previous == provisioned(500)
    assert changed.deployed.replaced_at == changed.recording.at
    later = replace(changed.recording, at=changed.recording.at + timedelta(days=30))
    again = store.carry_over(replace(baseline(deployed(on_demand())), recording=later), changed)
    assert again.deployed is not None
    assert again.deployed.previous == provisioned(500)
    assert again.deployed.replaced_at == changed.recording.at  # recording again moves no end
    first = baseline()
    assert store.carry_over(first, None) is first


def test_new_baseline_of_another_name_notes_the_table_before() -> None:
    old, new = baseline(deployed(provisioned(500))), baseline(deployed(on_demand()))
    renamed = replace(new, table=replace(new.table, name="orders-2"))
    assert store.carry_over(renamed, old).recording.note == f"the baseline before was of {old.table.name}"
    noted = replace(renamed, recording=replace(new.recording, note="after the copy"))
    note = store.carry_over(noted, old).recording.note
    assert note == f"after the copy; the baseline before was of {old.table.name}"
    assert store.carry_over(new, old).recording.note == new.recording.note


def test_new_baseline_when_it_states_what_was_before_keeps_that() -> None:
    new = baseline(deployed(on_demand(), previous=provisioned(700)))
    found = store.carry_over(new, baseline(deployed(provisioned(500))))
    assert found.deployed is not None
    assert found.deployed.previous == provisioned(700)


def test_traffic_loses_unrecorded_minutes_at_its_ends_alone() -> None:
    nan = float("nan")
    empty_ends = array("d", [nan, 60.0, nan, 60.0, nan])
    recorded = traffic(empty_ends, empty_ends, empty_ends)
    found = store.without_unrecorded_ends(recorded, tuple(reversed(DIMENSIONS)), "here")
    assert (found.start, found.minutes) == (START + timedelta(minutes=1), 3)
    assert [math.isnan(value) for value in found.consumed[TABLE_WRITE]] == [False, True, False]
    assert all(len(events) == 3 for events in found.throttled.values())
    assert list(found.consumed) == list(reversed(DIMENSIONS))


def test_traffic_without_any_value_is_refused() -> None:
    missing = gap(flat(1, 0.01), START, 14)
    with pytest.raises(InputError, match="here: holds no consumed units in these days"):
        store.without_unrecorded_ends(traffic(missing, missing, missing), DIMENSIONS, "here")


def test_store_writes_both_files_and_no_draft(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "orders.json"
    stored = store.store(baseline(carried=traffic(flat(1, 1))), out)
    assert stored == Baseline.load(out)
    assert sorted(file.name for file in out.parent.iterdir()) == ["orders.csv.gz", "orders.json"]


def test_store_when_the_loader_refuses_the_draft_keeps_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "orders.json"
    store.store(baseline(carried=traffic(flat(1, 1))), out)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def refuse(path: str | Path, **_: Any) -> Baseline:
        raise InputError("orders.json", "is wrong", "Look")

    monkeypatch.setattr(Baseline, "load", staticmethod(refuse))
    with pytest.raises(InputError, match="is wrong"):
        store.store(baseline(carried=traffic(flat(2, 1))), out)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_store_makes_the_folders_that_are_missing(tmp_path: Path) -> None:
    out = tmp_path / "baselines" / "chat" / "orders.json"
    assert store.store(baseline(), out) == Baseline.load(out)


def test_store_where_a_killed_recording_left_its_draft_replaces_it(tmp_path: Path) -> None:
    out = tmp_path / "orders.json"
    draft = store.hidden_path(out, "recording-draft")
    draft.mkdir()
    (draft / "orders.json").write_text("{")
    assert store.store(baseline(), out) == Baseline.load(out)
    assert not draft.exists()


def test_store_into_what_is_no_folder_is_refused_with_the_output(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "orders.json"
    with pytest.raises(InputError) as raised:
        store.store(baseline(), out)
    assert str(raised.value).startswith(f"--out {out}: cannot be written (File exists)")
