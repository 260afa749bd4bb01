"""Units, times and durations as the figures of all rules print them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from ..capacity.dimension import Dimension
from ..capacity.evidence import Peak
from ..capacity.limits import WARM_RAISE_SECONDS_LONGEST, WARM_RAISE_SECONDS_SHORTEST
from .model import Figure
from .rounding import round_up

DAYS_OF_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WARM_RAISE_TEXT = (
    f"a raise takes about {math.ceil(WARM_RAISE_SECONDS_SHORTEST.value / 60)}-"
    f"{math.ceil(WARM_RAISE_SECONDS_LONGEST.value / 60)} minutes"
)
"""How long a raise of warm throughput takes."""


def rate_text(units: float, dimension: Dimension) -> str:
    """Units per second, rounded up: ``4,800 writes/s``."""
    return f"{round_up(units):,} {dimension.access}s/s"


def share_text(share: float, above: float | None = None) -> str:
    """A share of the units of an hour: ``8.6 %``, ``0.02 %``.

    Args:
        share: the share, 0 to 1.
        above: a share that is printed beside it and that it exceeds. The text then has as many digits as show that:
            ``0.13 %`` beside ``0.1 %``.
    """
    text = f"{share * 100:.1f} %" if share >= 0.001 or not share else f"{share * 100:.2g} %"
    if above is None or share <= above or text != share_text(above):
        return text
    digits = next(
        (digits for digits in range(2, 9) if round(share * 100, digits) > round(above * 100, digits)), 9
    )
    return f"{share * 100:.{digits}f} %"


def utc_text(time: datetime) -> str:
    """A time to the minute, the same in every locale: ``Tue 7 Jul 2026 21:41 UTC``."""
    time = time.astimezone(UTC)
    return f"{DAYS_OF_WEEK[time.weekday()]} {time.day} {_MONTHS[time.month - 1]} {time.year} {time:%H:%M} UTC"


def days_text(days: float) -> str:
    """Days to a tenth, without a fraction of zero: ``14 days``."""
    return f"{days:.1f}".removesuffix(".0") + (" day" if days == 1 else " days")


def age_text(recorded_at: datetime, judged_at: datetime) -> str:
    """The age of a recording at the judgment: ``20 hours`` up to two days, then ``14 days``.

    Args:
        recorded_at: time of the recording.
        judged_at: judgment time of the rules.
    """
    hours = max(0.0, (judged_at - recorded_at) / timedelta(hours=1))
    if hours < 48:
        return f"{hours:.0f} hour" + ("" if round(hours) == 1 else "s")
    return days_text(hours / 24)


def minutes_text(minutes: float) -> str:
    """Minutes: ``1 minute``, ``10 minutes``."""
    return f"{minutes:,} minute" + ("" if minutes == 1 else "s")


def peak_figure(peak: Peak, dimension: Dimension, recorded_days: float) -> Figure:
    """The figure of a recorded peak.

    Args:
        peak: the peak, in units per second.
        dimension: the dimension that carried it.
        recorded_days: days that the recording covers.
    """
    return Figure(
        "recorded peak",
        rate_text(peak.units, dimension),
        f"{utc_text(peak.at)}, {days_text(recorded_days)} recorded",
    )


__all__ = [
    "DAYS_OF_WEEK",
    "WARM_RAISE_TEXT",
    "days_text",
    "minutes_text",
    "peak_figure",
    "rate_text",
    "share_text",
    "utc_text",
]
