"""The capacity of one emulated table: what DescribeTable shows, also while a change runs.

The state is plain data. It is part of MiniStack's own table record and is copied, persisted and deleted with it.
Every change is computed from timestamps when a caller reads the table: no thread is involved that could be late.
`update_rules` and `create_rules` judge the requests.

Sources: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn) and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypedDict

from ....capacity import limits
from .durations import ChangeDurations

PROVISIONED = "PROVISIONED"
ON_DEMAND = "PAY_PER_REQUEST"

# Guide: on-demand-capacity-mode. What a new on-demand table serves at once, read and write units per second.
INITIAL_ON_DEMAND = (limits.ON_DEMAND_INITIAL_READ.value, limits.ON_DEMAND_INITIAL_WRITE.value)
READ, WRITE = 0, 1
"""Positions in a (read, write) pair."""
ACCESS_NAMES = (("Read", READ), ("Write", WRITE))
"""Parts of the API's member names, with their position in a pair."""

UnitPair = list[int]
"""Read and write units per second."""
Maxima = list[int | None]
"""On-demand maxima: read and write request units per second, None without a maximum."""


class ResourceCapacity(TypedDict):
    """Capacity of the table itself or of one index; pairs are (read, write) in units per second.

    allocated_at: when the resources of an index in creation are allocated and it begins to backfill, seconds since 1970.
    """

    units: UnitPair
    next_units: UnitPair | None
    maxima: Maxima
    warm: UnitPair
    warm_target: UnitPair | None
    warm_until: float
    warm_raised: bool
    status: str
    busy_until: float
    decreases: int
    decrease_day: str
    last_decrease: float | None
    last_increase: float | None
    allocated_at: float


class TableState(TypedDict):
    """Capacity of a table and its indexes. `mode` is in force; `switch_to` is the target of a running switch.

    stream_until: end of the last change of the stream, seconds since 1970.
    """

    mode: str
    switch_to: str | None
    was_on_demand: bool
    was_switched_to_provisioned: bool
    stream_until: float
    last_to_on_demand: float | None
    switches: list[float]
    table: ResourceCapacity
    indexes: dict[str, ResourceCapacity]


def utc_day(now: float) -> str:
    """The UTC day of a time in seconds since 1970; the decrease quota is reset with it (DDB-TABLE-185)."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")


def _maxima(throughput: dict[str, Any] | None) -> Maxima:
    throughput = throughput or {}
    values = [throughput.get("MaxReadRequestUnits"), throughput.get("MaxWriteRequestUnits")]
    return [int(value) if value is not None and int(value) > 0 else None for value in values]


def _initial_capacity(mode: str, members: dict[str, Any]) -> ResourceCapacity:
    throughput = members.get("ProvisionedThroughput") or {}
    if mode == PROVISIONED:
        units = [int(throughput.get("ReadCapacityUnits", 0)), int(throughput.get("WriteCapacityUnits", 0))]
        minimum = list(units)
    else:
        units = [0, 0]
        minimum = list(INITIAL_ON_DEMAND)
    requested = members.get("WarmThroughput") or {}
    warm = [
        max(minimum[READ], int(requested.get("ReadUnitsPerSecond") or 0)),
        max(minimum[WRITE], int(requested.get("WriteUnitsPerSecond") or 0)),
    ]
    return ResourceCapacity(
        units=units,
        next_units=None,
        maxima=_maxima(members.get("OnDemandThroughput")),
        warm=warm,
        warm_target=None,
        warm_until=0.0,
        warm_raised=False,
        status="ACTIVE",
        busy_until=0.0,
        decreases=0,
        decrease_day="",
        last_decrease=None,
        last_increase=None,
        allocated_at=0.0,
    )


def from_description(table: dict[str, Any], now: float) -> TableState:
    """State of a new table, from the members of its CreateTable request or description.

    Warm throughput is the requested value, else the provisioned values or 12,000/4,000 (DDB-TABLE-032, -134).
    """
    mode = (
        table.get("BillingMode") or (table.get("BillingModeSummary") or {}).get("BillingMode") or PROVISIONED
    )
    return TableState(
        mode=mode,
        switch_to=None,
        was_on_demand=mode == ON_DEMAND,
        was_switched_to_provisioned=False,
        stream_until=0.0,
        last_to_on_demand=now if mode == ON_DEMAND else None,
        switches=[],
        table=_initial_capacity(mode, table),
        indexes={
            index["IndexName"]: _initial_capacity(mode, index)
            for index in table.get("GlobalSecondaryIndexes") or []
        },
    )


def follow_indexes(state: TableState, indexes: list[dict[str, Any]]) -> None:
    """Add the indexes that MiniStack has added to its record and drop those that it has removed."""
    names = {index["IndexName"] for index in indexes}
    for index in indexes:
        if index["IndexName"] not in state["indexes"]:
            state["indexes"][index["IndexName"]] = _initial_capacity(state["mode"], index)
    for name in [name for name in state["indexes"] if name not in names]:
        del state["indexes"][name]


def resources(state: TableState) -> list[ResourceCapacity]:
    """The table first, then every index."""
    return [state["table"], *state["indexes"].values()]


def _raised(warm: UnitPair, reached: UnitPair | tuple[int, int]) -> UnitPair:
    return [max(warm[READ], reached[READ]), max(warm[WRITE], reached[WRITE])]


def settle(state: TableState, now: float) -> list[str]:
    """Apply every change that has ended by `now`; return the indexes whose deletion has ended.

    Warm throughput only rises: to the values of a raise that has ended, to the highest value ever provisioned
    (DDB-TABLE-061), to 12,000/4,000 at the end of a switch to on-demand (DDB-TABLE-064).
    """
    deleted = [
        name
        for name, resource in state["indexes"].items()
        if resource["status"] == "DELETING" and now >= resource["busy_until"]
    ]
    for name in deleted:
        del state["indexes"][name]
    table = state["table"]
    switch_to = state["switch_to"]
    if switch_to is not None and now >= table["busy_until"]:
        state["mode"] = switch_to
        state["switch_to"] = None
        if switch_to == PROVISIONED:
            for resource in resources(state):
                resource["warm"] = _raised(resource["warm"], resource["units"])
        if switch_to == ON_DEMAND:
            # DDB-TABLE-064: the time appears only at ACTIVE, and never for a switch to provisioned.
            state["last_to_on_demand"] = table["busy_until"]
            state["was_on_demand"] = True
            for resource in resources(state):
                resource["warm"] = _raised(resource["warm"], INITIAL_ON_DEMAND)
    for resource in resources(state):
        if resource["warm_target"] is not None and now >= resource["warm_until"]:
            resource["warm"] = _raised(resource["warm"], resource["warm_target"])
            resource["warm_target"] = None
        if resource["status"] != "ACTIVE" and now >= resource["busy_until"]:
            resource["status"] = "ACTIVE"
            if resource["next_units"] is not None:
                resource["units"] = resource["next_units"]
                resource["next_units"] = None
                resource["warm"] = _raised(resource["warm"], resource["units"])
        if resource["decrease_day"] != utc_day(now):
            resource["decrease_day"] = utc_day(now)
            resource["decreases"] = 0
    return deleted


def _occupy(resource: ResourceCapacity, until: float, status: str = "UPDATING") -> None:
    resource["status"] = status
    resource["busy_until"] = until


def start_switch(
    state: TableState,
    mode: str,
    units: UnitPair | None,
    index_units: dict[str, UnitPair],
    maxima: Maxima | None,
    now: float,
    durations: ChangeDurations,
) -> None:
    """Begin to switch the mode. Units and maxima are (read, write) pairs in units per second.

    DescribeTable shows the new mode and units at once (DDB-TABLE-064, -369). A switch to provisioned drops the
    on-demand maxima of table and indexes. A switch to on-demand counts as a decrease of each index, but not of the
    table (DDB-TABLE-153).
    """
    table = state["table"]
    if mode == ON_DEMAND:
        duration = durations.to_on_demand_again if state["was_on_demand"] else durations.to_on_demand_first
        state["switches"].append(now)
    elif state["was_switched_to_provisioned"]:
        duration = durations.to_provisioned_again
    else:
        duration = durations.to_provisioned_first
        state["was_switched_to_provisioned"] = True
    state["switch_to"] = mode
    _occupy(table, now + duration)
    seconds = _seconds_of_index(mode, duration, durations)
    for resource in state["indexes"].values():
        if resource["status"] == "ACTIVE" and seconds:
            _occupy(resource, now + seconds)
    if mode == ON_DEMAND:
        for resource in state["indexes"].values():
            resource["decreases"] += 1
            resource["last_decrease"] = now
        for resource in resources(state):
            resource["units"] = [0, 0]
            resource["next_units"] = None
        if maxima is not None:
            merge_maxima(table, maxima)
    else:
        table["units"] = units or table["units"]
        for name, resource in state["indexes"].items():
            resource["units"] = index_units[name]
        for resource in resources(state):
            resource["maxima"] = [None, None]


def _seconds_of_index(mode: str, duration: float, durations: ChangeDurations) -> float:
    """How long an index is UPDATING in a switch of its table."""
    if mode == ON_DEMAND:
        return min(duration, durations.index_to_on_demand)
    lag = durations.index_switch_lag
    return duration + lag if lag else min(duration, durations.index_switch)


def start_units(resource: ResourceCapacity, units: UnitPair, until: float, now: float) -> None:
    """Begin a change of provisioned throughput that ends at `until`, and count a decrease.

    A call that lowers both numbers counts once; one that lowers one and raises the other counts too (DDB-TABLE-184, -326).
    """
    before = resource["units"]
    resource["next_units"] = units
    if is_decrease(before, units):
        resource["decreases"] += 1
        resource["last_decrease"] = now
    if units[READ] > before[READ] or units[WRITE] > before[WRITE]:
        resource["last_increase"] = now
    _occupy(resource, until)


def is_decrease(before: UnitPair, units: UnitPair) -> bool:
    """Whether the service counts this change of provisioned throughput as a decrease."""
    return units[READ] < before[READ] or units[WRITE] < before[WRITE]


def start_warm(resource: ResourceCapacity, target: UnitPair, now: float, durations: ChangeDurations) -> None:
    """Begin to raise warm throughput. A request during a raise replaces its values, not its end (DDB-TABLE-459)."""
    if resource["warm_target"] is None:
        raises = target != resource["warm"]
        first = raises and not resource["warm_raised"]
        resource["warm_until"] = now + (durations.warm_first if first else durations.warm_again)
        resource["warm_raised"] = resource["warm_raised"] or raises
    elif not resource["warm_raised"] and target != resource["warm"]:
        resource["warm_until"] = now + durations.warm_first
        resource["warm_raised"] = True
    resource["warm_target"] = target


def start_index_build(state: TableState, name: str, now: float, durations: ChangeDurations) -> None:
    """Begin an index: its table is UPDATING during allocation, the index CREATING until it is built (DDB-TABLE-148)."""
    index = state["indexes"][name]
    _occupy(index, now + durations.index_build, "CREATING")
    index["allocated_at"] = now + durations.index_allocation
    table = state["table"]
    if table["status"] == "ACTIVE":
        _occupy(table, now + durations.index_allocation)


def start_stream_change(state: TableState, now: float, durations: ChangeDurations) -> None:
    """Enable or disable the stream: the table is UPDATING for about 5 s (DDB-TABLE-175)."""
    state["stream_until"] = now + durations.stream_change
    table = state["table"]
    if table["status"] == "ACTIVE":
        _occupy(table, state["stream_until"])


def indexes_in_allocation(state: TableState, now: float) -> list[str]:
    """Indexes in creation that do not backfill yet; their table is UPDATING meanwhile (DDB-TABLE-148)."""
    return [
        name
        for name, index in state["indexes"].items()
        if index["status"] == "CREATING" and now < index["allocated_at"]
    ]


def start_index_deletion(state: TableState, name: str, now: float, durations: ChangeDurations) -> None:
    """Delete an index: it is DELETING and its table UPDATING for some seconds, then it is gone (DDB-TABLE-375, -376)."""
    until = now + durations.index_deletion
    _occupy(state["indexes"][name], until, "DELETING")
    table = state["table"]
    if table["status"] == "ACTIVE":
        _occupy(table, until)


def merge_maxima(resource: ResourceCapacity, maxima: Maxima) -> None:
    """Merge on-demand maxima member by member: -1 removes a maximum, None keeps it (DDB-TABLE-178)."""
    for position, value in enumerate(maxima):
        if value is not None:
            resource["maxima"][position] = None if value == -1 else value


def _throughput(resource: ResourceCapacity) -> dict[str, Any]:
    members: dict[str, Any] = {
        "NumberOfDecreasesToday": resource["decreases"],
        "ReadCapacityUnits": resource["units"][READ],
        "WriteCapacityUnits": resource["units"][WRITE],
    }
    if resource["last_increase"] is not None:
        members["LastIncreaseDateTime"] = resource["last_increase"]
    if resource["last_decrease"] is not None:
        members["LastDecreaseDateTime"] = resource["last_decrease"]
    return members


def _members(resource: ResourceCapacity) -> dict[str, Any]:
    # DDB-TABLE-179: during a raise the numbers are the OLD ones; only this status shows the raise.
    members: dict[str, Any] = {
        "ProvisionedThroughput": _throughput(resource),
        "WarmThroughput": {
            "ReadUnitsPerSecond": resource["warm"][READ],
            "WriteUnitsPerSecond": resource["warm"][WRITE],
            "Status": "ACTIVE" if resource["warm_target"] is None else "UPDATING",
        },
    }
    names = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
    maxima = {name: value for name, value in zip(names, resource["maxima"], strict=True) if value is not None}
    if maxima:
        members["OnDemandThroughput"] = maxima
    return members


def table_members(state: TableState) -> dict[str, Any]:
    """The capacity members of TableDescription; the description must not hold others.

    While a switch runs, BillingModeSummary names the new mode (DDB-TABLE-064). A table that was never on-demand has
    no BillingModeSummary (DDB-TABLE-025).
    """
    members = _members(state["table"])
    members["TableStatus"] = state["table"]["status"]
    mode = state["switch_to"] or state["mode"]
    if state["was_on_demand"] or mode == ON_DEMAND:
        members["BillingModeSummary"] = {"BillingMode": mode}
        if state["last_to_on_demand"] is not None and state["switch_to"] is None:
            members["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = state["last_to_on_demand"]
    return members


def index_members(state: TableState, name: str, now: float) -> dict[str, Any]:
    """The capacity members of one GlobalSecondaryIndexDescription, with its IndexStatus, at `now` (seconds since 1970)."""
    resource = state["indexes"][name]
    members = _members(resource)
    members["IndexStatus"] = resource["status"]
    if resource["status"] == "CREATING":
        # DDB-TABLE-138: false during allocation, true while the index backfills, absent otherwise.
        members["Backfilling"] = now >= resource["allocated_at"]
    return members
