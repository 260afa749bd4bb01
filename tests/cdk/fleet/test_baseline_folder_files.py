"""Which files beside a missing baseline say that it is expected, in the words of the warning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.cdk.fleet.baseline_folder import BaselineFolder, SoughtTable
from capacity_guard.evidence.provenance import TableIdentity
from tests.builders.guarded import baseline


def sought(stack: str = "S", **properties: Any) -> SoughtTable:
    given = {
        "account": None,
        "region": None,
        "logical_id": "OrdersA9B65338",
        "construct_id": "Orders",
        "repeats": False,
        "name": lambda: None,
    }
    return SoughtTable(stack, **{**given, **properties})


@pytest.mark.parametrize(
    ("name", "counts"),
    [("Orders.json", True), ("Orders.csv.gz", True), ("notes.txt", False), ("json", False), ("gz", False)],
)
def test_file_in_the_folder_of_the_stack_counts_by_its_ending(
    name: str, counts: bool, tmp_path: Path
) -> None:
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / name).touch()
    said = f"there are other files in {tmp_path.as_posix()}/S" if counts else None
    assert BaselineFolder(tmp_path).why_expected(sought()) == said
    assert BaselineFolder(tmp_path).why_expected(sought("T")) is None


def test_folder_that_is_missing_or_a_file_is_told(tmp_path: Path) -> None:
    for name in ("none", "file"):
        (tmp_path / "file").touch()
        folder = tmp_path / name
        assert (
            BaselineFolder(folder).why_expected(sought()) == f"the folder {folder.as_posix()} does not exist"
        )
    (tmp_path / "S").touch()
    assert BaselineFolder(tmp_path).why_expected(sought()) is None


def test_first_of_the_files_that_were_recorded_of_the_stack_is_told(tmp_path: Path) -> None:
    for name in ("c", "b", "a"):
        of = "Other" if name == "a" else "S"
        replace(baseline(), table=TableIdentity("orders", stack=of)).save(tmp_path / name / "Orders.json")
    replace(baseline(), table=TableIdentity("orders")).save(tmp_path / "d" / "Orders.json")
    (tmp_path / "0.json").write_text("{")
    folder = BaselineFolder(tmp_path)
    for stack, file in (("S", "b/Orders.json"), ("Other", "a/Orders.json")):
        expected = f"{(tmp_path / file).as_posix()} was recorded of a table of this stack"
        assert folder.why_expected(sought(stack)) == expected
    assert folder.why_expected(sought("Third")) is None
