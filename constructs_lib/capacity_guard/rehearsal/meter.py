"""The meter: how much of a demand the capacity then live serves, and how much is throttled. Pure functions.

What the model knows, each from its source:
- provisioned: C units per second at once, and up to 300 seconds of unused capacity as a burst
  (DynamoDB Developer Guide, burst-adaptive-capacity.html);
- on-demand: the ceiling is warm throughput, or the on-demand maximum if that is lower
  (warm-throughput-scenarios.html); it is not let grow, because the speed of growth is not published;
- while the mode switches to on-demand a table serves what it was provisioned for
  (bp-switching-capacity-modes.html); whether its burst survives is unknown, so it is not counted then;
- while it switches to provisioned it serves what it served on demand (same page).

What it leaves out: seconds inside a minute, hot keys, partitions. Amounts are units (read or write),
rates are units per second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

BURST_SECONDS = 300.0
TABLE_QUOTA = 40_000.0
"""Units per second that an on-demand table or index without a maximum can reach (ServiceQuotas.html)."""

Kind = Literal["provisioned", "on-demand", "frozen"]
SIDES = ("read", "write")


@dataclass(frozen=True)
class Ceiling:
    """What one dimension can serve.

    kind: `provisioned` (with burst), `on-demand`, or `frozen` (while the mode switches; no burst).
    rate: units per second.
    """

    kind: Kind
    rate: float

    @property
    def burst(self) -> float:
        """The most units that unused capacity adds up to."""
        return self.rate * BURST_SECONDS if self.kind == "provisioned" else 0.0


@dataclass(frozen=True)
class Metered:
    """A stretch of time on one dimension, in units: demanded = served + throttled; `bucket` is the burst left."""

    demanded: float
    served: float
    throttled: float
    bucket: float


def meter(demand: float, seconds: float, ceiling: Ceiling, bucket: float) -> Metered:
    """Serve a steady demand for a while.

    demand: units per second. seconds: length. bucket: units of burst at the start; what the ceiling cannot
    hold is lost. Raises ValueError for a negative demand, length or bucket.
    """
    if demand < 0 or seconds < 0 or bucket < 0:
        raise ValueError(f"demand {demand}, seconds {seconds}, bucket {bucket}: none may be negative")
    bucket = min(bucket, ceiling.burst)
    demanded = demand * seconds
    if demand <= ceiling.rate:
        return Metered(
            demanded, demanded, 0.0, min(ceiling.burst, bucket + (ceiling.rate - demand) * seconds)
        )
    above = (demand - ceiling.rate) * seconds
    from_burst = min(bucket, above)
    throttled = above - from_burst
    return Metered(demanded, demanded - throttled, throttled, bucket - from_burst)


def throttle_events(throttled: float, units_per_request: float = 1.0) -> int:
    """Throttle events for an amount of throttled units; one is counted per request or index entry.

    units_per_request: size of a request in units. What is less than a request is none.
    """
    return math.floor(throttled / units_per_request + 1e-6)


def full_buckets(ceilings: Mapping[str, Ceiling]) -> dict[str, float]:
    """The burst of a table that has been idle for five minutes, in units by dimension."""
    return {dimension: ceiling.burst for dimension, ceiling in ceilings.items()}


def dimension_key(index: str | None, side: str) -> str:
    """The name of a dimension: `table/read`, `index/by_agent/write`."""
    return f"table/{side}" if index is None else f"index/{index}/{side}"


def ceilings(table: Mapping[str, Any], former: Mapping[str, Ceiling]) -> dict[str, Ceiling]:
    """The ceilings of every dimension, by its key, from what DescribeTable says.

    table: the `Table` member of the answer. former: the ceilings before, which a switch of the mode freezes
    (DescribeTable shows the new mode and zeros from its first moment on: DDB-TABLE-064).
    """
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    scopes = [(None, table["TableStatus"], table)]
    scopes += [
        # the mode of an index switches with its table, whose status lasts longer (DDB-TABLE-152)
        (index["IndexName"], _status_of(table, index), index)
        for index in table.get("GlobalSecondaryIndexes") or []
        if index.get("IndexStatus") not in ("CREATING", "DELETING")
    ]
    found = {}
    for name, status, members in scopes:
        for side in SIDES:
            key = dimension_key(name, side)
            found[key] = _ceiling(mode, status, members, side, former.get(key))
    return found


def _status_of(table: Mapping[str, Any], index: Mapping[str, Any]) -> str:
    statuses = (str(table["TableStatus"]), str(index.get("IndexStatus", "ACTIVE")))
    return "UPDATING" if "UPDATING" in statuses else "ACTIVE"


def _ceiling(
    mode: str, status: str, members: Mapping[str, Any], side: str, former: Ceiling | None
) -> Ceiling:
    word = side.capitalize()
    provisioned = float((members.get("ProvisionedThroughput") or {}).get(f"{word}CapacityUnits") or 0)
    # the new units are shown from the first moment on (DDB-TABLE-369)
    switching_to_provisioned = (
        mode == "PROVISIONED"
        and status == "UPDATING"
        and former is not None
        and former.kind in ("on-demand", "frozen")
    )
    if mode == "PROVISIONED" and provisioned > 0 and not switching_to_provisioned:
        return Ceiling("provisioned", provisioned)
    switching_to_on_demand = status == "UPDATING" and former is not None and former.kind != "on-demand"
    if former is not None and (switching_to_provisioned or switching_to_on_demand):
        return Ceiling("frozen", former.rate)
    warm = float((members.get("WarmThroughput") or {}).get(f"{word}UnitsPerSecond") or 0)
    maximum = float((members.get("OnDemandThroughput") or {}).get(f"Max{word}RequestUnits") or 0)
    rate = min(warm, TABLE_QUOTA)
    return Ceiling("on-demand", min(rate, maximum) if maximum > 0 else rate)
