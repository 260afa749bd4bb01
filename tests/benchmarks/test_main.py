"""`python -m benchmarks`: its exit codes and the file that it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as entry
from benchmarks.__main__ import main
from benchmarks.measure import BenchmarkError, SynthSeconds


@pytest.fixture(autouse=True)
def _without_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "templates_of", lambda folder: {})
    monkeypatch.setattr(entry, "check", lambda guarded, plain: {"dev": {"guarded": 2, "plain": 1}})
    monkeypatch.setattr(entry, "_versions", dict)
    for module in (entry.simulate, entry.fleet, entry.synth_fleet):
        monkeypatch.setattr(module, "measure", lambda *_, **__: {})
        monkeypatch.setattr(module, "summary_line", lambda figures: "figures")


@pytest.mark.parametrize(("guarded", "code"), [(3.0, 0), (3.2, 1)])
def test_main_when_the_ratio_exceeds_the_highest_ends_with_code_1(
    guarded: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seconds = {"guarded": [SynthSeconds(guarded, 1)] * 2, "plain": [SynthSeconds(2.0, 1)] * 2}
    monkeypatch.setattr(entry, "measure_in_pairs", lambda *_: seconds)
    assert main(["--out", str(tmp_path), "--pairs", "2", "--least", "2"]) == code
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["synth"]["ratio"] == guarded / 2
    assert result["synth"]["highest_ratio"] == 1.5
    assert set(result) == {"simulate", "fleet", "synth", "synth_fleet", "commands", "versions", "machine"}
    # the input of the plain app: every environment of the example
    stacks = [
        environment["stack"] for environment in json.loads((tmp_path / "environments.json").read_text())
    ]
    assert "Conversations-production-cell-1" in stacks


def test_main_when_nothing_was_measured_ends_with_code_2_and_writes_no_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise BenchmarkError("too slow")

    monkeypatch.setattr(entry, "measure_in_pairs", fail)
    assert main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "too slow\n"
    assert not (tmp_path / "result.json").exists()


def test_main_when_least_exceeds_pairs_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--pairs", "2", "--least", "3"])
    assert "--least: at least 2, and at most --pairs" in capsys.readouterr().err
