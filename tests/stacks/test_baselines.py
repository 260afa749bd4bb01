"""The committed baselines: they load, and they have the capacity and the traffic that README and demo state."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Dimension, Provisioned
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.traffic import Traffic
from tests.paths import ROOT

FOLDER = ROOT / "stacks" / "baselines"
CELLS = {
    "production-cell-1": (FOLDER / "production/cell-1/conversations.json", 4_800),
    "production-cell-2": (FOLDER / "production/cell-2/conversations.json", 2_400),
    "production-cell-3": (FOLDER / "production/cell-3/conversations.json", 1_200),
    "staging": (FOLDER / "staging/conversations.json", 48),
}
INDEX_WRITE = Dimension("by_agent", "write")


@cache
def load(name: str) -> Baseline:
    return Baseline.load(CELLS[name][0])


def traffic(name: str) -> Traffic:
    recorded = load(name).traffic
    assert recorded is not None
    return recorded


def writes() -> list[float]:
    """Writes a second on the index of production cell 1, minute by minute."""
    return [units / 60 for units in traffic("production-cell-1").consumed[INDEX_WRITE]]


def position_of(text: str) -> int:
    """Position of a minute in the traffic of production cell 1."""
    return int((datetime.fromisoformat(text) - traffic("production-cell-1").start) / timedelta(minutes=1))


@pytest.mark.parametrize("name", CELLS)
def test_sample_baseline_when_loaded_holds_fourteen_days_without_a_gap(name: str) -> None:
    baseline, recorded = load(name), traffic(name)
    assert (recorded.minutes, recorded.gaps()) == (20_160, 0)
    assert (recorded.start, recorded.end) == (
        datetime(2026, 6, 25, tzinfo=UTC),
        datetime(2026, 7, 9, tzinfo=UTC),
    )
    assert baseline.recording.at == recorded.end
    assert baseline.table.name == baseline.table.stack == f"Conversations-{name}"
    note = baseline.recording.note or ""
    assert "shifted by 28 years (10,227 days, same weekdays)" in note
    assert "commit 8246021" in note


@pytest.mark.parametrize("name", CELLS)
def test_sample_baseline_when_digested_has_the_peak_its_note_names(name: str) -> None:
    peak = CELLS[name][1]
    evidence = load(name).evidence(10)
    assert evidence is not None
    recorded_peak = evidence.peak(INDEX_WRITE)
    assert recorded_peak is not None
    assert recorded_peak.units == pytest.approx(peak)
    assert recorded_peak.at == datetime(2026, 7, 7, 21, 41, tzinfo=UTC)
    assert f"is {peak:,} writes a second" in (load(name).recording.note or "")
    assert traffic(name).consumed[Dimension(None, "write")] == traffic(name).consumed[INDEX_WRITE]


def test_sample_baseline_of_cell_1_when_loaded_has_the_capacity_before_the_incident() -> None:
    deployed = load("production-cell-1").deployed
    assert deployed is not None
    fixed = Capacity.provisioned(
        read=3_000,
        write=AutoScaling(6_400, 6_400),
        indexes={"by_agent": Provisioned(4_000, AutoScaling(3_840, 3_840))},
    )
    assert deployed.template == deployed.live == fixed
    assert dict(deployed.units) == dict(deployed.warm)
    assert deployed.warm_now(INDEX_WRITE) == 3_840


def test_sample_traffic_when_carried_by_a_bucket_fits_3840_and_not_3600() -> None:
    assert sum(units > 3_840 for units in writes()) == 98
    assert lowest_fill(3_840) == pytest.approx(0.43, abs=0.005)
    assert lowest_fill(3_600) < 0


def lowest_fill(provisioned: int) -> float:
    """Lowest share of a bucket of 300 seconds of unused throughput; below 0 it would throttle."""
    full = fill = lowest = 300.0 * provisioned
    for units in writes():
        fill = min(full, fill + 60 * (provisioned - units))
        lowest = min(lowest, fill)
    return lowest / full


def test_sample_traffic_when_a_match_ends_on_thursday_climbs_within_minutes() -> None:
    start = position_of("2026-06-25T15:51Z")
    assert [round(writes()[start + minutes]) for minutes in (0, 3)] == [3_028, 3_979]
    assert writes()[start + 5] == pytest.approx(4_215, abs=1)


def test_sample_traffic_when_it_is_sunday_morning_is_quiet() -> None:
    recorded = traffic("production-cell-1")
    sundays = [
        units
        for number, units in enumerate(writes())
        if recorded.minute(number).weekday() == 6 and 6 <= recorded.minute(number).hour < 10
    ]
    assert len(sundays) == 2 * 4 * 60
    assert max(sundays) < 200


def test_sample_traffic_when_shifted_keeps_its_weekdays() -> None:
    assert datetime(1998, 6, 25, tzinfo=UTC) + timedelta(days=10_227) == traffic("production-cell-1").start
    assert 10_227 % 7 == 0


def test_sample_files_when_summed_stay_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) < 1_200_000


def test_rebuild_when_read_names_every_committed_baseline() -> None:
    script = (FOLDER / "rebuild.sh").read_text()
    for name, (file, _) in CELLS.items():
        assert f"record {name} {file.relative_to(FOLDER)}" in script
        assert (FOLDER / "capacity" / f"{name}.json").exists()
        assert json.loads(file.read_text())["traffic"]["file"] == "conversations.csv.gz"
