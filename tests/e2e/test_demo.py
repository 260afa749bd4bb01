"""`make demo`, whole: it ends as it says, and its results are there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.e2e


def test_demo_when_run_ends_as_expected_and_writes_its_results(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--out", str(tmp_path / "demo")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr
    assert "NOT AS EXPECTED" not in done.stdout
    result = json.loads((tmp_path / "demo" / "result.json").read_text(encoding="utf-8"))
    assert result["rolled_back"]["stack_status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert result["rolled_back"]["before"] == result["rolled_back"]["after"]
    taken_back = result["taken_back"]
    assert taken_back["stack_status"] == "UPDATE_COMPLETE"
    assert taken_back["before"] == taken_back["after"]
    assert taken_back["quiet_hours"] > 12
    assert 0 < taken_back["seconds"]["throttled_to_restored"] < 8 * 60
    assert "watch vetoed" in done.stdout
    assert "processTicksAndRejections" not in done.stdout + (tmp_path / "demo" / "index.html").read_text()
    for name in ("index.html", "rollback.svg", "watched.svg"):
        assert (tmp_path / "demo" / name).stat().st_size > 0
