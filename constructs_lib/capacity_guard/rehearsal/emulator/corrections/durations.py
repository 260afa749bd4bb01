"""How long the emulated DynamoDB takes for each change, in one table.

Every duration is a range between the shortest and the longest measurement of the live service on tiny tables (`docs/api-quirks`
of aws-controllers-k8s/dynamodb-controller, October 2026; other sources are named). A run of the emulator draws its durations
from these ranges, by a seed: the same seed gives the same durations. Larger tables take longer, so a test can set each duration
through the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .drawn_durations import DrawnDurations

RANGES: Mapping[str, tuple[float, float]] = {
    "to_on_demand_first": (16.2, 218.0),
    "to_on_demand_again": (2.0, 5.1),
    "to_provisioned_first": (54.8, 98.2),
    "to_provisioned_again": (2.0, 98.2),
    "provisioned_change": (1.0, 2.3),
    "index_change": (2.0, 6.1),
    "index_switch": (6.0, 6.2),
    "index_switch_lag": (0.0, 10.0),
    "warm_first": (271.6, 513.0),
    "warm_again": (1.0, 2.1),
    "index_allocation": (24.3, 56.3),
    "index_build": (506.0, 1_003.0),
    "index_deletion": (2.6, 6.0),
    "stream_change": (4.9, 5.1),
    "index_to_on_demand": (0.0, 6.2),
}
"""Shortest and longest duration of each change, in seconds."""


@dataclass(frozen=True)
class ChangeDurations(DrawnDurations):
    """Durations in seconds of the emulator's clock; the defaults lie within the ranges.

    to_on_demand_first: first switch to on-demand of a table created as provisioned (16.2, 42.3, 107.2, 128.6-171.6; 218 with
        replicas; DDB-TABLE-064, -183, -376, -433, -462).
    to_on_demand_again: switch to on-demand of a table that was on-demand before (DDB-TABLE-183, -369).
    to_provisioned_first: first switch to provisioned of a table created as on-demand (DDB-TABLE-055, -056, -062, -452).
    to_provisioned_again: every later one (2.0 in the one probe: DDB-TABLE-369; no source rules out the longer times).
    provisioned_change: a change of provisioned throughput of the table (DDB-TABLE-058, -370).
    index_change: such a change of an index (DDB-TABLE-134, -148, -159).
    index_switch: how long an index of a table that switches to provisioned is UPDATING, where it does not lag (6.1 of 82.7;
        DDB-TABLE-152).
    index_switch_lag: how long an index is UPDATING after its table has become ACTIVE provisioned. Two readings: 0
        (DDB-TABLE-152), or longer than a client takes for its next call (2 of 3 runs in go-to-k/cdkd issue 1521; how long was
        not measured).
    warm_first: first raise of warm throughput of a table or index (DDB-TABLE-179, -121, -459).
    warm_again: every later raise, and a repeated request with equal values (DDB-TABLE-121, -179).
    index_allocation: how long a new index keeps the table UPDATING (DDB-TABLE-148).
    index_build: until a new index is ACTIVE (DDB-TABLE-148, -458).
    index_deletion: until a deleted index is gone; its table is UPDATING (DDB-TABLE-375, -376, -148).
    stream_change: how long the table is UPDATING after its stream was changed (DDB-TABLE-175).
    index_to_on_demand: how long an index of a table that switches to on-demand is UPDATING. No source states it. Two readings: 0,
        or as in a switch to provisioned.
    """

    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = RANGES
    SHARE_OF_ZERO: ClassVar[Mapping[str, float]] = {"index_switch_lag": 1 / 3, "index_to_on_demand": 1 / 2}

    to_on_demand_first: float = 150.0
    to_on_demand_again: float = 4.0
    to_provisioned_first: float = 75.0
    to_provisioned_again: float = 75.0
    provisioned_change: float = 2.0
    index_change: float = 4.0
    index_switch: float = 6.1
    index_switch_lag: float = 0.0
    warm_first: float = 390.0
    warm_again: float = 2.0
    index_allocation: float = 40.0
    index_build: float = 520.0
    index_deletion: float = 4.0
    stream_change: float = 5.1
    index_to_on_demand: float = 6.1


__all__ = ["RANGES", "ChangeDurations"]
