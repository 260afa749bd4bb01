"""Remembers the replays of whole recordings, so that several rules that ask the same question share one replay."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import fields

from .parameters import Parameters
from .supply import Run, State, Supply
from .table_replay import Runner

_SHORTEST = 1_440
"""Minutes below which a replay is not remembered: those are starts of a transition, which are asked for once."""
_MOST = 24
"""Replays that are kept, those of the last 3 questions about a table with 4 indexes; 14 days are 0.6 MB each."""


def remembering(runner: Runner) -> Runner:
    """The runner with a memory of its last replays of a day and more.

    A replay is found by capacity, traffic, parameters and first state. The traffic is compared by identity: recordings
    do not change once they are read.

    Args:
        runner: function that replays one dimension.
    """
    kept: OrderedDict[Hashable, tuple[Sequence[float], Run]] = OrderedDict()

    def run(
        supply: Supply,
        demand: Sequence[float],
        partition: float,
        parameters: Parameters,
        state: State | None = None,
    ) -> Run:
        if len(demand) < _SHORTEST or not _is_first(state):
            return runner(supply, demand, partition, parameters, state)
        key = supply, id(demand), partition, parameters, None if state is None else _values(state)
        found = kept.get(key)
        if found is None:
            # The demand is kept as well: as long as it is, no other one has its identity.
            found = kept[key] = demand, runner(supply, demand, partition, parameters, state)
            if len(kept) > _MOST:
                kept.popitem(last=False)
        else:
            kept.move_to_end(key)
        return found[1]

    return run


def _is_first(state: State | None) -> bool:
    """Whether a replay begins with the recording: what continues another replay is asked for once."""
    return state is None or (math.isinf(state.bucket) and not any(state.recent))


def _values(state: State) -> Hashable:
    values = (getattr(state, field.name) for field in fields(state))
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


__all__ = ["remembering"]
