"""The fake DynamoDB's control plane: four operations, with the service's rules, statuses, seconds and quotas.

Durations lie within what was measured on the live service; the rows of ``tests/conformance`` hold the sources.
It has no items: traffic is what a test writes into the fake CloudWatch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.dynamodb_request import Request, invalid
from tests.fakes.dynamodb_rules import INDEX_LIMIT, Rules, by_access
from tests.fakes.dynamodb_state import ACCESSES, FLOOR, FakeResource, FakeTable
from tests.fakes.models import Refusal

UNITS_SECONDS = 1.5
INDEX_SECONDS = 4.0
TO_ON_DEMAND_SECONDS = 150.0
TO_ON_DEMAND_AGAIN_SECONDS = 4.0
TO_PROVISIONED_SECONDS = 75.0
INDEX_SWITCH_SECONDS = 10.0
ALLOCATION_SECONDS = 40.0
BUILD_SECONDS = 700.0
DELETION_SECONDS = 4.0
RAISE_SECONDS = 400.0
RAISE_AGAIN_SECONDS = 2.0


class DynamoDb:
    """The service.

    Args:
        now: its clock.
        region: Region of everything.
        account: account id.

    Attributes:
        tables: by name.
        raise_seconds: how long the first raise of warm throughput of a table or an index takes.
    """

    def __init__(self, now: Callable[[], datetime], region: str, account: str) -> None:
        self._now, self._region, self._account = now, region, account
        self.tables: dict[str, FakeTable] = {}
        self.raise_seconds = RAISE_SECONDS

    def settle(self) -> None:
        """Let everything that is due by now have happened."""
        for table in self.tables.values():
            table.settle(self._now())

    def new_table(self, name: str) -> FakeTable:
        """A provisioned table without anything, to be filled."""
        arn = f"arn:aws:dynamodb:{self._region}:{self._account}:table/{name}"
        table = self.tables[name] = FakeTable(name, arn, self._now())
        return table

    # --- operations: parameters in, answer out

    def describe_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        return {"Table": self._found(p["TableName"]).show(self._now())}

    def create_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        name = p["TableName"]
        on_demand = p.get("BillingMode") == "PAY_PER_REQUEST"
        described = {one["IndexName"]: one for one in p.get("GlobalSecondaryIndexes", ())}
        if name in self.tables:
            raise Refusal("ResourceInUseException", f"Table already exists: {name}")
        if not on_demand and "ProvisionedThroughput" not in p:
            raise invalid(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
            )
        if len(described) > INDEX_LIMIT:
            raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {INDEX_LIMIT}")
        for index, one in described.items():
            if not on_demand and "ProvisionedThroughput" not in one:
                raise invalid(f"ProvisionedThroughput is not specified for index: {index}")
        made = {None: self._made(None, p, on_demand)}
        made |= {index: self._made(index, one, on_demand) for index, one in described.items()}
        table = self.new_table(name)
        table.resources = {"table" if index is None else f"index/{index}": one for index, one in made.items()}
        table.attributes = {one["AttributeName"]: one["AttributeType"] for one in p["AttributeDefinitions"]}
        table.protected = p.get("DeletionProtectionEnabled", False)
        table.stream = p.get("StreamSpecification")
        if on_demand:
            table.mode, table.last_switch = "PAY_PER_REQUEST", self._now()
        return {"TableDescription": table.show(self._now())}

    def _made(self, index: str | None, p: Mapping[str, Any], on_demand: bool) -> FakeResource:
        one = FakeResource(keys=list(p["KeySchema"]), projection=dict(p.get("Projection", {})))
        floor = dict(FLOOR)
        if not on_demand:
            one.units = by_access("units", p["ProvisionedThroughput"])
            floor = dict(one.units)
            self._rules().quota(index, one.units)
        if "OnDemandThroughput" in p:
            self._rules().maxima(index, p["OnDemandThroughput"], on_demand=on_demand, lowest=1)
            one.maximum = by_access("maxima", p["OnDemandThroughput"])
        asked = by_access("warm", p.get("WarmThroughput", {}))
        of = "table" if index is None else f"index {index}"
        for access, value in asked.items():
            if value < floor[access]:
                name = access.capitalize()
                below = (
                    "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/"
                    "developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
                    if on_demand
                    else f"{name}CapacityUnits of ProvisionedThroughput"
                )
                raise invalid(
                    f"Requested {name}UnitsPerSecond for WarmThroughput for {of} is lower than {below}"
                )
        one.warm = {**floor, **asked}
        return one

    def _rules(self) -> Rules:
        return Rules(FakeTable("", "", self._now()), Request({}), self._now(), self._region)

    def delete_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        table = self._found(p["TableName"])
        busy = "Attempt to change a resource which is still in use: "
        if table.protected:
            raise Refusal(
                "ValidationException",
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first.",
            )
        if any(one.status != "ACTIVE" for _, one in table.indexes()):
            raise Refusal(
                "ResourceInUseException",
                busy + "Cannot delete table while indexes are being created, updated, or deleted.",
            )
        if table.table.status != "ACTIVE" or any(
            one.warm_status != "ACTIVE" for one in table.resources.values()
        ):
            raise Refusal(
                "ResourceInUseException", f"{busy}Table: {table.name} is in the process of being updated."
            )
        del self.tables[table.name]
        return {"TableDescription": {**table.show(self._now()), "TableStatus": "DELETING"}}

    def update_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        request = Request.of(p)
        table = self._found(p["TableName"])
        now = self._now()
        Rules(table, request, now, self._region).apply()
        answered: dict[str, Any] = {}
        if request.mode is not None and request.mode != table.mode:
            if table.moving == "to provisioned":
                # accepted, answered, and dropped (DDB-TABLE-452)
                return {"TableDescription": table.show(now)}
            (self._to_on_demand if request.mode == "PAY_PER_REQUEST" else self._to_provisioned)(
                table, request
            )
        elif request.units is not None:
            self._move_units(table, table.table, by_access("units", request.units))
        elif request.mode is not None and table.moving is None:
            # the same mode again answers UPDATING and changes nothing (DDB-TABLE-156)
            answered = {"TableStatus": "UPDATING"}
        self._change_indexes(table, request)
        if request.warm is not None:
            self._raise(table.table, by_access("warm", request.warm))
        if request.maxima is not None:
            answered |= self._set_maxima(table.table, request.maxima)
        if "StreamSpecification" in request.given:
            table.stream = dict(request.given["StreamSpecification"])
        if "DeletionProtectionEnabled" in request.given:
            wanted = request.given["DeletionProtectionEnabled"]
            if wanted != table.protected:
                table.protected, table.protected_at = wanted, now
        return {"TableDescription": {**table.show(now), **answered}}

    # --- changes

    def _found(self, name: str) -> FakeTable:
        table = self.tables.get(name)
        if table is None:
            raise Refusal(
                "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"
            )
        return table

    def _after(self, seconds: float) -> datetime:
        return self._now() + timedelta(seconds=seconds)

    def _to_on_demand(self, table: FakeTable, request: Request) -> None:
        again = table.last_switch is not None
        now = self._now()
        table.switches.append(now)
        table.mode, table.moving, table.table.status = "PAY_PER_REQUEST", "to on-demand", "UPDATING"
        for name, one in table.indexes():
            # counted for an index, not for the table (DDB-TABLE-153)
            if name not in request.created and any(one.units.values()):
                one.decreases = one.decreases_today(now) + 1
                one.last_decrease = now
        for one in table.resources.values():
            one.units = {"read": 0, "write": 0}

        def end(moment: datetime) -> None:
            table.moving, table.table.status = None, "ACTIVE"
            table.last_switch = moment
            for one in table.resources.values():
                one.warm = {access: max(one.warm[access], FLOOR[access]) for access in ACCESSES}

        table.later(self._after(TO_ON_DEMAND_AGAIN_SECONDS if again else TO_ON_DEMAND_SECONDS), end)

    def _to_provisioned(self, table: FakeTable, request: Request) -> None:
        assert request.units is not None
        table.mode, table.moving, table.table.status = "PROVISIONED", "to provisioned", "UPDATING"
        table.table.units = by_access("units", request.units)
        for name, one in table.indexes():
            one.units = by_access("units", request.changed[name]["ProvisionedThroughput"])
            one.status = "UPDATING"
            table.later(self._after(INDEX_SWITCH_SECONDS), _activate(one))
        for one in table.resources.values():
            one.maximum = {}

        def end(moment: datetime) -> None:
            table.moving, table.table.status = None, "ACTIVE"
            for one in table.resources.values():
                one.warm = {access: max(one.warm[access], one.units[access]) for access in ACCESSES}

        table.later(self._after(TO_PROVISIONED_SECONDS), end)

    def _move_units(self, table: FakeTable, one: FakeResource, units: dict[str, int]) -> None:
        now = self._now()
        lowers = any(units[access] < one.units[access] for access in units)
        today = one.decreases_today(now)
        if lowers:
            one.last_decrease, one.decreases = now, today
        if any(units[access] > one.units[access] for access in units):
            one.last_increase = now
        one.status = "UPDATING"
        itself = one is table.table
        if itself:
            table.moving = "units"

        def end(moment: datetime) -> None:
            one.units, one.status = dict(units), "ACTIVE"
            one.warm = {access: max(one.warm[access], units[access]) for access in ACCESSES}
            if lowers:
                one.decreases = today + 1
            if itself:
                table.moving = None

        table.later(self._after(UNITS_SECONDS if itself else INDEX_SECONDS), end)

    def _change_indexes(self, table: FakeTable, request: Request) -> None:
        for name, described in request.created.items():
            self._create_index(table, name, described, request)
        for name in request.deleted:
            self._delete_index(table, name)
        for name, change in request.changed.items():
            one = table.resources[f"index/{name}"]
            if "ProvisionedThroughput" in change and table.moving != "to provisioned":
                self._move_units(table, one, by_access("units", change["ProvisionedThroughput"]))
            if "WarmThroughput" in change:
                self._raise(one, by_access("warm", change["WarmThroughput"]))
            if "OnDemandThroughput" in change:
                self._set_maxima(one, change["OnDemandThroughput"])
                one.status = "UPDATING"
                table.later(self._after(INDEX_SECONDS), _activate(one))

    def _create_index(
        self, table: FakeTable, name: str, described: Mapping[str, Any], request: Request
    ) -> None:
        for each in request.given.get("AttributeDefinitions", ()):
            table.attributes[each["AttributeName"]] = each["AttributeType"]
        one = self._made(name, described, table.mode == "PAY_PER_REQUEST")
        one.status, one.backfilling = "CREATING", False
        table.resources[f"index/{name}"] = one
        table.table.status = "UPDATING"

        def allocated(moment: datetime) -> None:
            one.backfilling = True
            if table.moving is None:
                table.table.status = "ACTIVE"

        def built(moment: datetime) -> None:
            if one.status == "CREATING":
                one.status, one.backfilling = "ACTIVE", None

        table.later(self._after(ALLOCATION_SECONDS), allocated)
        table.later(self._after(BUILD_SECONDS), built)

    def _delete_index(self, table: FakeTable, name: str) -> None:
        one = table.resources[f"index/{name}"]
        one.status = "DELETING"
        table.table.status = "UPDATING"

        def end(moment: datetime) -> None:
            del table.resources[f"index/{name}"]
            if table.moving is None:
                table.table.status = "ACTIVE"
            used = {key["AttributeName"] for each in table.resources.values() for key in each.keys}
            table.attributes = {each: kind for each, kind in table.attributes.items() if each in used}

        table.later(self._after(DELETION_SECONDS), end)

    def _raise(self, one: FakeResource, target: dict[str, int]) -> None:
        if all(one.warm[access] == value for access, value in target.items()) and one.rising_to is None:
            return
        if one.rising_to is None:
            # a raise that runs already ends when it would have (DDB-TABLE-459)
            one.warm_at = self._after(RAISE_AGAIN_SECONDS if one.risen else self.raise_seconds)
        one.rising_to, one.warm_status = {**(one.rising_to or {}), **target}, "UPDATING"

    def _set_maxima(self, one: FakeResource, maxima: Mapping[str, int]) -> dict[str, Any]:
        merged = {**one.maximum, **by_access("maxima", maxima)}
        one.maximum = {access: units for access, units in merged.items() if units != -1}
        # the answer still shows the -1 that removes a maximum (DDB-TABLE-182)
        return {
            "OnDemandThroughput": {f"Max{access.capitalize()}RequestUnits": u for access, u in merged.items()}
        }


def _activate(one: FakeResource) -> Callable[[datetime], None]:
    def end(moment: datetime) -> None:
        one.status = "ACTIVE"

    return end
