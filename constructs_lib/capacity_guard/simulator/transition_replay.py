"""A transition under recorded traffic: before, pre-warm, switch, after, and the way back.

While the billing mode switches to on-demand the table serves what it was provisioned for at that moment and auto scaling
stands still; while it switches to provisioned it serves what on-demand served (Guide: bp-switching-capacity-modes).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..capacity.capacity import AutoScaling, Throughput
from ..capacity.ceilings import ceiling_without_maximum
from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.limits import BURST_SECONDS, SWITCH_SECONDS_LONGEST, TABLE_QUOTA
from ..capacity.transition import Change, Transition
from ..capacity.warm_throughput import initial_ceiling, warm_raise_seconds
from ..evidence.traffic import Traffic
from .dimension_replay import run, start
from .parameters import Parameters
from .supply import OnDemandSupply, ProvisionedSupply, Run, State, Supply
from .table_replay import (
    TABLE_WRITE,
    Outcome,
    Runner,
    join,
    on_demand,
    partition,
    provisioned,
    rejected_writes,
    settled,
    states_after,
    table_writes_last,
    with_retries,
)

AFTER_MINUTES = 60
"""Minutes after a switch that count as its own: until auto scaling has had time to react."""


@dataclass(frozen=True)
class Phase:
    """A stretch of a simulated transition.

    Attributes:
        name: ``before``, ``pre-warm``, ``switch``, ``after``, ``switch back`` or ``back``.
        first: position of its first minute.
        stop: position of the minute after its last.
    """

    name: str
    first: int
    stop: int


@dataclass(frozen=True)
class ChangeOutcome:
    """What becomes of recorded traffic when a transition starts in one of its minutes.

    Attributes:
        outcome: of every dimension that is both deployed and declared, over the whole recording.
        phases: in their order.
        frozen: units per second of each dimension while the mode switches to on-demand.
    """

    outcome: Outcome
    phases: tuple[Phase, ...]
    frozen: Mapping[Dimension, int]


def pre_warm_minutes(transition: Transition) -> int:
    """Minutes that raising warm throughput takes at most before the change; 0 where nothing is raised."""
    raises = transition.warm_raises.items()
    longest = max((warm_raise_seconds(d.access, live, target) for d, (live, target) in raises), default=0)
    return math.ceil(longest / 60)


def simulate_change(
    transition: Transition,
    traffic: Traffic,
    at: int,
    *,
    back_at: int | None = None,
    parameters: Parameters | None = None,
    factor: float = 1.0,
    switch_minutes: int = SWITCH_SECONDS_LONGEST.value // 60,
    quota: int = TABLE_QUOTA.value,
    runner: Runner = run,
) -> ChangeOutcome:
    """Replay recorded traffic while a transition starts in one of its minutes, and goes back in a later one.

    Args:
        transition: deployed to declared capacity.
        traffic: the recording.
        at: position of the minute in which it starts, with pre-warm where warm throughput is raised.
        back_at: position of the minute in which the rollback starts; ``None`` for no rollback. It re-sends the values
            of the deployed template (``Transition.sent_back``); during pre-warm nothing was sent yet.
        parameters: what is unknown of the service.
        factor: times the recorded traffic.
        switch_minutes: minutes that a switch of the billing mode takes.
        quota: most units per second that the account allows one table or one index.
        runner: what replays one dimension.

    Raises:
        ValueError: the table does not exist yet; the minutes are not in the recording or not in this order; or the
            deployed template has no units for the way back.
    """
    deployed = transition.deployed
    if deployed is None:
        raise ValueError(f"{transition.table} does not exist yet: nothing changes")
    if not 0 <= at <= (traffic.minutes if back_at is None else back_at) <= traffic.minutes:
        raise ValueError(
            "a transition and its rollback start in minutes of the recording, one after the other"
        )
    unknown = parameters or Parameters()
    sent = back_at is None or back_at > at + pre_warm_minutes(transition)
    phases = _phases(transition, traffic.minutes, at, back_at, switch_minutes)
    recorded = {dimension: traffic.times(factor)[dimension] for dimension in _moved(transition, traffic)}
    parts: dict[Dimension, list[tuple[Supply, Run]]] = {}
    frozen: dict[Dimension, int] = {}
    rejected: Mapping[int, float] = {}
    for dimension in table_writes_last(recorded):
        asked = recorded[dimension]
        if dimension == TABLE_WRITE:
            rejected = rejected_writes(recorded, {d: [one for _, one in runs] for d, runs in parts.items()})
            asked = with_retries(asked, rejected, unknown)
        supply = _before(deployed, dimension, asked, quota)
        state = start(supply, unknown, traffic.start.hour * 60 + traffic.start.minute)
        parts[dimension] = []
        for phase in phases:
            if sent:
                supply, state = _enter(transition, dimension, phase.name, supply, state, unknown, quota)
            if phase.name == "switch" and isinstance(supply, ProvisionedSupply):
                frozen[dimension] = supply.units
            one = runner(supply, asked[phase.first : phase.stop], partition(dimension), unknown, state)
            parts[dimension].append((supply, one))
            state = one.state
    last = {dimension: parts[dimension][-1][1] for dimension in recorded}
    outcomes = join(recorded, {d: parts[d] for d in recorded}, quota, rejected)
    return ChangeOutcome(
        Outcome(traffic.start, outcomes, states_after(last, rejected, unknown)), phases, frozen
    )


def _phases(
    transition: Transition, minutes: int, at: int, back_at: int | None, switch_minutes: int
) -> tuple[Phase, ...]:
    switch = switch_minutes if transition.switches else 0
    warm = at + pre_warm_minutes(transition)
    ends = [("before", at), ("pre-warm", warm)]
    if back_at is None or back_at > warm:
        ends += [("switch", warm + switch), ("after", minutes if back_at is None else back_at)]
        if back_at is not None:
            ends += [("switch back", back_at + switch)]
    if back_at is not None:
        ends += [("back", minutes)]
    phases, first = [], 0
    last = minutes if back_at is None else back_at
    for name, end in ends:
        # A rollback cuts short what has not ended yet.
        stop = min(end, minutes if name in ("switch back", "back") else last)
        if stop > first or (name == "before" and at == 0):
            phases.append(Phase(name, first, stop))
            first = stop
    return tuple(phases)


def _moved(transition: Transition, traffic: Traffic) -> Iterator[Dimension]:
    """Recorded dimensions that are both deployed and declared."""
    assert transition.deployed is not None
    live, declared = transition.deployed.live.indexes, transition.declared.indexes
    for dimension in traffic.consumed:
        if dimension.index is None or (dimension.index in live and dimension.index in declared):
            yield dimension


def _before(deployed: Deployed, dimension: Dimension, asked: Sequence[float], quota: int) -> Supply:
    """What the deployed capacity gives at the start of the recording."""
    throughput = deployed.live.throughput(dimension)
    if throughput is None:
        ceiling = max(initial_ceiling(dimension), deployed.warm_now(dimension))
        return on_demand(ceiling, deployed.live.maximum(dimension), quota)
    moves = isinstance(throughput, AutoScaling) and throughput.minimum != throughput.maximum
    now: Throughput | None = throughput if moves else deployed.provisioned_now(dimension)
    return settled(throughput if now is None else now, asked)


def _enter(
    transition: Transition,
    dimension: Dimension,
    phase: str,
    supply: Supply,
    state: State,
    unknown: Parameters,
    quota: int,
) -> tuple[Supply, State]:
    """What a dimension is given in a phase, and the state it starts there with."""
    deployed, declared = transition.deployed, transition.declared
    assert deployed is not None
    if phase in ("before", "pre-warm") or transition.change_of(dimension) is Change.NONE:
        return supply, state
    if phase in ("switch", "switch back"):
        if isinstance(supply, ProvisionedSupply):
            kept = unknown.burst_kept * min(state.bucket, float(BURST_SECONDS.value * state.units))
            return _into(
                ProvisionedSupply(state.units, state.units, state.units, 1.0),
                replace(state, bucket=kept),
                unknown,
            )
        return supply, state
    throughput = (declared if phase == "after" else deployed.template).throughput(dimension)
    if throughput is None:
        # An index loses its maximum in provisioned mode; the way back sends that of the template.
        lost = transition.switches_to_provisioned and dimension.index is not None
        before = deployed.template if lost else deployed.live
        maximum = (declared if phase == "after" else before).maximum(dimension)
        ceiling = max(ceiling_without_maximum(transition, dimension), state.units, state.ceiling)
        becomes = on_demand(ceiling, maximum, quota)
        if isinstance(supply, OnDemandSupply):
            return becomes, replace(state, ceiling=becomes.ceiling, recent=list(state.recent))
        return _into(becomes, state, unknown)
    if phase == "after" and transition.stays_scaled(dimension) and isinstance(supply, ProvisionedSupply):
        return supply, state
    sent = transition.units_sent(dimension) if phase == "after" else transition.sent_back(dimension)
    if sent is None and isinstance(supply, OnDemandSupply):
        raise ValueError(f"{dimension.label}: the template has no units to start provisioned mode with")
    given = provisioned(throughput, sent or state.units)
    if sent is None and isinstance(throughput, AutoScaling):
        return given, replace(state, units=given.units)  # auto scaling goes on between other bounds
    return _into(given, state, unknown)


def _into(supply: Supply, state: State, unknown: Parameters) -> tuple[Supply, State]:
    """A state that another supply goes on with. Alarms start anew; whether a switch leaves a burst is not published."""
    if isinstance(supply, OnDemandSupply):
        recent = [0.0] * unknown.growth_minutes
        return supply, State(state.minute, ceiling=supply.ceiling, recent=recent, returned=state.returned)
    bucket = state.bucket if state.units else 0.0
    return supply, State(
        state.minute,
        units=supply.units,
        bucket=bucket,
        decreases=state.decreases,
        since=state.since,
        ceiling=state.ceiling,
        returned=state.returned,
    )


__all__ = [
    "AFTER_MINUTES",
    "ChangeOutcome",
    "Phase",
    "pre_warm_minutes",
    "simulate_change",
]
