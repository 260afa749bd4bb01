"""The files of a report."""

from __future__ import annotations

import json
from pathlib import Path

from capacity_guard.rehearsal.report.build import write_page, write_result
from capacity_guard.rehearsal.report.records import Records
from tests.builders.rehearsal_records import Raw


def test_result_file_when_written_is_the_verdict(raw: Raw, tmp_path: Path) -> None:
    records = Records.load(raw.write())
    data = json.loads(write_result(records, tmp_path).read_text())
    assert data["rolled_back"]["seconds"]["change_to_restored"] == 540.0
    assert "emulator, not AWS" in data["labels"]


def test_page_when_written_is_two_files_and_the_picture_names_the_seconds(raw: Raw, tmp_path: Path) -> None:
    index, svg = write_page(Records.load(raw.write()), tmp_path, peak=4_800)

    assert (index.name, svg.name) == ("index.html", "rollback.svg")
    assert index.read_text().startswith("<!doctype html>")
    assert "Veto and rollback: as before 540 s after the change" in svg.read_text()
