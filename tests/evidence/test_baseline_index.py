"""The index of a folder's baselines: which table each file is about, read from its beginning, once a process."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.evidence import baseline_index
from capacity_guard.evidence.baseline_index import baselines_in, is_baseline
from capacity_guard.evidence.provenance import TableIdentity
from tests.builders.guarded import baseline

ORDERS = TableIdentity("orders", "111111111111", "eu-west-1", "Shop", "OrdersA9B65338")


def save(file: Path, table: TableIdentity = ORDERS) -> Path:
    replace(baseline(), table=table).save(file)
    return file


def test_baselines_of_all_folders_are_listed_with_what_they_record(tmp_path: Path) -> None:
    for name in ("b/c/x.json", "b/y.json", "a.json"):
        save(tmp_path / name, replace(ORDERS, name=name[:-5].replace("/", ".")))
    found = [(str(each.file.relative_to(tmp_path)), each.table) for each in baselines_in(tmp_path)]
    assert found == [
        ("a.json", replace(ORDERS, name="a")),
        ("b/c/x.json", replace(ORDERS, name="b.c.x")),
        ("b/y.json", replace(ORDERS, name="b.y")),
    ]
    assert [each.file.name for each in baselines_in(tmp_path, deep=False)] == ["a.json"]
    assert baselines_in(tmp_path / "none") == ()


def test_drafts_and_files_that_are_no_baselines_are_left_out(tmp_path: Path) -> None:
    save(tmp_path / ".orders.recording-draft" / "orders.json")
    save(tmp_path / "x.json").rename(tmp_path / ".hidden.json")
    (tmp_path / "capacity.json").write_text('{"template": {}}')
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "large.json").write_text(json.dumps({"x": "y" * 10_000}))
    (tmp_path / "notes.txt").write_text("x")
    assert baselines_in(tmp_path) == ()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"schema": "capacity-guard/baseline", "version": 2, "kind": "recorded", "table": {"name": ',
        '<<<<<<< HEAD\n{"schema": "capacity-guard/baseline"}',
        '{"schema": "capacity-guard/baseline", "version": 2, "kind": "recorded", "table": {"name": 7}}',
        '{"schema": "capacity-guard/baseline", "version": 2, "kind": "recorded"}',
        '{"schema" "capacity-guard/baseline"}',
    ],
)
def test_damaged_file_is_listed_without_a_table(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content)
    (found,) = baselines_in(tmp_path)
    assert (found.file, found.table) == (tmp_path / "x.json", None)
    assert is_baseline(tmp_path / "x.json") is ("capacity-guard/baseline" in content)


def test_fields_in_another_order_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline_index, "_HEAD_BYTES", 512)
    file = save(tmp_path / "x.json")
    data = json.loads(file.read_text())
    file.write_text(json.dumps(data, sort_keys=True, separators=(",", ":")))
    assert "orders" not in file.read_text()[:512]
    assert [each.table for each in baselines_in(tmp_path)] == [ORDERS]


def test_only_the_beginning_is_read_and_once_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline_index, "_HEAD_BYTES", 512)
    file = save(tmp_path / "x.json")
    read: list[int] = []
    real = baseline_index.open_regular

    class Counted:
        def __init__(self, path: Path, *, is_input: bool) -> None:
            self._file = real(path, is_input=is_input)

        def __enter__(self) -> Counted:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def read(self, most: int) -> Any:
            content = self._file.read(most)
            read.append(len(content))
            return content

    monkeypatch.setattr(baseline_index, "open_regular", Counted)
    for _ in range(3):
        assert [each.table for each in baselines_in(tmp_path)] == [ORDERS]
    assert read == [512]
    save(file, replace(ORDERS, logical_id="Other"))
    os.utime(file, ns=(1, 1))
    (found,) = baselines_in(tmp_path)
    assert found.table == replace(ORDERS, logical_id="Other")
    assert len(read) == 2


def test_link_to_nothing_is_damaged_and_a_pipe_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "gone.json").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "device.json").symlink_to("/dev/null")
    assert [(each.file.name, each.table) for each in baselines_in(tmp_path)] == [("gone.json", None)]
