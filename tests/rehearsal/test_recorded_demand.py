"""Recorded traffic as a demand: it repeats with its own length, and a file without traffic is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.errors import InputError
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rehearsal.recorded_demand import RecordedDemand
from tests.paths import ROOT

BASELINE = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
INDEX = Dimension("by_agent", "write")


def test_demand_when_a_period_later_asks_for_what_was_recorded() -> None:
    demand = RecordedDemand(BASELINE)
    traffic = Baseline.load(BASELINE).traffic
    assert traffic is not None
    recorded = traffic.consumed[INDEX][15 * 60 + 55] / 60
    assert demand(INDEX.key, traffic.start + timedelta(hours=15, minutes=55)) == recorded
    assert demand(INDEX.key, traffic.start + demand.period + timedelta(hours=15, minutes=55)) == recorded
    assert demand.period == timedelta(days=14)


def test_demand_when_the_file_holds_no_traffic_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.json"):
        RecordedDemand(tmp_path / "missing.json")


def test_demand_when_a_dimension_is_unknown_is_an_error() -> None:
    with pytest.raises(KeyError):
        RecordedDemand(BASELINE).peak(Dimension("other", "write"))
