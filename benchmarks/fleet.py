"""What commands and rules take a table: the plan of many tables, one recommendation, CG14 in a synthesis."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from capacity_guard.capacity.settings import Margins, Rollout
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.findings import Findings, JudgedTable, PlanInput
from capacity_guard.planning.recommend import Asked, recommend
from capacity_guard.planning.spread import cores
from capacity_guard.rules import Case, cg14_simulated
from capacity_guard.simulator import compiled
from stacks.settings import BASELINES, CHANGES, INDEX

FILES = tuple(sorted(BASELINES.glob("*/*/conversations.json")))
TABLES = (100, 1_000)
FLEET = ("switch", "incident", "fixed")
RUNS = 5


def measure() -> dict[str, Any]:
    """Everything of the key ``fleet``."""
    baseline = Baseline.load(FILES[0])
    at = baseline.recording.at + timedelta(hours=15)
    plans = {str(tables): _plan(tables, at) for tables in TABLES}
    largest = plans[str(TABLES[-1])]
    result: dict[str, Any] = {
        "engine": "compiled" if compiled.available() else "plain",
        "processes": cores(),
        "plans": plans,
        "plan_seconds_1000_tables": largest["seconds"],
        "plan_kib_a_table": round(
            1024 * (largest["mib"] - plans[str(TABLES[0])]["mib"]) / (TABLES[-1] - TABLES[0])
        ),
        "recommend_seconds": {},
        "cg14_seconds": {
            name: _median(lambda d=change: list(cg14_simulated.RULE.condition(_case(baseline, d, at))))  # type: ignore[misc]
            for name, change in (("refused", "incident"), ("fits", "switch"))
        },
    }
    with patch.object(compiled, "_simulator", None):
        result["recommend_seconds"]["plain"] = _median(lambda: recommend(baseline, Asked(at)))
    if compiled.available():
        result["recommend_seconds"]["compiled"] = _median(lambda: recommend(baseline, Asked(at)))
    return result


def line(result: dict[str, Any]) -> str:
    """The figures in one line."""
    recommended = ", ".join(
        f"{seconds:.2f} s {name}" for name, seconds in result["recommend_seconds"].items()
    )
    return (
        f"plan of 1,000 tables {result['plan_seconds_1000_tables']:.1f} s ({result['engine']}, "
        f"{result['processes']} processes); a table: recommend {recommended}, "
        f"CG14 {max(result['cg14_seconds'].values()):.2f} s"
    )


def _plan(tables: int, at: datetime) -> dict[str, float]:
    """The whole command in a process of its own; memory is that of the largest of its processes."""
    with TemporaryDirectory() as folder:
        Findings(at, tuple(_tables(tables))).write(Path(folder))
        began = time.perf_counter()
        command = [sys.executable, "-m", "capacity_guard", "plan", folder, "--json", "-"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1), process.returncode
    return {"seconds": seconds, "mib": used.ru_maxrss / 1024}


def _tables(count: int) -> Iterator[JudgedTable]:
    """A fleet of several cells, in which each change is made in turn: found safe, refused, and without a switch."""
    baselines = {file: Baseline.load(file) for file in FILES}
    for number in range(count):
        file, change = FILES[number % len(FILES)], FLEET[number % len(FLEET)]
        declared = CHANGES[change].for_indexes([INDEX], "capacity")
        fingerprint = baselines[file].transition_to(declared).fingerprint
        planned = PlanInput(
            f"Table{number}", declared, str(file), fingerprint, Rollout(), Margins(), "eu-west-1"
        )
        yield JudgedTable(f"Stack/Table{number}", None, (), planned)


def _case(baseline: Baseline, change: str, at: datetime) -> Case:
    declared = CHANGES[change].for_indexes([INDEX], "capacity")
    return Case("Conversations", (INDEX,), declared, baseline, at)


def _median(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


__all__ = ["line", "measure"]
