"""Malformed and hostile recordings: accepted with a stated effect, or refused with one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.simulator.table_replay import simulate
from tests.paths import ROOT
from tests.recording.bad_recordings import (
    CASES,
    AcceptedRecording,
    BadRecording,
    RefusedRecording,
    page,
    write,
)

PAGE = ROOT / "docs" / "recordings.md"
ACCEPTED = [case for case in CASES if isinstance(case.outcome, AcceptedRecording)]
REFUSED = [case for case in CASES if isinstance(case.outcome, RefusedRecording)]


def named(case: BadRecording) -> str:
    return case.name


def test_cases_when_counted_are_forty_at_least_with_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 40
    assert len(REFUSED) > 30


@pytest.mark.parametrize("case", ACCEPTED, ids=named)
def test_recording_when_accepted_has_the_stated_effect_and_simulates(
    case: BadRecording, tmp_path: Path
) -> None:
    assert isinstance(case.outcome, AcceptedRecording)
    baseline = Baseline.load(write(case, tmp_path))
    assert baseline.traffic is not None
    assert baseline.deployed is not None
    assert (baseline.traffic.minutes, baseline.traffic.gaps()) == (case.outcome.minutes, case.outcome.gaps)
    writes = baseline.traffic.consumed[Dimension(None, "write")]
    assert max(units for units in writes if units == units) == case.outcome.peak
    outcome = simulate(baseline.deployed.live, baseline.traffic)
    replay = outcome.dimensions[Dimension(None, "write")]
    assert len(replay.served) == case.outcome.minutes
    assert bool(replay.throttled_units) == (case.outcome.peak > 50 * 60)


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("case", ACCEPTED, ids=named)
def test_recording_when_accepted_is_advised_on_without_a_failure(
    case: BadRecording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(case, tmp_path)
    assert cli.main(["recommend", str(file), "--now", "2026-07-10T00:00:00Z"]) in (0, 1)
    assert capsys.readouterr().out.startswith("Orders: ")


@pytest.mark.sampled(every=7)
@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_recording_when_refused_says_one_clear_error(
    case: BadRecording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(case.outcome, RefusedRecording)
    monkeypatch.chdir(tmp_path)  # errors name a file by its path from here
    file = write(case, tmp_path)
    with pytest.raises(InputError) as caught:
        Baseline.load(file)
    assert case.outcome.says in str(caught.value)
    assert caught.value.location.split(":")[0] in ("t.csv.gz", "baseline.json")
    assert caught.value.remedy
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert cli.main(["recommend", str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_page_when_read_holds_every_case() -> None:
    assert page() in PAGE.read_text()
