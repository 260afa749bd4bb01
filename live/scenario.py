"""What a run deploys: two tiny tables with one index each, and the rounds in which their capacity changes."""

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
FLOOR, HIGHEST = 3, 5
"""Units per second: a recorded rise counts in whole units, so a single one would never carry its trickle and a rise."""
MAXIMUM = 8_000
"""Writes per second that the second on-demand capacity allows: more than there will be."""
DENSE_THRESHOLD = 60.0
"""Write units a minute of the dense alarm: far above the trickle, far below the storm."""

_RUN = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True)
class Round:
    """One deployment.

    Attributes:
        name: what the record calls it.
        changes: the mode that each table gets; the others stay.
        turn: which of its capacities a mode gets (``capacity``).
        vetoed: whether it is made to throttle, and must be rolled back.
    """

    name: str
    changes: dict[str, str]
    turn: int = 0
    vetoed: bool = False


# The storm comes last: what it leaves in the metrics would be noise in the baseline of a later round.
CREATED = {GLOBAL: ON_DEMAND, PLAIN: PROVISIONED}
ROUNDS = (
    Round("first switch", {GLOBAL: PROVISIONED, PLAIN: ON_DEMAND}),
    Round("second switch", {GLOBAL: ON_DEMAND, PLAIN: PROVISIONED}, turn=1),
    Round("forced rollback", {GLOBAL: PROVISIONED}, turn=1, vetoed=True),
)


def capacity(mode: str, turn: int, warm: bool = False) -> Capacity:
    """The capacity of a mode.

    Args:
        mode: ``on-demand`` or ``provisioned`` (``FLOOR`` units per second, writes scaled).
        turn: 0 or 1; the second time a mode has other bounds, since a return to the capacity deployed before would be
            a relief, whose gates refuse and veto less.
        warm: whether on-demand declares a little more warm throughput than a new table has.
    """
    if mode == PROVISIONED:
        write = AutoScaling(FLOOR, HIGHEST + turn, seed=FLOOR)
        return Capacity.provisioned(
            read=FLOOR, write=write, indexes={INDEX: Provisioned(read=FLOOR, write=write)}
        )
    maximum = Units(write=MAXIMUM) if turn else None
    if not warm:
        return Capacity.on_demand(maximum=maximum, indexes={INDEX: OnDemand(maximum=maximum)})
    target = Units(write=ON_DEMAND_INITIAL_WRITE.value + WARM_UNITS)
    return Capacity.on_demand(
        warm=target, maximum=maximum, indexes={INDEX: OnDemand(warm=target, maximum=maximum)}
    )


def new_run() -> str:
    """An id that no other run has."""
    return secrets.token_hex(4)


def checked_run(run: str) -> str:
    """A run's id as somebody typed it.

    Raises:
        InputError: it is none.
    """
    if not _RUN.fullmatch(run):
        raise InputError(
            "--cleanup", f"{run!r} is no run id", "Give the eight characters that the run has printed"
        )
    return run


def stack_name(run: str, kind: str) -> str:
    """Name of a stack: short, so that every name that CloudFormation generates begins with it."""
    return f"CgLive-{run}-{kind}"
