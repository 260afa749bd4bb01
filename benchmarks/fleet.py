"""What commands and rules take a table: the plan of many tables, one recommendation, CG14 in a synthesis."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from constructs_lib import compiled
from constructs_lib.capacity import Baseline
from constructs_lib.capacity.rollout import Margins, Rollout
from constructs_lib.capacity.rules import Case, cg14_simulated
from constructs_lib.findings import Planned, Seen
from constructs_lib.planning.build import plan_table
from constructs_lib.planning.engine import runner
from constructs_lib.planning.recommend import Asked, recommend
from stacks.settings import BASELINES, CHANGES, INDEX

FILES = tuple(sorted(BASELINES.glob("*/*/conversations.json")))
TABLES = 60
RUNS = 5


def measure() -> dict[str, Any]:
    """Everything of the key ``fleet``."""
    declared = CHANGES["switch"].for_indexes([INDEX], "capacity")
    baselines = {file: Baseline.load(file) for file in FILES}

    def plan(number: int) -> None:
        file = FILES[number % len(FILES)]
        planned = Planned(
            f"Table{number}",
            declared,
            str(file),
            baselines[file].transition_to(declared).fingerprint,
            Rollout(),
            Margins(),
            "eu-west-1",
        )
        plan_table(Seen(f"Stack/Table{number}", None, (), planned), planned, {}, Path(), runner())

    plan(0)
    began, memory = time.perf_counter(), []
    for number in range(TABLES):
        plan(number)
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    seconds = time.perf_counter() - began
    baseline = baselines[FILES[0]]
    at = baseline.recording.at + timedelta(hours=15)
    result: dict[str, Any] = {
        "tables": TABLES,
        "engine": "compiled" if compiled.available() else "plain",
        "plan_seconds_a_table": seconds / TABLES,
        "plan_tables_a_minute": round(60 * TABLES / seconds),
        "memory_mib": {"after_a_sixth": round(memory[TABLES // 6]), "after_all": round(memory[-1])},
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
        f"a table: plan {result['plan_seconds_a_table']:.2f} s ({result['engine']}), recommend {recommended}, "
        f"CG14 {max(result['cg14_seconds'].values()):.2f} s"
    )


def _case(baseline: Baseline, change: str, at: Any) -> Case:
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
