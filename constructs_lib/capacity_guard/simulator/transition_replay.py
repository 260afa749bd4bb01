"""Replays a transition under recorded traffic: before, pre-warm, switch, after, and the rollback.

While the billing mode switches to on-demand, the table serves the units provisioned at the start of the switch, and auto
scaling does not act. While it switches to provisioned, the on-demand throughput stays (Guide:
bp-switching-capacity-modes).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

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
from .scheduled_bounds import scheduled_bounds
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
"""Minutes after a switch that count as part of it: auto scaling has time to react."""


@dataclass(frozen=True)
class Phase:
    """Consecutive minutes of a replayed transition.

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
    """Result of the replay of a transition.

    Attributes:
        outcome: outcome of every dimension that is both deployed and declared, over all recorded minutes.
        phases: phases in their order.
        frozen: units per second that each dimension serves while the mode switches to on-demand.
    """

    outcome: Outcome
    phases: tuple[Phase, ...]
    frozen: Mapping[Dimension, int]


def pre_warm_minutes(transition: Transition) -> int:
    """Minutes until warm throughput is raised, at most; 0 where nothing is raised."""
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
    """Replay recorded traffic with a transition, and optionally its rollback.

    Args:
        transition: deployed to declared capacity.
        traffic: the recording.
        at: position of the minute in which the transition starts; it starts with pre-warm if warm throughput is raised.
        back_at: position of the minute in which the rollback starts; ``None`` for no rollback. The rollback re-sends the
            values of the deployed template (``Transition.units_sent_back``). During pre-warm nothing has been sent.
        parameters: assumed properties of the service; the defaults if not given.
        factor: multiple of the recorded traffic.
        switch_minutes: minutes that a switch of the billing mode takes.
        quota: units per second that the account allows at most for one table or one index.
        runner: function that replays one dimension.

    Raises:
        ValueError: the table does not exist; the minutes are not in the recording or not in this order; or the
            deployed template has no units for the rollback.
    """
    deployed = transition.deployed
    if deployed is None:
        raise ValueError(f"{transition.table} does not exist yet: nothing changes")
    if not 0 <= at <= (traffic.minutes if back_at is None else back_at) <= traffic.minutes:
        raise ValueError(
            "a transition and its rollback start in minutes of the recording, one after the other"
        )
    parameters = parameters or Parameters()
    sent = back_at is None or back_at > at + pre_warm_minutes(transition)
    phases = _phases(transition, traffic.minutes, at, back_at, switch_minutes)
    demand = traffic.times(factor)
    recorded = {dimension: demand[dimension] for dimension in replayed_dimensions(transition, traffic)}
    parts: dict[Dimension, list[tuple[Supply, Run]]] = {}
    frozen: dict[Dimension, int] = {}
    rejected: Mapping[int, float] = {}
    for dimension in table_writes_last(recorded):
        asked = recorded[dimension]
        if dimension == TABLE_WRITE:
            rejected = rejected_writes(recorded, {d: [run for _, run in runs] for d, runs in parts.items()})
            asked = with_retries(asked, rejected, parameters)
        supply = deployed_supply(deployed, dimension, asked, quota, traffic.start)
        state = start(supply, parameters, traffic.start.hour * 60 + traffic.start.minute)
        change = PhaseChange(transition, dimension, parameters, quota, traffic)
        parts[dimension] = []
        for phase in phases:
            if sent:
                supply, state = change.enter(phase.name, supply, state)
            if phase.name == "switch" and isinstance(supply, ProvisionedSupply):
                frozen[dimension] = supply.units
            replayed = runner(
                supply, asked[phase.first : phase.stop], partition(dimension), parameters, state
            )
            parts[dimension].append((supply, replayed))
            state = replayed.state
    last = {dimension: parts[dimension][-1][1] for dimension in recorded}
    outcomes = join(recorded, {d: parts[d] for d in recorded}, quota, rejected)
    return ChangeOutcome(
        Outcome(traffic.start, outcomes, states_after(last, rejected, parameters)), phases, frozen
    )


def _phases(
    transition: Transition, minutes: int, at: int, back_at: int | None, switch_minutes: int
) -> tuple[Phase, ...]:
    switch = switch_minutes if transition.switches else 0
    warmed = at + pre_warm_minutes(transition)
    ends = [("before", at), ("pre-warm", warmed)]
    if back_at is None or back_at > warmed:
        ends += [("switch", warmed + switch), ("after", minutes if back_at is None else back_at)]
        if back_at is not None:
            ends += [("switch back", back_at + switch)]
    if back_at is not None:
        ends += [("back", minutes)]
    phases, first = [], 0
    last = minutes if back_at is None else back_at
    for name, end in ends:
        # The rollback ends the phase that is not over.
        stop = min(end, minutes if name in ("switch back", "back") else last)
        if stop > first or (name == "before" and at == 0):
            phases.append(Phase(name, first, stop))
            first = stop
    return tuple(phases)


def replayed_dimensions(transition: Transition, traffic: Traffic) -> Iterator[Dimension]:
    """Recorded dimensions that are both deployed and declared."""
    assert transition.deployed is not None
    live, declared = transition.deployed.live.indexes, transition.declared.indexes
    for dimension in traffic.consumed:
        if dimension.index is None or (dimension.index in live and dimension.index in declared):
            yield dimension


def deployed_supply(
    deployed: Deployed, dimension: Dimension, asked: Sequence[float], quota: int, start: datetime
) -> Supply:
    """Supply of a dimension from the deployed capacity at the start of the recording.

    Args:
        deployed: the deployed capacity.
        dimension: the dimension.
        asked: units per minute asked for; NaN is a gap.
        quota: units per second that the account allows at most for one table or one index.
        start: first minute of the recording, UTC, from which scheduled actions move the bounds.
    """
    throughput = deployed.live.throughput(dimension)
    if throughput is None:
        ceiling = max(initial_ceiling(dimension), deployed.warm_now(dimension))
        return on_demand(ceiling, deployed.live.maximum(dimension), quota)
    bounds = scheduled_bounds(deployed.schedules, dimension, start, len(asked))
    scales = isinstance(throughput, AutoScaling) and (
        throughput.minimum != throughput.maximum or bounds is not None
    )
    current: Throughput | None = throughput if scales else deployed.provisioned_now(dimension)
    return settled(throughput if current is None else current, asked, bounds)


class PhaseChange:
    """What a phase of a transition makes of a dimension. What does not depend on the replay is worked out once."""

    def __init__(
        self,
        transition: Transition,
        dimension: Dimension,
        parameters: Parameters,
        quota: int,
        traffic: Traffic,
    ) -> None:
        """The changes of one dimension.

        Args:
            transition: deployed to declared capacity.
            dimension: the dimension.
            parameters: assumed properties of the service.
            quota: units per second that the account allows at most for one table or one index.
            traffic: the recording, in whose minutes scheduled actions move the bounds.
        """
        assert transition.deployed is not None
        self._transition, self._dimension, self._deployed = transition, dimension, transition.deployed
        self._parameters, self._quota = parameters, quota
        before, after = (
            scheduled_bounds(actions, dimension, traffic.start, traffic.minutes)
            for actions in (transition.deployed.schedules, transition.schedules_after)
        )
        self._scheduled = {"after": after, "back": before}
        self.leaves_a_bound = after is not None and after.leaves_a_bound
        """Whether the bounds long after a start still depend on its minute."""
        self._keeps_supply = transition.change_of(dimension) is Change.NONE and before == after
        self._of_phase: dict[str, _Becomes] = {}

    def enter(self, phase: str, supply: Supply, state: State) -> tuple[Supply, State]:
        """Supply of the dimension in a phase, and its state at the start of the phase.

        Args:
            phase: name of the phase, see ``Phase``.
            supply: supply in the phase before.
            state: state after the phase before.

        Raises:
            ValueError: the deployed template has no units for the rollback.
        """
        if self._keeps_supply or phase in ("before", "pre-warm"):
            return supply, state
        if phase in ("switch", "switch back"):
            if isinstance(supply, ProvisionedSupply):
                kept = self._parameters.burst_kept * min(
                    state.bucket, float(BURST_SECONDS.value * state.units)
                )
                return _with_supply(
                    ProvisionedSupply(state.units, state.units, state.units, 1.0),
                    state,
                    self._parameters,
                    kept,
                )
            return supply, state
        becomes = self._of_phase.get(phase)
        if becomes is None:
            becomes = self._of_phase[phase] = self._becomes(phase)
        throughput = becomes.throughput
        if throughput is None:
            ceiling = max(becomes.ceiling, state.units, state.ceiling)
            now = on_demand(ceiling, becomes.maximum, self._quota)
            if isinstance(supply, OnDemandSupply):
                return now, replace(state, ceiling=now.ceiling, recent=list(state.recent))
            return _with_supply(now, state, self._parameters, state.bucket)
        if becomes.keeps_target and isinstance(supply, ProvisionedSupply):
            return supply, state
        sent = becomes.sent
        if sent is None and isinstance(supply, OnDemandSupply):
            raise ValueError(
                f"{self._dimension.label}: the template has no units to start provisioned mode with"
            )
        given = provisioned(throughput, sent or state.units)
        given = self._scheduled_supply(phase, given, throughput, supply, state.elapsed)
        if sent is not None and self._transition.keeps_bounds(self._dimension):
            given = replace(
                given, units=sent
            )  # auto scaling does not correct units outside of bounds that stay
        if sent is None and isinstance(throughput, AutoScaling):
            return given, replace(state, units=given.units)  # auto scaling continues with other bounds
        return _with_supply(given, state, self._parameters, state.bucket)

    def _scheduled_supply(
        self, phase: str, given: ProvisionedSupply, throughput: Throughput, before: Supply, position: int
    ) -> ProvisionedSupply:
        """The supply of a phase whose bounds scheduled actions move from its first minute on.

        Bounds that the two templates have in common are not sent: they stay as the actions have left them.
        """
        bounds = self._scheduled[phase]
        if (
            isinstance(throughput, AutoScaling)
            and self._transition.keeps_bounds(self._dimension)
            and isinstance(before, ProvisionedSupply)
        ):
            now = before.at(position)
            if now.minimum != now.maximum or before.moves:
                throughput = replace(throughput, minimum=now.minimum, maximum=now.maximum, seed=None)
                given = provisioned(throughput, given.units)
        return given if bounds is None else bounds.supply(throughput, given.units, position)

    def _becomes(self, phase: str) -> _Becomes:
        transition, dimension, deployed = self._transition, self._dimension, self._deployed
        is_after = phase == "after"
        throughput = (transition.declared if is_after else deployed.template).throughput(dimension)
        if throughput is None:
            # An index loses its on-demand maximum in provisioned mode; the rollback sends that of the template.
            lost = transition.switches_to_provisioned and dimension.index is not None
            before = deployed.template if lost else deployed.live
            maximum = (transition.declared if is_after else before).maximum(dimension)
            return _Becomes(None, None, False, ceiling_without_maximum(transition, dimension), maximum)
        sent = transition.units_sent(dimension) if is_after else transition.units_sent_back(dimension)
        keeps_target = is_after and transition.keeps_scaling_target(dimension)
        return _Becomes(throughput, sent, keeps_target, 0, None)


class _Becomes(NamedTuple):
    """Throughput, units sent, and in on-demand mode the ceiling and its maximum, that a phase gives a dimension."""

    throughput: Throughput | None
    sent: int | None
    keeps_target: bool
    ceiling: int
    maximum: int | None


def _with_supply(supply: Supply, state: State, parameters: Parameters, bucket: float) -> tuple[Supply, State]:
    """A new supply with its state: alarms start again. AWS does not publish whether a switch keeps the saved burst.

    Args:
        supply: the new supply.
        state: state before it.
        parameters: assumed properties of the service.
        bucket: unused units saved for a burst before it.
    """
    if isinstance(supply, OnDemandSupply):
        recent = [0.0] * parameters.growth_minutes
        return supply, State(
            state.minute,
            ceiling=supply.ceiling,
            recent=recent,
            returned=state.returned,
            elapsed=state.elapsed,
        )
    return supply, State(
        state.minute,
        units=supply.units,
        bucket=bucket if state.units else 0.0,
        decreases=state.decreases,
        since=state.since,
        ceiling=state.ceiling,
        returned=state.returned,
        elapsed=state.elapsed,
    )


__all__ = [
    "AFTER_MINUTES",
    "ChangeOutcome",
    "Phase",
    "PhaseChange",
    "deployed_supply",
    "pre_warm_minutes",
    "replayed_dimensions",
    "simulate_change",
]
