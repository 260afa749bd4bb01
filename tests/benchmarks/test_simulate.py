"""The figures of the simulator: every key of the result, and the line that is printed."""

from __future__ import annotations

import pytest

from benchmarks import simulate
from capacity_guard.simulator import compiled


def test_measure_without_peers_has_the_figures_of_the_own_simulator_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PEERS", raising=False)
    monkeypatch.setattr(simulate, "RUNS", 1)
    monkeypatch.setattr(simulate, "_REPETITIONS", 1)
    figures = simulate.measure()
    assert figures["minutes"] == 14 * 1_440
    assert figures["throughput"]["target"] == 0.7
    assert set(figures["python_seconds"]) == {"0", "120", "240"}
    assert set(figures["growth"]) == {"7", "14", "28", "56"}
    assert set(figures["full_model_seconds"]) == {"auto-scaled", "fixed", "on-demand"}
    assert ("compiled_minutes_per_second" in figures) == compiled.available()
    assert "ratios" not in figures
    assert "PEERS names no folder" in capsys.readouterr().out


def test_summary_line_when_peers_were_measured_names_their_ratios() -> None:
    figures = {
        "python_minutes_per_second": 1_200_000,
        "compiled_minutes_per_second": 90_000_000,
        "ratios": {"dynamodb-optima": 12.5},
    }
    assert simulate.summary_line(figures) == (
        "simulator: 1.2 million minutes/s in plain Python, 90 million compiled, 12.5 times as fast as dynamodb-optima"
    )
