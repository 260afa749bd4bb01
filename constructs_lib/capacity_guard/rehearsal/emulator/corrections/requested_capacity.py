"""The capacity members of a CreateTable or UpdateTable request, read and checked against the quotas of units.

Sources: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn), quotas from
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from typing import Any

from ....capacity import limits
from .refusals import Refusal, TableLocation, above_table_quota, invalid, limit_exceeded
from .table_capacity import ACCESS_NAMES, READ, WRITE, Maxima, ResourceCapacity, UnitPair

TABLE_QUOTA = limits.TABLE_QUOTA.value  # units per second, read and write alike, per table and per index
ACCOUNT_QUOTA = limits.ACCOUNT_QUOTA.value  # units per second, read and write alike


def provisioned_units(throughput: Any) -> UnitPair:
    """The units of a ProvisionedThroughput member. Raises Refusal as the service does (DDB-TABLE-038, -058)."""
    units = [(throughput or {}).get(name) for name in ("ReadCapacityUnits", "WriteCapacityUnits")]
    faults = []
    for name, value in (("writeCapacityUnits", units[WRITE]), ("readCapacityUnits", units[READ])):
        member = f"at 'provisionedThroughput.{name}' failed to satisfy constraint:"
        if value is None:
            faults.append(f"Value null {member} Member must not be null")
        elif int(value) < 1:
            faults.append(f"Value '{int(value)}' {member} Member must have value greater than or equal to 1")
    if faults:
        count = "1 validation error" if len(faults) == 1 else f"{len(faults)} validation errors"
        raise Refusal("ValidationException", f"{count} detected: {'; '.join(faults)}")
    return [int(value) for value in units if value is not None]


def on_demand_maxima(
    throughput: dict[str, Any], resource_name: str, location: TableLocation, *, removable: bool
) -> Maxima:
    """The maxima of an OnDemandThroughput member (DDB-TABLE-178, -039).

    resource_name: "table" or "index : <name>", for messages.
    removable: whether -1 removes a maximum.
    Raises Refusal.
    """
    if not throughput and removable:
        raise Refusal("InternalFailure", "", 500)  # DDB-TABLE-448: `{}` always fails
    maxima: Maxima = [None, None]
    for access, position in ACCESS_NAMES:
        value = throughput.get(f"Max{access}RequestUnits")
        if value is None:
            continue
        maxima[position] = int(value)
        member = f"Max{access}RequestUnits for OnDemandThroughput for {resource_name}"
        if int(value) < 1 and not (removable and int(value) == -1):
            raise invalid(f"Requested {member} is outside of valid range")
        if int(value) > TABLE_QUOTA:
            raise above_table_quota(member, access, location)
    return maxima


def warm_target(
    throughput: dict[str, Any], resource: ResourceCapacity, resource_name: str, location: TableLocation
) -> UnitPair:
    """The values that a WarmThroughput member raises to (DDB-TABLE-179, -155).

    resource_name: "table" or "index <name>", for messages.
    Raises Refusal for a value below the present one or above the quota.
    """
    if not throughput:
        raise Refusal("InternalFailure", "", 500)  # DDB-TABLE-437
    # An absent member keeps the value of the resource, or of its running raise (DDB-TABLE-155).
    target = list(resource["warm_target"] or resource["warm"])
    for access, position in ACCESS_NAMES:
        value = throughput.get(f"{access}UnitsPerSecond")
        if value is None:
            continue
        member = f"{access}UnitsPerSecond for WarmThroughput for {resource_name}"
        if int(value) < resource["warm"][position]:
            raise invalid(
                f"Requested {member} is lower than current "
                "WarmThroughput, decreasing WarmThroughput is not supported"
            )
        if int(value) > TABLE_QUOTA:
            raise above_table_quota(member, access, location)
        target[position] = int(value)
    return target


def check_table_quota(units: UnitPair, index: str | None, location: TableLocation) -> None:
    """Refuse units above the quota of one table or index (index None: the table). Raises Refusal."""
    for access, position in ACCESS_NAMES:
        if units[position] > TABLE_QUOTA:
            for_index = f" for index {index}" if index else ""
            level = "index" if index else "table"
            raise limit_exceeded(
                f"The requested {access}CapacityUnits{for_index}, {units[position]}, is above the per {level} maximum for the "
                f"account in {location.region}. Per table maximum: {TABLE_QUOTA}. Refer to the Amazon DynamoDB "
                "Developer Guide for current limits and how to request higher limits."
            )


def check_account_quota(total: UnitPair, location: TableLocation) -> None:
    """Refuse a table whose units, indexes included, exceed the account's quota. Raises Refusal."""
    for access, position in ACCESS_NAMES:
        if location.reserved[position] + total[position] > ACCOUNT_QUOTA:
            raise limit_exceeded(
                f"This request would have caused the {access}CapacityUnits limit to be exceeded for the account in "
                f"{location.region}. Current {access}CapacityUnits reserved by the account: {location.reserved[position]}. "
                f"Limit: {ACCOUNT_QUOTA}. Requested: {total[position]}"
            )


__all__ = [
    "ACCOUNT_QUOTA",
    "TABLE_QUOTA",
    "check_account_quota",
    "check_table_quota",
    "on_demand_maxima",
    "provisioned_units",
    "warm_target",
]
