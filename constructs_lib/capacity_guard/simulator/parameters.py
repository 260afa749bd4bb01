"""What no source states of the service, named, with its default and its effect."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from ..capacity.errors import InputError
from ..capacity.limits import SCALING_REACTION_MINUTES, SCALING_REACTION_MINUTES_MOST


class Sdk(Enum):
    """How long the AWS SDKs go on asking: attempts in all, and the first wait in seconds, which doubles each time.

    The waits are those without jitter, the longest there are (AWS SDKs and Tools Reference Guide, retry behavior).
    """

    LEGACY = (10, 0.05)
    STANDARD_2026 = (4, 1.0)

    @property
    def waits(self) -> float:
        """Seconds from the first attempt to the last."""
        attempts, first = self.value
        return first * float(2 ** (attempts - 1) - 1)

    @property
    def returning(self) -> float:
        """Share of a minute's throttled units that asks again in the next minute: the part of it that the waits reach."""
        return min(1.0, self.waits / 60)


@dataclass(frozen=True)
class Parameters:
    """Every unknown of the model.

    Attributes:
        reaction_minutes: minutes from the first minute above the target to raised throughput, at least 2. The guide
            says "a few minutes" for the alarm and "several" for the update (metrics-dimensions). Longer throttles more.
        peak_second: busiest second of a minute over the minute's mean, 1 to 2; CloudWatch knows nothing below a minute.
            1.35 is the median, 1.57 the 95th percentile of a public trace by the second (twitter_trace of
            web-service-datasets, 22 days). Higher throttles more.
        hottest_share: share of the traffic that the hottest key takes, 0 to 1. 0 means keys as even as partitions.
        returning: share of the units throttled in a minute that asks again in the next, 0 to below 1; see ``Sdk``.
        growth_minutes: minutes after which a peak counts as a previous one, of which on-demand serves the double
            (Guide: on-demand-capacity-mode).
        burst_kept: share of the saved burst that a switch of the billing mode leaves, 0 to 1. Lower throttles more.

    Raises:
        InputError: a value is out of its range.
    """

    reaction_minutes: int = SCALING_REACTION_MINUTES.value
    peak_second: float = 1.35
    hottest_share: float = 0.0
    returning: float = Sdk.LEGACY.returning
    growth_minutes: int = 30
    burst_kept: float = 1.0

    def __post_init__(self) -> None:
        ranges = {
            "reaction_minutes": (2, SCALING_REACTION_MINUTES_MOST),
            "peak_second": (1, 2),
            "hottest_share": (0, 1),
            "returning": (0, 0.99),
            "growth_minutes": (1, 1440),
            "burst_kept": (0, 1),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
                raise InputError(
                    f"Parameters.{name}", f"{value!r} is not between {low} and {high}", "Give another"
                )

    def range(self) -> tuple[Parameters, Parameters]:
        """The kind end and the harsh end of what is unknown; the hottest key stays as it was given."""
        kind = replace(
            self,
            reaction_minutes=min(4, self.reaction_minutes),
            peak_second=1.0,
            returning=min(self.returning, Sdk.STANDARD_2026.returning),
            burst_kept=1.0,
        )
        harsh = replace(
            self,
            reaction_minutes=max(15, self.reaction_minutes),
            peak_second=max(1.57, self.peak_second),
            returning=max(self.returning, Sdk.LEGACY.returning),
            burst_kept=0.0,
        )
        return kind, harsh
