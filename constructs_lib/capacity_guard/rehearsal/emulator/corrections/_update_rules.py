"""What DynamoDB refuses in UpdateTable and CreateTable where capacity is concerned, with its own messages.

Sources: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn), quotas from
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html. Nothing here
changes a table: `judge_update` returns what to do, `apply_update` does it, so a refusal is atomic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ....capacity import limits
from . import _table_capacity as capacity
from ._seconds import Seconds
from ._table_capacity import ON_DEMAND, PROVISIONED, READ, WRITE, Maxima, Scope, TableState, Units

DAY = limits.SWITCH_QUOTA_HOURS.value * 3_600.0
SWITCHES_A_DAY = limits.SWITCHES_TO_ON_DEMAND.value  # in a rolling 24 hours, per table
FREE_DECREASES = limits.DECREASES_AT_ONCE.value  # then one per DECREASE_PAUSE, all anew at 00:00 UTC
DECREASE_PAUSE = float(limits.DECREASE_INTERVAL.value)
PROTECTION_PAUSE = 15.0  # seconds between two changes of deletion protection (DDB-TABLE-445)
TABLE_QUOTA = limits.TABLE_QUOTA.value  # units per second, read and write alike, per table and per index
INDEX_LIMIT = 20  # global secondary indexes of a table (DDB-TABLE-169)
ACCOUNT_QUOTA = limits.ACCOUNT_QUOTA.value

_SIDES = (("Read", READ), ("Write", WRITE))
_ALONE = (
    # DDB-TABLE-433: order of precedence where several are present
    ("SSESpecification", "Server-Side Encryption modification must be the only operation in the request"),
    ("TableClass", "TableClass modification must be the only operation in the request"),
    (
        "DeletionProtectionEnabled",
        "DeletionProtection modification must be the only operation in the request",
    ),
    ("WarmThroughput", "WarmThroughput must be the only operation in the request"),
)
_CHANGES = (
    "ProvisionedThroughput",
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
    "SSESpecification",
    "ReplicaUpdates",
    "TableClass",
    "OnDemandThroughput",
    "DeletionProtectionEnabled",
    "WarmThroughput",
)


class Refusal(Exception):
    """The service refuses a request: error code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> Refusal:
    """A ValidationException with the service's usual opening."""
    return Refusal("ValidationException", f"One or more parameter values were invalid: {message}")


def in_use(message: str) -> Refusal:
    """A ResourceInUseException with the service's usual opening."""
    opening = "Attempt to change a resource which is still in use: "
    return Refusal("ResourceInUseException", opening + message)


def limit(message: str) -> Refusal:
    """A LimitExceededException."""
    return Refusal("LimitExceededException", message)


@dataclass(frozen=True)
class Place:
    """Where a table is: what the messages name. `reserved` are provisioned (read, write) units per second
    of everything else in the account and Region."""

    table: str
    region: str
    reserved: tuple[int, int] = (0, 0)


@dataclass
class Plan:
    """What an accepted UpdateTable does to the capacity of a table; maxima and units are (read, write)."""

    switch_to: str | None = None
    units: Units | None = None
    index_units: dict[str, Units] = field(default_factory=dict)
    maxima: Maxima | None = None
    index_maxima: dict[str, Maxima] = field(default_factory=dict)
    warm: Units | None = None
    index_warm: dict[str, Units] = field(default_factory=dict)
    without_effect: bool = False
    """Answered 200 with UPDATING, but nothing happens."""


def _provisioned(raw: Any) -> Units:
    """The (read, write) of a ProvisionedThroughput member. Raises Refusal as the service does (DDB-TABLE-038, -058)."""
    found = [(raw or {}).get(name) for name in ("ReadCapacityUnits", "WriteCapacityUnits")]
    faults = []
    for name, value in (("writeCapacityUnits", found[WRITE]), ("readCapacityUnits", found[READ])):
        where = f"at 'provisionedThroughput.{name}' failed to satisfy constraint:"
        if value is None:
            faults.append(f"Value null {where} Member must not be null")
        elif int(value) < 1:
            faults.append(f"Value '{int(value)}' {where} Member must have value greater than or equal to 1")
    if faults:
        count = "1 validation error" if len(faults) == 1 else f"{len(faults)} validation errors"
        raise Refusal("ValidationException", f"{count} detected: {'; '.join(faults)}")
    return [int(value) for value in found if value is not None]


def _asked_maxima(raw: dict[str, Any], where: str, place: Place, removable: bool) -> Maxima:
    """The (read, write) of an OnDemandThroughput member; -1 removes one where that is allowed (DDB-TABLE-178, -039)."""
    if not raw and removable:
        raise Refusal("InternalFailure", "", 500)  # DDB-TABLE-448: `{}` fails for ever
    asked: Maxima = [None, None]
    for name, side in _SIDES:
        value = raw.get(f"Max{name}RequestUnits")
        if value is None:
            continue
        asked[side] = int(value)
        if int(value) < 1 and not (removable and int(value) == -1):
            raise invalid(
                f"Requested Max{name}RequestUnits for OnDemandThroughput for {where} is outside of valid range"
            )
        if int(value) > TABLE_QUOTA:
            raise limit(
                f"Subscriber limit exceeded: Requested Max{name}RequestUnits for OnDemandThroughput for {where} "
                f"exceeds TableMax{name}CapacityUnits of the account in region {place.region}"
            )
    return asked


def _asked_warm(raw: dict[str, Any], scope: Scope, where: str, place: Place) -> Units:
    """The target of a raise of warm throughput: never below what there is (DDB-TABLE-179, -155), within the quota."""
    if not raw:
        raise Refusal("InternalFailure", "", 500)  # DDB-TABLE-437
    # A member that is left out keeps what is there or already on its way (DDB-TABLE-155).
    target = list(scope["warm_target"] or scope["warm"])
    for name, side in _SIDES:
        value = raw.get(f"{name}UnitsPerSecond")
        if value is None:
            continue
        if int(value) < scope["warm"][side]:
            raise invalid(
                f"Requested {name}UnitsPerSecond for WarmThroughput for {where} is lower than current "
                "WarmThroughput, decreasing WarmThroughput is not supported"
            )
        if int(value) > TABLE_QUOTA:
            raise limit(
                f"Subscriber limit exceeded: Requested {name}UnitsPerSecond for WarmThroughput for {where} "
                f"exceeds TableMax{name}CapacityUnits of the account in region {place.region}"
            )
        target[side] = int(value)
    return target


def _check_quota(units: Units, index: str | None, place: Place) -> None:
    for name, side in _SIDES:
        if units[side] > TABLE_QUOTA:
            which = f" for index {index}" if index else ""
            what = "index" if index else "table"
            raise limit(
                f"The requested {name}CapacityUnits{which}, {units[side]}, is above the per {what} maximum for the "
                f"account in {place.region}. Per table maximum: {TABLE_QUOTA}. Refer to the Amazon DynamoDB "
                "Developer Guide for current limits and how to request higher limits."
            )


def _check_account(total: Units, place: Place) -> None:
    for name, side in _SIDES:
        if place.reserved[side] + total[side] > ACCOUNT_QUOTA:
            raise limit(
                f"This request would have caused the {name}CapacityUnits limit to be exceeded for the account in "
                f"{place.region}. Current {name}CapacityUnits reserved by the account: {place.reserved[side]}. "
                f"Limit: {ACCOUNT_QUOTA}. Requested: {total[side]}"
            )


def _same(units: Units, scope: Scope, index: str | None) -> Refusal:
    # DDB-TABLE-057 for the table, -164 for an index
    what = f"the index {index}" if index else "the table"
    for_what = f"index {index}" if index else "the table"
    lines = [
        f"The provisioned throughput for {what} will not change. The requested value equals the current value."
    ]
    for name, side in _SIDES:
        lines.append(f"Current {name}CapacityUnits provisioned for {for_what}: {scope['units'][side]}.")
        lines.append(f"Requested {name}CapacityUnits: {units[side]}.")
    lines.append(
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )
    return Refusal("ValidationException", " ".join(lines))


def _long_date(moment: float) -> str:
    # DDB-TABLE-184: Thursday, October 8, 2026 at 11:20:48 PM Coordinated Universal Time
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at:%A, %B} {at.day}, {at.year} at {at.hour % 12 or 12}:{at:%M:%S %p} Coordinated Universal Time"


def _check_decrease(scope: Scope, units: Units, now: float) -> None:
    """The decrease quota of one table or index (DDB-TABLE-326): 4 a UTC day, then one per 3,600 s."""
    last = scope["last_decrease"]
    if not capacity.is_decrease(scope["units"], units) or scope["decreases"] < FREE_DECREASES or last is None:
        return
    midnight = datetime.fromtimestamp(now, UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)
    following = min(last + DECREASE_PAUSE, midnight.timestamp())
    if now >= following:
        return
    raise limit(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
        "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
        f"seconds. Number of decreases today: {scope['decreases']}. Last decrease at {_long_date(last)}. "
        f"Next decrease can be made at {_long_date(following)}"
    )


def _check_switches(state: TableState, now: float) -> None:
    """At most four switches to on-demand in a rolling 24 hours.

    The text under today's quota is unknown: this is the wording of the older daily limit (amplify-cli
    issue 1054, 2019) with today's number. Match the error code and `PayPerRequest mode`, nothing more.
    """
    recent = sorted(at for at in state["switches"] if at > now - DAY)
    if len(recent) < SWITCHES_A_DAY:
        return
    last, following = recent[-1], recent[-SWITCHES_A_DAY] + DAY
    raise limit(
        f"Subscriber limit exceeded: Update to PayPerRequest mode are limited to {SWITCHES_A_DAY} in 1 day(s). "
        f"Last update at {datetime.fromtimestamp(last, UTC):%a %b %d %H:%M:%S UTC %Y}. "
        f"Next update can be made at {datetime.fromtimestamp(following, UTC):%a %b %d %H:%M:%S UTC %Y}"
    )


def _check_presence(data: dict[str, Any]) -> None:
    """UpdateTable changes something, and an empty list is nothing (DDB-TABLE-015, -359)."""
    empty = data.get("GlobalSecondaryIndexUpdates") == []
    others = set(data) - {"TableName", "AttributeDefinitions", "GlobalSecondaryIndexUpdates"}
    if not others and not data.get("GlobalSecondaryIndexUpdates"):
        raise Refusal(
            "ValidationException",
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
            "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
            "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
        )
    if empty:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")


def _index_changes(state: TableState, data: dict[str, Any], place: Place) -> dict[str, dict[str, Any]]:
    """The updates of indexes by name, after what is wrong with the list (DDB-TABLE-160, -446)."""
    changes: dict[str, dict[str, Any]] = {}
    named: set[str] = set()
    for update in data.get("GlobalSecondaryIndexUpdates") or []:
        for kind, action in update.items():
            name = action.get("IndexName", "")
            if name in named:
                raise invalid(
                    f"Only one global secondary index update per index is allowed simultaneously. Index: {name}"
                )
            named.add(name)
            if kind in ("Update", "Delete") and name not in state["indexes"]:
                raise Refusal(
                    "ResourceNotFoundException",
                    f"Requested resource not found: Index {name} for table {place.table}",
                )
            if kind == "Create" and name in state["indexes"]:
                raise Refusal(  # DDB-TABLE-442
                    "ValidationException", "Attempting to create an index which already exists"
                )
            if kind == "Update":
                changes[name] = action
    return changes


def _check_company(state: TableState, data: dict[str, Any], changes: dict[str, dict[str, Any]]) -> None:
    """Which members may travel together (DDB-TABLE-433, -174)."""
    present = [name for name in _CHANGES if data.get(name) is not None]
    for name, message in _ALONE:
        if name not in present:
            continue
        building = any("Create" in update for update in data.get("GlobalSecondaryIndexUpdates") or [])
        if name == "WarmThroughput" and building and len(present) == 2:
            raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
        if len(present) > 1:
            raise invalid(message)
    if "OnDemandThroughput" in present and set(present) - {
        "OnDemandThroughput",
        "BillingMode",
        "GlobalSecondaryIndexUpdates",
    }:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    iops = "ProvisionedThroughput" in present
    if iops and "StreamSpecification" in present:
        raise invalid("You cannot modify stream status while updating table IOPS")
    building = any("Update" not in update for update in data.get("GlobalSecondaryIndexUpdates") or [])
    if iops and building:
        raise invalid("You cannot create or delete index while updating table IOPS")
    if "StreamSpecification" in present and building:
        raise invalid("You cannot create or delete index while changing stream status")
    for action in changes.values():
        # A reading: what holds for the table's warm throughput is taken to hold for an index's.
        if action.get("WarmThroughput") is not None and len(present) > 1:
            raise invalid(_ALONE[-1][1])


def _check_modes(state: TableState, data: dict[str, Any], changes: dict[str, dict[str, Any]]) -> None:
    """What the mode in force, and the one asked for, allow. During a switch it is the one before (DDB-TABLE-369)."""
    before = state["mode"]
    after = data.get("BillingMode") or before
    if after == ON_DEMAND:
        if data.get("ProvisionedThroughput") is not None:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        for name, action in changes.items():
            if action.get("ProvisionedThroughput") is None:
                continue
            if data.get("BillingMode") is None:
                # DDB-TABLE-152
                raise invalid(
                    f"The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to "
                    "OnDemandThroughput, WarmThroughput"
                )
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
                f"{name} when BillingMode is PAY_PER_REQUEST"
            )
        return
    if data.get("BillingMode") == PROVISIONED and data.get("ProvisionedThroughput") is None:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    for name, _ in _SIDES:
        if (data.get("OnDemandThroughput") or {}).get(f"Max{name}RequestUnits") is not None:
            raise invalid(
                f"Max{name}RequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
            )
        for index, action in changes.items():
            if (action.get("OnDemandThroughput") or {}).get(f"Max{name}RequestUnits") is not None:
                raise invalid(
                    f"Max{name}RequestUnits for OnDemandThroughput for index : {index} cannot be specified when the "
                    "table BillingMode is PROVISIONED"
                )
    if before == ON_DEMAND:
        missing = [
            name
            for name in state["indexes"]
            if (changes.get(name) or {}).get("ProvisionedThroughput") is None
        ]
        if missing:
            # DDB-TABLE-152: nothing is assigned or estimated
            raise invalid(f"ProvisionedThroughput must be specified for index: {', '.join(missing)}")


def _check_running(
    state: TableState, data: dict[str, Any], changes: dict[str, dict[str, Any]], place: Place
) -> None:
    """What a running change refuses; the message names what runs (DDB-TABLE-369, -370, -444)."""
    _check_online_index(state, data, place)
    iops = data.get("BillingMode") is not None or data.get("ProvisionedThroughput") is not None
    throughput = any(action.get("ProvisionedThroughput") is not None for action in changes.values())
    maxima = data.get("OnDemandThroughput") is not None or any(
        action.get("OnDemandThroughput") is not None for action in changes.values()
    )
    stream = data.get("StreamSpecification") is not None
    deleting = [name for name, scope in state["indexes"].items() if scope["status"] == "DELETING"]
    for name in changes:
        if name in deleting:
            raise in_use(f"Index is being deleted. Table: {place.table} Index: {name}")
    if state["switch_to"] is not None or state["table"]["next_units"] is not None:
        if iops or throughput:
            raise in_use(f"Table IOPS are currently being updated. Table: {place.table}")
        if maxima and state["switch_to"] is not None:
            raise in_use("OnDemandThroughput cannot be updated while BillingMode update is in progress")
        if stream:
            raise in_use(
                f"Can't enable or disable stream while table IOPS are being updated. Table: {place.table}"
            )
        if any("Update" not in update for update in data.get("GlobalSecondaryIndexUpdates") or []):
            raise in_use(
                f"Can't create or delete indexes while table IOPS are being updated. Table: {place.table}"
            )
    allocated = _allocated(state)
    for names, doing, noun in ((deleting, "deleted", "deletion"), (allocated, "created", "creation")):
        listed = ", ".join(names)
        if names and iops:
            raise in_use(
                f"Can't change table IOPS when an index is being {doing}. Table: {place.table} Indexes: [{listed}]"
            )
        if names and maxima:
            raise in_use(
                f"OnDemandThroughput cannot be updated while index {noun} is in progress for indexes: [{listed}]"
            )
    if allocated and stream:
        raise in_use("Can't change stream status when an index is being created")
    if allocated and data.get("WarmThroughput") is not None:
        # DDB-TABLE-458: a conflict that the service reports as a failure of its own
        raise Refusal("InternalServerError", "Table is under system maintenance, please try again later", 500)
    _check_busy_indexes(state, data, changes, place)


def _allocated(state: TableState) -> list[str]:
    """Indexes that are being created and do not backfill yet: their table is UPDATING for it (DDB-TABLE-148)."""
    if state["table"]["status"] == "ACTIVE" or state["switch_to"] is not None:
        return []
    return [name for name, scope in state["indexes"].items() if scope["status"] == "CREATING"]


def _check_online_index(state: TableState, data: dict[str, Any], place: Place) -> None:
    """One index at a time is created or deleted (DDB-TABLE-159, -149), and 20 are the most (DDB-TABLE-169)."""
    updates = data.get("GlobalSecondaryIndexUpdates") or []
    created = [update["Create"]["IndexName"] for update in updates if "Create" in update]
    deleted = [update["Delete"]["IndexName"] for update in updates if "Delete" in update]
    if not created and not deleted:
        return
    busy = {name for name, scope in state["indexes"].items() if scope["status"] in ("CREATING", "DELETING")}
    if len(created) + len(deleted) > 1 or busy - set(deleted):
        raise limit(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    for name in deleted:
        if state["indexes"][name]["status"] == "DELETING":
            raise in_use(f"Index is being deleted. Table: {place.table} Index: {name}")
        if name in _allocated(state):
            raise in_use(
                "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the "
                f"index is active. Table: {place.table} Index: {name}"
            )
    if created and len(state["indexes"]) >= INDEX_LIMIT:
        raise limit(
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of "
            f"{INDEX_LIMIT}"
        )


def _check_busy_indexes(
    state: TableState, data: dict[str, Any], changes: dict[str, dict[str, Any]], place: Place
) -> None:
    """An index that is being changed cannot be changed again, nor the mode switch (DDB-TABLE-135)."""
    switching = data.get("BillingMode") not in (None, state["mode"])
    for name, scope in state["indexes"].items():
        action = changes.get(name) or {}
        changed = (
            action.get("ProvisionedThroughput") is not None or action.get("OnDemandThroughput") is not None
        )
        if scope["status"] == "UPDATING" and (changed or switching):
            raise in_use(f"Index is being updated. Table: {place.table} Index: {name}")


def judge_update(state: TableState, data: dict[str, Any], now: float, place: Place) -> Plan:
    """What UpdateTable `data` does to the capacity of a table, or why the service refuses it.

    `state` must be settled to `now`. Nothing is changed. Raises Refusal.
    """
    if data.get("BillingMode") not in (None, PROVISIONED, ON_DEMAND):
        raise Refusal(
            "ValidationException",
            f"1 validation error detected: Value '{data['BillingMode']}' at 'billingMode' failed to satisfy "
            "constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
        )
    _check_presence(data)
    plan = Plan()
    if data.get("ProvisionedThroughput") is not None:
        plan.units = _provisioned(data["ProvisionedThroughput"])
    changes = _index_changes(state, data, place)
    for name, action in changes.items():
        if action.get("ProvisionedThroughput") is not None:
            plan.index_units[name] = _provisioned(action["ProvisionedThroughput"])
    _check_company(state, data, changes)
    _check_modes(state, data, changes)

    mode = data.get("BillingMode")
    if mode == ON_DEMAND and state["switch_to"] == PROVISIONED:
        return Plan(without_effect=True)  # DDB-TABLE-452: 200, and dropped
    if mode == ON_DEMAND and state["mode"] == ON_DEMAND and state["switch_to"] is None:
        plan.without_effect = data.get("OnDemandThroughput") is None and not changes  # DDB-TABLE-156
        mode = None
    if data.get("OnDemandThroughput") is not None:
        plan.maxima = _asked_maxima(data["OnDemandThroughput"], "table", place, removable=True)
    if data.get("WarmThroughput") is not None:
        plan.warm = _asked_warm(data["WarmThroughput"], state["table"], "table", place)
    for name, action in changes.items():
        if action.get("OnDemandThroughput") is not None:
            plan.index_maxima[name] = _asked_maxima(
                action["OnDemandThroughput"], f"index : {name}", place, removable=True
            )
        if action.get("WarmThroughput") is not None:
            plan.index_warm[name] = _asked_warm(
                action["WarmThroughput"], state["indexes"][name], f"index {name}", place
            )
    if not plan.without_effect:
        _check_running(state, {**data, "BillingMode": mode}, changes, place)
    if mode is not None and mode != state["mode"]:
        plan.switch_to = mode
        if mode == ON_DEMAND:
            _check_switches(state, now)
    _check_units(state, plan, now, place)
    return plan


def _check_units(state: TableState, plan: Plan, now: float, place: Place) -> None:
    total = [0, 0]
    asked: list[tuple[str | None, Scope, Units | None]] = [(None, state["table"], plan.units)]
    asked += [(name, scope, plan.index_units.get(name)) for name, scope in state["indexes"].items()]
    for name, scope, units in asked:
        if units is not None:
            if plan.switch_to is None and units == scope["units"]:
                raise _same(units, scope, name)
            _check_quota(units, name, place)
        for side in (READ, WRITE):
            total[side] += (units or scope["next_units"] or scope["units"])[side]
    if plan.units is not None or plan.index_units:
        _check_account(total, place)
    for _, scope, units in asked:
        # One call that lowers several is refused whole if one budget is spent (DDB-TABLE-157).
        if units is not None and plan.switch_to is None:
            _check_decrease(scope, units, now)


def judge_protection(
    wanted: bool | None, is_protected: bool, changed: float | None, now: float, place: Place
) -> None:
    """Deletion protection cannot be changed again within 15 seconds (DDB-TABLE-445). Raises Refusal.

    changed: moment of the last change, seconds since 1970.
    """
    if wanted is None or wanted == is_protected or changed is None or now >= changed + PROTECTION_PAUSE:
        return
    following = datetime.fromtimestamp(changed + PROTECTION_PAUSE, UTC)
    raise Refusal(
        "ThrottlingException",
        f"Deletion protection setting for table {place.table} modified within the previous 15000 milliseconds. "
        f"Please try again after {following:%Y-%m-%dT%H:%M:%S}.{following.microsecond // 1000:03d}",
    )


def apply_update(state: TableState, plan: Plan, now: float, seconds: Seconds) -> None:
    """Start what an accepted UpdateTable asked for; its effects appear as `settle` is called later."""
    if plan.without_effect:
        return
    if plan.switch_to is not None:
        capacity.start_switch(state, plan.switch_to, plan.units, plan.index_units, plan.maxima, now, seconds)
    else:
        ends = now + seconds.provisioned_change
        if plan.units is not None:
            capacity.start_units(state["table"], plan.units, ends, now)
        for name, units in plan.index_units.items():
            capacity.start_units(state["indexes"][name], units, ends + seconds.index_lag_change, now)
        if plan.maxima is not None:
            capacity.merge_maxima(state["table"], plan.maxima)  # synchronous (DDB-TABLE-178)
    for name, maxima in plan.index_maxima.items():
        scope = state["indexes"][name]
        capacity.merge_maxima(scope, maxima)
        if scope["status"] == "ACTIVE":
            scope["status"] = "UPDATING"  # DDB-TABLE-135: about 2 s, the new values already shown
            scope["busy_until"] = now + seconds.provisioned_change
    if plan.warm is not None:
        capacity.start_warm(state["table"], plan.warm, now, seconds)
    for name, target in plan.index_warm.items():
        capacity.start_warm(state["indexes"][name], target, now, seconds)
