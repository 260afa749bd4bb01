"""An UpdateTable request, and the checks of DynamoDB that do not depend on the table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.models import Refusal

INVALID = "One or more parameter values were invalid: "
_NAMES = (
    "ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, "
    "ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass"
)
_ALONE = (
    ("SSESpecification", "Server-Side Encryption modification"),
    ("TableClass", "TableClass modification"),
    ("DeletionProtectionEnabled", "DeletionProtection modification"),
    ("WarmThroughput", "WarmThroughput"),
)
"""Members that must be the only one of a request, in the order in which the service checks them (DDB-TABLE-433)."""


def check_table_name(name: str) -> None:
    """Refuse a name that no table can have (API: CreateTable, TableName)."""
    broken = {
        "length greater than or equal to 3": len(name) < 3,
        "length less than or equal to 255": len(name) > 255,
        "satisfy regular expression pattern: [a-zA-Z0-9_.-]+": re.fullmatch(r"[a-zA-Z0-9_.-]+", name) is None,
    }
    for constraint, is_broken in broken.items():
        if is_broken:
            must = constraint if constraint.startswith("satisfy") else f"have {constraint}"
            value = f"1 validation error detected: Value '{name}' at 'tableName'"
            message = f"{value} failed to satisfy constraint: Member must {must}"
            raise Refusal("ValidationException", message)


def invalid(message: str) -> Refusal:
    """A ValidationException about values."""
    return Refusal("ValidationException", INVALID + message)


def limit(message: str) -> Refusal:
    """A LimitExceededException."""
    return Refusal("LimitExceededException", message)


def failure() -> Refusal:
    """The internal failure for some empty structures, which does not end (DDB-TABLE-448)."""
    return Refusal("InternalFailure", "", 500)


@dataclass(frozen=True)
class Request:
    """The members of an UpdateTable request.

    Attributes:
        given: the members of the request, without TableName.
        created: indexes to create, by name.
        changed: indexes to change, by name.
        deleted: names of indexes to delete.
    """

    given: Mapping[str, Any]
    created: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    changed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()

    @property
    def mode(self) -> str | None:
        member: str | None = self.given.get("BillingMode")
        return member

    @property
    def units(self) -> Mapping[str, int] | None:
        member: Mapping[str, int] | None = self.given.get("ProvisionedThroughput")
        return member

    @property
    def warm(self) -> Mapping[str, int] | None:
        member: Mapping[str, int] | None = self.given.get("WarmThroughput")
        return member

    @property
    def maxima(self) -> Mapping[str, int] | None:
        member: Mapping[str, int] | None = self.given.get("OnDemandThroughput")
        return member

    @property
    def changes_table_iops(self) -> bool:
        """Whether it changes the table's IOPS, as the service calls units and mode."""
        return self.units is not None or self.mode is not None

    @staticmethod
    def of(parameters: Mapping[str, Any]) -> Request:
        """Read a request.

        Raises:
            Refusal: it changes nothing, or changes one index twice.
        """
        given = {name: value for name, value in parameters.items() if name != "TableName"}
        if len(_changes(given)) > 1:
            # an empty structure beside another member is dropped, and alone an internal failure (DDB-TABLE-456, -448)
            given = {
                name: value
                for name, value in given.items()
                if value != {} or name not in ("WarmThroughput", "OnDemandThroughput")
            }
        if not _changes(given):
            raise Refusal("ValidationException", f"At least one of {_NAMES} is required")
        if given.get("GlobalSecondaryIndexUpdates") == []:
            raise invalid("List of GlobalSecondaryIndexUpdates is empty")
        return _index_updates(given)

    def check_combination(self) -> None:
        """Refuse members that cannot be combined (DDB-TABLE-433, -174, -159).

        Raises:
            Refusal: they cannot.
        """
        _check_combination(self, _changes(self.given))


def _changes(given: Mapping[str, Any]) -> list[str]:
    """Names of the members that ask for a change."""
    return [name for name, value in given.items() if name != "AttributeDefinitions" and value != []]


def _index_updates(given: Mapping[str, Any]) -> Request:
    created: dict[str, Mapping[str, Any]] = {}
    changed: dict[str, Mapping[str, Any]] = {}
    deleted: list[str] = []
    for update in given.get("GlobalSecondaryIndexUpdates", ()):
        ((kind, members),) = update.items()
        name = members["IndexName"]
        if name in created or name in changed or name in deleted:
            raise invalid(
                f"Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )
        if members.get("WarmThroughput") == {}:
            # before the index or even the table is looked for (DDB-TABLE-456)
            raise invalid(
                "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for "
                f"index: {name}"
            )
        if kind == "Delete":
            deleted.append(name)
        else:
            (created if kind == "Create" else changed)[name] = members
    return Request(given, created, changed, tuple(deleted))


def _check_combination(request: Request, operations: list[str]) -> None:
    changes_indexes = bool(request.created or request.deleted)
    for name, text in _ALONE:
        if name not in operations:
            continue
        if name == "WarmThroughput" and request.created and len(operations) == 2:
            raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
        if len(operations) > 1:
            raise invalid(f"{text} must be the only operation in the request")
    # maxima of the table beside actions on indexes: no source has the pair, so none refuses it here
    beside_maxima = {"OnDemandThroughput", "BillingMode", "GlobalSecondaryIndexUpdates"}
    if request.maxima is not None and set(operations) - beside_maxima:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    if request.units is not None and "StreamSpecification" in operations:
        raise invalid("You cannot modify stream status while updating table IOPS")
    if changes_indexes and request.units is not None:
        raise invalid("You cannot create or delete index while updating table IOPS")
    if changes_indexes and "StreamSpecification" in operations:
        raise invalid("You cannot create or delete index while changing stream status")
    if len(operations) > 1 and any("WarmThroughput" in change for change in request.changed.values()):
        # assumed of an index's warm throughput, because it holds for the table's
        raise invalid("WarmThroughput must be the only operation in the request")
