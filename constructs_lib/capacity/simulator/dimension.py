"""One dimension, minute by minute: what is served, what is throttled, and why.

The seconds inside a minute rise evenly from ``(2 - peak_second)`` to ``peak_second`` times the minute's mean, so what
lies above a limit has a closed form. A gap (NaN) moves the clock and nothing else.

A fortnight is 20,160 minutes, and in most of them nothing happens. They are skipped a block at a time where the block's
highest and lowest minute tell that the walk would leave everything as it is; the results are those of the walk, to the bit.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ..limits import (
    BURST_SECONDS,
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SCALE_IN_BELOW_TARGET,
    SCALE_IN_MINUTES,
    SCALE_OUT_MINUTES,
)
from .parameters import Parameters

_DAY = 1440
_BLOCK = 15
_SURE = 1 - 1e-9  # keeps skipping clear of the last bit of a comparison


@dataclass(frozen=True)
class Provisioned:
    """Provisioned throughput, units per second.

    Attributes:
        units: at the start.
        minimum: lowest that auto scaling goes to; equal to ``maximum`` where the throughput is fixed.
        maximum: highest that it goes to.
        target: utilization that it steers to, a share between 0.2 and 0.9.
    """

    units: int
    minimum: int
    maximum: int
    target: float


@dataclass(frozen=True)
class OnDemand:
    """On-demand throughput, units per second.

    Attributes:
        ceiling: most that is served at once at the start.
        maximum: on-demand maximum or the quota of a table, whichever is lower.
    """

    ceiling: float
    maximum: float


Supply = Provisioned | OnDemand


@dataclass
class State:
    """What a minute leaves to the next; handed on, a trace in two parts runs as the whole.

    Attributes:
        minute: minute of the UTC day.
        units: provisioned units per second, 0 in on-demand mode.
        bucket: unused units saved for a burst.
        above: minutes in a row above the target; ``busiest`` the highest rate of them, units per second.
        due: minutes until a raise takes effect, 0 where none is on its way.
        quiet: minutes in a row below the target less 20 points; ``quiet_peak`` the highest rate of them.
        decreases: decreases of this UTC day; ``since`` minutes since the last.
        ceiling: most that on-demand serves at once, units per second.
        recent: rates of the last minutes that do not count as previous yet, the oldest at ``oldest``.
        returned: throttled units that ask again in the next minute.
    """

    minute: int
    units: int = 0
    bucket: float = math.inf
    above: int = 0
    busiest: float = 0.0
    due: int = 0
    quiet: int = 0
    quiet_peak: float = 0.0
    decreases: int = 0
    since: int = _DAY
    ceiling: float = 0.0
    recent: list[float] = field(default_factory=list)
    oldest: int = 0
    returned: float = 0.0


@dataclass(frozen=True)
class Run:
    """What became of a demand.

    Attributes:
        load: units per minute asked for, with those that asked again; NaN is a gap.
        served: units per minute served, 0 in a gap.
        throttled: units per minute throttled, 0 in a gap; served and throttled are the load.
        limit: units per second provisioned, or the ceiling in on-demand mode.
        hottest: units in all that were throttled by the partition of the hottest key.
        state: what the last minute leaves.
    """

    load: array[float]
    served: array[float]
    throttled: array[float]
    limit: array[float]
    hottest: float
    state: State

    @property
    def throttles(self) -> bool:
        """Whether anything was throttled, told by the bytes: a look at each number takes ten times as long."""
        return self.throttled.tobytes() != bytes(8 * len(self.throttled))


def above(rate: float, peak_second: float, limit: float) -> float:
    """Units of a minute that lie above a limit.

    Args:
        rate: mean of the minute, units per second.
        peak_second: busiest second over the mean, 1 to 2.
        limit: units per second.
    """
    high, low = peak_second * rate, (2 - peak_second) * rate
    if high <= limit:
        return 0.0
    if low >= limit:
        return 60 * (rate - limit)
    over = high - limit
    return 60 * over * over / (2 * (high - low))


def start(supply: Supply, parameters: Parameters, minute: int = 0) -> State:
    """The state before the first minute: full bucket, no alarm, no decrease yet.

    Args:
        supply: what the dimension is given.
        parameters: what is unknown of the service.
        minute: minute of the UTC day that comes first, 0 to 1439.
    """
    if isinstance(supply, Provisioned):
        return State(minute, units=supply.units)
    return State(minute, ceiling=supply.ceiling, recent=[0.0] * parameters.growth_minutes)


def run(
    supply: Supply,
    demand: Sequence[float],
    partition: float,
    parameters: Parameters,
    state: State | None = None,
) -> Run:
    """Serve a demand.

    Auto scaling sees served units, as CloudWatch does. It raises to ``ceil(busiest / target)`` some minutes after the
    first of two minutes above its target (Guide: AutoScaling), and lowers after 15 minutes that are 20 points below it, as
    often as decreases are allowed (``limits``). On-demand serves the double of the highest minute that is old enough.

    Args:
        supply: what the dimension is given.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: what is unknown of the service.
        state: what an earlier part left; ``None`` starts anew at midnight UTC.
    """
    now = start(supply, parameters) if state is None else replace(state, recent=list(state.recent))
    result = _Result(demand)
    if isinstance(supply, Provisioned):
        _provisioned(supply, result, partition, parameters, now)
    else:
        _on_demand(supply, result, partition, parameters, now)
    return Run(result.load, result.served, result.throttled, result.limit(), result.hottest, now)


class _Result:
    """What becomes of a demand: all of it is served until a walk says otherwise."""

    def __init__(self, demand: Sequence[float]) -> None:
        self.load = array("d", demand)
        self.served = array("d", self.load)
        self.throttled = array("d", bytes(8 * len(self.load)))
        self.hottest = 0.0
        self._limits: list[tuple[int, float]] = []
        # A gap makes a sum NaN: such a block is walked.
        blocks = [self.load[at : at + _BLOCK] for at in range(0, len(self.load), _BLOCK)]
        self.highest = [max(block) for block in blocks]
        self.lowest = [min(block) for block in blocks]
        if math.isnan(sum(self.load)):
            for number, block in enumerate(blocks):
                if math.isnan(sum(block)):
                    self.highest[number] = math.inf

    def limited(self, at: int, limit: float) -> None:
        """From a minute on this limit holds, units per second."""
        if not self._limits or self._limits[-1][1] != limit:
            self._limits.append((at, limit))

    def limit(self) -> array[float]:
        limits = array("d")
        for (at, limit), (end, _) in pairwise([*self._limits, (len(self.load), 0)]):
            limits.extend(array("d", [limit]) * (end - at))
        return limits


def _pass_time(now: State, minutes: int) -> None:
    now.minute += minutes
    now.since += minutes
    if now.minute > _DAY:
        now.minute, now.decreases = (now.minute - 1) % _DAY + 1, 0


def _calm(parameters: Parameters, partition: float, limit: float) -> float:
    """Units per minute up to which no second of a minute reaches a limit or the hottest key's partition."""
    calm = limit / parameters.peak_second
    if parameters.hottest_share:
        calm = min(calm, partition / parameters.peak_second / parameters.hottest_share)
    return 60 * calm * _SURE


def _provisioned(
    supply: Provisioned, result: _Result, partition: float, parameters: Parameters, now: State
) -> None:
    at, length = 0, len(result.load)
    while at < length:
        result.limited(at, now.units)
        if at % _BLOCK == 0 and not (now.returned or now.due or now.above):
            skipped = _skip_provisioned(supply, result, partition, parameters, now, at)
            if skipped > at:
                at = skipped
                continue
        at = _walk_provisioned(supply, result, partition, parameters, now, at)


def _skip_provisioned(
    supply: Provisioned, result: _Result, partition: float, parameters: Parameters, now: State, at: int
) -> int:
    """Blocks in which nothing throttles and auto scaling does nothing, from one on; returns the minute after them.

    What they leave is told without a walk: how full the bucket is, and how long the dimension has been quiet.
    """
    load, highest, lowest, length = result.load, result.highest, result.lowest, len(result.load)
    units, full = now.units, BURST_SECONDS.value * now.units
    quiet_target = supply.target - SCALE_IN_BELOW_TARGET.value / 100
    calm, busy = _calm(parameters, partition, units), -math.inf
    if supply.minimum != supply.maximum:
        if units < supply.maximum:
            calm = min(calm, 60 * units * supply.target * _SURE)
        if units > supply.minimum:
            busy = 60 * units * quiet_target / _SURE
    surely_quiet, low = busy * _SURE * _SURE, units * quiet_target
    bucket, quiet, quiet_peak = min(now.bucket, full), now.quiet, now.quiet_peak
    block, blocks = at // _BLOCK, len(highest)
    while block < blocks and highest[block] <= calm:
        first = block * _BLOCK
        end = min(length, first + _BLOCK)
        if lowest[block] >= busy:
            next_quiet, next_peak = 0, 0.0
        elif highest[block] < surely_quiet:
            next_quiet, next_peak = quiet + end - first, max(quiet_peak, highest[block] / 60)
            if next_quiet >= SCALE_IN_MINUTES.value and not _waits(supply, now, end - first, next_peak):
                break
        else:
            found = _mixed(load[first:end], low, quiet)
            if found is None:
                break
            next_quiet, next_peak = found
        if bucket < full:
            asked = load[first:end]
            filled = bucket + 60 * units * (end - first) - sum(asked)
            if filled * _SURE > full:
                bucket = float(full)
            elif filled < full * _SURE:
                for one in asked:
                    bucket += 60 * units - one
            else:
                break
        quiet, quiet_peak = next_quiet, next_peak
        _pass_time(now, end - first)
        block += 1
    if block * _BLOCK > at:
        now.bucket, now.quiet, now.quiet_peak = float(bucket), quiet, quiet_peak
    return min(length, block * _BLOCK)


def _waits(supply: Provisioned, now: State, minutes: int, peak: float) -> bool:
    """Whether a decrease is due in each of the next minutes, and is allowed in none."""
    spent = now.decreases >= DECREASES_A_DAY.value or (
        now.decreases >= DECREASES_AT_ONCE.value and (now.since + minutes) * 60 < DECREASE_INTERVAL.value
    )
    lower = max(supply.minimum, math.ceil(peak / supply.target))
    return spent and now.minute + minutes <= _DAY and lower < now.units


def _mixed(asked: Sequence[float], low: float, quiet: int) -> tuple[int, float] | None:
    """Quiet minutes at the end of a block, and the highest rate of them; ``None`` where they may lead to a decrease."""
    if quiet:
        for one in asked:
            if one / 60 >= low:
                break
            quiet += 1
        if quiet >= SCALE_IN_MINUTES.value:
            return None
    peak = 0.0
    for trailing, one in enumerate(reversed(asked)):
        rate = one / 60
        if rate >= low:
            return trailing, peak
        peak = max(peak, rate)
    return None


def _walk_provisioned(
    supply: Provisioned, result: _Result, partition: float, parameters: Parameters, now: State, at: int
) -> int:
    """Minutes from one to the end of its block, as the equations say; returns the minute after.

    Everything is held in names of its own: looking attributes up would take a third of the time.
    """
    peak_second, returning, hottest_share = (
        parameters.peak_second,
        parameters.returning,
        parameters.hottest_share,
    )
    minimum, maximum, target = supply.minimum, supply.maximum, supply.target
    scaled, quiet_target = minimum != maximum, target - SCALE_IN_BELOW_TARGET.value / 100
    scale_in, scale_out, burst = SCALE_IN_MINUTES.value, SCALE_OUT_MINUTES.value, BURST_SECONDS.value
    units, bucket, returned, clock, since = now.units, now.bucket, now.returned, now.minute, now.since
    above_target, busiest, due, quiet, quiet_peak = now.above, now.busiest, now.due, now.quiet, now.quiet_peak
    full = burst * units
    if bucket > full:
        bucket = full
    end = min(len(result.load), (at // _BLOCK + 1) * _BLOCK)
    for minute, recorded in enumerate(result.load[at:end], start=at):
        clock += 1
        since += 1
        if clock > _DAY:
            clock, now.decreases = 1, 0
        if due:
            due -= 1
            if not due:
                raised = math.ceil(busiest / target)
                if raised > units:
                    units = raised if raised < maximum else maximum
                    full = burst * units
                    result.limited(minute, units)
                above_target, busiest, quiet, quiet_peak = 0, 0.0, 0, 0.0
        asked = recorded
        if returned:
            result.load[minute] = result.served[minute] = asked = recorded + returned
            returned = 0.0
        if asked != asked:
            result.served[minute] = 0.0
            continue
        hot, rest, served = 0.0, asked, asked
        if hottest_share:
            hot = above(hottest_share * asked / 60, peak_second, partition)
            result.hottest += hot
            rest = asked - hot
        if peak_second * (rest / 60) <= units:
            over = 0.0
            bucket += 60 * units - rest
        else:
            over = above(rest / 60, peak_second, units)
            bucket += over + 60 * units - rest
        if bucket > full:
            bucket = full
        if over or hot:
            drawn = over if over < bucket else bucket
            bucket -= drawn
            throttled = hot + (over - drawn)
            if throttled:
                result.throttled[minute] = throttled
                result.served[minute] = served = asked - throttled
                returned = returning * throttled
        if not scaled:
            continue
        rate = served / 60
        if rate > units * target and units < maximum:
            above_target += 1
            if above_target == scale_out and not due:
                due = max(1, 1 + parameters.reaction_minutes - scale_out)
            if rate > busiest:
                busiest = rate
        elif due:
            if above_target and rate > busiest:
                busiest = rate
        else:
            above_target, busiest = 0, 0.0
        if units <= minimum or rate >= units * quiet_target:
            quiet, quiet_peak = 0, 0.0
            continue
        quiet += 1
        if rate > quiet_peak:
            quiet_peak = rate
        if quiet < scale_in:
            continue
        lower = max(minimum, math.ceil(quiet_peak / target))
        if lower < units:
            if now.decreases >= DECREASES_A_DAY.value or (
                now.decreases >= DECREASES_AT_ONCE.value and since * 60 < DECREASE_INTERVAL.value
            ):
                continue  # waits for the next decrease that is allowed
            units, now.decreases, since = lower, now.decreases + 1, 0
            full = burst * units
            if minute + 1 < end:
                result.limited(minute + 1, units)
        quiet, quiet_peak = 0, 0.0
        if bucket > full:
            bucket = full
    now.units, now.bucket, now.returned, now.minute, now.since = units, bucket, returned, clock, since
    now.above, now.busiest, now.due, now.quiet, now.quiet_peak = above_target, busiest, due, quiet, quiet_peak
    return end


def _on_demand(
    supply: OnDemand, result: _Result, partition: float, parameters: Parameters, now: State
) -> None:
    served, length = result.served, len(result.load)
    growth, at = parameters.growth_minutes, 0
    earlier = now.recent[now.oldest :] + now.recent[: now.oldest]
    while at < length:
        limit = min(now.ceiling, supply.maximum)
        result.limited(at, limit)
        if at % _BLOCK == 0 and at >= growth and not now.returned:
            calm, known = _calm(parameters, partition, limit), 30 * now.ceiling * _SURE
            block = first = at // _BLOCK
            blocks = len(result.highest)
            back = -(-growth // _BLOCK)
            while (
                block < blocks
                and result.highest[block] <= calm
                and result.highest[block - back] <= known
                and result.highest[max(0, block - back + 1)] <= known
            ):
                block += 1
            if block > first:
                end = min(length, block * _BLOCK)
                _pass_time(now, end - at)
                at = end
                continue
        at = _walk_on_demand(supply, result, partition, parameters, now, at, earlier)
    for minute in range(max(0, length - growth), length):
        now.recent[(now.oldest + minute) % growth] = served[minute] / 60
    now.oldest = (now.oldest + length) % growth


def _walk_on_demand(
    supply: OnDemand,
    result: _Result,
    partition: float,
    parameters: Parameters,
    now: State,
    at: int,
    earlier: Sequence[float],
) -> int:
    """Minutes from one to the end of its block, as the equations say; returns the minute after."""
    load, served = result.load, result.served
    peak_second, hottest_share, growth = (
        parameters.peak_second,
        parameters.hottest_share,
        parameters.growth_minutes,
    )
    end = min(len(load), (at // _BLOCK + 1) * _BLOCK)
    for minute in range(at, end):
        previous = earlier[minute] if minute < growth else served[minute - growth] / 60
        now.ceiling = max(now.ceiling, 2 * previous)
        limit = min(now.ceiling, supply.maximum)
        result.limited(minute, limit)
        asked = load[minute] + now.returned
        now.returned = 0.0
        load[minute] = asked
        if asked != asked:
            served[minute] = 0.0
            continue
        hot = above(hottest_share * asked / 60, peak_second, partition)
        result.hottest += hot
        throttled = hot + above((asked - hot) / 60, peak_second, limit)
        served[minute] = asked - throttled
        result.throttled[minute] = throttled
        now.returned = parameters.returning * throttled
    _pass_time(now, end - at)
    # What was throttled asks again: a block may have served more than was asked of it.
    result.highest[at // _BLOCK] = max(result.highest[at // _BLOCK], max(served[at:end]))
    return end
