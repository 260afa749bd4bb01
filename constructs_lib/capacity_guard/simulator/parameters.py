"""Properties of the service that no source states, each with its default and its effect."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from ..capacity.errors import InputError
from ..capacity.limits import SCALING_REACTION_MINUTES, SCALING_REACTION_MINUTES_MOST


class Sdk(Enum):
    """How long the AWS SDKs retry: total attempts, and the first wait in seconds, which doubles each time.

    The waits have no jitter, which makes them the longest (AWS SDKs and Tools Reference Guide, retry behavior).
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
        """Share of the units throttled in a minute that is retried in the next minute: the waits in minutes, at most 1."""
        return min(1.0, self.waits / 60)


@dataclass(frozen=True)
class Parameters:
    """Every property that the model assumes.

    Attributes:
        reaction_minutes: minutes from the first minute above the target to raised throughput, at least 2. The guide
            says "a few minutes" for the alarm and "several" for the update (metrics-dimensions). Longer throttles more.
        peak_second: busiest second of a minute over the minute's mean, 1 to 2; CloudWatch has no period below a minute.
            1.35 is the median, 1.57 the 95th percentile of a public trace by the second (twitter_trace of
            web-service-datasets, 22 days). Higher throttles more.
        hottest_share: share of the traffic that the hottest key takes, 0 to 1. 0 means that no key exceeds its partition.
        returning: share of the units throttled in a minute that is retried in the next, 0 to 0.99; see ``Sdk``.
        growth_minutes: minutes after which a peak counts as a previous peak; on-demand mode serves twice the previous
            peak, and more "within 30 minutes" may throttle (Guide: on-demand-capacity-mode). Longer throttles more. 15 and
            40 are drawn from ramps that were measured in 2019; docs/simulator.md says how.
        burst_kept: share of the saved burst that is left after a switch of the billing mode, 0 to 1. Lower throttles more.

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
        """Best case and worst case of the assumed properties; ``hottest_share`` does not change."""
        best_case = replace(
            self,
            reaction_minutes=min(4, self.reaction_minutes),
            peak_second=1.0,
            returning=min(self.returning, Sdk.STANDARD_2026.returning),
            growth_minutes=min(15, self.growth_minutes),
            burst_kept=1.0,
        )
        worst_case = replace(
            self,
            reaction_minutes=max(15, self.reaction_minutes),
            peak_second=max(1.57, self.peak_second),
            returning=max(self.returning, Sdk.LEGACY.returning),
            growth_minutes=max(40, self.growth_minutes),
            burst_kept=0.0,
        )
        return best_case, worst_case


__all__ = ["Parameters", "Sdk"]
