"""What limits the throughput of a dimension: its bounds, as numbers that can be compared."""

from __future__ import annotations

from .capacity import AutoScaling, Capacity, maximum_of, minimum_of
from .dimension import Dimension


def bounds_of(capacity: Capacity, dimension: Dimension) -> tuple[float, ...]:
    """The bounds of a dimension as numbers; a higher number always means less throttling."""
    throughput = capacity.throughput(dimension)
    if throughput is None:
        on_demand_maximum = capacity.maximum(dimension)
        return (float("inf") if on_demand_maximum is None else float(on_demand_maximum),)
    minimum, maximum = minimum_of(throughput), maximum_of(throughput)
    is_adjusted = isinstance(throughput, AutoScaling) and minimum != maximum
    return (
        minimum,
        maximum,
        -throughput.target if is_adjusted and isinstance(throughput, AutoScaling) else 0,
    )


def same_bounds(first: Capacity, second: Capacity) -> bool:
    """Whether two capacities limit the throughput of a table alike; seeds and warm throughput do not count."""
    return first.billing_mode is second.billing_mode and _all_bounds(first) == _all_bounds(second)


def _all_bounds(capacity: Capacity) -> dict[Dimension, tuple[float, ...]]:
    return {dimension: bounds_of(capacity, dimension) for dimension in capacity.dimensions()}


__all__ = ["bounds_of", "same_bounds"]
