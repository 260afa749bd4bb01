"""The checks of DynamoDB that depend on the table: exact messages, in the order of the service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from capacity_guard.capacity.limits import (
    ACCOUNT_QUOTA,
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SWITCH_QUOTA_HOURS,
    SWITCHES_TO_ON_DEMAND,
    TABLE_QUOTA,
)
from tests.fakes.dynamodb_request import Request, failure, invalid, limit
from tests.fakes.dynamodb_running import busy, check_running
from tests.fakes.dynamodb_state import ACCESSES, INITIAL_UNITS, FakeResource, FakeTable
from tests.fakes.models import Refusal

PROTECTION_SECONDS = 15
_NOTHING = {"read": 0, "write": 0}
_INITIAL = (
    "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/"
    "developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
)
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
        reserved: units by access of the other tables of the account.
    """

    def __init__(
        self,
        table: FakeTable,
        request: Request,
        now: datetime,
        region: str,
        reserved: Mapping[str, int] = _NOTHING,
    ) -> None:
        self.table, self.request, self.now, self.region = table, request, now, region
        self.reserved = reserved

    def apply(self) -> None:
        """Raise the first refusal.

        Raises:
            Refusal: the error of the service.
        """
        self._indexes_exist()
        self.request.check_combination()
        self._mode()
        self._maxima()
        self._warm()
        check_running(self.table, self.request)
        self._switch_quota()
        self._units()
        self._created()
        self._protection()

    def _indexes_exist(self) -> None:
        table, request = self.table, self.request
        for name in (*request.changed, *request.deleted):
            if f"index/{name}" not in table.resources:
                raise Refusal(
                    "ResourceNotFoundException",
                    f"Requested resource not found: Index {name} for table {table.name}",
                )
        for name in request.created:
            index = table.resources.get(f"index/{name}")
            if index is not None and index.status == "DELETING":
                raise busy(f"Index is being deleted. Table: {table.name} Index: {name}")
            if index is not None:
                raise Refusal("ValidationException", "Attempting to create an index which already exists")

    # --- mode and units

    def _mode(self) -> None:
        """Members against the mode that will be, and against that before a switch that runs (DDB-TABLE-369)."""
        request, table = self.request, self.table
        serves_on_demand = table.serves_on_demand
        becomes_on_demand = request.mode == "PAY_PER_REQUEST" if request.mode else serves_on_demand
        if request.mode == "PROVISIONED" and request.units is None:
            raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
        if becomes_on_demand:
            # units alone, while the table becomes provisioned, are for check_running (DDB-TABLE-369, -452)
            if request.mode is not None or table.moving != "to provisioned":
                self._no_units()
            return
        for index, change in ((None, request.given), *request.changed.items()):
            for name in change.get("OnDemandThroughput", {}):
                of = "" if index is None else f" for index : {index}"
                raise invalid(
                    f"{name} for OnDemandThroughput{of} cannot be specified when the table BillingMode is PROVISIONED"
                )
        if serves_on_demand:
            without = [
                name
                for name, index in table.indexes()
                # of an index that is being deleted, check_running speaks (DDB-TABLE-375)
                if index.status != "DELETING" and "ProvisionedThroughput" not in request.changed.get(name, {})
            ]
            if without:
                raise invalid(f"ProvisionedThroughput must be specified for index: {', '.join(without)}")

    def _no_units(self) -> None:
        request = self.request
        if request.units is not None and request.mode is not None:
            raise invalid("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
        if request.units is not None:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        for index, change in request.changed.items():
            nothing = not change.get("OnDemandThroughput") and "WarmThroughput" not in change
            if "ProvisionedThroughput" in change and request.mode is not None:
                # the words for an index in a switch are not published
                raise invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
                    f"{index} when BillingMode is PAY_PER_REQUEST"
                )
            if "ProvisionedThroughput" in change or nothing:
                raise invalid(
                    f"The only Updates for index: {index} when TableThroughputMode is PAY_PER_REQUEST can be to "
                    "OnDemandThroughput, WarmThroughput"
                )

    def _switch_quota(self) -> None:
        if self.request.mode != "PAY_PER_REQUEST" or self.table.mode == "PAY_PER_REQUEST":
            return
        if self.table.moving is not None:
            return
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
        switches = self.table.mode == "PAY_PER_REQUEST"
        for of, resource, units in changes:
            if not switches and units == resource.units:
                raise _unchanged(of, resource, units)
            self.quota(of, units)
        if changes:
            changed = {id(resource): units for _, resource, units in changes}
            self.account_quota(
                [changed.get(id(resource)) or resource.reserved for resource in self.table.resources.values()]
            )
        if switches:
            return
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

    def account_quota(self, units: list[dict[str, int]]) -> None:
        """Raise where the units of the table and its indexes exceed what the account has left (DDB-TABLE-170)."""
        for access in ACCESSES:
            requested = sum(of_one[access] for of_one in units)
            if self.reserved[access] + requested > ACCOUNT_QUOTA.value:
                name = f"{access.capitalize()}CapacityUnits"
                raise limit(
                    f"This request would have caused the {name} limit to be exceeded for the account in {self.region}. "
                    f"Current {name} reserved by the account: {self.reserved[access]}. Limit: {ACCOUNT_QUOTA.value}. "
                    f"Requested: {requested}"
                )

    def _decrease(self, resource: FakeResource) -> None:
        """Four decreases at once, then one an hour (DDB-TABLE-326)."""
        today = resource.decreases_today(self.now)
        if today < DECREASES_AT_ONCE.value or resource.last_decrease is None:
            return
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        # the counter starts anew at midnight UTC (DDB-TABLE-185)
        free = min(resource.last_decrease + timedelta(seconds=DECREASE_INTERVAL.value), midnight)
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
        if self.request.maxima == {}:
            raise failure()
        for index, change in ((None, self.request.given), *self.request.changed.items()):
            self.maxima(index, change.get("OnDemandThroughput", {}))

    def maxima(self, index: str | None, maxima: Mapping[str, int], *, lowest: int = -1) -> None:
        """Raise where on-demand maxima are not possible. ``lowest``: -1 where a maximum may be removed, else 1."""
        of = "table" if index is None else f"index : {index}"
        for name, value in maxima.items():
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

    def check_new(self, index: str | None, described: Mapping[str, Any], *, on_demand: bool) -> None:
        """Raise where the capacity of a table or an index that is to be created is not possible (DDB-TABLE-128).

        Args:
            index: its name, ``None`` for the table.
            described: its members in the request; its units have been checked.
            on_demand: the mode it will have.
        """
        lowest = dict(INITIAL_UNITS) if on_demand else by_access("units", described["ProvisionedThroughput"])
        if not on_demand:
            self.quota(index, lowest)
        maxima = described.get("OnDemandThroughput", {})
        for name in maxima if not on_demand else ():
            of = "" if index is None else f" for index: {index}"
            raise invalid(
                f"{name} for OnDemandThroughput{of} cannot be specified when table BillingMode is PROVISIONED."
            )
        self.maxima(index, maxima, lowest=1)
        of = "table" if index is None else f"index {index}"
        for name, value in described.get("WarmThroughput", {}).items():
            access = "read" if name.startswith("Read") else "write"
            if value < lowest[access]:
                raise invalid(
                    f"Requested {name} for WarmThroughput for {of} is lower than "
                    + (
                        _INITIAL
                        if on_demand
                        else f"{access.capitalize()}CapacityUnits of ProvisionedThroughput"
                    )
                )
            self._account_quota(name, "WarmThroughput", of, value)

    # --- indexes and the rest

    def _created(self) -> None:
        request, table = self.request, self.table
        if table.moving == "to provisioned" and request.mode == "PAY_PER_REQUEST":
            on_demand = False  # the reversal is dropped (DDB-TABLE-452)
        else:
            on_demand = (request.mode or table.mode) == "PAY_PER_REQUEST"
        for index, described in request.created.items():
            # one that names other attributes: no source; here nothing looks at the names
            if not request.given.get("AttributeDefinitions"):
                raise invalid(f"AttributeDefinitions is not specified for index: {index}")
            throughput = described.get("ProvisionedThroughput")
            if not on_demand and throughput is None:
                raise invalid(
                    f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {index}"
                )
            if on_demand and throughput is not None:
                # refused at CreateTable (DDB-TABLE-128); the words at UpdateTable are not published
                raise invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
                    f"{index} when BillingMode is PAY_PER_REQUEST"
                )
            if throughput is not None:
                units = by_access("units", throughput)
                self.quota(index, units)
                self.account_quota([units, *(resource.reserved for resource in table.resources.values())])
            self.check_new(index, described, on_demand=on_demand)

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
