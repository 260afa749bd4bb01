"""What the fake DynamoDB refuses while an earlier change of a table or of an index still runs.

Sources: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn). Where several reasons hold at once and no
source has measured which of them is named, the order here is that of the request's checks in the notes of DDB-TABLE-369 and -375.
"""

from __future__ import annotations

from tests.fakes.dynamodb_request import Request, limit
from tests.fakes.dynamodb_state import FakeTable
from tests.fakes.models import Refusal

INDEX_LIMIT = 20


def busy(reason: str) -> Refusal:
    """A ResourceInUseException."""
    return Refusal("ResourceInUseException", f"Attempt to change a resource which is still in use: {reason}")


def check_running(table: FakeTable, request: Request) -> None:
    """Raise where a change that runs does not let the request pass.

    Raises:
        Refusal: the error of the service; it names the change that runs.
    """
    _one_index_at_a_time(table, request)
    states = {name: index.status for name, index in table.indexes()}
    deleting = [name for name, status in states.items() if status == "DELETING"]
    allocating = [name for name, index in table.indexes() if index.backfilling is False]
    for name in request.changed:
        if name in deleting:
            raise busy(f"Index is being deleted. Table: {table.name} Index: {name}")
        if name in allocating:
            raise busy(
                f"Index is being created but is not backfilling yet. Table: {table.name} Index: {name}"
            )
    _moving_table(table, request)
    _indexes_in_motion(table, request, deleting, allocating)
    if table.stream_moves and (request.created or request.deleted):
        raise busy("Can't create or delete an index when stream status is being updated.")
    switches = request.mode is not None and request.mode != table.mode
    for name, status in states.items():
        change = request.changed.get(name, {})
        if status == "UPDATING" and (
            switches or "ProvisionedThroughput" in change or "OnDemandThroughput" in change
        ):
            raise busy(f"Index is being updated. Table: {table.name} Index: {name}")


def _changes_iops(table: FakeTable, request: Request) -> bool:
    """Whether the request changes the table's IOPS, as the service calls units and mode.

    The mode in force, sent again, changes nothing (DDB-TABLE-375), nor does the reversal of a switch to provisioned, which is
    accepted and dropped (DDB-TABLE-452).
    """
    if request.units is not None:
        return True
    if request.mode is None:
        return False
    nothing = request.mode == "PAY_PER_REQUEST" and table.serves_on_demand
    return not nothing


def _one_index_at_a_time(table: FakeTable, request: Request) -> None:
    if not request.created and not request.deleted:
        return
    running = {name for name, index in table.indexes() if index.status in ("CREATING", "DELETING")}
    if len(request.created) + len(request.deleted) > 1 or running - set(request.deleted):
        raise limit(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    for name in request.deleted:
        index = table.resources[f"index/{name}"]
        if index.status == "DELETING":
            raise busy(f"Index is being deleted. Table: {table.name} Index: {name}")
        if index.backfilling is False:
            raise busy(
                "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when "
                f"the index is active. Table: {table.name} Index: {name}"
            )
    if request.created and len(table.resources) - 1 >= INDEX_LIMIT:
        raise limit(
            f"Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of {INDEX_LIMIT}"
        )


def _moving_table(table: FakeTable, request: Request) -> None:
    if table.moving is None:
        return
    changes_units = any("ProvisionedThroughput" in change for change in request.changed.values())
    maxima = request.maxima is not None or any(
        "OnDemandThroughput" in change for change in request.changed.values()
    )
    if _changes_iops(table, request) or changes_units:
        raise busy(f"Table IOPS are currently being updated. Table: {table.name}")
    if maxima and table.moving != "units":
        raise busy("OnDemandThroughput cannot be updated while BillingMode update is in progress")
    if "StreamSpecification" in request.given:
        raise busy(f"Can't enable or disable stream while table IOPS are being updated. Table: {table.name}")
    if request.created or request.deleted:
        raise busy(f"Can't create or delete indexes while table IOPS are being updated. Table: {table.name}")


def _indexes_in_motion(
    table: FakeTable, request: Request, deleting: list[str], allocating: list[str]
) -> None:
    maxima = request.maxima is not None or any(
        "OnDemandThroughput" in change for change in request.changed.values()
    )
    for names, participle, noun in ((deleting, "deleted", "deletion"), (allocating, "created", "creation")):
        listed = ", ".join(names)
        if names and _changes_iops(table, request):
            raise busy(
                f"Can't change table IOPS when an index is being {participle}. Table: {table.name} Indexes: [{listed}]"
            )
        if names and maxima:
            raise busy(
                f"OnDemandThroughput cannot be updated while index {noun} is in progress for indexes: [{listed}]"
            )
    if allocating and "StreamSpecification" in request.given:
        raise busy("Can't change stream status when an index is being created")
    if allocating and request.warm is not None:
        raise Refusal("InternalServerError", "Table is under system maintenance, please try again later", 500)
