"""UpdateTable as far as capacity is concerned: what a request does, or why the service refuses it.

`judge_update` changes nothing and returns the accepted change; `apply_update` starts it. A refusal is therefore
atomic. The checks are in `update_members` (the request), `requested_capacity` (its values), `running_changes` and
`update_quotas` (the table's past).

Source: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import table_capacity as capacity
from .durations import ChangeDurations
from .refusals import Refusal, TableLocation
from .requested_capacity import (
    check_account_quota,
    check_table_quota,
    on_demand_maxima,
    provisioned_units,
    warm_target,
)
from .running_changes import check_running_changes
from .table_capacity import (
    ACCESS_NAMES,
    ON_DEMAND,
    PROVISIONED,
    READ,
    WRITE,
    Maxima,
    ResourceCapacity,
    TableState,
    UnitPair,
)
from .update_members import check_combination, check_modes, check_presence, read_index_updates
from .update_quotas import check_decrease, check_switches


@dataclass
class AcceptedUpdate:
    """What an accepted UpdateTable does to the capacity of a table; units and maxima are (read, write) pairs."""

    switch_to: str | None = None
    units: UnitPair | None = None
    index_units: dict[str, UnitPair] = field(default_factory=dict)
    maxima: Maxima | None = None
    index_maxima: dict[str, Maxima] = field(default_factory=dict)
    warm: UnitPair | None = None
    index_warm: dict[str, UnitPair] = field(default_factory=dict)
    without_effect: bool = False
    """The service answers 200 with UPDATING, and changes nothing."""
    is_reversal: bool = False
    """It would reverse a running switch to provisioned; the answer shows on-demand without units."""


def judge_update(
    state: TableState, request: dict[str, Any], now: float, location: TableLocation
) -> AcceptedUpdate:
    """What an UpdateTable request does to the capacity of a table.

    state: settled to `now` (seconds since 1970); it is not changed.
    Raises Refusal when the service refuses the request.
    """
    request = _without_empty_structures(request)
    if request.get("BillingMode") not in (None, PROVISIONED, ON_DEMAND):
        raise Refusal(
            "ValidationException",
            f"1 validation error detected: Value '{request['BillingMode']}' at 'billingMode' failed to satisfy "
            "constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
        )
    check_presence(request)
    update = AcceptedUpdate()
    if request.get("ProvisionedThroughput") is not None:
        update.units = provisioned_units(request["ProvisionedThroughput"])
    index_updates = read_index_updates(state, request, location)
    for name, action in index_updates.items():
        if action.get("ProvisionedThroughput") is not None:
            update.index_units[name] = provisioned_units(action["ProvisionedThroughput"])
    check_combination(request, index_updates)
    check_modes(state, request, index_updates)

    mode = request.get("BillingMode")
    is_reversal = mode == ON_DEMAND and state["switch_to"] == PROVISIONED
    if mode == ON_DEMAND and state["mode"] == ON_DEMAND:
        # DDB-TABLE-156: the mode in force is sent again. The rest of the request is judged as if it were alone.
        update.without_effect = request.get("OnDemandThroughput") is None and not index_updates
        mode = None
    _read_maxima_and_warm(update, state, request, index_updates, location)
    check_running_changes(state, {**request, "BillingMode": mode}, index_updates, now, location)
    if is_reversal:
        return AcceptedUpdate(without_effect=True, is_reversal=True)  # DDB-TABLE-452: 200, and dropped
    if mode is not None and mode != state["mode"]:
        update.switch_to = mode
        if mode == ON_DEMAND:
            check_switches(state, now)
    _check_units(state, update, now, location)
    return update


def _without_empty_structures(request: dict[str, Any]) -> dict[str, Any]:
    """The request without an empty WarmThroughput or OnDemandThroughput beside another change.

    The service drops it silently (DDB-TABLE-456). Alone it is an internal failure (DDB-TABLE-448).
    """
    changes = [name for name in request if name not in ("TableName", "AttributeDefinitions")]
    empty = [name for name in ("WarmThroughput", "OnDemandThroughput") if request.get(name) == {}]
    if len(changes) == len(empty):
        return request
    return {name: value for name, value in request.items() if name not in empty}


def _read_maxima_and_warm(
    update: AcceptedUpdate,
    state: TableState,
    request: dict[str, Any],
    index_updates: dict[str, dict[str, Any]],
    location: TableLocation,
) -> None:
    if request.get("OnDemandThroughput") is not None:
        update.maxima = on_demand_maxima(request["OnDemandThroughput"], "table", location, removable=True)
    if request.get("WarmThroughput") is not None:
        update.warm = warm_target(request["WarmThroughput"], state["table"], "table", location)
    for name, action in index_updates.items():
        if action.get("OnDemandThroughput") is not None:
            update.index_maxima[name] = on_demand_maxima(
                action["OnDemandThroughput"], f"index : {name}", location, removable=True
            )
        if action.get("WarmThroughput") is not None:
            update.index_warm[name] = warm_target(
                action["WarmThroughput"], state["indexes"][name], f"index {name}", location
            )


def _check_units(state: TableState, update: AcceptedUpdate, now: float, location: TableLocation) -> None:
    total = [0, 0]
    requested: list[tuple[str | None, ResourceCapacity, UnitPair | None]] = [
        (None, state["table"], update.units),
        *((name, index, update.index_units.get(name)) for name, index in state["indexes"].items()),
    ]
    for name, resource, units in requested:
        if units is not None:
            if update.switch_to is None and units == resource["units"]:
                raise _equal_units(units, resource, name)
            check_table_quota(units, name, location)
        for position in (READ, WRITE):
            total[position] += (units or resource["next_units"] or resource["units"])[position]
    if update.units is not None or update.index_units:
        check_account_quota(total, location)
    for _, resource, units in requested:
        # The service refuses the entire call if one of its resources has used up its decreases (DDB-TABLE-157).
        if units is not None and update.switch_to is None:
            check_decrease(resource, units, now)


def _equal_units(units: UnitPair, resource: ResourceCapacity, index: str | None) -> Refusal:
    # DDB-TABLE-057 for the table, -164 for an index
    subject = f"the index {index}" if index else "the table"
    for_subject = f"index {index}" if index else "the table"
    lines = [
        f"The provisioned throughput for {subject} will not change. The requested value equals the current value."
    ]
    for access, position in ACCESS_NAMES:
        lines.append(
            f"Current {access}CapacityUnits provisioned for {for_subject}: {resource['units'][position]}."
        )
        lines.append(f"Requested {access}CapacityUnits: {units[position]}.")
    lines.append(
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )
    return Refusal("ValidationException", " ".join(lines))


def apply_update(state: TableState, update: AcceptedUpdate, now: float, durations: ChangeDurations) -> None:
    """Start an accepted UpdateTable at `now` (seconds since 1970); later calls of `settle` end it."""
    if update.without_effect:
        return
    if update.switch_to is not None:
        capacity.start_switch(
            state, update.switch_to, update.units, update.index_units, update.maxima, now, durations
        )
    else:
        end = now + durations.provisioned_change
        if update.units is not None:
            capacity.start_units(state["table"], update.units, end, now)
        for name, units in update.index_units.items():
            capacity.start_units(state["indexes"][name], units, now + durations.index_change, now)
        if update.maxima is not None:
            capacity.merge_maxima(state["table"], update.maxima)  # synchronous (DDB-TABLE-178)
    for name, maxima in update.index_maxima.items():
        index = state["indexes"][name]
        capacity.merge_maxima(index, maxima)
        if index["status"] == "ACTIVE":
            index["status"] = "UPDATING"  # DDB-TABLE-135: about 2 s; the new values are shown at once
            index["busy_until"] = now + durations.provisioned_change
    if update.warm is not None:
        capacity.start_warm(state["table"], update.warm, now, durations)
    for name, target in update.index_warm.items():
        capacity.start_warm(state["indexes"][name], target, now, durations)


__all__ = ["AcceptedUpdate", "apply_update", "judge_update"]
