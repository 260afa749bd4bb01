"""`cdk synth` is measured in pairs, within a budget, and a failed or missing CLI is an error of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.measure import BenchmarkApp, BenchmarkError, SynthSeconds, measure_in_pairs, synth_seconds


def test_in_pairs_when_run_changes_the_order_and_does_not_count_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []

    def timed(app: BenchmarkApp) -> SynthSeconds:
        order.append(app.name)
        return SynthSeconds(len(order), 0)

    monkeypatch.setattr(measure, "synth_seconds", timed)
    apps = [BenchmarkApp(name, (), (), Path(name)) for name in ("guarded", "plain")]
    found = measure_in_pairs(apps, pairs=2, least=2, budget=60)
    assert order == ["guarded", "plain", "guarded", "plain", "plain", "guarded"]
    assert found == {
        "guarded": [SynthSeconds(3, 0), SynthSeconds(6, 0)],
        "plain": [SynthSeconds(4, 0), SynthSeconds(5, 0)],
    }


def test_in_pairs_when_the_budget_is_over_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "synth_seconds", lambda app: SynthSeconds(1, 1))
    with pytest.raises(BenchmarkError, match="0 of 9 pairs"):
        measure_in_pairs([BenchmarkApp("guarded", (), (), Path("x"))], pairs=11, least=9, budget=-1)


def test_in_pairs_when_the_budget_ends_after_enough_pairs_keeps_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure, "synth_seconds", lambda app: SynthSeconds(1, 1))
    ticks = iter(range(100))
    monkeypatch.setattr(measure.time, "perf_counter", lambda: next(ticks))
    found = measure_in_pairs([BenchmarkApp("guarded", (), (), Path("x"))], pairs=11, least=3, budget=3)
    assert len(found["guarded"]) == 3


def test_synth_seconds_when_the_cli_fails_or_is_missing_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = BenchmarkApp("plain", ("app.py",), ("a=b",), tmp_path / "out")
    cli = tmp_path / "cdk"
    cli.write_text('#!/bin/sh\necho "$@"\nexit 3\n')
    cli.chmod(0o755)
    monkeypatch.setattr(measure, "ROOT", tmp_path)
    monkeypatch.setattr(measure, "CDK", cli)
    with pytest.raises(BenchmarkError, match=r"plain: `cdk synth` ended with 3:\nsynth --quiet .* -c a=b"):
        synth_seconds(app)
    cli.unlink()
    with pytest.raises(BenchmarkError, match="cdk is missing: run `make setup`"):
        synth_seconds(app)
