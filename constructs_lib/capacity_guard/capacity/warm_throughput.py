"""The initial throughput of an on-demand table, and the duration of a raise of warm throughput."""

from __future__ import annotations

import math

from .dimension import Access, Dimension
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


__all__ = ["initial_ceiling", "warm_raise_seconds"]
