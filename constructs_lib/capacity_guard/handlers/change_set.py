"""The change set of the operation that runs the gate, and whether it is of this operation at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .aws import GateAws

_RUNNING = "EXECUTE_IN_PROGRESS"
_DRIFT_MEMBERS = ("ResourceDriftStatus", "ResourceDriftIgnoredAttributes", "PreviousDeploymentContext")


@dataclass(frozen=True)
class ChangeSet:
    """A change set as DescribeChangeSet shows it.

    Attributes:
        id: its ARN.
        fields: everything but the changes.
        changes: the resource changes.
    """

    id: str
    fields: Mapping[str, Any]
    changes: tuple[Mapping[str, Any], ...]

    def foreign(self, stack_id: str) -> str | None:
        """Why this is not the change set of the running operation; ``None`` if it is.

        DescribeStacks shows a change set, and does not say of which operation: after UpdateStack it may still be an
        earlier one. A change set that runs has the status EXECUTE_IN_PROGRESS, and one whose operation has ended never has
        it again (API: DescribeChangeSet, ExecutionStatus).
        """
        status, owner = self.fields.get("ExecutionStatus"), self.fields.get("StackId")
        if owner is not None and owner != stack_id:
            return f"is of another stack ({owner})"
        if status != _RUNNING:
            return f"has the status {status or 'unknown'} instead of {_RUNNING}"
        return None

    @property
    def reverts_drift(self) -> bool:
        """Whether it is drift-aware: it compares with the live resources instead of the deployed template alone
        (CloudFormation User Guide: drift-aware-change-sets)."""
        return bool(
            self.fields.get("DeploymentMode")
            or self.fields.get("StackDriftStatus")
            or any(_shows_drift(change) for change in self.changes)
        )


def _shows_drift(change: Mapping[str, Any]) -> bool:
    if change.get("Action") == "SyncWithActual" or any(change.get(name) for name in _DRIFT_MEMBERS):
        return True
    targets = [detail.get("Target") or {} for detail in change.get("Details") or ()]
    return any(
        target.get("Drift")
        or target.get("BeforeValueFrom") == "ACTUAL_STATE"
        or target.get("AttributeChangeType") == "SyncWithActual"
        for target in targets
    )


def read_change_set(aws: GateAws, id: str, stack_id: str) -> ChangeSet:
    """Read a change set.

    Raises:
        AwsError: it cannot be read.
    """
    fields, changes = aws.change_set(id, stack_id)
    return ChangeSet(id, fields, tuple(changes))


__all__ = ["ChangeSet", "read_change_set"]
