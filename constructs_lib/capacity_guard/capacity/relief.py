"""What makes a transition a relief: a change that cures an incident, and that the guard does not block.

A relief only raises, or returns to the capacity deployed before. A return is one for a limited time, and only if it
carries the traffic: it may lower capacity to any value, and its findings do not fail the synthesis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from .ceilings import ceiling_after
from .dimension import Dimension
from .settings import Margins
from .transition import Transition

_DAY = timedelta(days=1)
"""A synthesis judges by the beginning of its day."""
Traffic = Callable[[Dimension], float | None]
"""The traffic of a dimension that a return must carry, units per second; ``None`` if it is unknown."""


def return_obstacles(
    transition: Transition,
    margins: Margins,
    at: datetime,
    traffic: Traffic,
    provisioned: Traffic | None = None,
) -> Iterator[str]:
    """Why the return to the capacity deployed before is not a relief, one text each; nothing for a relief.

    Args:
        transition: a transition that is a return (``Transition.is_return``).
        margins: has the days for which a return is a relief.
        at: the time of the judgment, UTC.
        traffic: the traffic of each dimension.
        provisioned: units per second that are provisioned now; by default as recorded.
    """
    replaced_at = None if transition.deployed is None else transition.deployed.replaced_at
    if replaced_at is None:
        yield "the baseline does not say when the capacity before was replaced"
    elif not replaced_at - _DAY <= at <= replaced_at + timedelta(days=margins.return_days):
        end = replaced_at + timedelta(days=margins.return_days)
        yield (
            f"the capacity before was replaced {_time_text(replaced_at)}, and a return is a relief until {_time_text(end)}"
        )
    for dimension in transition.declared.dimensions():
        served, needed = _served_at_once(transition, dimension, provisioned), traffic(dimension)
        if needed is None:
            yield f"{dimension.label}: its traffic is unknown"
        elif served < needed:
            # Rounded up, as every text rounds units per second, without floating-point error.
            load = math.ceil(round(needed, 6))
            yield f"{dimension.label}: it serves {served:,.0f} a second at once, the traffic is {load:,}"


def _served_at_once(transition: Transition, dimension: Dimension, provisioned: Traffic | None) -> float:
    """Units per second that a dimension serves when the transition has ended, before auto scaling reacts."""
    throughput = transition.declared.throughput(dimension)
    if throughput is None:
        return ceiling_after(transition, dimension)
    deployed = transition.deployed
    if provisioned is not None:
        now = provisioned(dimension)
    else:
        now = None if deployed is None else deployed.provisioned_now(dimension)
    # Unknown units, or nothing to send in a switch: nothing to start with.
    return transition.units_after(dimension, now) or 0


def _time_text(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")


__all__ = ["Traffic", "return_obstacles"]
