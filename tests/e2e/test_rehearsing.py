"""The program of docs/rehearsing.md does what the page says, with the example that the page names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.evidence.baseline import Baseline
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "rehearsing.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.e2e


def test_program_of_the_page_deploys_records_and_raises_warm_throughput(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert "../examples/orders.py" in PAGE
    (tmp_path / "rehearse.py").write_text(program, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "orders.py", tmp_path / "app.py")
    (tmp_path / "cdk.json").write_text('{"app": "python app.py"}')
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    paths = [str(ROOT / ".venv" / "bin"), os.environ["PATH"]]
    done = subprocess.run(
        [sys.executable, "rehearse.py"],
        cwd=tmp_path,
        env=os.environ | {"PATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    baseline = Baseline.load(tmp_path / "baselines" / "Orders.json")
    assert baseline.recording.note is not None
    assert "No traffic is known" in baseline.recording.note
    assert "Orders: Preflight has passed" in done.stdout
    assert "by_customer, write" in done.stdout
