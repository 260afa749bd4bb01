"""The lines that ``capacity-guard record`` prints for a new baseline."""

from __future__ import annotations

from pathlib import Path

from ..capacity.safe_text import safe_line
from ..evidence.baseline import Baseline
from ..rules.rounding import round_up


def recording_summary(baseline: Baseline, out: Path) -> str:
    """What was recorded: period, gaps, peak and throttle events of each dimension, and causes of throttling.

    Args:
        baseline: a recorded baseline, with traffic.
        out: its file.
    """
    traffic, evidence = baseline.traffic, baseline.evidence(switch_minutes=1)
    # A recorded baseline always has both.
    assert traffic is not None
    assert evidence is not None
    gaps = traffic.gaps()
    minutes = f"{traffic.minutes:,} minute{'' if traffic.minutes == 1 else 's'}"
    lines = [
        f"{out}: {baseline.table.name}, attempt {baseline.attempt}, {traffic.days:.1f} days "
        f"({minutes}, {gaps:,} with a gap), {traffic.start:%Y-%m-%d %H:%M} to {traffic.end:%Y-%m-%d %H:%M} UTC"
    ]
    for dimension, statistics in evidence.dimensions.items():
        peak = (
            "nothing recorded"
            if statistics.peak is None
            else f"peak {round_up(statistics.peak.units):,}/s  {statistics.peak.at:%a %d %b %Y %H:%M} UTC"
        )
        throttled = sum(traffic.throttled[dimension])
        events = f", {throttled:,.0f} throttle events" if throttled else ""
        lines.append(f"  {dimension.label:24} {peak}{events}")
    for key, causes in baseline.recording.throttled_by.items():
        lines.append(
            f"  {key}: throttled by {', '.join(f'{cause} {events:,}' for cause, events in causes.items())}"
        )
    if baseline.recording.note:
        lines.append(f"  note: {baseline.recording.note}")
    return "\n".join(map(safe_line, lines))


__all__ = ["recording_summary"]
