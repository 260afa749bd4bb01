"""Warm throughput: what a new on-demand table has, how long a raise takes, and what there is after a transition."""

from __future__ import annotations

import math
from dataclasses import replace

from .capacity import Capacity, Units
from .deployed import Deployed
from .dimension import Access, Dimension, index_of
from .limits import (
    ON_DEMAND_INITIAL_READ,
    ON_DEMAND_INITIAL_WRITE,
    PARTITION_READ,
    PARTITION_WRITE,
    WARM_RAISE_SECONDS_LONGEST,
)


def warm_raise_seconds(access: Access, live: int, target: int) -> int:
    """Cautious estimate of the duration of a raise of warm throughput, seconds.

    The documentation states no duration ("depends on the values and the size", Guide: warm-throughput). Raises of small
    tables took 271 to 514 seconds. More throughput needs more partitions, and a partition splits in two. The estimate
    takes the longest observed time for each doubling, starting from the throughput of one partition.

    Args:
        access: ``read`` or ``write``.
        live: current warm throughput, units per second.
        target: warm throughput after the raise, units per second.
    """
    partition = (PARTITION_READ if access == "read" else PARTITION_WRITE).value
    doublings = math.ceil(math.log2(max(1, target / max(live, partition))))
    return max(1, doublings) * WARM_RAISE_SECONDS_LONGEST.value


def initial_ceiling(dimension: Dimension) -> int:
    """Units per second that any on-demand table or index serves at once (Guide: on-demand-capacity-mode)."""
    return (ON_DEMAND_INITIAL_READ if dimension.access == "read" else ON_DEMAND_INITIAL_WRITE).value


def without_warm(capacity: Capacity) -> Capacity:
    """A capacity without its targets of warm throughput."""
    return replace(
        capacity,
        table=replace(capacity.table, warm=None),
        indexes={name: replace(index, warm=None) for name, index in capacity.indexes.items()},
    )


def warm_after(deployed: Deployed | None, declared: Capacity, key: str) -> Units:
    """Warm throughput of a table or an index after a transition, units per second: it is never lowered.

    Args:
        deployed: the capacity that the table has, ``None`` for a table that does not exist yet.
        declared: the capacity that the code declares.
        key: resource key of the table or the index.
    """
    index = index_of(key)

    def highest(dimension: Dimension) -> int:
        live = deployed.warm_now(dimension) if deployed else 0
        return max(live, declared.warm(dimension) or 0, 1)

    return Units(highest(Dimension(index, "read")), highest(Dimension(index, "write")))


__all__ = ["initial_ceiling", "warm_after", "warm_raise_seconds", "without_warm"]
