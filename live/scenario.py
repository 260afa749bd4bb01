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
INDEX = "by_owner"
KEY, INDEX_KEY = "id", "owner"
ON_DEMAND, PROVISIONED = "on-demand", "provisioned"
BAKE_MINUTES = 6
SCALING_MINIMUM, SCALING_MAXIMUM = 3, 5
"""Units per second. A recorded rise is rounded to whole units, so 1 unit could not carry the steady traffic and a rise."""
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
        vetoed: whether the run makes the table throttle, so that Bake must veto the deployment.
    """

    name: str
    changes: dict[str, str]
    turn: int = 0
    vetoed: bool = False


# The overload comes last: its throttle events would be noise in the baseline of a later round.
CREATED = {GLOBAL: ON_DEMAND, PLAIN: PROVISIONED}
ROUNDS = (
    Round("first switch", {GLOBAL: PROVISIONED, PLAIN: ON_DEMAND}),
    Round("second switch", {GLOBAL: ON_DEMAND, PLAIN: PROVISIONED}, turn=1),
    Round("forced rollback", {GLOBAL: PROVISIONED}, turn=1, vetoed=True),
)


def capacity(mode: str, turn: int, warm: bool = False) -> Capacity:
    """The capacity of a mode.

    Args:
        mode: ``on-demand`` or ``provisioned`` (``SCALING_MINIMUM`` units per second, writes scaled).
        turn: 0 or 1. The second capacity of a mode has other bounds: a return to the capacity that was deployed before
            would be a relief, whose gates refuse and veto less.
        warm: whether on-demand declares slightly more warm throughput than a new table has.
    """
    if mode == PROVISIONED:
        write = AutoScaling(SCALING_MINIMUM, SCALING_MAXIMUM + turn, seed=SCALING_MINIMUM)
        return Capacity.provisioned(
            read=SCALING_MINIMUM, write=write, indexes={INDEX: Provisioned(read=SCALING_MINIMUM, write=write)}
        )
    maximum = Units(write=ON_DEMAND_MAXIMUM) if turn else None
    if not warm:
        return Capacity.on_demand(maximum=maximum, indexes={INDEX: OnDemand(maximum=maximum)})
    target = Units(write=ON_DEMAND_INITIAL_WRITE.value + WARM_UNITS)
    return Capacity.on_demand(
        warm=target, maximum=maximum, indexes={INDEX: OnDemand(warm=target, maximum=maximum)}
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
