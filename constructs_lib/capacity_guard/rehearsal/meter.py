"""The meter: how much of a demand a ceiling serves, how much it throttles, and the ceilings of a live table.

Pure functions. The model, with the source of each part:
- provisioned: C units per second at once, and up to 300 seconds of unused capacity as a burst
  (Guide: burst-adaptive-capacity);
- on-demand: the ceiling is warm throughput, or the on-demand maximum if that is lower (Guide:
  warm-throughput-scenarios). It does not grow here, because the speed of its growth is not published;
- during a switch to on-demand a table serves its former provisioned throughput (Guide:
  bp-switching-capacity-modes). It is unknown whether its burst remains, so the model has no burst then;
- during a switch to provisioned a table serves its former on-demand ceiling (same page).

The model has no seconds inside a minute, no hot keys and no partitions. Amounts are read or write units, rates are
units per second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..capacity import limits
from ..capacity.dimension import ACCESSES, Access, Dimension
from ..dynamodb.names import CAPACITY_UNITS, MAXIMUM_UNITS, WARM_UNITS

BURST_SECONDS = float(limits.BURST_SECONDS.value)
TABLE_QUOTA = float(limits.TABLE_QUOTA.value)
"""Units per second that an on-demand table or index without a maximum can reach."""

CeilingKind = Literal["provisioned", "on-demand", "frozen"]
Cause = Literal["ProvisionedThroughput", "KeyRangeThroughput", "MaxOnDemandThroughput", "AccountLimit"]
"""Which limit throttles, as the metrics of one cause name it (Guide: metrics-dimensions, `names.cause_events`)."""


@dataclass(frozen=True)
class Ceiling:
    """What one dimension can serve.

    kind: `provisioned` (with burst), `on-demand`, or `frozen` (while the mode switches; no burst).
    rate: units per second.
    cause: the cause of what is throttled above it. While the mode switches it is the former one, which no page states.
    """

    kind: CeilingKind
    rate: float
    cause: Cause

    @property
    def burst(self) -> float:
        """Most units of unused capacity that can add up."""
        return self.rate * BURST_SECONDS if self.kind == "provisioned" else 0.0


@dataclass(frozen=True)
class Metered:
    """A period of time on one dimension, in units: demanded = served + throttled; `bucket` is the remaining burst."""

    demanded: float
    served: float
    throttled: float
    bucket: float


def meter(demand: float, seconds: float, ceiling: Ceiling, bucket: float) -> Metered:
    """Serve a constant demand for some time.

    demand: units per second. seconds: length. bucket: units of burst at the start; what exceeds the ceiling's burst
    is lost. Raises ValueError for a negative demand, length or bucket.
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

    units_per_request: size of a request in units. Less than one request is not an event.
    """
    return math.floor(throttled / units_per_request + 1e-6)


def full_buckets(ceilings: Mapping[str, Ceiling]) -> dict[str, float]:
    """The burst of a table that has been idle for five minutes, in units by dimension key."""
    return {key: ceiling.burst for key, ceiling in ceilings.items()}


def ceilings(table: Mapping[str, Any], former: Mapping[str, Ceiling]) -> dict[str, Ceiling]:
    """The ceilings of a table by dimension key (`table/read`, `index/by_agent/write`).

    table: the `Table` member of DescribeTable's answer. former: the ceilings before, which a switch of the mode
    freezes (DescribeTable shows the new mode and zero units as soon as the switch begins: DDB-TABLE-064).
    """
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    resources: list[tuple[str | None, str, Mapping[str, Any]]] = [(None, table["TableStatus"], table)]
    resources += [
        # the mode of an index switches with its table, whose status lasts longer (DDB-TABLE-152)
        (index["IndexName"], _status_of(table, index), index)
        for index in table.get("GlobalSecondaryIndexes") or []
        if index.get("IndexStatus") not in ("CREATING", "DELETING")
    ]
    by_key = {}
    for index_name, status, members in resources:
        for access in ACCESSES:
            key = Dimension(index_name, access).key
            by_key[key] = _ceiling(mode, status, members, access, former.get(key))
    return by_key


def _status_of(table: Mapping[str, Any], index: Mapping[str, Any]) -> str:
    statuses = (str(table["TableStatus"]), str(index.get("IndexStatus", "ACTIVE")))
    return "UPDATING" if "UPDATING" in statuses else "ACTIVE"


def _ceiling(
    mode: str, status: str, members: Mapping[str, Any], access: Access, former: Ceiling | None
) -> Ceiling:
    provisioned = float((members.get("ProvisionedThroughput") or {}).get(CAPACITY_UNITS[access]) or 0)
    # DescribeTable shows the new units as soon as the switch begins (DDB-TABLE-369)
    switching_to_provisioned = (
        mode == "PROVISIONED"
        and status == "UPDATING"
        and former is not None
        and former.kind in ("on-demand", "frozen")
    )
    if mode == "PROVISIONED" and provisioned > 0 and not switching_to_provisioned:
        return Ceiling("provisioned", provisioned, "ProvisionedThroughput")
    switching_to_on_demand = status == "UPDATING" and former is not None and former.kind != "on-demand"
    if former is not None and (switching_to_provisioned or switching_to_on_demand):
        return Ceiling("frozen", former.rate, former.cause)
    warm = float((members.get("WarmThroughput") or {}).get(WARM_UNITS[access]) or 0)
    maximum = float((members.get("OnDemandThroughput") or {}).get(MAXIMUM_UNITS[access]) or 0)
    if 0 < maximum <= min(warm, TABLE_QUOTA):
        return Ceiling("on-demand", maximum, "MaxOnDemandThroughput")
    if warm >= TABLE_QUOTA:
        return Ceiling("on-demand", TABLE_QUOTA, "AccountLimit")
    # There is no cause "above warm throughput": the guide sends its readers from key ranges to warm throughput
    # (throttling-key-range-limit-exceeded-mitigation).
    return Ceiling("on-demand", warm, "KeyRangeThroughput")
