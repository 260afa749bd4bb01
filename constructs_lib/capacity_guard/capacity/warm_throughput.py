"""What any on-demand table serves at once, and how long a raise of warm throughput takes."""

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
    """A cautious estimate of how long a raise of warm throughput takes, seconds.

    The service states none ("depends on the values and the size", Guide: warm-throughput). Seen were 271-514 seconds for
    a raise of small tables. More throughput means more partitions, which split in two: each doubling is taken to need
    the longest time seen, starting from what one partition serves.

    Args:
        access: ``read`` or ``write``.
        live: units per second it has.
        target: units per second it is raised to.
    """
    one = (PARTITION_READ if access == "read" else PARTITION_WRITE).value
    doublings = math.ceil(math.log2(max(1, target / max(live, one))))
    return max(1, doublings) * WARM_RAISE_SECONDS_LONGEST.value


def initial_ceiling(dimension: Dimension) -> int:
    """Units per second that any on-demand table or index serves at once (Guide: on-demand-capacity-mode)."""
    return (ON_DEMAND_INITIAL_READ if dimension.access == "read" else ON_DEMAND_INITIAL_WRITE).value


__all__ = ["initial_ceiling", "warm_raise_seconds"]
