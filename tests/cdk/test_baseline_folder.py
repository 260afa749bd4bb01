"""Whether a table without a baseline file is expected to have one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from capacity_guard.cdk.baseline_folder import BaselineFolder
from capacity_guard.evidence.provenance import TableIdentity
from tests.builders.guarded import baseline


def test_folder_that_does_not_exist_expects_every_table(tmp_path: Path) -> None:
    expected = BaselineFolder(tmp_path / "none").why_expected("S")
    assert expected is not None
    assert "none does not exist" in expected


def test_stack_that_was_never_recorded_expects_none(tmp_path: Path) -> None:
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / "notes.txt").touch()
    (tmp_path / "other.json").write_text("{}")
    baseline().save(tmp_path / "unknown-stack.json")
    assert BaselineFolder(tmp_path).why_expected("S") is None


def test_stack_with_other_files_expects_the_table(tmp_path: Path) -> None:
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / "Orders.csv.gz").touch()
    assert "other files stand in" in str(BaselineFolder(tmp_path).why_expected("S"))


def test_stack_of_which_a_baseline_elsewhere_was_recorded_expects_the_table(tmp_path: Path) -> None:
    recorded = replace(baseline(), table=TableIdentity("orders", stack="S"))
    recorded.save(tmp_path / "renamed" / "Orders.json")
    expected = str(BaselineFolder(tmp_path).why_expected("S"))
    assert "renamed/Orders.json was recorded of a table of this stack" in expected
    assert BaselineFolder(tmp_path).why_expected("T") is None
