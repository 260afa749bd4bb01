"""What scheduled actions make of the bounds of a dimension during a recording, and replays of it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from ..capacity.capacity import AutoScaling, Throughput
from ..capacity.dimension import Dimension
from ..capacity.evidence import MINUTE
from ..capacity.scheduled_action import ScheduledAction
from .parameters import Parameters
from .schedule import UnreadableSchedule, read_schedule
from .supply import Move, ProvisionedSupply, Run, State

_NO_BOUND = 2**31
_Piece = Callable[[ProvisionedSupply, Sequence[float], float, Parameters, State], Run]


@dataclass(frozen=True)
class ScheduledBounds:
    """The runs of the scheduled actions of one dimension in a recording, in their order.

    Attributes:
        earlier: minimum and maximum that the last run of each action set before the recording.
        runs: position of the minute of each run, with the minimum and the maximum that it sets; ``None`` leaves a bound.
    """

    earlier: tuple[tuple[int | None, int | None], ...]
    runs: tuple[tuple[int, int | None, int | None], ...]

    @property
    def leaves_a_bound(self) -> bool:
        """Whether an action sets one bound alone, so that what holds after it depends on what held before."""
        return any(bound is None for _, *bounds in self.runs for bound in bounds)

    def supply(self, throughput: Throughput, units: int, since: int | None = None) -> ProvisionedSupply:
        """The supply of a throughput whose bounds the actions move.

        An action whose maximum would be below its minimum fails and changes nothing (guide: scheduled scaling, on actions
        that set one bound). Fixed units follow the bounds: a scaling target without a policy, which scheduled scaling leaves.

        Args:
            throughput: fixed units per second, or auto scaling.
            units: units per second at the start.
            since: position of the minute in which these bounds were sent: only later runs move them. ``None``: they have
                been there for long, and what ran before the recording holds.
        """
        scaled = isinstance(throughput, AutoScaling)
        bounds = (
            (throughput.minimum, throughput.maximum)
            if isinstance(throughput, AutoScaling)
            else (1, _NO_BOUND)
        )
        target = throughput.target / 100 if isinstance(throughput, AutoScaling) else 1.0
        for minimum, maximum in self.earlier if since is None else ():
            bounds = _moved(bounds, minimum, maximum)
        started = units = min(bounds[1], max(bounds[0], units))
        first = bounds
        moves: list[Move] = []
        for at, minimum, maximum in self.runs:
            if since is not None and at < since:
                continue
            after = _moved(bounds, minimum, maximum)
            if after == bounds:
                continue
            bounds, units = after, min(after[1], max(after[0], units))
            moves = moves[:-1] if moves and moves[-1].at == at else moves
            moves.append(Move(at, *(bounds if scaled else (units, units))))
        if not scaled:
            first = started, started
        return ProvisionedSupply(started, *first, target, tuple(moves))


def _moved(bounds: tuple[int, int], minimum: int | None, maximum: int | None) -> tuple[int, int]:
    after = (bounds[0] if minimum is None else minimum, bounds[1] if maximum is None else maximum)
    return bounds if after[1] < after[0] else after


def unreadable(action: ScheduledAction) -> str | None:
    """Why a scheduled action cannot be replayed; ``None`` for one that can."""
    try:
        read_schedule(action)
    except UnreadableSchedule as error:
        return str(error)
    return None


def scheduled_bounds(
    actions: Iterable[ScheduledAction], dimension: Dimension, start: datetime, minutes: int
) -> ScheduledBounds | None:
    """What the scheduled actions of a dimension do in a recording; ``None`` where it has none that can be replayed.

    Args:
        actions: scheduled actions of the table; those that cannot be replayed are left out (``unreadable``).
        dimension: the dimension.
        start: first minute of the recording, UTC.
        minutes: its minutes.
    """
    own = tuple(a for a in actions if a.dimension == dimension and unreadable(a) is None)
    return _bounds_of(own, start, minutes) if own else None


@lru_cache(maxsize=64)
def _bounds_of(actions: tuple[ScheduledAction, ...], start: datetime, minutes: int) -> ScheduledBounds:
    before, during = [], []
    for action in actions:
        schedule = read_schedule(action)
        last = schedule.last_before(start + MINUTE / 60)  # a run at the start holds in the first minute
        if last is not None:
            before.append((last, action.name, action.minimum, action.maximum))
        during += [
            (run, action.name, action.minimum, action.maximum)
            for run in schedule.runs(start, start + minutes * MINUTE)
        ]
    return ScheduledBounds(
        tuple((minimum, maximum) for _, _, minimum, maximum in sorted(before, key=_by_time)),
        tuple(
            (math.ceil((run - start) / MINUTE), minimum, maximum)
            for run, _, minimum, maximum in sorted(during, key=_by_time)
        ),
    )


def _by_time(run: tuple[datetime, str, int | None, int | None]) -> tuple[datetime, str]:
    return run[:2]


def replay_moved(
    piece: _Piece,
    supply: ProvisionedSupply,
    demand: Sequence[float],
    partition: float,
    parameters: Parameters,
    state: State,
) -> Run:
    """Replay a demand on a supply whose bounds move: one replay for each span between two moves.

    Units outside of new bounds are moved to the nearer one at once (guide: scheduled scaling). A decrease counts as one of
    the day, and is made even if it is one too many: less is served.

    Args:
        piece: replays a span on a supply without moves.
        supply: the supply.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
        state: state before the demand.
    """
    load, served, throttled, limit = array("d"), array("d"), array("d"), array("d")
    throttles, hottest = False, 0.0
    for first, stop in _spans(supply, state.elapsed, len(demand)):
        now = supply.at(state.elapsed)
        replayed = piece(now, demand[first:stop], partition, parameters, _within(now, state))
        load.extend(replayed.load)
        served.extend(replayed.served)
        throttled.extend(replayed.throttled)
        limit.extend(replayed.limit)
        throttles, hottest = throttles or replayed.throttles, hottest + replayed.hottest
        state = replayed.state
    return Run(load, served, throttled, limit, throttles, hottest, state)


def _spans(supply: ProvisionedSupply, elapsed: int, minutes: int) -> Iterator[tuple[int, int]]:
    """First minute and minute after the last of each span without a move, as positions in the demand."""
    first = 0
    for move in supply.moves:
        if first < move.at - elapsed < minutes:
            yield first, move.at - elapsed
            first = move.at - elapsed
    yield first, minutes


def _within(supply: ProvisionedSupply, state: State) -> State:
    """The state with its units between the bounds; alarms count again from there."""
    if supply.minimum == supply.maximum:
        state = replace(state, above=0, busiest=0.0, due=0, quiet=0, quiet_peak=0.0)
    units = min(supply.maximum, max(supply.minimum, state.units))
    if units == state.units:
        return state
    moved = replace(state, units=units, quiet=0, quiet_peak=0.0)
    if not state.due:
        moved = replace(moved, above=0, busiest=0.0)
    if units < state.units:
        moved = replace(moved, decreases=state.decreases + 1, since=0)
    return moved


__all__ = ["ScheduledBounds", "replay_moved", "scheduled_bounds", "unreadable"]
