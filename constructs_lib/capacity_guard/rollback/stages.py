"""The stages of a change that its gates went through, from the events of the stack. The gates write no journal (ADR 0017)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.errors import InputError
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import METRIC_RETENTION_DAYS
from ..capacity.plan_text import unpack_plan
from ..capacity.transition import Transition
from ..handlers.aws_error import AwsError
from ..handlers.messages import log_decision
from ..watch.journal import Journal
from ..watch.states import Event
from ..watch.way import EARLY, Seen, with_way
from .calls import RollbackAws
from .memory import Memory, StackEvent
from .told import name_of
from .watched_change import BAKE, WatchedChange

PREFLIGHT = "Custom::CapacityGuardPreflight"
BY_PREFLIGHT, BY_BAKE, BY_CLOUDFORMATION = "Preflight", "Bake", "CloudFormation"
_CANCELLED = "cancelled"
"""In the reason of a resource that CloudFormation gave up since another one failed."""
_MESSAGE = re.compile(r"Message returned: (?P<text>.*)", re.DOTALL)
"""How CloudFormation shows the reason of a custom resource; the framework writes ``Error: `` and a stack trace around it."""
_MINUTES = "minutes"
_CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
"""Status of a stack whose update has succeeded: what is deleted now, the template does not state any more (User Guide:
view-stack-events)."""
_DEPLOYED = (_CLEANUP, "UPDATE_COMPLETE", "CREATE_COMPLETE")


def find_preflight(template: Mapping[str, Any], fingerprint: str, table: str) -> str | None:
    """Logical id of the Preflight of a change in a template, ``None`` if it has none.

    Args:
        template: the template of the stack.
        fingerprint: the change.
        table: logical id of the table, which the Preflight comes before.
    """
    found = [
        str(logical_id)
        for logical_id, resource in template.get("Resources", {}).items()
        if isinstance(resource, Mapping)
        and resource.get("Type") == PREFLIGHT
        and isinstance(resource.get("Properties"), Mapping)
        and resource["Properties"].get("Fingerprint") == fingerprint
    ]
    if len(found) < 2:
        return found[0] if found else None
    # Two tables may have the same change: the gate is the one that the table waits for.
    waits = template.get("Resources", {}).get(table, {}).get("DependsOn") or []
    return next((each for each in found if each in ([waits] if isinstance(waits, str) else waits)), None)


@dataclass(frozen=True)
class Attempt:
    """A deployment of a change, from the events of its gates.

    Attributes:
        fingerprint: the change.
        preflight: logical id of its Preflight, ``None`` if the events do not show it.
        bake: the same of its Bake.
        transition: the same change as the plan of its gates has it; ``None`` if this version cannot read that.
    """

    fingerprint: str
    preflight: str | None
    bake: str | None
    transition: Transition | None = None


def last_attempt(events: Sequence[Mapping[str, Any]], table: str) -> Attempt | None:
    """The newest deployment of a change of a table, also one that CloudFormation has undone; ``None`` if no event shows one.

    The events of a deletion do not count: a deployment deletes the gates of the change before it after it has made its own.

    Args:
        events: events of the stack, the oldest first.
        table: logical id of the table.
    """
    newest: str | None = None
    text = ""
    ids: dict[str, str] = {}
    for event in reversed(events):
        kind = event.get("ResourceType")
        if kind not in (PREFLIGHT, BAKE) or str(event.get("ResourceStatus")).startswith("DELETE_"):
            continue
        try:
            properties = json.loads(event.get("ResourceProperties") or "{}")
            plan = json.loads(unpack_plan(str(properties["Plan"])))
            fingerprint, logical_id = str(properties["Fingerprint"]), plan["logical_id"]
        except (InputError, ValueError, KeyError, TypeError):
            continue
        if logical_id == table and newest in (None, fingerprint):
            newest, text = fingerprint, str(properties["Plan"])
            ids.setdefault(str(kind), str(event["LogicalResourceId"]))
    if newest is None:
        return None
    try:
        transition = GatePlan.from_property(text).transition
    except InputError:
        transition = None
    return Attempt(newest, ids.get(PREFLIGHT), ids.get(BAKE), transition)


def read_stages(
    aws: RollbackAws,
    stack: str,
    preflight: str | None,
    bake: str | None,
    now: datetime,
    *,
    is_held: bool,
    memory: Memory | None = None,
) -> list[Seen]:
    """What happened to a change up to the end of its Bake, the oldest first.

    Args:
        aws: the calls.
        stack: id of the stack.
        preflight: logical id of its Preflight; ``None`` where it is not known.
        bake: the same of its Bake.
        now: the current time, UTC.
        is_held: whether the change is held. A Bake that failed and holds nothing did not veto it: it gave no answer, or
            CloudFormation gave it up since something else failed.
        memory: what the process remembers; ``None`` for nothing.

    Raises:
        AwsError: the events cannot be read.
    """
    events = _read_events(aws, stack, preflight, bake, now, memory or Memory())
    seen: list[Seen] = []
    for logical_id, read in ((preflight, _of_preflight), (bake, _of_bake)):
        seen += read([event for event in events if event["LogicalResourceId"] == logical_id], is_held)
    return sorted(seen, key=lambda one: one.at)


def read_deployed(
    aws: RollbackAws, stack: str, preflight: str | None, bake: str | None, now: datetime, memory: Memory
) -> datetime | None:
    """When the deployment of a change succeeded, UTC; ``None`` if it did not, has not yet, or the events do not show it.

    A relief has no Bake, so that only the stack shows that it is complete.

    Args:
        aws: the calls.
        stack: id of the stack.
        preflight: logical id of its Preflight; ``None`` where it is not known.
        bake: the same of its Bake.
        now: the current time, UTC.
        memory: what the process remembers.

    Raises:
        AwsError: the events cannot be read.
    """
    found: datetime | None = None
    is_made = False
    for event in _read_events(aws, stack, preflight, bake, now, memory):
        status = str(event.get("ResourceStatus"))
        if not _is_of_stack(event, stack):
            if status.startswith("UPDATE_"):
                continue  # a later deployment that keeps the gates, and changes a property of theirs
            is_made = status.startswith("CREATE_") and status != "CREATE_FAILED"
            found = None
        elif "ROLLBACK" in status:
            is_made = False
        elif is_made and found is None and status in _DEPLOYED:
            found = event["Timestamp"]
    return found


def _read_events(
    aws: RollbackAws, stack: str, preflight: str | None, bake: str | None, now: datetime, memory: Memory
) -> list[StackEvent]:
    """Events of the gates of a change and of their stack, the oldest first.

    Earlier deployments of the change belong to its way, too, so everything since then is read, once in a process. What older
    events would say is left out where there are too many.
    """
    since = now - timedelta(days=METRIC_RETENTION_DAYS.value)
    gates = tuple(gate for gate in (preflight, bake) if gate is not None)
    events = memory.events(aws, stack, ("stages", name_of(stack), *gates), since).events[::-1]
    kept: list[StackEvent] = []
    is_cleanup = is_removed = False
    for event in events:
        status = event.get("ResourceStatus")
        if _is_of_stack(event, stack):
            is_cleanup = status == _CLEANUP
        elif event["LogicalResourceId"] not in gates:
            continue
        elif is_cleanup and str(status).startswith("DELETE_"):
            # A later deployment has another change, or none: it removes the gates, and undoes nothing.
            is_removed = True
            continue
        elif is_removed and status == "CREATE_IN_PROGRESS":
            kept, is_removed = [], False
        kept.append(event)
    return kept


def _is_of_stack(event: StackEvent, stack: str) -> bool:
    return bool(event.get("PhysicalResourceId") == stack)


def journal_with_way(
    aws: RollbackAws,
    stack: str,
    template: Mapping[str, Any],
    change: WatchedChange,
    journal: Journal | None,
    *,
    changed_at: datetime | None,
    now: datetime,
    by: str,
    is_held: bool,
    memory: Memory | None = None,
) -> Journal:
    """The journal of a change with its way so far. It never fails: where the events cannot be read, the Bake is what is known.

    Args:
        aws: the calls.
        stack: id of the stack.
        template: the template of the stack.
        change: the change.
        journal: its journal, or that of an earlier change; ``None`` for none.
        changed_at: when the table had its new capacity, UTC; ``None`` if Bake has not passed.
        now: the current time, UTC.
        by: who looks.
        is_held: whether the change is held.
        memory: what the process remembers; ``None`` for nothing.
    """
    if (
        journal is None
        or journal.fingerprint != change.fingerprint
        or _is_of_earlier(journal, changed_at, now)
    ):
        journal = Journal(change.logical_id, change.fingerprint)
    if journal.state not in EARLY:
        return journal
    preflight = find_preflight(template, change.fingerprint, change.logical_id)
    seen: list[Seen] = []
    try:
        seen = read_stages(aws, stack, preflight, change.bake, now, is_held=is_held, memory=memory)
    except AwsError as error:
        log_decision("watch", "stages not read", table=change.plan.table, why=str(error))
    found = with_way(journal, seen)
    if changed_at is None or found.state not in EARLY:
        return found
    way = (Event.PREFLIGHT_STARTED, Event.PREFLIGHT_PASSED, Event.TABLE_CHANGED)
    return with_way(
        journal, [*(Seen(event, changed_at, by) for event in way), Seen(Event.BAKE_PASSED, now, by)]
    )


def _is_of_earlier(journal: Journal, changed_at: datetime | None, now: datetime) -> bool:
    """Whether a journal ended before this deployment of its change: the same change was made, taken back, and made again."""
    if changed_at is None or not journal.entries:
        return False
    known = changed_at > now - timedelta(days=METRIC_RETENTION_DAYS.value)
    return known and journal.entries[-1].at < changed_at


def _of_preflight(events: Sequence[StackEvent], is_held: bool) -> Iterator[Seen]:
    del is_held
    began: datetime | None = None
    for event in events:
        status, at = event.get("ResourceStatus"), event["Timestamp"]
        if status == "CREATE_IN_PROGRESS" and began is None:
            # A second one says that the creation was initiated.
            began = at
            yield Seen(Event.PREFLIGHT_STARTED, at, BY_PREFLIGHT)
        elif status == "CREATE_COMPLETE":
            yield Seen(Event.PREFLIGHT_PASSED, at, BY_PREFLIGHT, figures=_minutes(began, at))
            began = None
        elif status == "CREATE_FAILED":
            reason = _reason(event)
            given_up = is_given_up(reason)
            yield Seen(
                Event.CHANGE_UNDONE if given_up else Event.PREFLIGHT_REFUSED,
                at,
                BY_CLOUDFORMATION if given_up else BY_PREFLIGHT,
                reason,
                _minutes(began, at),
            )
            began = None
        elif status == "DELETE_IN_PROGRESS":
            began = None
            yield Seen(Event.CHANGE_UNDONE, at, BY_CLOUDFORMATION, "its gates were deleted")


def _of_bake(events: Sequence[StackEvent], is_held: bool) -> Iterator[Seen]:
    began: datetime | None = None
    for event in events:
        status, at = event.get("ResourceStatus"), event["Timestamp"]
        if status == "CREATE_IN_PROGRESS" and began is None:
            began = at
            # CloudFormation begins it once the table has its new capacity.
            yield Seen(Event.TABLE_CHANGED, at, BY_CLOUDFORMATION)
        elif status == "CREATE_COMPLETE":
            yield Seen(Event.BAKE_PASSED, at, BY_BAKE, figures=_minutes(began, at))
            began = None
        elif status == "CREATE_FAILED":
            yield Seen(
                Event.BAKE_VETOED if is_held else Event.CHANGE_UNDONE,
                at,
                BY_BAKE if is_held else BY_CLOUDFORMATION,
                _reason(event),
                _minutes(began, at),
            )
            began = None


def _reason(event: Mapping[str, Any]) -> str:
    return reason_of(str(event.get("ResourceStatusReason") or ""))


def _minutes(began: datetime | None, ended: datetime) -> dict[str, float]:
    return {} if began is None else {_MINUTES: round((ended - began) / timedelta(minutes=1), 1)}


def is_given_up(reason: str) -> bool:
    """Whether CloudFormation gave a resource up since another one failed.

    Args:
        reason: the reason of the failed resource.
    """
    return _CANCELLED in reason.lower()


def reason_of(text: str) -> str:
    """The reason of a failed resource, without what CloudFormation and the provider framework write around it.

    Args:
        text: ``ResourceStatusReason`` of an event.
    """
    found = _MESSAGE.search(text)
    lines = (found["text"] if found else text).strip().removeprefix("Error: ").splitlines()
    return re.sub(r"\s*\(RequestId: [^)]*\)\s*$", "", lines[0].strip()) if lines else ""


__all__ = [
    "PREFLIGHT",
    "Attempt",
    "find_preflight",
    "is_given_up",
    "journal_with_way",
    "last_attempt",
    "read_deployed",
    "read_stages",
    "reason_of",
]
