"""Corrections of the emulated DynamoDB: capacity behaves as on the service.

The rules are in `_update_rules`, the state in `_table_capacity`, the durations in `_seconds`; here they
are put in the place of MiniStack's own UpdateTable, CreateTable, DeleteTable and DescribeTable.
CloudFormation and auto scaling call the same functions of that module, so they meet the same service.
"""

from __future__ import annotations

import copy
import threading
import time
from typing import Any, cast

from . import _create_rules as create_rules
from . import _table_capacity as capacity
from . import _update_rules as rules
from . import correction
from ._seconds import Seconds
from ._table_capacity import TableState

QUIRKS = "aws-controllers-k8s/dynamodb-controller docs/api-quirks"
STATE = "_capacity"
"""Key of the capacity state inside MiniStack's record of a table."""
PROTECTION_CHANGED = "_deletion_protection_changed"
"""Key of the moment, in seconds since 1970, at which deletion protection was last changed."""

# UpdateTable reads, judges and writes; CloudFormation calls it from threads of its own.
_lock = threading.RLock()
_OURS = ("BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")

Response = tuple[int, dict[str, str], bytes]


def _service() -> Any:
    from ministack.services import dynamodb

    return dynamodb


def state_of(table: dict[str, Any], now: float) -> TableState:
    """The settled capacity state of a MiniStack table record, made from the record when it has none yet.

    The mode and throughput in force are written back into the record, which MiniStack's own code reads.
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
    table["ProvisionedThroughput"] = _plain(state["table"])
    for index in indexes:
        index["ProvisionedThroughput"] = _plain(state["indexes"][index["IndexName"]])
    return state


def _remove_index(table: dict[str, Any], name: str) -> None:
    """Take an index out of MiniStack's record, and the attribute that only it used (DDB-TABLE-151)."""
    rest = [index for index in table.get("GlobalSecondaryIndexes") or [] if index["IndexName"] != name]
    table["GlobalSecondaryIndexes"] = rest
    table.pop(_service()._INDEX_MEMBERS, None)
    used = {
        key["AttributeName"]
        for keys in (table, *rest, *(table.get("LocalSecondaryIndexes") or []))
        for key in keys.get("KeySchema") or []
    }
    table["AttributeDefinitions"] = [
        each for each in table.get("AttributeDefinitions") or [] if each["AttributeName"] in used
    ]


def _plain(scope: capacity.Scope) -> dict[str, int]:
    return {"ReadCapacityUnits": scope["units"][0], "WriteCapacityUnits": scope["units"][1]}


def _place(name: str) -> rules.Place:
    """The table's place, with what the other provisioned tables of the account reserve."""
    service = _service()
    reserved = [0, 0]
    now = time.time()
    for other in service._tables.values():
        if other["TableName"] == name:
            continue
        for scope in capacity.scopes(state_of(other, now)):
            for side in (capacity.READ, capacity.WRITE):
                reserved[side] += (scope["next_units"] or scope["units"])[side]
    return rules.Place(name, service.get_region(), (reserved[0], reserved[1]))


def _refuse(refusal: rules.Refusal) -> Response:
    response = _service().error_response_json(refusal.code, refusal.message, refusal.status)
    return cast(Response, response)


@correction("dynamodb.describe-table", f"{QUIRKS} DDB-TABLE-025, -028, -055, -064, -134, -138, -179")
def describe_the_capacity_in_force() -> None:
    """DescribeTable shows status, mode, throughput, warm throughput and maxima of table and every index."""
    service = _service()
    original = service._table_description

    def table_description(name: str) -> dict[str, Any]:
        state = state_of(service._tables[name], time.time())
        description = cast("dict[str, Any]", original(name))
        for member in ("BillingModeSummary", "OnDemandThroughput"):
            description.pop(member, None)
        members = capacity.table_members(state)
        if description.get("TableStatus") != "ACTIVE":
            members["TableStatus"] = description["TableStatus"]  # MiniStack's own states of vector indexes
        description.update(members)
        shown = []
        for index in description.get("GlobalSecondaryIndexes") or []:
            index = copy.deepcopy(index)
            for member in ("OnDemandThroughput", "Backfilling"):
                index.pop(member, None)
            index.update(capacity.index_members(state, index["IndexName"]))
            index.setdefault("IndexArn", f"{description['TableArn']}/index/{index['IndexName']}")
            index.setdefault("IndexSizeBytes", 0)
            index.setdefault("ItemCount", 0)
            shown.append(index)
        if shown:
            description["GlobalSecondaryIndexes"] = shown
        return description

    service._table_description = table_description


@correction("dynamodb.create-table", f"{QUIRKS} DDB-TABLE-024, -038, -039, -128, -032")
def create_tables_with_their_capacity() -> None:
    """CreateTable refuses what the service refuses and keeps warm throughput and maxima of table and indexes."""
    service = _service()
    original = service._create_table

    def create_table(data: dict[str, Any]) -> Response:
        name = data.get("TableName")
        known = isinstance(name, str) and name in service._tables
        if (
            isinstance(name, str)
            and not known
            and data.get("BillingMode") in (None, "PROVISIONED", "PAY_PER_REQUEST")
        ):
            try:
                create_rules.judge_create(data, _place(name))
            except rules.Refusal as refusal:
                return _refuse(refusal)
        with _lock:
            response = cast(Response, original(data))
            if known or response[0] != 200:
                return response
            table = service._tables[name]
            table[STATE] = capacity.from_description(data, time.time())
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
    """UpdateTable refuses, takes its time, and lets the indexes lag behind the table."""
    service = _service()
    original = service._update_table
    seconds = Seconds.from_environment()

    def update_table(data: dict[str, Any]) -> Response:
        name = service._normalize_table_name(data.get("TableName"))
        if name not in service._tables:
            return cast(Response, original(data))
        with _lock:
            now = time.time()
            table = service._tables[name]
            state = state_of(table, now)
            place = _place(name)
            updates = data.get("GlobalSecondaryIndexUpdates") or []
            creates = [update["Create"] for update in updates if "Create" in update]
            deletes = [update["Delete"]["IndexName"] for update in updates if "Delete" in update]
            is_protected = bool(table.get("DeletionProtectionEnabled"))
            before = {scope_name: scope["decreases"] for scope_name, scope in _named(state)}
            try:
                plan = rules.judge_update(state, data, now, place)
                for create in creates:
                    create_rules.judge_index_create(state, create, data, plan.switch_to)
                wanted = data.get("DeletionProtectionEnabled")
                rules.judge_protection(wanted, is_protected, table.get(PROTECTION_CHANGED), now, place)
            except rules.Refusal as refusal:
                return _refuse(refusal)
            rest = _without_capacity(data)
            if len(rest) > 1 or not any(
                data.get(member) is not None for member in (*_OURS, "GlobalSecondaryIndexUpdates")
            ):
                response = cast(Response, original(rest))
                if response[0] != 200:
                    return response
                state = state_of(table, now)
            if bool(table.get("DeletionProtectionEnabled")) != is_protected:
                table[PROTECTION_CHANGED] = now
            rules.apply_update(state, plan, now, seconds)
            for name_of_index in deletes:
                capacity.start_index_deletion(state, name_of_index, now, seconds)
            for create in creates:
                capacity.start_index_build(state, create["IndexName"], now, seconds)
            description = service._table_description(name)
            _echo(description, before, plan)
            return cast(Response, service.json_response({"TableDescription": description}))

    service._update_table = update_table


def _named(state: TableState) -> list[tuple[str, capacity.Scope]]:
    return [("", state["table"]), *state["indexes"].items()]


def _without_capacity(data: dict[str, Any]) -> dict[str, Any]:
    """The request without the members that the capacity rules have dealt with; MiniStack does the rest."""
    rest = {member: value for member, value in data.items() if member not in _OURS}
    others = [update for update in data.get("GlobalSecondaryIndexUpdates") or [] if "Create" in update]
    rest.pop("GlobalSecondaryIndexUpdates", None)
    if others:
        rest["GlobalSecondaryIndexUpdates"] = others
    elif set(rest) == {"TableName", "AttributeDefinitions"} and data.get("GlobalSecondaryIndexUpdates"):
        rest.pop("AttributeDefinitions")  # DDB-TABLE-162: consulted for the creation of an index only
    if set(rest) == {"TableName", "AttributeDefinitions"} and any(
        data.get(member) is not None for member in _OURS
    ):
        rest.pop("AttributeDefinitions")
    return rest


def _echo(description: dict[str, Any], before: dict[str, int], plan: rules.Plan) -> None:
    """The answer to UpdateTable tells the decrease counters of before and -1 of what it removes (DDB-TABLE-184, -182)."""
    shown = [
        ("", description),
        *((i["IndexName"], i) for i in description.get("GlobalSecondaryIndexes") or []),
    ]
    for name, members in shown:
        if name in before:
            members["ProvisionedThroughput"]["NumberOfDecreasesToday"] = before[name]
        removed = plan.maxima if not name else plan.index_maxima.get(name)
        for member, value in zip(
            ("MaxReadRequestUnits", "MaxWriteRequestUnits"), removed or (), strict=False
        ):
            if value == -1:
                members.setdefault("OnDemandThroughput", {})[member] = value
    if plan.without_effect:
        description["TableStatus"] = "UPDATING"  # DDB-TABLE-156


@correction("dynamodb.delete-table", f"{QUIRKS} DDB-TABLE-063, -069, -150, -442")
def refuse_to_delete_a_changing_table() -> None:
    """DeleteTable is refused of a protected table, and while table, index or warm throughput is being changed."""
    service = _service()
    original = service._delete_table

    def delete_table(data: dict[str, Any]) -> Response:
        name = service._normalize_table_name(data.get("TableName"))
        with _lock:
            table = service._tables.get(name)
            if table is not None:
                try:
                    create_rules.judge_delete(
                        state_of(table, time.time()),
                        rules.Place(name, service.get_region()),
                        is_protected=bool(table.get("DeletionProtectionEnabled")),
                    )
                except rules.Refusal as refusal:
                    return _refuse(refusal)
            return cast(Response, original(data))

    service._delete_table = delete_table
