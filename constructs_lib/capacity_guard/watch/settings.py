"""Settings of the watch after a deployment: when a change has settled, and what vetoes it, each default with its source."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from ..capacity.errors import InputError
from ..capacity.plain_data import shown, whole_number

BUILDERS_LIBRARY = "Amazon Builders' Library: automating safe, hands-off deployments (bake time)"
SRE_WORKBOOK = "Google SRE Workbook: alerting on SLOs (6 times the budget over 6 hours and over 30 minutes)"
CANARY = "Spinnaker documentation: best practices for configuring canary (at least 50 points of each metric)"
CONSECUTIVE_ERRORS = (
    "Argo Rollouts: default of consecutiveErrorLimit (4 errors in a row end an analysis without a verdict)"
)
CLOUDWATCH_METRICS = "CloudWatch User Guide: metrics of DynamoDB come each minute, and minutes late"
ASSUMED = "assumed by this library"

SOURCES: dict[str, str] = {
    "first_wave_hours": BUILDERS_LIBRARY,
    "later_wave_hours": BUILDERS_LIBRARY,
    "loaded_minutes": CANARY,
    "loaded_share": ASSUMED,
    "high_minutes": ASSUMED,
    "high_share": ASSUMED,
    "quiet_peak": ASSUMED,
    "most_days": ASSUMED,
    "fast_minutes": CLOUDWATCH_METRICS,
    "fast_of_minutes": CLOUDWATCH_METRICS,
    "slow_times": SRE_WORKBOOK,
    "slow_hours": SRE_WORKBOOK,
    "slow_last_minutes": SRE_WORKBOOK,
    "blind_looks": CONSECUTIVE_ERRORS,
    "control_share": ASSUMED,
    "control_minutes": ASSUMED,
}
"""Where each default comes from. A point of a canary's metric is a minute here, at load that shows something: which share of the
peak that is, is assumed."""
_MOST_DAYS = 60
"""A watch of more days would outlast the metrics of five minutes (63 days), from which its last minutes could be read again."""
_MOST_MINUTES = 7 * 1_440


@dataclass(frozen=True)
class WatchSettings:
    """When a change has carried enough load, and what vetoes it.

    Args:
        first_wave_hours: hours after the change before which a first wave does not settle.
        later_wave_hours: the same for later waves.
        loaded_minutes: minutes with at least ``loaded_share`` of the recorded peak that each changed dimension must carry.
        loaded_share: share of the recorded peak from which a minute counts as loaded, 0 to 1.
        high_minutes: minutes in a row with at least ``high_share`` of the recorded peak that it must carry.
        high_share: share of the recorded peak from which a minute counts as high, 0 to 1.
        quiet_peak: units per second; a dimension whose recorded peak is below it settles by time alone.
        most_days: days after which a change that has not settled is unproven.
        fast_minutes: minutes with more throttle events than the noise that veto at once.
        fast_of_minutes: minutes in a row among which they are sought.
        slow_times: times ``Margins.throttle_budget`` that veto slowly.
        slow_hours: hours over which they are measured.
        slow_last_minutes: minutes at the end of which alone they must be measured too.
        blind_looks: looks in a row without metrics after which the watch says that it cannot see.
        control_share: what an unchanged cell must have at least of the changed cell's load, each as a share of its own recorded
            peak, to be compared with it; and of its throttling, for a common cause, 0 to 1.
        control_minutes: minutes before a veto in which an unchanged cell that throttles has a cause of its own.

    Raises:
        InputError: a number is out of range, or two contradict each other.
    """

    first_wave_hours: float = 12
    later_wave_hours: float = 2
    loaded_minutes: int = 50
    loaded_share: float = 0.5
    high_minutes: int = 3
    high_share: float = 0.8
    quiet_peak: float = 1.0
    most_days: float = 7
    fast_minutes: int = 2
    fast_of_minutes: int = 3
    slow_times: float = 6
    slow_hours: float = 6
    slow_last_minutes: int = 30
    blind_looks: int = 4
    control_share: float = 0.5
    control_minutes: int = 60

    def __post_init__(self) -> None:
        for name in ("loaded_minutes", "high_minutes", "fast_minutes", "fast_of_minutes", "blind_looks"):
            whole_number(getattr(self, name), _place(name), _MOST_MINUTES, remedy=_REMEDY)
        for name in ("slow_last_minutes", "control_minutes"):
            whole_number(getattr(self, name), _place(name), _MOST_MINUTES, remedy=_REMEDY)
        for name in ("first_wave_hours", "later_wave_hours"):
            _range(name, getattr(self, name), 0, _MOST_DAYS * 24)
        _range("slow_hours", self.slow_hours, 0.5, 24)
        _range("most_days", self.most_days, 0.01, _MOST_DAYS)
        _range("slow_times", self.slow_times, 1, 1_000)
        _range("quiet_peak", self.quiet_peak, 0, 10**15)
        for name in ("loaded_share", "high_share", "control_share"):
            _range(name, getattr(self, name), 0.01, 1)
        if self.fast_minutes > self.fast_of_minutes:
            raise InputError(
                _place("fast_minutes"),
                "exceeds fast_of_minutes",
                "Ask for at most as many as there are minutes",
            )
        if self.slow_last_minutes > self.slow_hours * 60:
            raise InputError(
                _place("slow_last_minutes"), "exceeds slow_hours", "Ask for a shorter end of those hours"
            )
        longest = max(self.first_wave_hours, self.later_wave_hours)
        if longest > self.most_days * 24:
            raise InputError(
                _place("most_days"),
                f"ends before {longest:g} hours, so nothing could settle",
                "Give more days, or fewer hours",
            )

    def shortest(self, is_first_wave: bool) -> timedelta:
        """Time after the change before which it does not settle."""
        return timedelta(hours=self.first_wave_hours if is_first_wave else self.later_wave_hours)

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return asdict(self)

    @staticmethod
    def from_json(value: dict[str, Any]) -> WatchSettings:
        """Read what ``to_json`` wrote; what a later version added is left out, what an earlier one lacks has its default."""
        return WatchSettings(**{name: value[name] for name in SOURCES if name in value})


_REMEDY = "Correct it or leave it out"


def _place(name: str) -> str:
    return f"WatchSettings.{name}"


def _range(name: str, value: object, low: float, high: float) -> None:
    # Compared, never converted: a whole number may be beyond every float, and NaN is in no order.
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value < math.inf:
        raise InputError(_place(name), f"{shown(value)} is not a number of at least {low:g}", _REMEDY)
    if value > high:
        raise InputError(_place(name), f"{shown(value)} is more than {high:,}", _REMEDY)


__all__ = ["SOURCES", "WatchSettings"]
