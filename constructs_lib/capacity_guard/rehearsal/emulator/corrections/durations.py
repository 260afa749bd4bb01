"""How long the emulated DynamoDB takes for each change, in one table.

Every duration is a measurement of the live service on tiny tables (`docs/api-quirks` of
aws-controllers-k8s/dynamodb-controller, October 2026). Larger tables take longer, so a test can set each duration
through the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

PREFIX = "CAPACITY_GUARD_SECONDS_"
"""The name of an environment variable is this prefix and the field's name in upper case."""


@dataclass(frozen=True)
class ChangeDurations:
    """Durations in seconds of the emulator's clock.

    to_on_demand_first: first switch to on-demand of a table created as provisioned (128.6-171.6; DDB-TABLE-064, -183).
    to_on_demand_again: switch to on-demand of a table that was on-demand before (2.0-5.1; DDB-TABLE-183).
    to_provisioned: any switch to provisioned (60.5-98.2; DDB-TABLE-056, -062).
    provisioned_change: a change of provisioned throughput (1.0-2.3; DDB-TABLE-058, -370).
    index_lag_change: how much longer an index takes than its table for such a change (2-6; DDB-TABLE-134, -159).
    index_switch: how long an index of a table whose mode switches is UPDATING (the first 6.1 of 82.7; DDB-TABLE-152).
    warm_first: first raise of warm throughput of a table or index (271-514; DDB-TABLE-179, -121, -459).
    warm_again: every later raise, and a repeated request with equal values (about 2; DDB-TABLE-121, -179).
    index_allocation: how long a new index keeps the table UPDATING (24-56; DDB-TABLE-148).
    index_build: until a new index is ACTIVE (506-539; DDB-TABLE-148).
    index_deletion: until a deleted index is gone; its table is UPDATING (2.6-6; DDB-TABLE-375, -376, -148).
    """

    to_on_demand_first: float = 150.0
    to_on_demand_again: float = 4.0
    to_provisioned: float = 75.0
    provisioned_change: float = 2.0
    index_lag_change: float = 6.0
    index_switch: float = 6.0
    warm_first: float = 390.0
    warm_again: float = 2.0
    index_allocation: float = 40.0
    index_build: float = 520.0
    index_deletion: float = 4.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> ChangeDurations:
        """The defaults, replaced by what the environment sets (see PREFIX).

        Raises ValueError for a value that is not a number of seconds; the message names the variable.
        """
        environment = os.environ if environment is None else environment
        overrides: dict[str, float] = {}
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            text = environment.get(name)
            if text is None:
                continue
            try:
                value = float(text)
            except ValueError:
                value = -1.0
            if not 0.0 <= value < float("inf"):
                raise ValueError(f"{name}={text!r} is no duration: give a number of seconds, 0 or more")
            overrides[field.name] = value
        return cls(**overrides)


__all__ = ["PREFIX", "ChangeDurations"]
