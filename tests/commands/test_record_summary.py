"""The lines that ``capacity-guard record`` prints for a new baseline."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.commands.record_summary import recording_summary
from capacity_guard.rules.formatting import rate_text
from tests.builders.guarded import baseline


def test_summary_has_period_peaks_causes_and_note() -> None:
    recorded = baseline(units=500, throttled=2)
    recorded = replace(
        recorded,
        recording=replace(
            recorded.recording,
            note="a quiet fortnight",
            throttled_by={"table": {"WriteProvisionedThroughputThrottleEvents": 40_320}},
        ),
    )
    first, *lines = recording_summary(recorded, Path("baselines/conversations.json")).split("\n")
    assert first == (
        "baselines/conversations.json: conversations, attempt 1, 14.0 days (20,160 minutes, 0 with a gap), "
        "2026-06-25 00:00 to 2026-07-09 00:00 UTC"
    )
    write = next(line for line in lines if line.startswith("  table, write"))
    assert "peak 500/s  Thu 25 Jun 2026 00:00 UTC, 40,320 throttle events" in write
    read = next(line for line in lines if line.startswith("  table, read"))
    assert read.endswith("UTC")
    assert "  table: throttled by WriteProvisionedThroughputThrottleEvents 40,320" in lines
    assert lines[-1] == "  note: a quiet fortnight"


def test_summary_when_a_peak_has_a_fraction_expects_the_figure_that_the_findings_print() -> None:
    recorded = baseline()
    assert recorded.traffic is not None
    for series in recorded.traffic.consumed.values():
        assert isinstance(series, array)
        series[:] = array("d", [60 * 4_598.2]) * len(series)
    write = next(
        line
        for line in recording_summary(recorded, Path("t.json")).split("\n")
        if line.startswith("  table, write")
    )
    printed = rate_text(4_598.2, Dimension(None, "write")).removesuffix(" writes/s")
    assert printed == "4,599"
    assert f"peak {printed}/s" in write


def test_summary_counts_gaps_and_says_where_nothing_was_recorded() -> None:
    recorded = baseline()
    assert recorded.traffic is not None
    for series in recorded.traffic.consumed.values():
        assert isinstance(series, array)
        series[:] = array("d", [float("nan")]) * len(series)
    lines = recording_summary(recorded, Path("t.json")).split("\n")
    assert "(20,160 minutes, 20,160 with a gap)" in lines[0]
    assert all(line.endswith("nothing recorded") for line in lines[1:5])
    assert len(lines) == 5
