"""What a run deploys: two small tables with one index each, and the rounds in which their capacity changes."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.capacity.errors import InputError
from capacity_guard.capacity.limits import ON_DEMAND_INITIAL_WRITE

from .prices import WARM_UNITS

GLOBAL, PLAIN = "Global", "Plain"
KINDS = (GLOBAL, PLAIN)
"""``TableV2`` by GuardedTable, and ``Table`` by CapacityGuard."""
HOLD = "Hold"
"""The stack with a hold and without a guard (``held_stack``)."""
STACKS = (*KINDS, HOLD)
"""Everything that a run makes is in one of these stacks, or named after it."""
INDEX = "by_owner"
KEY, INDEX_KEY = "id", "owner"
ON_DEMAND, PROVISIONED = "on-demand", "provisioned"
BAKE_MINUTES = 12
"""Minutes that Bake watches. An overload spends up to two minutes of burst first, then an alarm needs about five minutes."""
UNITS_MINIMUM, UNITS_MAXIMUM = 6, 9
"""Provisioned units per second: reads and the writes' minimum, and the writes' maximum."""
LOW_MINIMUM, LOW_MAXIMUM = 3, 5
"""Units of the forced rollback: half of those before, which CG6 lets pass, and far below the overload. Provisioned units fall at
once; a table that comes from on-demand mode keeps its former peak while it switches (Guide: bp-switching-capacity-modes)."""
LOW_TURN = 2
ON_DEMAND_MAXIMUM = 8_000
"""On-demand maximum of the second on-demand capacity, writes per second: more than the run writes."""
DENSE_THRESHOLD = 60.0
"""Threshold of the dense alarm, write units a minute: far above the steady traffic, far below the overload."""

_RUN_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True)
class Round:
    """One deployment.

    Attributes:
        name: its name in the record.
        changes: the new mode of each table that changes.
        turn: which of its capacities a mode declares (``capacity``).
        edited: whether only a setting is edited, without a new baseline.
        vetoed: whether the run makes the table throttle, so that Bake must veto the deployment.
    """

    name: str
    changes: dict[str, str]
    turn: int = 0
    edited: bool = False
    vetoed: bool = False


# The overload comes last: its throttle events would be noise in the baseline of a later round.
CREATED = {GLOBAL: ON_DEMAND, PLAIN: PROVISIONED}
ROUNDS = (
    Round("first switch", {GLOBAL: PROVISIONED, PLAIN: ON_DEMAND}),
    Round("setting edited", {GLOBAL: PROVISIONED, PLAIN: ON_DEMAND}, edited=True),
    Round("second switch", {GLOBAL: ON_DEMAND, PLAIN: PROVISIONED}, turn=1),
    Round("third switch", {GLOBAL: PROVISIONED}, turn=1),
    Round("forced rollback, Global", {GLOBAL: PROVISIONED}, turn=LOW_TURN, vetoed=True),
    Round("forced rollback, Plain", {PLAIN: PROVISIONED}, turn=LOW_TURN, vetoed=True),
)


def bounds(turn: int) -> tuple[int, int]:
    """Minimum and maximum of a provisioned capacity, units per second."""
    return (LOW_MINIMUM, LOW_MAXIMUM) if turn == LOW_TURN else (UNITS_MINIMUM, UNITS_MAXIMUM + turn)


def capacity(mode: str, turn: int, warm: bool = False) -> Capacity:
    """The capacity of a mode.

    Args:
        mode: ``on-demand`` or ``provisioned`` (writes scaled).
        turn: 0, 1 or ``LOW_TURN``. Each has other bounds and another maximum: a return to the capacity that was deployed
            before would be a relief, whose gates refuse and veto less.
        warm: whether on-demand declares slightly more warm throughput than a table has that was on-demand before.
    """
    if mode == PROVISIONED:
        minimum, maximum = bounds(turn)
        write = AutoScaling(minimum, maximum, seed=minimum)
        return Capacity.provisioned(
            read=minimum, write=write, indexes={INDEX: Provisioned(read=minimum, write=write)}
        )
    limit = Units(write=ON_DEMAND_MAXIMUM) if turn else None
    if not warm:
        return Capacity.on_demand(maximum=limit, indexes={INDEX: OnDemand(maximum=limit)})
    target = Units(write=ON_DEMAND_INITIAL_WRITE.value + WARM_UNITS)
    return Capacity.on_demand(
        warm=target, maximum=limit, indexes={INDEX: OnDemand(warm=target, maximum=limit)}
    )


def new_run_id() -> str:
    """A random id for a new run."""
    return secrets.token_hex(4)


def checked_run_id(run: str) -> str:
    """The run id of ``--cleanup``, checked.

    Raises:
        InputError: it is no run id.
    """
    if not _RUN_ID.fullmatch(run):
        raise InputError(
            "--cleanup", f"{run!r} is no run id", "Give the eight characters that the run has printed"
        )
    return run


def stack_name(run: str, kind: str) -> str:
    """Name of a stack. It is short, so every name that CloudFormation generates begins with all of it."""
    return f"CgLive-{run}-{kind}"
