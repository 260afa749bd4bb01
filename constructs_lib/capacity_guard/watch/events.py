"""The events that the watch sends for programs: state changes, decisions of people, and messages.

Their form is interface: ``events-1.schema.json`` describes it. A later version may add members, and changes none of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..capacity.plain_data import time_text
from ..capacity.reasons import Reason
from ..capacity.transition import Change, Transition
from .journal import Entry
from .states import Event, State

SOURCE = "capacity-guard"
"""Source of the events."""
VERSION = 1
STATE_CHANGE = "Capacity Change State Change"
DECISION = "Capacity Change Decision"
MESSAGE = "Capacity Change Message"
"""Kinds of events (``detail-type``)."""
FOUND_HELD = "found held"
"""Reason of a journal's entry where the watch found a hold that it had not written."""
_TEXT_CHARACTERS = 2_000
_CODE = re.compile(r"\[capacity-guard runbook ([a-z-]+)")

_REASONS: Mapping[Event, Reason] = {
    Event.PREFLIGHT_STARTED: Reason.STAGE,
    Event.PREFLIGHT_PASSED: Reason.STAGE,
    Event.PREFLIGHT_REFUSED: Reason.STAGE,
    Event.TABLE_CHANGED: Reason.STAGE,
    Event.CHANGE_UNDONE: Reason.STAGE,
    Event.BAKE_PASSED: Reason.STAGE,
    Event.BAKE_VETOED: Reason.HELD,
    Event.LOAD_CARRIED: Reason.SETTLED,
    Event.TIME_OVER: Reason.UNPROVEN,
    Event.VETOED: Reason.TAKEN_BACK,
    Event.ROLLED_BACK: Reason.PERSON_DECIDED,
    Event.ACCEPTED: Reason.PERSON_DECIDED,
    Event.PAUSED: Reason.PERSON_DECIDED,
    Event.RESUMED: Reason.PERSON_DECIDED,
    Event.RESTORED: Reason.RESTORED,
    Event.NOT_RESTORED: Reason.NOT_RESTORED,
    Event.PAGED: Reason.NOT_TAKEN_BACK,
}
_ENDS = frozenset({Reason.RESTORED, Reason.SETTLED})


@dataclass(frozen=True)
class Subject:
    """The change that an event is about.

    Attributes:
        stack: id of the stack.
        stack_name: its name.
        table: construct id of the table.
        logical_id: its logical id.
        name: name of the table; ``None`` if it is not known.
        transition: the change.
    """

    stack: str
    stack_name: str
    table: str
    logical_id: str
    name: str | None
    transition: Transition

    @property
    def incident(self) -> str:
        """A key that all events of one change have in common, for tools that put alerts together."""
        return f"{self.stack_name}/{self.table}/{self.transition.fingerprint}"

    def to_json(self) -> dict[str, Any]:
        """The members of an event's detail that say what it is about."""
        return {
            "stack": {"id": self.stack, "name": self.stack_name},
            "table": {"id": self.table, "logical_id": self.logical_id, "name": self.name},
            "change": {
                "fingerprint": self.transition.fingerprint,
                "dimensions": [
                    {
                        "index": each.dimension.index,
                        "access": each.dimension.access,
                        "change": each.change.value,
                    }
                    for each in self.transition.changes
                    if each.change is not Change.NONE
                ],
            },
            "incident": self.incident,
        }


def reason_of(entry: Entry) -> Reason:
    """The reason of a journal's entry: the first code in its text, else that of its event.

    Args:
        entry: the entry.
    """
    named = _CODE.search(entry.reason)
    found = None if named is None else Reason.of(named[1])
    if found is None and entry.event is Event.VETOED and entry.reason == FOUND_HELD:
        return Reason.HELD
    return found or _REASONS[entry.event]


def of_entry(subject: Subject, before: State, entry: Entry) -> tuple[str, dict[str, Any]] | None:
    """Kind and detail of the event of a journal's entry; ``None`` where a message is sent about it, with its own event.

    Args:
        subject: the change.
        before: the state before the entry.
        entry: the entry.
    """
    if before is entry.state and entry.event not in (Event.PAUSED, Event.RESUMED):
        return None
    kind = DECISION if before is entry.state else STATE_CHANGE
    reason = reason_of(entry)
    detail = {
        "version": VERSION,
        "id": f"{subject.incident}/{entry.event.name.lower()}/{time_text(entry.at)}",
        "at": time_text(entry.at),
        **subject.to_json(),
        "event": entry.event.name.lower().replace("_", "-"),
        "state": {"before": before.value, "after": entry.state.value},
        "reason": _reason(reason),
        "by": entry.by,
        "text": entry.reason[:_TEXT_CHARACTERS],
        "figures": dict(entry.figures),
        "ends_incident": reason in _ENDS or entry.state is State.ACCEPTED,
    }
    return kind, detail


def of_message(
    subject: Subject | None,
    stack: tuple[str, str],
    reason: Reason,
    title: str,
    lines: Sequence[str],
    at: datetime,
) -> tuple[str, dict[str, Any]]:
    """Kind and detail of the event of a message to people.

    Args:
        subject: the change; ``None`` for a message about the stack.
        stack: id and name of the stack.
        reason: the reason of the message.
        title: its subject.
        lines: what happened.
        at: when, UTC.
    """
    about: dict[str, Any] = (
        {
            "stack": {"id": stack[0], "name": stack[1]},
            "table": None,
            "change": None,
            "incident": f"{stack[1]}/{reason.code}",
        }
        if subject is None
        else subject.to_json()
    )
    detail = {
        "version": VERSION,
        "id": f"{about['incident']}/{reason.code}/{time_text(at)}",
        "at": time_text(at),
        **about,
        "reason": _reason(reason),
        "title": title,
        "text": "\n".join(lines)[:_TEXT_CHARACTERS],
        "ends_incident": reason in _ENDS,
    }
    return MESSAGE, detail


def _reason(reason: Reason) -> dict[str, str]:
    return {
        "code": reason.code,
        "title": reason.title,
        "urgency": reason.urgency,
        "runbook": reason.page,
        "command": reason.command,
    }


__all__ = [
    "DECISION",
    "FOUND_HELD",
    "MESSAGE",
    "SOURCE",
    "STATE_CHANGE",
    "VERSION",
    "Subject",
    "of_entry",
    "of_message",
    "reason_of",
]
