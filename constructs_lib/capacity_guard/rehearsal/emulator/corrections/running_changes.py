"""What UpdateTable refuses while an earlier change of the table or of an index still runs.

Source: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn).
"""

from __future__ import annotations

from typing import Any

from .refusals import Refusal, TableLocation, in_use, limit_exceeded
from .table_capacity import TableState, indexes_in_allocation

INDEX_LIMIT = 20  # global secondary indexes of a table (DDB-TABLE-169)


def check_running_changes(
    state: TableState,
    request: dict[str, Any],
    index_updates: dict[str, dict[str, Any]],
    now: float,
    location: TableLocation,
) -> None:
    """What a running change refuses; the message names the running change (DDB-TABLE-369, -370, -444). Raises Refusal.

    index_updates: the `Update` actions of the request by index name.
    """
    allocating = indexes_in_allocation(state, now)
    _check_index_creation_and_deletion(state, request, allocating, location)
    changes_table = request.get("BillingMode") is not None or request.get("ProvisionedThroughput") is not None
    changes_indexes = any(
        action.get("ProvisionedThroughput") is not None for action in index_updates.values()
    )
    changes_maxima = request.get("OnDemandThroughput") is not None or any(
        action.get("OnDemandThroughput") is not None for action in index_updates.values()
    )
    changes_stream = request.get("StreamSpecification") is not None
    deleting = [name for name, index in state["indexes"].items() if index["status"] == "DELETING"]
    for name in index_updates:
        if name in deleting:
            raise in_use(f"Index is being deleted. Table: {location.table} Index: {name}")
        if name in allocating:  # DDB-TABLE-163
            raise in_use(
                f"Index is being created but is not backfilling yet. Table: {location.table} Index: {name}"
            )
    if state["switch_to"] is not None or state["table"]["next_units"] is not None:
        if changes_table or changes_indexes:
            raise in_use(f"Table IOPS are currently being updated. Table: {location.table}")
        if changes_maxima and state["switch_to"] is not None:
            raise in_use("OnDemandThroughput cannot be updated while BillingMode update is in progress")
        if changes_stream:
            raise in_use(
                f"Can't enable or disable stream while table IOPS are being updated. Table: {location.table}"
            )
        if _creates_or_deletes_index(request):
            raise in_use(
                f"Can't create or delete indexes while table IOPS are being updated. Table: {location.table}"
            )
    for names, participle, noun in ((deleting, "deleted", "deletion"), (allocating, "created", "creation")):
        listed = ", ".join(names)
        if names and changes_table:
            raise in_use(
                f"Can't change table IOPS when an index is being {participle}. Table: {location.table} Indexes: [{listed}]"
            )
        if names and changes_maxima:
            raise in_use(
                f"OnDemandThroughput cannot be updated while index {noun} is in progress for indexes: [{listed}]"
            )
    if allocating and changes_stream:
        raise in_use("Can't change stream status when an index is being created")
    if allocating and request.get("WarmThroughput") is not None:
        # DDB-TABLE-458: a conflict that the service reports as an internal failure
        raise Refusal("InternalServerError", "Table is under system maintenance, please try again later", 500)
    if now < state["stream_until"] and _creates_or_deletes_index(request):
        raise in_use("Can't create or delete an index when stream status is being updated.")  # DDB-TABLE-175
    _check_updating_indexes(state, request, index_updates, location)


def _creates_or_deletes_index(request: dict[str, Any]) -> bool:
    return any("Update" not in entry for entry in request.get("GlobalSecondaryIndexUpdates") or [])


def _check_index_creation_and_deletion(
    state: TableState, request: dict[str, Any], allocating: list[str], location: TableLocation
) -> None:
    """One index at a time is created or deleted (DDB-TABLE-159, -149); a table has at most 20 (DDB-TABLE-169)."""
    entries = request.get("GlobalSecondaryIndexUpdates") or []
    created = [entry["Create"]["IndexName"] for entry in entries if "Create" in entry]
    deleted = [entry["Delete"]["IndexName"] for entry in entries if "Delete" in entry]
    if not created and not deleted:
        return
    busy = {name for name, index in state["indexes"].items() if index["status"] in ("CREATING", "DELETING")}
    if len(created) + len(deleted) > 1 or busy - set(deleted):
        raise limit_exceeded(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    for name in deleted:
        if state["indexes"][name]["status"] == "DELETING":
            raise in_use(f"Index is being deleted. Table: {location.table} Index: {name}")
        if name in allocating:
            raise in_use(
                "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the "
                f"index is active. Table: {location.table} Index: {name}"
            )
    if created and len(state["indexes"]) >= INDEX_LIMIT:
        raise limit_exceeded(
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of "
            f"{INDEX_LIMIT}"
        )


def _check_updating_indexes(
    state: TableState,
    request: dict[str, Any],
    index_updates: dict[str, dict[str, Any]],
    location: TableLocation,
) -> None:
    """While an index is UPDATING, neither it nor the billing mode can be changed (DDB-TABLE-135)."""
    switches = request.get("BillingMode") not in (None, state["mode"])
    for name, index in state["indexes"].items():
        action = index_updates.get(name) or {}
        changes_index = (
            action.get("ProvisionedThroughput") is not None or action.get("OnDemandThroughput") is not None
        )
        if index["status"] == "UPDATING" and (changes_index or switches):
            raise in_use(f"Index is being updated. Table: {location.table} Index: {name}")


__all__ = ["INDEX_LIMIT", "check_running_changes"]
