"""Readings of CloudWatch: what its pages leave open or state differently, as settings of the emulated service.

Every reading has a source; none has been confirmed on AWS. The defaults are those of the current user guide. Each
setting has an environment variable, so an emulator can be started under another reading.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

ZERO, DROPPED = "zero", "dropped"
HONOURED, IGNORED = "honoured", "ignored"
FILLED, EMPTY = "filled", "empty"


@dataclass(frozen=True)
class Reading:
    """One reading of metric math and of missing data.

    Attributes:
        arithmetic: the value of ``a + b`` at a time that only one of two series has. ``zero``: the missing value counts
            as 0 (CloudWatch Guide: using-metric-math, basic arithmetic). ``dropped``: there is no point
            (binbashar/le-tf-infra-aws pull 1102).
        missing_data: ``TreatMissingData`` of an alarm whose metrics are all in ``AWS/DynamoDB``. ``honoured``: an explicit
            option holds (CloudWatch Guide: alarms-and-missing-data). ``ignored``: missing data never changes the state
            (CloudWatch API: PutMetricAlarm, TreatMissingData).
        fill_of_nothing: ``FILL`` of a series without a point in the range. ``filled``: a point at every time. ``empty``:
            still no point. The guide says only "when the metric values are sparse".
        extra_periods: periods that an alarm retrieves besides its EvaluationPeriods. The guide shows 2 for 3
            EvaluationPeriods and gives no rule for others.

    Raises:
        ValueError: a setting has another value than those above.
    """

    arithmetic: str = ZERO
    missing_data: str = HONOURED
    fill_of_nothing: str = FILLED
    extra_periods: int = 2

    VARIABLES: ClassVar[Mapping[str, str]] = {
        "arithmetic": "CAPACITY_GUARD_METRIC_ARITHMETIC",
        "missing_data": "CAPACITY_GUARD_MISSING_DATA",
        "fill_of_nothing": "CAPACITY_GUARD_FILL_OF_NOTHING",
        "extra_periods": "CAPACITY_GUARD_ALARM_EXTRA_PERIODS",
    }
    """Environment variable of each setting."""

    def __post_init__(self) -> None:
        allowed = {
            "arithmetic": (ZERO, DROPPED),
            "missing_data": (HONOURED, IGNORED),
            "fill_of_nothing": (FILLED, EMPTY),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{self.VARIABLES[name]}: {getattr(self, name)!r} is not one of {', '.join(values)}"
                )
        if self.extra_periods < 0:
            raise ValueError(f"{self.VARIABLES['extra_periods']}: {self.extra_periods} is below 0")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Reading:
        """The reading that environment variables select. Raises ValueError for a value that is not known."""
        environment = os.environ if environment is None else environment
        chosen = {
            name: environment[variable] for name, variable in cls.VARIABLES.items() if variable in environment
        }
        extra = chosen.pop("extra_periods", None)
        reading = cls(**chosen)  # type: ignore[arg-type]
        return reading if extra is None else cls(**{**reading._members(), "extra_periods": int(extra)})  # type: ignore[arg-type]

    def _members(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def all_readings(extra_periods: tuple[int, ...] = (0, 2, 5)) -> Iterator[Reading]:
    """Every combination of the settings."""
    for arithmetic, missing_data, fill, extra in itertools.product(
        (ZERO, DROPPED), (HONOURED, IGNORED), (FILLED, EMPTY), extra_periods
    ):
        yield Reading(arithmetic, missing_data, fill, extra)


__all__ = ["DROPPED", "EMPTY", "FILLED", "HONOURED", "IGNORED", "ZERO", "Reading", "all_readings"]
