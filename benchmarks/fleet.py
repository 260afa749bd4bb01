"""Measures the time for each table: the plan of many tables, one recommendation, and CG14 in a synthesis."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
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

BASELINE_FILES = tuple(sorted(BASELINES.glob("*/*/conversations.json")))
TABLE_COUNTS = (100, 1_000)
FLEET_CHANGES = ("switch", "incident", "fixed")
RUNS = 5


def measure() -> dict[str, Any]:
    """The figures under the key ``fleet`` of the result."""
    baseline = Baseline.load(BASELINE_FILES[0])
    at = baseline.recording.at + timedelta(hours=15)
    plans = {str(count): _measure_plan(count, at) for count in TABLE_COUNTS}
    largest = plans[str(TABLE_COUNTS[-1])]
    result: dict[str, Any] = {
        "engine": "compiled" if compiled.available() else "plain",
        "processes": cores(),
        "plans": plans,
        "plan_seconds_1000_tables": largest["seconds"],
        "plan_kib_a_table": round(
            1024
            * (largest["mib"] - plans[str(TABLE_COUNTS[0])]["mib"])
            / (TABLE_COUNTS[-1] - TABLE_COUNTS[0])
        ),
        "recommend_seconds": {},
    }
    with patch.object(compiled, "_compiled", None):
        result["cg14_seconds"] = {
            name: _median_seconds(partial(_judge_by_cg14, baseline, change, at))
            for name, change in (("refused", "incident"), ("fits", "switch"))
        }
        result["recommend_seconds"]["plain"] = _median_seconds(lambda: recommend(baseline, Asked(at)))
    if compiled.available():
        result["recommend_seconds"]["compiled"] = _median_seconds(lambda: recommend(baseline, Asked(at)))
    return result


def summary_line(result: dict[str, Any]) -> str:
    """The figures in one line."""
    recommended = ", ".join(
        f"{seconds:.2f} s {name}" for name, seconds in result["recommend_seconds"].items()
    )
    return (
        f"plan of 1,000 tables {result['plan_seconds_1000_tables']:.1f} s ({result['engine']}, "
        f"{result['processes']} processes); a table: recommend {recommended}, "
        f"CG14 {max(result['cg14_seconds'].values()):.2f} s"
    )


def _measure_plan(count: int, at: datetime) -> dict[str, float]:
    """Time of ``capacity-guard plan`` in a process of its own, and the memory of the largest of its processes."""
    with TemporaryDirectory() as folder:
        Findings(at, tuple(_tables(count))).write(Path(folder))
        started = time.perf_counter()
        command = [sys.executable, "-m", "capacity_guard", "plan", folder, "--json", "-"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1), process.returncode
    return {"seconds": seconds, "mib": used.ru_maxrss / 1024}


def _tables(count: int) -> Iterator[JudgedTable]:
    """Tables with the baselines of several cells. Their changes alternate: one that passes, one refused, one without a switch."""
    baselines = {file: Baseline.load(file) for file in BASELINE_FILES}
    for number in range(count):
        file, change = (
            BASELINE_FILES[number % len(BASELINE_FILES)],
            FLEET_CHANGES[number % len(FLEET_CHANGES)],
        )
        declared = CHANGES[change].for_indexes([INDEX], "capacity")
        fingerprint = baselines[file].transition_to(declared).fingerprint
        planned = PlanInput(
            f"Table{number}", declared, str(file), fingerprint, Rollout(), Margins(), "eu-west-1"
        )
        yield JudgedTable(f"Stack/Table{number}", None, (), planned)


def _judge_by_cg14(baseline: Baseline, change: str, at: datetime) -> list[object]:
    declared = CHANGES[change].for_indexes([INDEX], "capacity")
    case = Case("Conversations", (INDEX,), declared, baseline, at)
    return list(cg14_simulated.RULE.condition(case))


def _median_seconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


__all__ = ["measure", "summary_line"]
