"""The scalable targets that the emulator keeps, and the live units that they stand for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import _ministack as ministack
from ._ministack import ServiceError, dynamodb, table_description

NAMESPACE = "dynamodb"

_log = logging.getLogger("application-autoscaling")


@dataclass(frozen=True)
class Key:
    """One scalable target: account, Region, resource ("table/T" or "table/T/index/I") and scalable dimension."""

    account: str
    region: str
    resource: str
    dimension: str

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.resource.split("/")[1]

    @property
    def index(self) -> str | None:
        """Name of the index, None for the table."""
        parts = self.resource.split("/")
        return parts[3] if len(parts) == 4 else None

    @property
    def unit(self) -> str:
        """ "ReadCapacityUnits" or "WriteCapacityUnits"."""
        return self.dimension.rsplit(":", 1)[1]


@dataclass
class Target:
    """A registered scalable target with its policies (by name) and what it has done."""

    key: Key
    minimum: int
    maximum: int
    created: float
    role: str
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    suspended: dict[str, bool] = field(default_factory=dict)
    bounds_are_new: bool = True
    """Registered since the live units were last brought within the bounds."""


_targets: dict[Key, Target] = {}


_lock = threading.RLock()


def key(table: str, index: str | None, kind: str) -> Key:
    """Key in the account and Region of the current request; kind is "Read" or "Write"."""
    resource = f"table/{table}" if index is None else f"table/{table}/index/{index}"
    level = "table" if index is None else "index"
    return request_key(resource, f"dynamodb:{level}:{kind}CapacityUnits")


def request_key(resource: str, dimension: str) -> Key:
    """Key of a resource id and dimension in the account and Region of the current request."""
    responses = ministack.module("core.responses")
    return Key(responses.get_account_id(), responses.get_region(), resource, dimension)


def targets() -> list[Target]:
    """Every registered target, of every account and Region."""
    with _lock:
        return list(_targets.values())


def target(of: Key) -> Target | None:
    """The target registered under a key, else None."""
    return _targets.get(of)


def keys_of_table(table: str) -> list[Key]:
    """Keys of the targets of a table and its indexes in the account and Region of the current request."""
    scope = request_key("", "")
    with _lock:
        return [
            each
            for each in _targets
            if (each.account, each.region, each.table) == (scope.account, scope.region, table)
        ]


def _not_found(of: Key, word: str = "found") -> ServiceError:
    return ServiceError(
        "ObjectNotFoundException",
        f"No scalable target {word} for service namespace: {NAMESPACE}, resource ID: {of.resource}, "
        f"scalable dimension: {of.dimension}",
    )


@contextmanager
def scope(of: Key) -> Iterator[None]:
    """Act in the account and Region of a target, outside any request."""
    responses = ministack.module("core.responses")
    account = responses._request_account_id.set(of.account)
    region = responses._request_region.set(of.region)
    try:
        yield
    finally:
        responses._request_region.reset(region)
        responses._request_account_id.reset(account)


def live_units(of: Key) -> int | None:
    """Units per second now provisioned for a target; None in on-demand, while changing, or without a table."""
    try:
        table = table_description(of.table)
    except ServiceError:
        return None
    if (table.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return None
    if table["TableStatus"] != "ACTIVE":
        return None
    description = table
    if of.index is not None:
        found = [each for each in table.get("GlobalSecondaryIndexes") or [] if each["IndexName"] == of.index]
        if not found:
            return None
        description = found[0]
    return int(description["ProvisionedThroughput"][of.unit])


def set_units(of: Key, units: int, cause: str) -> bool:
    """Change the live units of a target through UpdateTable; False when the service refused (tried again later)."""
    table = table_description(of.table)
    description = table
    if of.index is not None:
        description = next(each for each in table["GlobalSecondaryIndexes"] if each["IndexName"] == of.index)
    throughput = {
        unit: int(description["ProvisionedThroughput"][unit])
        for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
    }
    throughput[of.unit] = units
    change: dict[str, Any] = (
        {"ProvisionedThroughput": throughput}
        if of.index is None
        else {
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": of.index, "ProvisionedThroughput": throughput}}
            ]
        }
    )
    known = _targets.get(of)
    activity = {
        "ActivityId": ministack.module("core.responses").new_uuid(),
        "ServiceNamespace": NAMESPACE,
        "ResourceId": of.resource,
        "ScalableDimension": of.dimension,
        "Description": f"Setting {_spoken(of)} to {units}.",
        "Cause": cause,
        "StartTime": time.time(),
    }
    try:
        dynamodb("_update_table", TableName=of.table, **change)
    except ServiceError as error:
        _log.info("auto scaling of %s refused: %s", of.resource, error)
        if known is not None and error.code != "ResourceInUseException":
            activity.update(StatusCode="Failed", StatusMessage=str(error), EndTime=time.time())
            known.activities.append(activity)
        return False
    if known is not None:
        activity.update(StatusCode="Successful", StatusMessage=f"Successfully set {_spoken(of)} to {units}.")
        known.activities.append({**activity, "EndTime": time.time()})
    return True


def _spoken(of: Key) -> str:
    return "read capacity units" if of.unit.startswith("Read") else "write capacity units"


__all__ = [
    "NAMESPACE",
    "Key",
    "Target",
    "key",
    "keys_of_table",
    "live_units",
    "request_key",
    "scope",
    "set_units",
    "target",
    "targets",
]
