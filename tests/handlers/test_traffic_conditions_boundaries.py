"""Boundaries of the live peak: the margin, and the units that count as requests made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import Dimension
from capacity_guard.capacity.evidence import Peak
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_state import read_live_state
from capacity_guard.handlers.traffic_conditions import PEAK_SLACK, check_live_peak
from tests.handlers.gate_world import NOW, ON_DEMAND, STACK_ID, a_plan, an_aws, set_traffic

READS = Dimension(None, "read")


def refusals(recorded: float, live: float) -> list[str]:
    """What is refused of a table whose reads peaked at so many units a second."""
    plan = a_plan(ON_DEMAND)
    evidence = plan.evidence.dimensions[READS]
    assert evidence.peak is not None
    peak = Peak(recorded, evidence.peak.at)
    dimensions = {**plan.evidence.dimensions, READS: replace(evidence, peak=peak)}
    plan = replace(plan, evidence=replace(plan.evidence, dimensions=dimensions))
    aws = an_aws(plan)
    set_traffic(aws, {READS.key: live})
    return list(check_live_peak(read_live_state(GateAws(aws.clients()), plan, STACK_ID, NOW)))


@pytest.mark.parametrize(
    ("recorded", "live", "refused"),
    [
        # a small table: the slack decides
        (5, 5 + PEAK_SLACK, False),
        (5, 5 + PEAK_SLACK + 1, True),
        (0, PEAK_SLACK, False),
        (0, PEAK_SLACK + 1, True),
        # a large one: the margin of 1.2 decides
        (1_000, 1_200, False),
        (1_000, 1_201, True),
    ],
)
def test_live_peak_when_at_the_boundary_is_accepted_and_above_it_refused(
    recorded: float, live: float, refused: bool
) -> None:
    assert bool(refusals(recorded, live)) is refused
