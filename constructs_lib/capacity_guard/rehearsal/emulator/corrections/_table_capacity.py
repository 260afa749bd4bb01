"""The capacity of one emulated table: what DescribeTable shows, now and while a change runs.

State is plain data (it lives in MiniStack's own table record, so it is copied, persisted and deleted
with it), and every change is computed from timestamps when somebody looks: there is no thread that
could be late. Requests are judged in `_update_rules`.

Sources: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn) and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypedDict

from ....capacity import limits
from ._seconds import Seconds

PROVISIONED = "PROVISIONED"
ON_DEMAND = "PAY_PER_REQUEST"

# DG on-demand-capacity-mode.html: what a new on-demand table sustains at once, read and write units per second.
INITIAL_ON_DEMAND = (limits.ON_DEMAND_INITIAL_READ.value, limits.ON_DEMAND_INITIAL_WRITE.value)
READ, WRITE = 0, 1

Units = list[int]
Maxima = list[int | None]


class Scope(TypedDict):
    """Capacity of the table itself or of one index; pairs are (read, write) in units per second."""

    units: Units
    next_units: Units | None
    maxima: Maxima
    warm: Units
    warm_target: Units | None
    warm_until: float
    warm_raised: bool
    status: str
    busy_until: float
    decreases: int
    decrease_day: str
    last_decrease: float | None
    last_increase: float | None


class TableState(TypedDict):
    """Capacity of a table and its indexes. `mode` is the one in force, `switch_to` the one being entered."""

    mode: str
    switch_to: str | None
    was_on_demand: bool
    last_to_on_demand: float | None
    switches: list[float]
    table: Scope
    indexes: dict[str, Scope]


def utc_day(now: float) -> str:
    """The UTC day of a moment; the decrease quota starts anew with it (DDB-TABLE-185)."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")


def _maxima(raw: dict[str, Any] | None) -> Maxima:
    raw = raw or {}
    found = [raw.get("MaxReadRequestUnits"), raw.get("MaxWriteRequestUnits")]
    return [int(value) if value is not None and int(value) > 0 else None for value in found]


def _scope(mode: str, raw: dict[str, Any]) -> Scope:
    throughput = raw.get("ProvisionedThroughput") or {}
    if mode == PROVISIONED:
        units = [int(throughput.get("ReadCapacityUnits", 0)), int(throughput.get("WriteCapacityUnits", 0))]
        floor = list(units)
    else:
        units = [0, 0]
        floor = list(INITIAL_ON_DEMAND)
    asked = raw.get("WarmThroughput") or {}
    warm = [
        max(floor[READ], int(asked.get("ReadUnitsPerSecond") or 0)),
        max(floor[WRITE], int(asked.get("WriteUnitsPerSecond") or 0)),
    ]
    return Scope(
        units=units,
        next_units=None,
        maxima=_maxima(raw.get("OnDemandThroughput")),
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
    )


def from_description(raw: dict[str, Any], now: float) -> TableState:
    """State of a table that was just created with the members of a CreateTable request or description.

    Warm throughput is what was asked for, else the provisioned values or 12,000/4,000 (DDB-TABLE-032, -134).
    """
    mode = raw.get("BillingMode") or (raw.get("BillingModeSummary") or {}).get("BillingMode") or PROVISIONED
    return TableState(
        mode=mode,
        switch_to=None,
        was_on_demand=mode == ON_DEMAND,
        last_to_on_demand=now if mode == ON_DEMAND else None,
        switches=[],
        table=_scope(mode, raw),
        indexes={
            index["IndexName"]: _scope(mode, index) for index in raw.get("GlobalSecondaryIndexes") or []
        },
    )


def follow_indexes(state: TableState, raw_indexes: list[dict[str, Any]]) -> None:
    """Adopt indexes that MiniStack has added and forget those it has removed."""
    names = {index["IndexName"] for index in raw_indexes}
    for index in raw_indexes:
        if index["IndexName"] not in state["indexes"]:
            state["indexes"][index["IndexName"]] = _scope(state["mode"], index)
    for name in [name for name in state["indexes"] if name not in names]:
        del state["indexes"][name]


def scopes(state: TableState) -> list[Scope]:
    """The table first, then every index."""
    return [state["table"], *state["indexes"].values()]


def _ratchet(warm: Units, reached: Units | tuple[int, int]) -> Units:
    return [max(warm[READ], reached[READ]), max(warm[WRITE], reached[WRITE])]


def settle(state: TableState, now: float) -> list[str]:
    """Let every change that has ended by `now` take effect; return the indexes whose deletion has ended.

    Warm throughput only ever rises: to a raise that has ended, to the highest value ever provisioned
    (DDB-TABLE-061), to 12,000/4,000 at the end of a switch to on-demand (DDB-TABLE-064).
    """
    gone = [
        name
        for name, scope in state["indexes"].items()
        if scope["status"] == "DELETING" and now >= scope["busy_until"]
    ]
    for name in gone:
        del state["indexes"][name]
    table = state["table"]
    switch_to = state["switch_to"]
    if switch_to is not None and now >= table["busy_until"]:
        state["mode"] = switch_to
        state["switch_to"] = None
        if switch_to == PROVISIONED:
            for scope in scopes(state):
                scope["warm"] = _ratchet(scope["warm"], scope["units"])
        if switch_to == ON_DEMAND:
            # DDB-TABLE-064: the stamp appears only at ACTIVE, and never for the other direction.
            state["last_to_on_demand"] = table["busy_until"]
            state["was_on_demand"] = True
            for scope in scopes(state):
                scope["warm"] = _ratchet(scope["warm"], INITIAL_ON_DEMAND)
    for scope in scopes(state):
        if scope["warm_target"] is not None and now >= scope["warm_until"]:
            scope["warm"] = _ratchet(scope["warm"], scope["warm_target"])
            scope["warm_target"] = None
        if scope["status"] != "ACTIVE" and now >= scope["busy_until"]:
            scope["status"] = "ACTIVE"
            if scope["next_units"] is not None:
                scope["units"] = scope["next_units"]
                scope["next_units"] = None
                scope["warm"] = _ratchet(scope["warm"], scope["units"])
        if scope["decrease_day"] != utc_day(now):
            scope["decrease_day"] = utc_day(now)
            scope["decreases"] = 0
    return gone


def _occupy(scope: Scope, until: float, status: str = "UPDATING") -> None:
    scope["status"] = status
    scope["busy_until"] = until


def start_switch(
    state: TableState,
    mode: str,
    units: Units | None,
    index_units: dict[str, Units],
    maxima: Maxima | None,
    now: float,
    seconds: Seconds,
) -> None:
    """Begin to switch the mode. Units and maxima are (read, write) in units per second.

    The new mode and units are shown from the first moment on (DDB-TABLE-064, -369). On-demand maxima of table and
    indexes are dropped by a switch to provisioned; one to on-demand counts as a decrease of each index and none of the
    table (DDB-TABLE-153).
    """
    table = state["table"]
    if mode == ON_DEMAND:
        lasts = seconds.to_on_demand_again if state["was_on_demand"] else seconds.to_on_demand_first
        state["switches"].append(now)
    else:
        lasts = seconds.to_provisioned
    state["switch_to"] = mode
    _occupy(table, now + lasts)
    for scope in state["indexes"].values():
        if scope["status"] == "ACTIVE":
            _occupy(scope, now + min(lasts, seconds.index_switch))
    if mode == ON_DEMAND:
        for scope in state["indexes"].values():
            scope["decreases"] += 1
            scope["last_decrease"] = now
        for scope in scopes(state):
            scope["units"] = [0, 0]
            scope["next_units"] = None
        if maxima is not None:
            merge_maxima(table, maxima)
    else:
        table["units"] = units or table["units"]
        for name, scope in state["indexes"].items():
            scope["units"] = index_units[name]
        for scope in scopes(state):
            scope["maxima"] = [None, None]


def start_units(scope: Scope, units: Units, until: float, now: float) -> None:
    """Begin a change of provisioned throughput that ends at `until`; count it as a decrease where it is one.

    Both numbers lower in one call count once; one lower and one higher counts (DDB-TABLE-184, -326).
    """
    before = scope["units"]
    scope["next_units"] = units
    if is_decrease(before, units):
        scope["decreases"] += 1
        scope["last_decrease"] = now
    if units[READ] > before[READ] or units[WRITE] > before[WRITE]:
        scope["last_increase"] = now
    _occupy(scope, until)


def is_decrease(before: Units, units: Units) -> bool:
    """Whether the service counts this change of provisioned throughput as a decrease."""
    return units[READ] < before[READ] or units[WRITE] < before[WRITE]


def start_warm(scope: Scope, target: Units, now: float, seconds: Seconds) -> None:
    """Begin to raise warm throughput; a later request during a raise replaces its values, not its end (DDB-TABLE-459)."""
    if scope["warm_target"] is None:
        raising = target != scope["warm"]
        first = raising and not scope["warm_raised"]
        scope["warm_until"] = now + (seconds.warm_first if first else seconds.warm_again)
        scope["warm_raised"] = scope["warm_raised"] or raising
    elif not scope["warm_raised"] and target != scope["warm"]:
        scope["warm_until"] = now + seconds.warm_first
        scope["warm_raised"] = True
    scope["warm_target"] = target


def start_index_build(state: TableState, name: str, now: float, seconds: Seconds) -> None:
    """A new index: the table is UPDATING while it is allocated, the index CREATING until it is built (DDB-TABLE-148)."""
    _occupy(state["indexes"][name], now + seconds.index_build, "CREATING")
    table = state["table"]
    if table["status"] == "ACTIVE":
        _occupy(table, now + seconds.index_allocation)


def start_index_deletion(state: TableState, name: str, now: float, seconds: Seconds) -> None:
    """An index is DELETING and its table UPDATING for seconds, then the index is gone (DDB-TABLE-375, -376)."""
    until = now + seconds.index_deletion
    _occupy(state["indexes"][name], until, "DELETING")
    table = state["table"]
    if table["status"] == "ACTIVE":
        _occupy(table, until)


def merge_maxima(scope: Scope, maxima: Maxima) -> None:
    """Merge on-demand maxima member by member; -1 removes one, None leaves it (DDB-TABLE-178)."""
    for side, value in enumerate(maxima):
        if value is not None:
            scope["maxima"][side] = None if value == -1 else value


def _throughput(scope: Scope) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "NumberOfDecreasesToday": scope["decreases"],
        "ReadCapacityUnits": scope["units"][READ],
        "WriteCapacityUnits": scope["units"][WRITE],
    }
    if scope["last_increase"] is not None:
        shown["LastIncreaseDateTime"] = scope["last_increase"]
    if scope["last_decrease"] is not None:
        shown["LastDecreaseDateTime"] = scope["last_decrease"]
    return shown


def _members(scope: Scope) -> dict[str, Any]:
    # DDB-TABLE-179: a running raise shows the OLD numbers, and only this status tells of it.
    members: dict[str, Any] = {
        "ProvisionedThroughput": _throughput(scope),
        "WarmThroughput": {
            "ReadUnitsPerSecond": scope["warm"][READ],
            "WriteUnitsPerSecond": scope["warm"][WRITE],
            "Status": "ACTIVE" if scope["warm_target"] is None else "UPDATING",
        },
    }
    names = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
    maxima = {name: value for name, value in zip(names, scope["maxima"], strict=True) if value is not None}
    if maxima:
        members["OnDemandThroughput"] = maxima
    return members


def table_members(state: TableState) -> dict[str, Any]:
    """The members of TableDescription that are about capacity; what is absent must be left out.

    While a switch runs, BillingModeSummary already names the new mode (DDB-TABLE-064); a table that was
    never on-demand has none (DDB-TABLE-025).
    """
    members = _members(state["table"])
    members["TableStatus"] = state["table"]["status"]
    shown = state["switch_to"] or state["mode"]
    if state["was_on_demand"] or shown == ON_DEMAND:
        members["BillingModeSummary"] = {"BillingMode": shown}
        if state["last_to_on_demand"] is not None and state["switch_to"] is None:
            members["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = state["last_to_on_demand"]
    return members


def index_members(state: TableState, name: str) -> dict[str, Any]:
    """The members of one GlobalSecondaryIndexDescription that are about capacity, IndexStatus always among them."""
    scope = state["indexes"][name]
    members = _members(scope)
    members["IndexStatus"] = scope["status"]
    if scope["status"] == "CREATING":
        # DDB-TABLE-138: false while the table allocates, true while it backfills, absent otherwise.
        members["Backfilling"] = state["table"]["status"] == "ACTIVE"
    return members
