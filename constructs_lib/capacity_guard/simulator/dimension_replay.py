"""Replays one dimension minute by minute: which units are served and which are throttled.

A gap (NaN) moves the clock and nothing else. Two weeks have 20,160 minutes, and most of them leave the state unchanged.
The replay skips these minutes: two bounds identify them in provisioned mode, the highest minute of a block in on-demand
mode. The results are bit-identical to a replay of every minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .minute_results import Results
from .on_demand_replay import replay_on_demand
from .parameters import Parameters
from .provisioned_replay import replay_provisioned
from .scheduled_bounds import replay_moved
from .supply import ProvisionedSupply, Run, State, Supply


def start(supply: Supply, parameters: Parameters, minute: int = 0) -> State:
    """State before the first minute: full bucket, no alarm, no decrease.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        parameters: assumed properties of the service.
        minute: minute of the UTC day at which the replay starts, 0 to 1439.
    """
    if isinstance(supply, ProvisionedSupply):
        return State(minute, units=supply.units)
    return State(minute, ceiling=supply.ceiling, recent=[0.0] * parameters.growth_minutes)


def run(
    supply: Supply,
    demand: Sequence[float],
    partition: float,
    parameters: Parameters,
    state: State | None = None,
) -> Run:
    """Replay a demand.

    Auto scaling acts on served units, as CloudWatch reports them. It raises to ``ceil(busiest / target)``,
    ``reaction_minutes`` after the first of two minutes above its target (Guide: AutoScaling). It lowers after 15 minutes
    that are 20 points below the target, as often as ``capacity.limits`` allows decreases. On-demand mode serves twice the
    highest minute that is at least ``growth_minutes`` old.

    Args:
        supply: provisioned or on-demand throughput of the dimension.
        demand: units per minute; NaN is a gap.
        partition: units per second that one partition serves.
        parameters: assumed properties of the service.
        state: state after the earlier part; ``None`` starts at midnight UTC with a full bucket.
    """
    if isinstance(supply, ProvisionedSupply) and supply.moves:
        return replay_moved(run, supply, demand, partition, parameters, state or start(supply, parameters))
    current = start(supply, parameters) if state is None else replace(state, recent=list(state.recent))
    current.elapsed += len(demand)
    result = Results(demand)
    if isinstance(supply, ProvisionedSupply):
        replay_provisioned(supply, result, partition, parameters, current)
    else:
        replay_on_demand(supply, result, partition, parameters, current)
    return Run(
        result.load,
        result.served,
        result.throttled,
        result.limit(),
        result.throttles,
        result.hottest,
        current,
    )


__all__ = ["run", "start"]
