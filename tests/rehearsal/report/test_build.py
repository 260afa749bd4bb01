"""The files of a report."""

from __future__ import annotations

import json
import re
from pathlib import Path

from capacity_guard.rehearsal.report.build import write_page, write_result
from capacity_guard.rehearsal.report.records import Records
from tests.builders.rehearsal_records import Raw


def test_result_file_when_written_is_the_verdict(raw: Raw, tmp_path: Path) -> None:
    records = Records.load(raw.write())
    data = json.loads(write_result(records, tmp_path).read_text())
    assert data["rolled_back"]["seconds"]["change_to_restored"] == 540.0
    assert "emulator, not AWS" in data["labels"]


def test_page_when_written_has_two_pictures_that_name_the_seconds_and_have_letters_from_a_on(
    raw: Raw, tmp_path: Path
) -> None:
    index = write_page(Records.load(raw.write()), tmp_path, peak=4_800)

    assert index == tmp_path / "index.html"
    assert index.read_text().startswith("<!doctype html>")
    titles = {
        "rollback.svg": "Veto and rollback: as before 540 s after the change",
        "watched.svg": "Taken back by the watch: as before 270 s after the first throttled minute",
    }
    for name, title in titles.items():
        picture = (tmp_path / name).read_text()
        assert title in picture
        assert re.findall(r'text-anchor="middle">([A-Z])</text></g>', picture)[:2] == ["A", "B"]
