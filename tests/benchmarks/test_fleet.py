"""The figures of a fleet: the plan of many tables runs as a command, and the line names its engine."""

from __future__ import annotations

import pytest

from benchmarks import fleet


@pytest.mark.slow
def test_measure_with_few_tables_has_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "TABLE_COUNTS", (1, 3))
    monkeypatch.setattr(fleet, "RUNS", 1)
    figures = fleet.measure()
    assert set(figures["plans"]) == {"1", "3"}
    assert figures["plan_seconds_1000_tables"] == figures["plans"]["3"]["seconds"] > 0
    assert set(figures["cg14_seconds"]) == {"refused", "fits"}
    assert "plain" in figures["recommend_seconds"]


def test_summary_line_when_compiled_names_engine_and_processes() -> None:
    figures = {
        "engine": "compiled",
        "processes": 2,
        "plan_seconds_1000_tables": 12.34,
        "recommend_seconds": {"plain": 1.0, "compiled": 0.1},
        "cg14_seconds": {"refused": 0.2, "fits": 0.3},
    }
    assert fleet.summary_line(figures) == (
        "plan of 1,000 tables 12.3 s (compiled, 2 processes); a table: recommend 1.00 s plain, 0.10 s compiled, "
        "CG14 0.30 s"
    )
