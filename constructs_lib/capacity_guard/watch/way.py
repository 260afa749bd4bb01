"""The way of a change to its watch, as the stack's events show it: planned, preflight, changing, baking, and what undid it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from ..capacity.errors import InputError
from .journal import Journal
from .states import START, Event, State

EARLY = frozenset({State.PLANNED, State.PREFLIGHT, State.CHANGING, State.BAKING})
"""States before the watch. The stack's events show them, so a journal in one of them is made anew from these."""


@dataclass(frozen=True)
class Seen:
    """An event of a change that the stack shows.

    Attributes:
        event: what happened.
        at: when, UTC.
        by: who: a gate, or CloudFormation.
        reason: why, in a sentence.
        figures: what was measured, by name with its unit.
    """

    event: Event
    at: datetime
    by: str
    reason: str = ""
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


def with_way(journal: Journal, seen: Sequence[Seen]) -> Journal:
    """A journal with the way of its change, if the change is on its way still or the journal does not have it.

    Args:
        journal: the journal.
        seen: what the stack shows, the oldest first. What the states do not take came late, or twice, and is left out.
    """
    if journal.state not in EARLY or not seen:
        return journal
    made = replace(journal, state=START, entries=(), paused_until=None)
    for one in seen:
        try:
            made = made.with_event(one.event, at=one.at, by=one.by, reason=one.reason, figures=one.figures)
        except InputError:
            continue
    return made


__all__ = ["EARLY", "Seen", "with_way"]
