"""States of a change of capacity and the events between them, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class State(str, Enum):
    """Where a change is."""

    PLANNED = "planned"
    PREFLIGHT = "preflight"
    CHANGING = "changing"
    BAKING = "baking"
    WATCHING = "watching"
    SETTLED = "settled"
    UNPROVEN = "unproven"
    ACCEPTED = "accepted"
    HELD = "held"


class Event(str, Enum):
    """What happens to a change."""

    PREFLIGHT_STARTED = "Preflight started"
    PREFLIGHT_REFUSED = "Preflight refused"
    PREFLIGHT_PASSED = "Preflight passed"
    CHANGE_UNDONE = "deployment undone without a veto"
    TABLE_CHANGED = "table changed"
    BAKE_VETOED = "Bake vetoed"
    BAKE_PASSED = "Bake passed"
    LOAD_CARRIED = "load carried"
    TIME_OVER = "time over"
    VETOED = "watch vetoed"
    ROLLED_BACK = "rollback by a person"
    ACCEPTED = "accepted by a person"
    PAUSED = "paused by a person"
    RESUMED = "resumed"
    RESTORED = "restored, verified"
    NOT_RESTORED = "not restored"
    PAGED = "message sent"


BY_PERSON = frozenset({Event.ROLLED_BACK, Event.ACCEPTED, Event.PAUSED})
"""Events that need a person's name and reason."""
NOTES = frozenset(
    {Event.ROLLED_BACK, Event.PAUSED, Event.RESUMED, Event.RESTORED, Event.NOT_RESTORED, Event.PAGED}
)
"""Events that are noted where the state stays as it is. Any other event that leaves it came a second time."""

TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.PLANNED, Event.PREFLIGHT_STARTED): State.PREFLIGHT,
        (State.PREFLIGHT, Event.PREFLIGHT_STARTED): State.PREFLIGHT,
        (State.PREFLIGHT, Event.PREFLIGHT_REFUSED): State.PLANNED,
        (State.PREFLIGHT, Event.PREFLIGHT_PASSED): State.CHANGING,
        (State.PREFLIGHT, Event.CHANGE_UNDONE): State.PLANNED,
        (State.PREFLIGHT, Event.ROLLED_BACK): State.HELD,
        (State.CHANGING, Event.PREFLIGHT_PASSED): State.CHANGING,
        (State.CHANGING, Event.TABLE_CHANGED): State.BAKING,
        (State.CHANGING, Event.CHANGE_UNDONE): State.PLANNED,
        (State.CHANGING, Event.ROLLED_BACK): State.HELD,
        (State.BAKING, Event.TABLE_CHANGED): State.BAKING,
        (State.BAKING, Event.CHANGE_UNDONE): State.PLANNED,
        (State.BAKING, Event.BAKE_VETOED): State.HELD,
        (State.BAKING, Event.BAKE_PASSED): State.WATCHING,
        (State.BAKING, Event.ROLLED_BACK): State.HELD,
        (State.WATCHING, Event.BAKE_PASSED): State.WATCHING,
        # Another resource of the operation failed after Bake, so CloudFormation took the table back as well.
        (State.WATCHING, Event.CHANGE_UNDONE): State.PLANNED,
        (State.WATCHING, Event.LOAD_CARRIED): State.SETTLED,
        (State.WATCHING, Event.TIME_OVER): State.UNPROVEN,
        (State.WATCHING, Event.VETOED): State.HELD,
        (State.WATCHING, Event.ROLLED_BACK): State.HELD,
        (State.WATCHING, Event.ACCEPTED): State.ACCEPTED,
        (State.WATCHING, Event.PAUSED): State.WATCHING,
        (State.WATCHING, Event.RESUMED): State.WATCHING,
        (State.WATCHING, Event.PAGED): State.WATCHING,
        # Its first real load may come on the eighth day: the vetoes continue until a person decides.
        (State.UNPROVEN, Event.TIME_OVER): State.UNPROVEN,
        (State.UNPROVEN, Event.VETOED): State.HELD,
        (State.UNPROVEN, Event.ROLLED_BACK): State.HELD,
        (State.UNPROVEN, Event.ACCEPTED): State.ACCEPTED,
        (State.UNPROVEN, Event.PAUSED): State.UNPROVEN,
        (State.UNPROVEN, Event.RESUMED): State.UNPROVEN,
        (State.UNPROVEN, Event.PAGED): State.UNPROVEN,
        # The way back is in the template until the next baseline is recorded and deployed.
        (State.SETTLED, Event.LOAD_CARRIED): State.SETTLED,
        (State.SETTLED, Event.ROLLED_BACK): State.HELD,
        (State.ACCEPTED, Event.ACCEPTED): State.ACCEPTED,
        (State.ACCEPTED, Event.ROLLED_BACK): State.HELD,
        # A held change leaves this state only as another attempt, which has another fingerprint.
        (State.HELD, Event.BAKE_VETOED): State.HELD,
        (State.HELD, Event.CHANGE_UNDONE): State.HELD,
        (State.HELD, Event.VETOED): State.HELD,
        (State.HELD, Event.ROLLED_BACK): State.HELD,
        # A pause stops further attempts to restore the table; a rollback by a person starts new ones.
        (State.HELD, Event.PAUSED): State.HELD,
        (State.HELD, Event.RESUMED): State.HELD,
        (State.HELD, Event.RESTORED): State.HELD,
        (State.HELD, Event.NOT_RESTORED): State.HELD,
        (State.HELD, Event.PAGED): State.HELD,
    }
)
"""The state after each event that is possible in a state. An event without an entry is refused."""

START = State.PLANNED
ON_DUTY = frozenset({State.WATCHING, State.UNPROVEN})
"""States in which a veto of the watch rolls back."""
CLOSED = frozenset({State.SETTLED, State.ACCEPTED, State.HELD})
"""States in which the watch is over, so that a new baseline may be recorded."""


def after(state: State, event: Event) -> State | None:
    """The state after an event; ``None`` where the event is not possible in the state."""
    return TRANSITIONS.get((state, event))


def possible(state: State) -> tuple[Event, ...]:
    """The events that are possible in a state, in the order of ``Event``."""
    return tuple(event for event in Event if (state, event) in TRANSITIONS)


__all__ = [
    "BY_PERSON",
    "CLOSED",
    "NOTES",
    "ON_DUTY",
    "START",
    "TRANSITIONS",
    "Event",
    "State",
    "after",
    "possible",
]
