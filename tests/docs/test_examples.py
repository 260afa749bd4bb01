"""The examples run in a project of their own, with the baselines that they name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.findings import Findings, SourceLocation
from tests.builders.guarded import NOW, baseline
from tests.paths import ROOT

EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))


def synthesized(project: Path, example: str) -> subprocess.CompletedProcess[str]:
    """Run an example as the CDK CLI does."""
    shutil.copy(ROOT / "examples" / example, project)
    environment = {
        **os.environ,
        "CDK_OUTDIR": "cdk.out",
        "CDK_CONTEXT_JSON": json.dumps({"capacity-guard:now": NOW}),
        "CDK_VALIDATION": "false",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, example], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def baselines_of(example: str, project: Path) -> list[Path]:
    """Write each baseline that an example names, of a table with the example's index."""
    text = (ROOT / "examples" / example).read_text()
    index = re.search(r'(?:Index\(|index_name=)"(\w+)"', text)
    assert index is not None
    paths = [project / name for name in sorted(set(re.findall(r'"(baselines/[\w/-]+\.json)"', text)))]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        baseline(index=index[1], units=50).save(path)
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_example_when_its_baselines_are_there_synthesizes_without_an_error(
    example: str, tmp_path: Path
) -> None:
    assert baselines_of(example, tmp_path)
    process = synthesized(tmp_path, example)
    assert process.returncode == 0, process.stderr
    findings = Findings.read(tmp_path / "cdk.out")
    assert findings.errors == 0
    lines = (tmp_path / example).read_text().splitlines()
    for table in findings.tables:
        assert table.place is not None
        assert table.place.file == example
        assert re.search(r"Table\w*\(", lines[table.place.line - 1])


@pytest.mark.slow
def test_example_when_its_table_carried_more_than_on_demand_serves_is_refused_on_its_line(
    tmp_path: Path,
) -> None:
    (path,) = baselines_of("orders.py", tmp_path)
    baseline(index="by_customer", units=5_000).save(path)
    process = synthesized(tmp_path, "orders.py")
    assert process.returncode == 1
    findings = Findings.read(tmp_path / "cdk.out")
    (line,) = [
        number
        for number, text in enumerate((ROOT / "examples/orders.py").read_text().splitlines(), 1)
        if "GuardedTable(" in text
    ]
    assert {(finding.rule, table.place) for table, finding in findings.found} >= {
        ("CG3", SourceLocation("orders.py", line))
    }
