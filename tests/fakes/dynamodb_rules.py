"""The checks of DynamoDB that depend on the table: exact messages, in the order of the service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from capacity_guard.capacity.limits import (
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SWITCH_QUOTA_HOURS,
    SWITCHES_TO_ON_DEMAND,
    TABLE_QUOTA,
)
from tests.fakes.dynamodb_request import Request, failure, invalid, limit
from tests.fakes.dynamodb_state import FakeResource, FakeTable
from tests.fakes.models import Refusal

INDEX_LIMIT = 20
PROTECTION_SECONDS = 15
_MEMBERS = {
    "units": {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"},
    "warm": {"ReadUnitsPerSecond": "read", "WriteUnitsPerSecond": "write"},
    "maxima": {"MaxReadRequestUnits": "read", "MaxWriteRequestUnits": "write"},
}
_GUIDE = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."


def by_access(kind: str, members: Mapping[str, int]) -> dict[str, int]:
    """Numbers of a throughput structure (``units``, ``warm`` or ``maxima``) by access."""
    names = _MEMBERS[kind]
    return {names[name]: value for name, value in members.items() if name in names}


class Rules:
    """The rules for a change of one table.

    Args:
        table: the table.
        request: the change.
        now: time of the request, UTC.
        region: Region in messages.
    """

    def __init__(self, table: FakeTable, request: Request, now: datetime, region: str) -> None:
        self.table, self.request, self.now, self.region = table, request, now, region

    def apply(self) -> None:
        """Raise the first refusal.

        Raises:
            Refusal: the error of the service.
        """
        self._indexes_exist()
        self._busy_indexes()
        self._busy_table()
        self._mode()
        self._units()
        self._maxima()
        self._warm()
        self._created()
        self._protection()

    # --- changes that run already

    def _busy(self, reason: str) -> Refusal:
        return Refusal(
            "ResourceInUseException", f"Attempt to change a resource which is still in use: {reason}"
        )

    def _indexes_exist(self) -> None:
        for name in (*self.request.changed, *self.request.deleted):
            if f"index/{name}" not in self.table.resources:
                raise Refusal(
                    "ResourceNotFoundException",
                    f"Requested resource not found: Index {name} for table {self.table.name}",
                )

    def _busy_indexes(self) -> None:
        request, table_name = self.request, self.table.name
        states = {name: index.status for name, index in self.table.indexes()}
        deleting = [index for index, status in states.items() if status == "DELETING"]
        allocating = [name for name, index in self.table.indexes() if index.backfilling is False]
        for index, change in request.changed.items():
            if index in deleting:
                raise self._busy(f"Index is being deleted. Table: {table_name} Index: {index}")
            if states[index] == "UPDATING" and "WarmThroughput" not in change:
                raise self._busy(f"Index is being updated. Table: {table_name} Index: {index}")
        for index in request.deleted:
            if index in allocating:
                raise self._busy(
                    "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when "
                    f"the index is active. Table: {table_name} Index: {index}"
                )
        running = {index for index, status in states.items() if status in ("CREATING", "DELETING")}
        if (request.created and running) or (request.deleted and running - set(request.deleted)):
            raise limit(
                "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
            )
        if deleting and request.changes_table_iops:
            raise self._busy(
                f"Can't change table IOPS when an index is being deleted. Table: {table_name} "
                f"Indexes: [{', '.join(deleting)}]"
            )
        for operation, indexes in (("deletion", deleting), ("creation", allocating)):
            if indexes and request.maxima is not None:
                raise self._busy(
                    f"OnDemandThroughput cannot be updated while index {operation} is in progress for indexes: "
                    f"[{', '.join(indexes)}]"
                )
        if allocating and request.warm is not None:
            raise Refusal(
                "InternalServerError", "Table is under system maintenance, please try again later", 500
            )
        if allocating and "StreamSpecification" in request.given:
            raise self._busy("Can't change stream status when an index is being created")

    def _busy_table(self) -> None:
        moving, request, name = self.table.moving, self.request, self.table.name
        if moving is None:
            return
        if request.created or request.deleted:
            raise self._busy(
                f"Can't create or delete indexes while table IOPS are being updated. Table: {name}"
            )
        if "StreamSpecification" in request.given:
            raise self._busy(
                f"Can't enable or disable stream while table IOPS are being updated. Table: {name}"
            )
        # the reversal of a switch to provisioned is accepted, and dropped (DDB-TABLE-452)
        reversal = moving == "to provisioned" and request.mode == "PAY_PER_REQUEST"
        if request.changes_table_iops and not reversal:
            raise self._busy(f"Table IOPS are currently being updated. Table: {name}")
        if request.maxima is not None and moving == "to provisioned":
            raise self._busy("OnDemandThroughput cannot be updated while BillingMode update is in progress")

    # --- mode and units

    def _mode(self) -> None:
        request, table = self.request, self.table
        becomes_on_demand = (
            request.mode == "PAY_PER_REQUEST" if request.mode else table.mode == "PAY_PER_REQUEST"
        )
        if request.mode == "PROVISIONED" and request.units is None:
            raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
        if request.units is not None and becomes_on_demand:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        for index, change in request.changed.items():
            if "ProvisionedThroughput" in change and becomes_on_demand:
                raise invalid(
                    f"The only Updates for index: {index} when TableThroughputMode is PAY_PER_REQUEST can be to "
                    "OnDemandThroughput, WarmThroughput"
                )
        if request.mode == "PROVISIONED" and table.mode == "PAY_PER_REQUEST":
            for index, _ in table.indexes():
                if "ProvisionedThroughput" not in request.changed.get(index, {}):
                    raise invalid(f"ProvisionedThroughput must be specified for index: {index}")
        if request.mode == "PAY_PER_REQUEST" and table.mode == "PROVISIONED" and table.moving is None:
            self._switch_quota()

    def _switch_quota(self) -> None:
        since = self.now - timedelta(hours=SWITCH_QUOTA_HOURS.value)
        counted = [time for time in self.table.switches if time > since]
        if len(counted) >= SWITCHES_TO_ON_DEMAND.value:
            free = counted[-SWITCHES_TO_ON_DEMAND.value] + timedelta(hours=SWITCH_QUOTA_HOURS.value)
            raise limit(
                f"Subscriber limit exceeded: Update to PayPerRequest mode are limited to "
                f"{SWITCHES_TO_ON_DEMAND.value} times in {SWITCH_QUOTA_HOURS.value} hour(s). Last update at "
                f"{_time_text(counted[-1])}. Next update can be made at {_time_text(free)}"
            )

    def _units(self) -> None:
        request = self.request
        changes: list[tuple[str | None, FakeResource, dict[str, int]]] = []
        if request.units is not None:
            changes.append((None, self.table.table, by_access("units", request.units)))
        for index, change in request.changed.items():
            if "ProvisionedThroughput" in change:
                units = by_access("units", change["ProvisionedThroughput"])
                changes.append((index, self.table.resources[f"index/{index}"], units))
        for of, _, units in changes:
            self.quota(of, units)
        if self.table.mode == "PAY_PER_REQUEST":
            return
        for of, resource, units in changes:
            if units == resource.units:
                raise _unchanged(of, resource, units)
        for _, resource, units in changes:
            if any(units[access] < resource.units[access] for access in units):
                self._decrease(resource)

    def quota(self, index: str | None, units: Mapping[str, int]) -> None:
        """Raise where units exceed the quota of one table or index."""
        for access, value in units.items():
            if value > TABLE_QUOTA.value:
                of = "" if index is None else f" for index {index}"
                raise limit(
                    f"The requested {access.capitalize()}CapacityUnits{of}, {value}, is above the per "
                    f"{'table' if index is None else 'index'} maximum for the account in {self.region}. "
                    f"Per table maximum: {TABLE_QUOTA.value}. {_GUIDE}"
                )

    def _decrease(self, resource: FakeResource) -> None:
        """Four decreases at once, then one an hour (DDB-TABLE-326)."""
        today = resource.decreases_today(self.now)
        if today < DECREASES_AT_ONCE.value or resource.last_decrease is None:
            return
        free = resource.last_decrease + timedelta(seconds=DECREASE_INTERVAL.value)
        if today < DECREASES_A_DAY.value and self.now >= free:
            return
        raise limit(
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
            f"first {DECREASES_AT_ONCE.value} decreases, each subsequent decrease in the same UTC day can be performed "
            f"at most once every {DECREASE_INTERVAL.value} seconds. Number of decreases today: {today}. Last decrease "
            f"at {_time_text(resource.last_decrease)}. Next decrease can be made at {_time_text(free)}"
        )

    # --- maxima and warm throughput

    def _maxima(self) -> None:
        on_demand = self.request.mode == "PAY_PER_REQUEST" or self.table.serves_on_demand
        if self.request.maxima is not None:
            self.maxima(None, self.request.maxima, on_demand=on_demand)
        for index, change in self.request.changed.items():
            if "OnDemandThroughput" in change:
                self.maxima(index, change["OnDemandThroughput"], on_demand=on_demand)

    def maxima(
        self, index: str | None, maxima: Mapping[str, int], *, on_demand: bool, lowest: int = -1
    ) -> None:
        """Raise where on-demand maxima are not possible. ``lowest``: -1 where a maximum may be removed, else 1."""
        if not maxima:
            raise failure()
        of = "table" if index is None else f"index {index}"
        for name, value in maxima.items():
            if not on_demand:
                where = "" if index is None else f" for index : {index}"
                raise invalid(
                    f"{name} for OnDemandThroughput{where} cannot be specified when the table BillingMode is PROVISIONED"
                )
            if value == 0 or value < lowest:
                raise invalid(f"Requested {name} for OnDemandThroughput for {of} is outside of valid range")
            self._account_quota(name, "OnDemandThroughput", of, value)

    def _account_quota(self, name: str, member: str, of: str, value: int) -> None:
        if value > TABLE_QUOTA.value:
            access = "Read" if "Read" in name else "Write"
            raise limit(
                f"Subscriber limit exceeded: Requested {name} for {member} for {of} exceeds "
                f"TableMax{access}CapacityUnits of the account in region {self.region}"
            )

    def _warm(self) -> None:
        changes: list[tuple[str, FakeResource, Mapping[str, int]]] = []
        if self.request.warm is not None:
            changes.append(("table", self.table.table, self.request.warm))
        for index, change in self.request.changed.items():
            if "WarmThroughput" in change:
                resource = self.table.resources[f"index/{index}"]
                changes.append((f"index {index}", resource, change["WarmThroughput"]))
        for of, resource, warm in changes:
            if not warm:
                raise failure()
            for name, value in warm.items():
                access = "read" if name.startswith("Read") else "write"
                if value < resource.warm[access]:
                    raise invalid(
                        f"Requested {name} for WarmThroughput for {of} is lower than current WarmThroughput, "
                        "decreasing WarmThroughput is not supported"
                    )
                self._account_quota(name, "WarmThroughput", of, value)

    # --- indexes and the rest

    def _created(self) -> None:
        request, table = self.request, self.table
        defined = {
            definition["AttributeName"] for definition in request.given.get("AttributeDefinitions", ())
        }
        on_demand = (request.mode or table.mode) == "PAY_PER_REQUEST"
        for index, described in request.created.items():
            if f"index/{index}" in table.resources:
                raise Refusal("ValidationException", "Attempting to create an index which already exists")
            if len(table.resources) - 1 >= INDEX_LIMIT:
                raise limit(
                    f"Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of {INDEX_LIMIT}"
                )
            if not {key["AttributeName"] for key in described["KeySchema"]} <= defined | set(
                table.attributes
            ):
                raise invalid(f"AttributeDefinitions is not specified for index: {index}")
            if not on_demand and "ProvisionedThroughput" not in described:
                raise invalid(
                    f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {index}"
                )

    def _protection(self) -> None:
        requested = self.request.given.get("DeletionProtectionEnabled")
        changed = self.table.protected_at
        if requested is None or requested == self.table.protected or changed is None:
            return
        left = timedelta(seconds=PROTECTION_SECONDS) - (self.now - changed)
        if left > timedelta(0):
            milliseconds = round(left / timedelta(milliseconds=1))
            raise Refusal(
                "ThrottlingException",
                f"Deletion protection setting for table {self.table.name} modified within the previous "
                f"{PROTECTION_SECONDS * 1000} milliseconds. Please try again after {milliseconds} milliseconds",
            )


def _time_text(time: datetime) -> str:
    hour = time.hour % 12 or 12
    return f"{time:%A, %B} {time.day}, {time.year} at {hour}:{time:%M:%S %p} Coordinated Universal Time"


def _unchanged(index: str | None, resource: FakeResource, units: Mapping[str, int]) -> Refusal:
    subject = "the table" if index is None else f"the index {index}"
    of = "the table" if index is None else f"index {index}"
    figures = " ".join(
        f"Current {access.capitalize()}CapacityUnits provisioned for {of}: {resource.units[access]}. "
        f"Requested {access.capitalize()}CapacityUnits: {units[access]}."
        for access in ("read", "write")
    )
    return Refusal(
        "ValidationException",
        f"The provisioned throughput for {subject} will not change. The requested value equals the current value. "
        f"{figures} {_GUIDE}",
    )
