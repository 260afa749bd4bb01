"""Corrections of the emulated DynamoDB: capacity behaves as on the service.

The rules are in `create_rules` and `update_rules`, the state in `table_capacity`, the durations in `durations`. The
corrections here replace MiniStack's own UpdateTable, CreateTable, DeleteTable and DescribeTable. CloudFormation and
auto scaling call the same functions of MiniStack's module, so the corrections apply to them too.
"""

from __future__ import annotations

import copy
import threading
import time
from typing import Any, cast

from . import correction, create_rules, ministack, update_quotas, update_rules
from . import table_capacity as capacity
from .durations import ChangeDurations
from .ministack import Response
from .refusals import Refusal, TableLocation
from .table_capacity import TableState
from .update_rules import AcceptedUpdate

QUIRKS = "aws-controllers-k8s/dynamodb-controller docs/api-quirks"
STATE = "_capacity"
"""Key of the capacity state inside MiniStack's record of a table."""
PROTECTION_CHANGED = "_deletion_protection_changed"
"""Key of the time, in seconds since 1970, of the last change of deletion protection."""

# UpdateTable reads, judges and writes; CloudFormation calls it from threads of its own.
_lock = threading.RLock()
_CAPACITY_MEMBERS = ("BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")


def _service() -> Any:
    return ministack.module("services.dynamodb")


def state_of(table: dict[str, Any], now: float) -> TableState:
    """The settled capacity state of a MiniStack table record, made from the record when it has none yet.

    Writes the mode and throughput in force back into the record, which MiniStack's own code reads.
    """
    state = cast("TableState | None", table.get(STATE))
    if state is None:
        state = capacity.from_description(table, float(table.get("CreationDateTime", now)))
        table[STATE] = state
    indexes = table.get("GlobalSecondaryIndexes") or []
    capacity.follow_indexes(state, indexes)
    for name in capacity.settle(state, now):
        _remove_index(table, name)
    indexes = table.get("GlobalSecondaryIndexes") or []
    table["BillingModeSummary"] = {"BillingMode": state["switch_to"] or state["mode"]}
    table["ProvisionedThroughput"] = _units_member(state["table"])
    for index in indexes:
        index["ProvisionedThroughput"] = _units_member(state["indexes"][index["IndexName"]])
    return state


def _remove_index(table: dict[str, Any], name: str) -> None:
    """Remove an index from MiniStack's record, and the attributes that only it used (DDB-TABLE-151)."""
    remaining = [index for index in table.get("GlobalSecondaryIndexes") or [] if index["IndexName"] != name]
    table["GlobalSecondaryIndexes"] = remaining
    table.pop(_service()._INDEX_MEMBERS, None)
    used = {
        key["AttributeName"]
        for resource in (table, *remaining, *(table.get("LocalSecondaryIndexes") or []))
        for key in resource.get("KeySchema") or []
    }
    table["AttributeDefinitions"] = [
        attribute
        for attribute in table.get("AttributeDefinitions") or []
        if attribute["AttributeName"] in used
    ]


def _units_member(resource: capacity.ResourceCapacity) -> dict[str, int]:
    return {"ReadCapacityUnits": resource["units"][0], "WriteCapacityUnits": resource["units"][1]}


def _location(name: str) -> TableLocation:
    """The table's location, with the units that the other provisioned tables of the account reserve."""
    service = _service()
    reserved = [0, 0]
    now = time.time()
    for other in service._tables.values():
        if other["TableName"] == name:
            continue
        for resource in capacity.resources(state_of(other, now)):
            for position in (capacity.READ, capacity.WRITE):
                reserved[position] += (resource["next_units"] or resource["units"])[position]
    return TableLocation(name, service.get_region(), (reserved[0], reserved[1]))


def _refuse(refusal: Refusal) -> Response:
    response = _service().error_response_json(refusal.code, refusal.message, refusal.status)
    return cast(Response, response)


@correction("dynamodb.describe-table", f"{QUIRKS} DDB-TABLE-025, -028, -055, -064, -134, -138, -179")
def describe_the_capacity_in_force() -> None:
    """DescribeTable shows status, mode, throughput, warm throughput and maxima of table and every index."""
    service = _service()
    original = service._table_description

    def table_description(name: str) -> dict[str, Any]:
        now = time.time()
        state = state_of(service._tables[name], now)
        description = cast("dict[str, Any]", original(name))
        for member in ("BillingModeSummary", "OnDemandThroughput"):
            description.pop(member, None)
        members = capacity.table_members(state)
        if description.get("TableStatus") != "ACTIVE":
            members["TableStatus"] = description["TableStatus"]  # MiniStack's own states of vector indexes
        description.update(members)
        indexes = []
        for index in description.get("GlobalSecondaryIndexes") or []:
            index = copy.deepcopy(index)
            for member in ("OnDemandThroughput", "Backfilling"):
                index.pop(member, None)
            index.update(capacity.index_members(state, index["IndexName"], now))
            index.setdefault("IndexArn", f"{description['TableArn']}/index/{index['IndexName']}")
            index.setdefault("IndexSizeBytes", 0)
            index.setdefault("ItemCount", 0)
            indexes.append(index)
        if indexes:
            description["GlobalSecondaryIndexes"] = indexes
        return description

    service._table_description = table_description


@correction("dynamodb.create-table", f"{QUIRKS} DDB-TABLE-024, -038, -039, -128, -032")
def create_tables_with_their_capacity() -> None:
    """CreateTable refuses what the service refuses and keeps warm throughput and maxima of table and indexes."""
    service = _service()
    original = service._create_table

    def create_table(request: dict[str, Any]) -> Response:
        name = request.get("TableName")
        exists = isinstance(name, str) and name in service._tables
        if (
            isinstance(name, str)
            and not exists
            and request.get("BillingMode") in (None, "PROVISIONED", "PAY_PER_REQUEST")
            and service._validate_table_name(name)
            is None  # a name that breaks its constraint is all that is reported
        ):
            try:
                create_rules.judge_create(request, _location(name))
            except Refusal as refusal:
                return _refuse(refusal)
        with _lock:
            response = cast(Response, original(request))
            if exists or response[0] != 200:
                return response
            table = service._tables[name]
            table[STATE] = capacity.from_description(request, time.time())
            return cast(
                Response, service.json_response({"TableDescription": service._table_description(name)})
            )

    service._create_table = create_table


@correction(
    "dynamodb.update-table",
    f"{QUIRKS} DDB-TABLE-056, -057, -152, -179, -326, -369, -370, -433, -452; "
    "docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-switching-capacity-modes.html",
)
def change_capacity_as_the_service_does() -> None:
    """UpdateTable refuses what the service refuses, takes as long as the service, and indexes lag behind the table."""
    service = _service()
    original = service._update_table
    durations = ChangeDurations.from_environment()

    def update_table(request: dict[str, Any]) -> Response:
        name = service._normalize_table_name(request.get("TableName"))
        if name not in service._tables:
            return cast(Response, original(request))
        with _lock:
            now = time.time()
            table = service._tables[name]
            state = state_of(table, now)
            location = _location(name)
            index_updates = request.get("GlobalSecondaryIndexUpdates") or []
            creates = [update["Create"] for update in index_updates if "Create" in update]
            deletes = [update["Delete"]["IndexName"] for update in index_updates if "Delete" in update]
            is_protected = bool(table.get("DeletionProtectionEnabled"))
            decreases_before = {
                resource_name: resource["decreases"] for resource_name, resource in _named_resources(state)
            }
            try:
                update = update_rules.judge_update(state, request, now, location)
                for create in creates:
                    create_rules.judge_index_create(state, create, request, update.switch_to, location)
                protection = request.get("DeletionProtectionEnabled")
                update_quotas.judge_protection(
                    protection, is_protected, table.get(PROTECTION_CHANGED), now, location
                )
            except Refusal as refusal:
                return _refuse(refusal)
            rest = _without_capacity(request)
            if len(rest) > 1 or not any(
                request.get(member) is not None
                for member in (*_CAPACITY_MEMBERS, "GlobalSecondaryIndexUpdates")
            ):
                response = cast(Response, original(rest))
                if response[0] != 200:
                    return response
                state = state_of(table, now)
            if bool(table.get("DeletionProtectionEnabled")) != is_protected:
                table[PROTECTION_CHANGED] = now
            update_rules.apply_update(state, update, now, durations)
            if request.get("StreamSpecification") is not None:
                capacity.start_stream_change(state, now, durations)
            for index_name in deletes:
                capacity.start_index_deletion(state, index_name, now, durations)
            for create in creates:
                capacity.start_index_build(state, create["IndexName"], now, durations)
            description = service._table_description(name)
            _answer_as_update(description, decreases_before, update)
            return cast(Response, service.json_response({"TableDescription": description}))

    service._update_table = update_table


def _named_resources(state: TableState) -> list[tuple[str, capacity.ResourceCapacity]]:
    """The table under the name "", then every index."""
    return [("", state["table"]), *state["indexes"].items()]


def _without_capacity(request: dict[str, Any]) -> dict[str, Any]:
    """The request for MiniStack's own UpdateTable: without the members that the capacity rules handle."""
    rest = {member: value for member, value in request.items() if member not in _CAPACITY_MEMBERS}
    creates = [update for update in request.get("GlobalSecondaryIndexUpdates") or [] if "Create" in update]
    rest.pop("GlobalSecondaryIndexUpdates", None)
    if creates:
        rest["GlobalSecondaryIndexUpdates"] = creates
    elif set(rest) == {"TableName", "AttributeDefinitions"} and request.get("GlobalSecondaryIndexUpdates"):
        rest.pop("AttributeDefinitions")  # DDB-TABLE-162: read for the creation of an index only
    if set(rest) == {"TableName", "AttributeDefinitions"} and any(
        request.get(member) is not None for member in _CAPACITY_MEMBERS
    ):
        rest.pop("AttributeDefinitions")
    return rest


def _answer_as_update(
    description: dict[str, Any], decreases_before: dict[str, int], update: AcceptedUpdate
) -> None:
    """Turn a description into UpdateTable's answer.

    The answer has the decrease counters from before the update and -1 for a removed maximum (DDB-TABLE-184, -182).
    """
    resources = [
        ("", description),
        *((index["IndexName"], index) for index in description.get("GlobalSecondaryIndexes") or []),
    ]
    for name, members in resources:
        if name in decreases_before:
            members["ProvisionedThroughput"]["NumberOfDecreasesToday"] = decreases_before[name]
        maxima = update.maxima if not name else update.index_maxima.get(name)
        for member, value in zip(("MaxReadRequestUnits", "MaxWriteRequestUnits"), maxima or (), strict=False):
            if value == -1:
                members.setdefault("OnDemandThroughput", {})[member] = value
    if update.without_effect:
        description["TableStatus"] = "UPDATING"  # DDB-TABLE-156
    if update.is_reversal:
        description["BillingModeSummary"] = {
            **description.get("BillingModeSummary", {}),
            "BillingMode": capacity.ON_DEMAND,
        }
        description["ProvisionedThroughput"].update(ReadCapacityUnits=0, WriteCapacityUnits=0)


@correction("dynamodb.delete-table", f"{QUIRKS} DDB-TABLE-063, -069, -150, -442")
def refuse_to_delete_a_changing_table() -> None:
    """DeleteTable is refused of a protected table, and while table, index or warm throughput is being changed."""
    service = _service()
    original = service._delete_table

    def delete_table(request: dict[str, Any]) -> Response:
        name = service._normalize_table_name(request.get("TableName"))
        with _lock:
            table = service._tables.get(name)
            if table is not None:
                try:
                    create_rules.judge_delete(
                        state_of(table, time.time()),
                        TableLocation(name, service.get_region()),
                        is_protected=bool(table.get("DeletionProtectionEnabled")),
                    )
                except Refusal as refusal:
                    return _refuse(refusal)
            return cast(Response, original(request))

    service._delete_table = delete_table
