"""The control plane of the fake DynamoDB: four operations with the rules, statuses, durations and quotas of the service.

It has no items: a test writes traffic into the fake CloudWatch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.dynamodb_request import Request, check_table_name, invalid
from tests.fakes.dynamodb_rules import Rules, by_access
from tests.fakes.dynamodb_running import INDEX_LIMIT
from tests.fakes.dynamodb_seconds import BETWEEN, Seconds
from tests.fakes.dynamodb_state import ACCESSES, INITIAL_UNITS, FakeResource, FakeTable
from tests.fakes.models import Refusal


class DynamoDb:
    """The service.

    Args:
        now: its clock.
        region: Region of everything.
        account: account id.

    Attributes:
        tables: by name.
        seconds: how long changes take; a test may set it.
        raise_seconds: how long the first raise of warm throughput of a table or an index takes.
    """

    def __init__(
        self, now: Callable[[], datetime], region: str, account: str, seconds: Seconds = BETWEEN
    ) -> None:
        self._now, self._region, self._account = now, region, account
        self.tables: dict[str, FakeTable] = {}
        self.seconds = seconds
        self.raise_seconds = seconds.rise

    def settle(self) -> None:
        """Carry out every change that is due by now."""
        for table in self.tables.values():
            table.settle(self._now())

    def new_table(self, name: str) -> FakeTable:
        """Add an empty provisioned table; the caller fills it."""
        arn = f"arn:aws:dynamodb:{self._region}:{self._account}:table/{name}"
        table = self.tables[name] = FakeTable(name, arn, self._now())
        return table

    # --- operations: parameters in, answer out

    def describe_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        return {"Table": self._table(p["TableName"]).show(self._now())}

    def create_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        name = p["TableName"]
        check_table_name(name)
        on_demand = p.get("BillingMode") == "PAY_PER_REQUEST"
        described = {index["IndexName"]: index for index in p.get("GlobalSecondaryIndexes", ())}
        if name in self.tables:
            raise Refusal("ResourceInUseException", f"Table already exists: {name}")
        if not on_demand and "ProvisionedThroughput" not in p:
            raise invalid(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
            )
        if len(described) > INDEX_LIMIT:
            raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {INDEX_LIMIT}")
        rules = self._rules(name)
        for index, members in ((None, p), *described.items()):
            throughput = members.get("ProvisionedThroughput")
            if throughput is None and not on_demand:
                raise invalid(f"ProvisionedThroughput is not specified for index: {index}")
            if throughput is not None and on_demand:
                raise invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
                    if index is None
                    else f"ProvisionedThroughput should not be specified for index: {index} when BillingMode is "
                    "PAY_PER_REQUEST"
                )
            rules.check_new(index, members, on_demand=on_demand)
        if not on_demand:
            rules.account_quota(
                [by_access("units", members["ProvisionedThroughput"]) for members in (p, *described.values())]
            )
        resources = {None: _new_resource(p, on_demand=on_demand)}
        resources |= {
            index: _new_resource(described_index, on_demand=on_demand)
            for index, described_index in described.items()
        }
        table = self.new_table(name)
        table.resources = {
            "table" if index is None else f"index/{index}": resource for index, resource in resources.items()
        }
        table.attributes = {
            definition["AttributeName"]: definition["AttributeType"]
            for definition in p["AttributeDefinitions"]
        }
        table.protected = p.get("DeletionProtectionEnabled", False)
        table.stream = p.get("StreamSpecification")
        if on_demand:
            table.mode, table.last_switch = "PAY_PER_REQUEST", self._now()
        return {"TableDescription": table.show(self._now())}

    def _rules(self, name: str) -> Rules:
        """The rules for a table that does not exist yet."""
        return Rules(
            FakeTable(name, "", self._now()), Request({}), self._now(), self._region, self._reserved(name)
        )

    def _reserved(self, name: str) -> dict[str, int]:
        """Units by access of all tables but this one."""
        others = [table for table in self.tables.values() if table.name != name]
        return {
            access: sum(
                resource.reserved[access] for table in others for resource in table.resources.values()
            )
            for access in ACCESSES
        }

    def delete_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(p["TableName"])
        busy = "Attempt to change a resource which is still in use: "
        if table.protected:
            raise Refusal(
                "ValidationException",
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first.",
            )
        if any(index.status != "ACTIVE" for _, index in table.indexes()):
            raise Refusal(
                "ResourceInUseException",
                busy + "Cannot delete table while indexes are being created, updated, or deleted.",
            )
        if table.table.status != "ACTIVE" or any(
            resource.warm_status != "ACTIVE" for resource in table.resources.values()
        ):
            raise Refusal(
                "ResourceInUseException", f"{busy}Table: {table.name} is in the process of being updated."
            )
        del self.tables[table.name]
        return {"TableDescription": {**table.show(self._now()), "TableStatus": "DELETING"}}

    def update_table(self, p: Mapping[str, Any]) -> dict[str, Any]:
        request = Request.of(p)
        table = self._table(p["TableName"])
        now = self._now()
        Rules(table, request, now, self._region, self._reserved(table.name)).apply()
        answer_only: dict[str, Any] = {}
        if request.mode is not None and request.mode != table.mode:
            if table.moving == "to provisioned":
                # accepted, answered with the mode and no units, and dropped (DDB-TABLE-452)
                shown = table.show(now)
                shown["BillingModeSummary"] = {**shown["BillingModeSummary"], "BillingMode": request.mode}
                shown["ProvisionedThroughput"] |= {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
                return {"TableDescription": shown}
            (self._to_on_demand if request.mode == "PAY_PER_REQUEST" else self._to_provisioned)(
                table, request
            )
        elif request.units is not None:
            self._change_units(table, table.table, by_access("units", request.units))
        elif request.mode is not None and table.moving is None:
            # the same mode again answers UPDATING and changes nothing (DDB-TABLE-156)
            answer_only = {"TableStatus": "UPDATING"}
        self._change_indexes(table, request)
        if request.warm is not None:
            self._raise(table.table, by_access("warm", request.warm))
        if request.maxima is not None:
            answer_only |= self._set_maxima(table.table, request.maxima)
        if "StreamSpecification" in request.given:
            self._change_stream(table, request.given["StreamSpecification"])
        if "DeletionProtectionEnabled" in request.given:
            protected = request.given["DeletionProtectionEnabled"]
            if protected != table.protected:
                table.protected, table.protected_at = protected, now
        return {"TableDescription": {**table.show(now), **answer_only}}

    # --- changes

    def _change_stream(self, table: FakeTable, stream: Mapping[str, Any]) -> None:
        table.stream = dict(stream)
        if table.moving is not None:
            return
        table.stream_moves, table.table.status = True, "UPDATING"

        def end(time: datetime) -> None:
            table.stream_moves = False
            table.rest()

        table.later(self._after(self.seconds.stream), end)

    def _table(self, name: str) -> FakeTable:
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
        takes = self.seconds.to_on_demand_again if again else self.seconds.to_on_demand
        now = self._now()
        table.switches.append(now)
        table.mode, table.moving, table.table.status = "PAY_PER_REQUEST", "to on-demand", "UPDATING"
        for name, index in table.indexes():
            # counted for an index, not for the table (DDB-TABLE-153)
            if name not in request.created and any(index.units.values()):
                index.decreases = index.decreases_today(now) + 1
                index.last_decrease = now
            if name not in request.created and index.status == "ACTIVE" and self.seconds.index_to_on_demand:
                index.status = "UPDATING"
                table.later(self._after(min(takes, self.seconds.index_to_on_demand)), _activate(index))
        for resource in table.resources.values():
            resource.units = {"read": 0, "write": 0}

        def end(time: datetime) -> None:
            table.moving, table.table.status = None, "ACTIVE"
            table.last_switch = time
            for resource in table.resources.values():
                resource.warm = {
                    access: max(resource.warm[access], INITIAL_UNITS[access]) for access in ACCESSES
                }

        table.later(self._after(takes), end)

    def _to_provisioned(self, table: FakeTable, request: Request) -> None:
        assert request.units is not None
        takes = self.seconds.to_provisioned
        if table.was_switched_to_provisioned:
            takes = self.seconds.to_provisioned_again
        table.was_switched_to_provisioned = True
        table.mode, table.moving, table.table.status = "PROVISIONED", "to provisioned", "UPDATING"
        table.table.units = by_access("units", request.units)
        for name, index in table.indexes():
            index.units = by_access("units", request.changed[name]["ProvisionedThroughput"])
            index.status = "UPDATING"
            lag = self.seconds.index_lag
            table.later(
                self._after(takes + lag if lag else min(takes, self.seconds.index_switch)), _activate(index)
            )
        for resource in table.resources.values():
            resource.maximum = {}

        def end(time: datetime) -> None:
            table.moving, table.table.status = None, "ACTIVE"
            for resource in table.resources.values():
                resource.warm = {
                    access: max(resource.warm[access], resource.units[access]) for access in ACCESSES
                }

        table.later(self._after(takes), end)

    def _change_units(self, table: FakeTable, resource: FakeResource, units: dict[str, int]) -> None:
        now = self._now()
        lowers = any(units[access] < resource.units[access] for access in units)
        today = resource.decreases_today(now)
        if lowers:
            resource.last_decrease, resource.decreases = now, today
        if any(units[access] > resource.units[access] for access in units):
            resource.last_increase = now
        resource.status, resource.next_units = "UPDATING", dict(units)
        of_table = resource is table.table
        if of_table:
            table.moving = "units"

        def end(time: datetime) -> None:
            resource.units, resource.next_units, resource.status = dict(units), None, "ACTIVE"
            resource.warm = {access: max(resource.warm[access], units[access]) for access in ACCESSES}
            if lowers:
                resource.decreases = today + 1
            if of_table:
                table.moving = None

        table.later(self._after(self.seconds.units if of_table else self.seconds.index), end)

    def _change_indexes(self, table: FakeTable, request: Request) -> None:
        for name, described in request.created.items():
            self._create_index(table, name, described, request)
        for name in request.deleted:
            self._delete_index(table, name)
        for name, change in request.changed.items():
            index = table.resources[f"index/{name}"]
            if "ProvisionedThroughput" in change and table.moving != "to provisioned":
                self._change_units(table, index, by_access("units", change["ProvisionedThroughput"]))
            if "WarmThroughput" in change:
                self._raise(index, by_access("warm", change["WarmThroughput"]))
            if "OnDemandThroughput" in change:
                self._set_maxima(index, change["OnDemandThroughput"])
                index.status = "UPDATING"
                table.later(self._after(self.seconds.index), _activate(index))

    def _create_index(
        self, table: FakeTable, name: str, described: Mapping[str, Any], request: Request
    ) -> None:
        for definition in request.given.get("AttributeDefinitions", ()):
            table.attributes[definition["AttributeName"]] = definition["AttributeType"]
        index = _new_resource(described, on_demand=table.mode == "PAY_PER_REQUEST")
        index.status, index.backfilling = "CREATING", False
        table.resources[f"index/{name}"] = index
        table.table.status = "UPDATING"

        def allocated(time: datetime) -> None:
            if index.status == "CREATING":
                index.backfilling = True
            table.rest()

        def built(time: datetime) -> None:
            if index.status == "CREATING":
                index.status, index.backfilling = "ACTIVE", None

        table.later(self._after(self.seconds.allocation), allocated)
        table.later(self._after(self.seconds.build), built)

    def _delete_index(self, table: FakeTable, name: str) -> None:
        table.resources[f"index/{name}"].status = "DELETING"
        table.table.status = "UPDATING"

        def end(time: datetime) -> None:
            del table.resources[f"index/{name}"]
            table.rest()
            used = {key["AttributeName"] for resource in table.resources.values() for key in resource.keys}
            table.attributes = {name: kind for name, kind in table.attributes.items() if name in used}

        table.later(self._after(self.seconds.deletion), end)

    def _raise(self, resource: FakeResource, target: dict[str, int]) -> None:
        if resource.rising_to is None:
            # a second request does not change the end of a running raise (DDB-TABLE-459); one with the values in force shows
            # UPDATING for about 2 s (DDB-TABLE-179)
            equal = all(resource.warm[access] == value for access, value in target.items())
            quick = resource.risen or equal
            resource.warm_at = self._after(self.seconds.rise_again if quick else self.raise_seconds)
            resource.raised = not equal
        resource.rising_to, resource.warm_status = {**(resource.rising_to or {}), **target}, "UPDATING"

    def _set_maxima(self, resource: FakeResource, maxima: Mapping[str, int]) -> dict[str, Any]:
        merged = {**resource.maximum, **by_access("maxima", maxima)}
        resource.maximum = {access: units for access, units in merged.items() if units != -1}
        # the answer still shows the -1 that removes a maximum (DDB-TABLE-182)
        return {
            "OnDemandThroughput": {f"Max{access.capitalize()}RequestUnits": u for access, u in merged.items()}
        }


def _new_resource(members: Mapping[str, Any], *, on_demand: bool) -> FakeResource:
    """A table or an index from its members in the request that creates it, which were checked."""
    resource = FakeResource(keys=list(members["KeySchema"]), projection=dict(members.get("Projection", {})))
    lowest_warm = dict(INITIAL_UNITS)
    if not on_demand:
        resource.units = by_access("units", members["ProvisionedThroughput"])
        lowest_warm = dict(resource.units)
    resource.maximum = by_access("maxima", members.get("OnDemandThroughput", {}))
    resource.warm = {**lowest_warm, **by_access("warm", members.get("WarmThroughput", {}))}
    return resource


def _activate(resource: FakeResource) -> Callable[[datetime], None]:
    def end(time: datetime) -> None:
        resource.status = "ACTIVE"

    return end
