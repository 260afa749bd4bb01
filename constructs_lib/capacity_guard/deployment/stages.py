"""The stages of a running operation, from the events of its stack. Each event is printed once, whoever asks and how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ..rollback.stages import is_given_up, reason_of
from .planned import PlannedChange

STACK = "AWS::CloudFormation::Stack"
_ENDS = ("_COMPLETE", "_FAILED")


@dataclass(frozen=True)
class Seen:
    """What became of an operation so far.

    Attributes:
        started: whether an operation has begun.
        ended: status in which it ended; ``None`` while it runs.
        is_undone: whether CloudFormation takes it back, or did.
        reasons: why, the first failure first.
    """

    started: bool = False
    ended: str | None = None
    is_undone: bool = False
    reasons: tuple[str, ...] = ()


@dataclass
class Stages:
    """Reads the events of one stack.

    Attributes:
        name: how the stack is called.
        changes: the changes that its template declares.
        seen: what became of its operation so far.
    """

    name: str
    changes: Sequence[PlannedChange]
    seen: Seen = field(default_factory=Seen)
    _told: set[str] = field(default_factory=set)
    _resources: dict[str, str] = field(default_factory=dict)

    def read(self, events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """The lines of new events.

        Args:
            events: events of the stack, the oldest first; those that were read before are left out.
        """
        for event in events:
            if event["EventId"] in self._told:
                continue
            self._told.add(event["EventId"])
            for text in self._line(event):
                yield f"{_time(event['Timestamp'])} {self.name}: {text}"

    def join(self, status: str) -> None:
        """Take an operation for begun whose first events are too old to be read.

        Args:
            status: status of the stack.
        """
        self._note(started=True, is_undone="ROLLBACK" in status)

    def has_seen(self, logical_id: str) -> bool:
        """Whether an event of a resource was read."""
        return logical_id in self._resources

    def is_preparing(self, change: PlannedChange) -> bool:
        """Whether the Preflight of a change runs."""
        return self._resources.get(change.preflight) == "CREATE_IN_PROGRESS"

    def _line(self, event: Mapping[str, Any]) -> Iterator[str]:
        status, logical_id = str(event.get("ResourceStatus")), str(event["LogicalResourceId"])
        reason = reason_of(str(event.get("ResourceStatusReason") or ""))
        if event.get("ResourceType") == STACK and event.get("PhysicalResourceId") == event.get("StackId"):
            yield from self._of_stack(status, reason)
            return
        self._resources[logical_id] = status
        if status.endswith("_FAILED") and not is_given_up(reason):
            self._note(reasons=(*self.seen.reasons, f"{logical_id}: {reason or 'no reason given'}"))
        gate = next((one for one in self.changes if logical_id in one.gates), None)
        table = next((one for one in self.changes if logical_id == one.plan.logical_id), None)
        key = f"{logical_id}/{status}/{self.seen.is_undone}"
        if (gate is None and table is None) or key in self._told:
            return
        self._told.add(key)
        at = event["Timestamp"]
        text = self._of_gate(gate, logical_id, status, reason, at) if gate else self._of_table(status)
        change = gate or table
        if text and change is not None:
            yield f"{change.plan.table}: {text}"

    def _of_stack(self, status: str, reason: str) -> Iterator[str]:
        if status == "REVIEW_IN_PROGRESS" or "CLEANUP_IN_PROGRESS" in status:
            return
        if status.endswith(_ENDS):
            if self.seen.started:
                self._note(ended=status)
                yield f"the operation has ended ({status})"
        elif "ROLLBACK_IN_PROGRESS" in status:
            self._note(started=True, ended=None, is_undone=True)
            yield f"CloudFormation restores what was before{f' ({reason})' if reason else ''}"
        else:
            self._note(started=True, ended=None, is_undone=False, reasons=())
            yield f"an operation has begun ({status})"

    def _of_gate(
        self, change: PlannedChange, logical_id: str, status: str, reason: str, at: datetime
    ) -> str | None:
        is_bake = logical_id == change.bake
        name = "Bake" if is_bake else "Preflight"
        if status == "CREATE_IN_PROGRESS":
            return f"{name} has begun: {_bake_text(change, at) if is_bake else 'it checks the live table'}"
        if status == "CREATE_COMPLETE":
            return f"{name} has passed"
        return f"{name} has failed: {reason}" if status == "CREATE_FAILED" else None

    def _of_table(self, status: str) -> str | None:
        texts = {
            "UPDATE_IN_PROGRESS": "the table is being changed",
            "UPDATE_COMPLETE": "the table has been changed",
            "UPDATE_FAILED": "the table could not be changed",
        }
        undone = {
            "UPDATE_IN_PROGRESS": "the capacity of before is being restored",
            "UPDATE_COMPLETE": "the capacity of before has been sent",
            "UPDATE_FAILED": "the capacity of before could not be restored",
        }
        return (undone if self.seen.is_undone else texts).get(status)

    def _note(self, **changes: Any) -> None:
        self.seen = Seen(**{**vars(self.seen), **changes})


def _bake_text(change: PlannedChange, at: datetime) -> str:
    minutes = change.plan.rollout.bake_minutes
    return f"it verifies the table and watches for {minutes} minutes, until about {_time(at + timedelta(minutes=minutes))}"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S}"


def warm_line(table: Mapping[str, Any]) -> str | None:
    """What of a table has its warm throughput raised now; ``None`` if nothing has (API: TableWarmThroughputDescription).

    Args:
        table: the answer of DescribeTable.
    """
    parts = {"table": table, **{i["IndexName"]: i for i in table.get("GlobalSecondaryIndexes") or ()}}
    raised = [
        name for name, part in parts.items() if (part.get("WarmThroughput") or {}).get("Status") == "UPDATING"
    ]
    return f"warm throughput is raised: {', '.join(raised)}" if raised else None


__all__ = ["STACK", "Seen", "Stages", "warm_line"]
