"""The journal of one change: its state, and what led to it, with who, when, why and the figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from ..capacity.errors import InputError, Refused
from ..capacity.plain_data import read_object, read_text, read_time, shown, time_text
from .states import BY_PERSON, CLOSED, NOTES, ON_DUTY, START, Event, State, after, possible

VERSION = 1
LONGEST_PAUSE = timedelta(days=7)
"""Longest pause that a person can ask for. A journal that says more is damaged."""
CLOCK_ERROR = timedelta(minutes=5)
"""What the clocks of two processes differ by at most. A time further ahead has not been yet: the journal is damaged, or a clock
was wrong when it was written."""
MOST_ENTRIES = 200
"""Entries that a journal keeps; the oldest go first. 200 of 500 characters fit into an item of DynamoDB (400 KB)."""
_REASON_CHARACTERS = 2_000
_REPAIR = "Run capacity-guard status, which states the facts that the stack itself has"
_FIELDS = ("version", "table", "fingerprint", "state", "paused_until", "entries", "told")
_ENTRY_FIELDS = ("event", "state", "at", "by", "reason", "figures")


class LaterJournalError(InputError):
    """A journal of a later version has something that this one does not know. It must not be written over."""


@dataclass(frozen=True)
class Entry:
    """One event of a change.

    Attributes:
        event: what happened.
        state: the state after it.
        at: when, UTC.
        by: who: a person, or the part of the guard that saw it.
        reason: why, in a sentence; empty where the event says it all.
        figures: what was measured, by name with its unit.
        others: fields of a later version, which are kept as they are.
    """

    event: Event
    state: State
    at: datetime
    by: str
    reason: str = ""
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    others: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            **self.others,
            "event": self.event.value,
            "state": self.state.value,
            "at": time_text(self.at),
            "by": self.by,
            **({"reason": self.reason} if self.reason else {}),
            **({"figures": dict(self.figures)} if self.figures else {}),
        }


@dataclass(frozen=True)
class Journal:
    """The journal of one change of one table.

    Attributes:
        table: construct id of the table.
        fingerprint: fingerprint of the transition.
        state: where the change is.
        entries: what led to it, the oldest first.
        paused_until: until when a veto of the watch pages and does not roll back, and nothing is tried for a change that is held;
            ``None`` if it is not paused.
        told: when a message was sent last, by a short name of it; so it is not sent each minute.
        version: version of the format that it was written in.
        others: fields of a later version, which are kept as they are.
    """

    table: str
    fingerprint: str
    state: State = START
    entries: tuple[Entry, ...] = ()
    paused_until: datetime | None = None
    told: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    version: int = VERSION
    others: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def with_told(self, name: str, at: datetime) -> Journal:
        """The journal after a message was sent.

        Args:
            name: short name of it.
            at: when, UTC.
        """
        return replace(self, told=MappingProxyType({**self.told, name: at}))

    def with_event(
        self,
        event: Event,
        *,
        at: datetime,
        by: str,
        reason: str = "",
        figures: Mapping[str, float] = MappingProxyType({}),
        until: datetime | None = None,
    ) -> Journal:
        """The journal after an event. An event that came a second time, or late, and changes nothing, leaves it as it is.

        Args:
            event: what happened.
            at: when, UTC.
            by: who saw or did it.
            reason: why; a person must give one.
            figures: what was measured.
            until: end of a pause.

        Raises:
            Refused: the event is not possible in this state.
            InputError: it misses who, why or until when.
        """
        state = after(self.state, event)
        if state is None:
            events = ", ".join(other.value for other in possible(self.state))
            raise Refused(
                f"{self.table} ({self.fingerprint})",
                f"is {self.state.value}, where '{event.value}' is not possible",
                f"Possible here: {events}",
            )
        if not by.strip() or (event in BY_PERSON and not reason.strip()):
            raise InputError(
                f"{self.table}: {event.value}",
                "has no name or no reason",
                "Give both: others read them in the journal",
            )
        if (event is Event.PAUSED) != (until is not None) or (until is not None and until <= at):
            raise InputError(
                f"{self.table}: {event.value}", "has no end after its start", "Say how long the pause lasts"
            )
        if state is self.state and event not in NOTES:
            return self
        paused = until if event is Event.PAUSED else self.paused_until
        is_over = state is not self.state and state not in ON_DUTY
        if is_over or event in (Event.RESUMED, Event.ROLLED_BACK):
            paused = None
        text = _writable(reason)[:_REASON_CHARACTERS]
        entry = Entry(event, state, at, _writable(by), text, MappingProxyType(dict(figures)))
        entries = (*self.entries, entry)[-MOST_ENTRIES:]
        return replace(self, state=state, entries=entries, paused_until=paused)

    def is_on_duty(self, now: datetime) -> bool:
        """Whether a veto of the watch rolls back at a time."""
        return self.state in ON_DUTY and self.pause_at(now) is None

    def pause_at(self, now: datetime) -> datetime | None:
        """End of the pause that lasts at a time; ``None`` if none does. One longer than a person can ask for is none."""
        paused = self.paused_until
        return paused if paused is not None and now < paused <= now + LONGEST_PAUSE + CLOCK_ERROR else None

    @property
    def is_closed(self) -> bool:
        """Whether the watch is over: settled, accepted or rolled back."""
        return self.state in CLOSED

    def since(self, state: State) -> datetime | None:
        """When the change came into a state last; ``None`` if the journal does not say."""
        found: datetime | None = None
        before: State | None = None
        for entry in self.entries:
            if entry.state is state and before is not state:
                found = entry.at
            before = entry.state
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            **self.others,
            "version": self.version,
            "table": self.table,
            "fingerprint": self.fingerprint,
            "state": self.state.value,
            "paused_until": None if self.paused_until is None else time_text(self.paused_until),
            "entries": [entry.to_json() for entry in self.entries],
            **({"told": {name: time_text(at) for name, at in self.told.items()}} if self.told else {}),
        }

    @staticmethod
    def from_json(value: object, location: str) -> Journal:
        """Read what ``to_json`` wrote, of this version or a later one, whose further fields are kept.

        Args:
            value: plain data.
            location: where it was read, for errors.

        Raises:
            LaterJournalError: it is of a later version, and what differs cannot be read.
            InputError: a field is missing or wrong. A rollback does not need the journal.
        """
        data = read_object(value, location, remedy=_REPAIR)
        version = data.get("version", VERSION)
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise InputError(f"{location}.version", f"{shown(version)} is not a version", _REPAIR)
        try:
            return _journal(data, version, location)
        except InputError as error:
            if version <= VERSION:
                raise
            raise LaterJournalError(
                error.location,
                f"{error.problem}; a later capacity-guard wrote version {version} of it, this one knows {VERSION}",
                "Install the version of capacity-guard that the stack has",
            ) from None


def when_it_was(at: datetime | None, now: datetime) -> datetime | None:
    """A time that a journal or a process remembers; ``None`` if it has not been yet, so that it means nothing.

    Args:
        at: the time, ``None`` for none.
        now: the current time, UTC.
    """
    return at if at is not None and at <= now + CLOCK_ERROR else None


def _writable(text: str) -> str:
    """A text without unpaired surrogates, which an argument that is not UTF-8 has, and no service takes."""
    return text.encode(errors="replace").decode()


def _journal(data: Mapping[str, Any], version: int, location: str) -> Journal:
    entries = data.get("entries")
    if not isinstance(entries, list):
        raise InputError(f"{location}.entries", f"{shown(entries)} is not a list", _REPAIR)
    paused = data.get("paused_until")
    told = read_object(data.get("told", {}), f"{location}.told", remedy=_REPAIR)
    return Journal(
        read_text(data, "table", location, remedy=_REPAIR),
        read_text(data, "fingerprint", location, remedy=_REPAIR),
        _state(data.get("state"), f"{location}.state"),
        tuple(_entry(item, f"{location}.entries[{at}]") for at, item in enumerate(entries)),
        None if paused is None else read_time(paused, f"{location}.paused_until"),
        MappingProxyType({name: read_time(at, f"{location}.told.{name}") for name, at in told.items()}),
        version,
        _others(data, _FIELDS),
    )


def _others(data: Mapping[str, Any], known: tuple[str, ...]) -> Mapping[str, Any]:
    return MappingProxyType({name: value for name, value in data.items() if name not in known})


def _entry(value: object, location: str) -> Entry:
    data = read_object(value, location, remedy=_REPAIR)
    try:
        event = Event(data.get("event"))
    except ValueError:
        raise InputError(f"{location}.event", f"{shown(data.get('event'))} is not known", _REPAIR) from None
    reason, figures = data.get("reason", ""), data.get("figures", {})
    if not isinstance(reason, str):
        raise InputError(f"{location}.reason", f"{shown(reason)} is not text", _REPAIR)
    for name, figure in read_object(figures, f"{location}.figures", remedy=_REPAIR).items():
        if isinstance(figure, bool) or not isinstance(figure, (int, float)) or not abs(figure) < math.inf:
            raise InputError(f"{location}.figures.{name}", f"{shown(figure)} is not a number", _REPAIR)
    return Entry(
        event,
        _state(data.get("state"), f"{location}.state"),
        read_time(data.get("at"), f"{location}.at"),
        read_text(data, "by", location, remedy=_REPAIR),
        reason,
        MappingProxyType(dict(figures)),
        _others(data, _ENTRY_FIELDS),
    )


def _state(value: object, location: str) -> State:
    try:
        return State(value)
    except ValueError:
        raise InputError(location, f"{shown(value)} is not a state", _REPAIR) from None


__all__ = [
    "CLOCK_ERROR",
    "LONGEST_PAUSE",
    "MOST_ENTRIES",
    "VERSION",
    "Entry",
    "Journal",
    "LaterJournalError",
    "when_it_was",
]
