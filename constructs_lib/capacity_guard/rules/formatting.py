"""How findings say units, moments and code: one form for all rules."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from ..capacity.capacity import AutoScaling, OnDemand, Provisioned, ResourceCapacity, Throughput, Units
from ..capacity.dimension import Dimension
from ..capacity.evidence import Peak
from ..capacity.limits import WARM_RAISE_SECONDS_LONGEST, WARM_RAISE_SECONDS_SHORTEST
from .fix_code import code_in
from .model import Dialect, Figure

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RAISE_TAKES = (
    f"a raise takes about {math.ceil(WARM_RAISE_SECONDS_SHORTEST.value / 60)}-"
    f"{math.ceil(WARM_RAISE_SECONDS_LONGEST.value / 60)} minutes"
)


def whole(units: float) -> int:
    """Units per second rounded up, without the dust of floating point (4,800 x 1.3 is 6,240)."""
    return math.ceil(round(units, 6))


def rate(units: float, dimension: Dimension) -> str:
    """Units per second: ``4,800 writes/s``."""
    return f"{whole(units):,} {dimension.access}s/s"


def utc_text(at: datetime) -> str:
    """A minute, whatever the locale: ``Tue 7 Jul 2026 21:41 UTC``."""
    at = at.astimezone(UTC)
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M} UTC"


def number(value: float) -> str:
    """A number without a needless fraction, in code: ``6_240``."""
    return f"{whole(value):_}"


def days(value: float) -> str:
    """Days without a needless fraction: ``14 days``."""
    return f"{value:.1f}".removesuffix(".0") + (" day" if value == 1 else " days")


def minutes(value: float) -> str:
    """Minutes: ``1 minute``, ``10 minutes``."""
    return f"{value:,} minute" + ("" if value == 1 else "s")


def peak_figure(peak: Peak, dimension: Dimension, recorded_days: float) -> Figure:
    """The figure of a recorded peak."""
    return Figure(
        "recorded peak", rate(peak.units, dimension), f"{utc_text(peak.at)}, {days(recorded_days)} recorded"
    )


def units_code(units: Units) -> str:
    """``Units(read=12_000, write=6_240)``."""
    given = [f"{a}={number(v)}" for a, v in (("read", units.read), ("write", units.write)) if v is not None]
    return f"Units({', '.join(given)})"


def throughput_code(throughput: Throughput) -> str:
    """``4_800`` or ``AutoScaling(minimum=..., maximum=..., seed=...)``."""
    if not isinstance(throughput, AutoScaling):
        return number(throughput)
    parts = [f"minimum={number(throughput.minimum)}", f"maximum={number(throughput.maximum)}"]
    if throughput.target != AutoScaling.target:
        parts.append(f"target={throughput.target}")
    if throughput.seed is not None:
        parts.append(f"seed={number(throughput.seed)}")
    return f"AutoScaling({', '.join(parts)})"


def capacity_code(index: str | None, capacity: ResourceCapacity, dialect: Dialect = "guarded") -> str:
    """The code that declares a resource's capacity: of a GuardedTable an argument of ``Capacity.on_demand`` or
    ``Capacity.provisioned``, of another construct what that takes."""
    if dialect != "guarded":
        return code_in(dialect, index, capacity)
    if isinstance(capacity, Provisioned):
        parts = [f"read={throughput_code(capacity.read)}", f"write={throughput_code(capacity.write)}"]
        if capacity.warm is not None:
            parts.append(f"warm={units_code(capacity.warm)}")
        text = ", ".join(parts)
        return text if index is None else f'indexes={{"{index}": Provisioned({text})}}'
    return _on_demand_code(index, capacity)


def _on_demand_code(index: str | None, capacity: OnDemand) -> str:
    given = [
        f"{name}={units_code(units)}"
        for name, units in (("warm", capacity.warm), ("maximum", capacity.maximum))
        if units is not None
    ]
    if index is None:
        return ", ".join(given)
    if capacity.warm is not None and capacity.maximum is None:
        return f'indexes={{"{index}": {units_code(capacity.warm)}}}'
    return f'indexes={{"{index}": OnDemand({", ".join(given)})}}'
