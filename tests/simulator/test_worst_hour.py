"""The worst hour of a transition: of its start, and of the declared capacity afterwards."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import AutoScaling, OnDemand, Units
from capacity_guard.capacity.settings import Margins
from capacity_guard.simulator import worst_hour
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.table_replay import Cause
from capacity_guard.simulator.worst_hour import Trial
from tests.builders.cases import INDEX, INDEX_WRITE, deployed, flat, on_demand, provisioned, spike
from tests.simulator.builders import AT, BUSY, EVEN, day, short, to


def test_trial_when_provisioned_mode_has_nothing_to_start_with_expects_no_start() -> None:
    transition = to(provisioned(AutoScaling(100, 3_000)), deployed(on_demand()))
    margins = Margins()
    assert not worst_hour.can_start(transition)
    assert worst_hour.possible_starts(transition, short(day(100)), margins) is None


def test_trial_when_it_has_headroom_expects_more_traffic_that_is_evenly_distributed() -> None:
    margins = Margins(headroom=1.5, hottest_share=0.2)
    recorded, headroom = worst_hour.recorded_trial(margins), worst_hour.headroom_trial(margins)
    assert (recorded.factor, recorded.parameters.peak_second) == (1.0, 1.35)
    assert (headroom.factor, headroom.parameters.peak_second) == (1.5, 1.0)
    assert recorded.parameters.hottest_share == headroom.parameters.hottest_share == 0.2


def test_worst_hour_when_todays_capacity_throttles_too_expects_only_what_is_added() -> None:
    """500 of 1,500 units are throttled today, 1,000 after the change; a bucket of five minutes is full at first."""
    carried = short(spike(flat(100, 2), BUSY, 60, 1_500))
    transition = to(provisioned(500), deployed(provisioned(1_000)))
    hour = worst_hour.worst_hours(transition, carried, Trial(1.0, EVEN), Margins())[INDEX_WRITE]
    today = 60 * 60 * 500 - 300 * 1_000
    declared = 60 * 60 * 1_000 - 300 * 500
    assert hour.throttled == pytest.approx(declared - today)
    assert hour.asked == 60 * 60 * 1_500
    assert AT <= hour.worst < AT + 60
    assert (hour.limit, hour.cause, hour.started) == (500, Cause.PROVISIONED, None)


def test_worst_hour_when_retries_pile_up_expects_a_share_of_what_is_asked_for_with_them() -> None:
    """Of 2,000 units 100 are served: with retries more is throttled than was recorded, and never more than was asked for."""
    carried = short(spike(flat(10, 2), BUSY, 180, 2_000))
    transition = to(provisioned(100), deployed(provisioned(3_000)))
    hour = worst_hour.worst_hours(transition, carried, Trial(1.0, Parameters()), Margins())[INDEX_WRITE]
    assert hour.throttled > 60 * 60 * 2_000
    assert hour.asked - hour.throttled == pytest.approx(60 * 60 * 100)
    assert 0.9 < hour.share < 1


def test_worst_hour_when_nothing_throttles_expects_the_busiest_minute() -> None:
    carried = short(spike(day(100), BUSY, 1, 200))
    hour = worst_hour.worst_hours(
        to(on_demand(), deployed(provisioned())), carried, Trial(1.0, EVEN), Margins()
    )[INDEX_WRITE]
    assert (hour.throttled, hour.minutes, hour.worst, hour.cause) == (0, 0, AT, None)
    assert hour.share == 0


@pytest.mark.parametrize(
    ("margins", "write", "cause"),
    [
        (Margins(), None, Cause.CEILING),
        (Margins(), 3_000, Cause.MAXIMUM),
        (Margins(table_quota=3_500), None, Cause.QUOTA),
        (Margins(hottest_share=1.0), None, Cause.KEY),
    ],
)
def test_worst_start_when_it_throttles_expects_the_limit_as_its_cause(
    margins: Margins, write: int | None, cause: Cause
) -> None:
    """Auto scaling has raised for 5,000 writes a second when the mode switches; on-demand mode serves fewer."""
    maximum = None if write is None else Units(write=write)
    declared = on_demand(indexes={INDEX: OnDemand(maximum=maximum)})
    before = deployed(provisioned(AutoScaling(100, 9_000, seed=100)))
    carried = short(spike(day(100), BUSY, 120, 5_000))
    transition = to(declared, before)
    starts = worst_hour.possible_starts(transition, carried, margins)
    assert starts is not None
    parameters = worst_hour.recorded_trial(margins).parameters
    by_hour = starts.worst(parameters)[INDEX_WRITE]
    hour = worst_hour.worst_start(transition, margins, INDEX_WRITE, [by_hour[72 + 11]])
    assert hour is not None
    assert hour.cause is cause
