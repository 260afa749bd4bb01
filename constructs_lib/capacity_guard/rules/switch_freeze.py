"""Shared by CG14, CG15 and their fix: throughput that is frozen while the billing mode switches to on-demand.

While the mode switches, the table serves what was provisioned when the switch started (Guide:
bp-switching-capacity-modes), and auto scaling cannot act. What auto scaling had provisioned by then is that of the
simulator. Burst is not counted.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from operator import truediv

from ..capacity.capacity import AutoScaling, minimum_of
from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK, Peak
from ..capacity.limits import BURST_SECONDS
from ..capacity.settings import hours_in
from ..capacity.transition import Change
from ..evidence.digest import hours_of_week
from ..simulator.transition_replay import AFTER_MINUTES
from .model import Case, once
from .quiet_hours import QuietHours, quiet_hours
from .replays import throttled_today, today
from .rounding import round_up


@dataclass(frozen=True)
class FreezeLoad:
    """Recorded load on the frozen throughput of one dimension, for each hour of the week in which a switch may start.

    Attributes:
        highest_share: for each hour of the week, the highest recorded load until the end of the longest switch, as a
            share of what is provisioned at the start; ``None`` where nothing was recorded.
        worst_start: for each hour of the week, the position of the recorded minute that starts with that share; where a
            start exceeds the budget, of those that do.
        needed: for each hour of the week, units per second that carry every start that exceeds the budget in it; 0 where
            none does.
        provisioned: units per second provisioned in each recorded minute.
    """

    highest_share: tuple[float | None, ...]
    worst_start: tuple[int, ...]
    needed: tuple[int, ...]
    provisioned: Sequence[float]


@dataclass(frozen=True)
class FreezeExcess:
    """The worst recorded excess over the frozen throughput of one dimension in the change window.

    Attributes:
        peak: busiest minute while the mode switches.
        provisioned: units per second provisioned when the switch starts.
        needed: units per second that carry every start in the change window.
        unserved: units above what is provisioned until the longest switch has ended.
        after_burst: units of these that full burst capacity does not carry.
    """

    peak: Peak
    provisioned: int
    needed: int
    unserved: float
    after_burst: float


def measure_load(case: Case, dimension: Dimension) -> FreezeLoad | None:
    """Recorded load on a dimension if its throughput were frozen; ``None`` if it is not provisioned, or not recorded."""
    loads: dict[Dimension, FreezeLoad | None] = case.results.setdefault(measure_load, {})
    if dimension not in loads:
        loads[dimension] = _measure_load(case, dimension)
    return loads[dimension]


def _measure_load(case: Case, dimension: Dimension) -> FreezeLoad | None:
    baseline = case.recorded
    if baseline is None or baseline.traffic is None or dimension not in baseline.traffic.consumed:
        return None
    provisioned = _provisioned_by_minute(case, dimension)
    if provisioned is None:
        return None
    ahead = baseline.traffic.highest_ahead(dimension, case.margins.switch_minutes)
    ratios = list(map(truediv, ahead, provisioned))
    highest_share: list[float | None] = [None] * HOURS_OF_WEEK
    highest_beyond = [0.0] * HOURS_OF_WEEK
    worst_start = [0] * HOURS_OF_WEEK
    needed = [0] * HOURS_OF_WEEK
    exceeds_budget = _budget_of(case, dimension)
    for hour, minutes in hours_of_week(baseline.traffic):
        in_hour = ratios[minutes.start : minutes.stop]
        highest = max(in_hour)
        share = round(highest / 60, 9)  # floating-point error must not turn an equal value into an excess
        before = highest_share[hour]
        if highest >= 0 and (before is None or share > before):
            highest_share[hour] = share
            if not needed[hour]:
                worst_start[hour] = minutes.start + in_hour.index(highest)
        if share <= 1:
            continue
        beyond = [
            minute
            for minute in minutes
            if ahead[minute] > provisioned[minute] * 60 and exceeds_budget(minute, provisioned[minute])
        ]
        if beyond:
            needed[hour] = max(needed[hour], round_up(max(ahead[minute] for minute in beyond) / 60))
            worst = max(beyond, key=lambda minute: ratios[minute])
            if ratios[worst] > highest_beyond[hour]:
                highest_beyond[hour], worst_start[hour] = ratios[worst], worst
    return FreezeLoad(tuple(highest_share), tuple(worst_start), tuple(needed), provisioned)


def is_moved_today(deployed: Deployed, dimension: Dimension) -> bool:
    """Whether auto scaling or scheduled actions change what is provisioned, so that it is that of a replay."""
    throughput = deployed.live.throughput(dimension)
    if any(action.dimension == dimension for action in deployed.schedules):
        return throughput is not None
    return isinstance(throughput, AutoScaling) and throughput.minimum != throughput.maximum


def _provisioned_by_minute(case: Case, dimension: Dimension) -> Sequence[float] | None:
    """Units per second provisioned in each recorded minute: those that auto scaling has set in a replay, or fixed ones."""
    assert case.recorded is not None
    deployed, traffic = case.recorded.deployed, case.recorded.traffic
    assert traffic is not None
    if deployed is None or (dimension.index is not None and dimension.index not in deployed.live.indexes):
        return None
    if is_moved_today(deployed, dimension):
        replayed = today(case)
        assert replayed is not None
        return replayed.dimensions[dimension].limit
    units = deployed.provisioned_now(dimension)
    return None if units is None else array("d", [units]) * len(traffic.consumed[dimension])


def _carries_peak(case: Case, dimension: Dimension) -> bool:
    """Whether the least units that the deployed capacity may have provisioned carry the busiest recorded minute."""
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    deployed = None if case.recorded is None else case.recorded.deployed
    if peak is None or deployed is None or dimension not in deployed.live.dimensions():
        return False
    throughput = deployed.live.throughput(dimension)
    is_scaled = is_moved_today(deployed, dimension)
    if any(action.dimension == dimension for action in deployed.schedules):
        return False  # they may set less
    least = (
        minimum_of(throughput)
        if throughput is not None and is_scaled
        else deployed.provisioned_now(dimension)
    )
    return least is not None and peak.units <= least


def _budget_of(case: Case, dimension: Dimension) -> Callable[[int, float], bool]:
    """A function of a minute and of frozen units: whether a switch that starts then leaves more above them than is allowed.

    The budget is a share of what is asked for until ``AFTER_MINUTES`` after the switch, as for a start in a replay. What
    today's capacity throttles in the same minutes does not count.
    """
    series, budget = case.series(dimension), case.margins.throttle_budget
    assert series is not None
    # Running sums: each minute would otherwise add up an hour and more of them.
    asked = list(accumulate((units if units == units else 0.0 for units in series), initial=0.0))
    rounding = budget * asked[-1] * len(series) * sys.float_info.epsilon
    length = case.margins.switch_minutes + 1

    @cache
    def before() -> Sequence[float] | None:
        return throttled_today(case, dimension)

    def exceeds(start: int, provisioned: float) -> bool:
        limit, switched = provisioned * 60, start + length
        above = math.fsum([units - limit for units in series[start:switched] if units > limit])
        stop = min(switched + AFTER_MINUTES, len(series))
        allowed = budget * (asked[stop] - asked[start])
        if above <= allowed - rounding:
            return False
        throttled = before()
        if throttled is not None:
            above -= math.fsum(throttled[start:switched])
        if abs(above - allowed) <= rounding:
            allowed = budget * math.fsum(units for units in series[start:stop] if units == units)
        return above > allowed

    return exceeds


def find_excess(case: Case, dimension: Dimension, load: FreezeLoad) -> FreezeExcess | None:
    """The worst excess in the change window; ``None`` within the budget."""
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    traffic = case.recorded.traffic
    hours = [hour for hour in hours_in(case.rollout.change_window) if load.needed[hour]]
    if not hours:
        return None
    ahead = traffic.highest_ahead(dimension, case.margins.switch_minutes)
    starts = [load.worst_start[hour] for hour in hours]
    start = max(starts, key=lambda minute: ahead[minute] / load.provisioned[minute])
    series = traffic.consumed[dimension][start : start + case.margins.switch_minutes + 1]
    provisioned = int(load.provisioned[start])
    recorded = [units for units in series if units == units]
    highest = max(recorded)
    return FreezeExcess(
        Peak(highest / 60, traffic.minute(start + list(series).index(highest))),
        provisioned,
        max(load.needed[hour] for hour in hours),
        sum(max(0.0, units - provisioned * 60) for units in recorded),
        _after_burst(series, provisioned),
    )


def _after_burst(series: Iterable[float], provisioned: int) -> float:
    """Units above fixed units that a full bucket at the start does not carry."""
    full = float(BURST_SECONDS.value * provisioned)
    bucket, left = full, 0.0
    for units in series:
        if units == units:
            bucket = min(full, bucket + provisioned * 60 - units)
            left, bucket = left - min(0.0, bucket), max(0.0, bucket)
    return left


def find_excesses(case: Case, dimensions: Iterable[Dimension]) -> dict[Dimension, FreezeExcess]:
    """The worst excess in the change window of each dimension that has one.

    Where the recorded peak is not above the least that may be provisioned, nothing is looked at by the minute.
    """
    excesses = {}
    for dimension in dimensions:
        if _carries_peak(case, dimension):
            continue
        load = measure_load(case, dimension)
        excess = None if load is None else find_excess(case, dimension, load)
        if excess is not None:
            excesses[dimension] = excess
    return excesses


def load_by_hour(loads: Sequence[FreezeLoad]) -> list[float | None]:
    """For each hour of the week the highest share of what is provisioned, of all dimensions.

    ``None`` where one does not carry its recorded traffic, or where nothing was recorded of it.
    """
    shares_by_hour = [
        [None if load.needed[hour] else load.highest_share[hour] for load in loads]
        for hour in range(HOURS_OF_WEEK)
    ]
    return [
        max((share for share in shares if share is not None), default=0.0) if None not in shares else None
        for shares in shares_by_hour
    ]


@once
def advised_windows(case: Case) -> QuietHours | None:
    """The change windows in which a switch that CG15 refuses starts with enough; ``None`` where there is no need."""
    transition = case.transition
    if transition is None or transition.deployed is None:
        return None
    dimensions = transition.having(Change.TO_ON_DEMAND)
    if not find_excesses(case, dimensions):
        return None
    loads = [load for d in dimensions if (load := measure_load(case, d)) is not None]
    return quiet_hours(load_by_hour(loads), case.rollout.staffed_hours)


__all__ = [
    "FreezeExcess",
    "FreezeLoad",
    "advised_windows",
    "find_excess",
    "find_excesses",
    "is_moved_today",
    "load_by_hour",
    "measure_load",
]
