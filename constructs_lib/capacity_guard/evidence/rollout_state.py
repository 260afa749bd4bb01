"""What became of a table's last change of capacity, as its baseline states it: the field ``rollout``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.hold import is_fingerprint
from ..capacity.plain_data import RECORD_AGAIN, read_object, read_text, read_time, shown, time_text
from ..capacity.transition import Change, Transition

_VERSION = 1
_FIELDS = ("version", "state", "fingerprint", "changes", "at", "baked_at", "quiet_minutes", "noise", "reason")
_NEWER = "Install a newer capacity-guard, or record the baseline again"
_CHANGES = {change.value: change for change in Change if change not in (Change.NONE, Change.CREATED)}


class Outcome(str, Enum):
    """What is known of a change.

    ``BAKED``: its Bake has passed, and nothing more. ``SETTLED``: it has carried its recorded load. ``ACCEPTED``: a person
    accepts it without that proof. ``HELD``: it was rolled back.
    """

    BAKED = "baked"
    SETTLED = "settled"
    ACCEPTED = "accepted"
    HELD = "held"


@dataclass(frozen=True)
class RolloutState:
    """What became of the last change that had gates.

    Attributes:
        outcome: what is known of it.
        fingerprint: its fingerprint.
        changes: what it did to each dimension that it changed.
        at: when this outcome was first recorded, UTC.
        baked_at: when its Bake passed, UTC; ``None`` if that is not known.
        quiet_minutes: recorded minutes in a row, up to the end of the recording, without throttling beyond the noise since then.
        noise: throttle events per minute that are noise, by resource key, as recorded before the change.
        reason: why a person accepts it; ``None`` for any other outcome.
    """

    outcome: Outcome
    fingerprint: str
    changes: Mapping[Dimension, Change]
    at: datetime
    baked_at: datetime | None = None
    quiet_minutes: int = 0
    noise: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", MappingProxyType(dict(self.changes)))
        object.__setattr__(self, "noise", MappingProxyType(dict(self.noise)))

    def holds(self, transition: Transition) -> bool:
        """Whether a change was rolled back and is held; another attempt is another change.

        Args:
            transition: the change.
        """
        return self.outcome is Outcome.HELD and self.fingerprint == transition.fingerprint

    @property
    def is_proven(self) -> bool:
        """Whether it is settled or accepted."""
        return self.outcome in (Outcome.SETTLED, Outcome.ACCEPTED)

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            "version": _VERSION,
            "state": self.outcome.value,
            "fingerprint": self.fingerprint,
            "changes": {dimension.key: change.value for dimension, change in self.changes.items()},
            "at": time_text(self.at),
            "baked_at": None if self.baked_at is None else time_text(self.baked_at),
            "quiet_minutes": self.quiet_minutes,
            "noise": dict(self.noise),
            "reason": self.reason,
        }

    @staticmethod
    def from_json(value: object, location: str) -> RolloutState:
        """Read what ``to_json`` wrote.

        Args:
            value: plain data.
            location: file and field, for errors.

        Raises:
            InputError: a field is wrong, or of a version that this release does not know; the error names it.
        """
        given = read_object(value, location)
        version = given.get("version")
        if isinstance(version, bool) or version != _VERSION:
            # What this release cannot read must not be judged as if it were not there.
            raise InputError(f"{location}.version", f"is {shown(version)}, not {_VERSION}", _NEWER)
        data = read_object(value, location, *_FIELDS)
        state, fingerprint = data.get("state"), data.get("fingerprint")
        known = [outcome.value for outcome in Outcome]
        if not isinstance(state, str) or state not in known:
            raise InputError(f"{location}.state", f"is {shown(state)}", f"Use {', '.join(known)}")
        if not isinstance(fingerprint, str) or not is_fingerprint(fingerprint):
            raise InputError(f"{location}.fingerprint", f"{shown(fingerprint)} is none", RECORD_AGAIN)
        reason = None
        if state == Outcome.ACCEPTED.value:
            reason = read_text(data, "reason", location)
        elif data.get("reason") is not None:
            raise InputError(f"{location}.reason", f"is given for {state}", "Set it to null")
        quiet = data.get("quiet_minutes")
        if isinstance(quiet, bool) or not isinstance(quiet, int) or quiet < 0:
            raise InputError(f"{location}.quiet_minutes", f"{shown(quiet)} is not a number", RECORD_AGAIN)
        baked_at = data.get("baked_at")
        return RolloutState(
            Outcome(state),
            fingerprint,
            _changes(data.get("changes"), f"{location}.changes"),
            read_time(data.get("at"), f"{location}.at"),
            None if baked_at is None else read_time(baked_at, f"{location}.baked_at"),
            quiet,
            _noise(data.get("noise"), f"{location}.noise"),
            reason,
        )


def _changes(value: object, location: str) -> dict[Dimension, Change]:
    changes: dict[Dimension, Change] = {}
    for key, change in read_object(value, location).items():
        if not isinstance(change, str) or change not in _CHANGES:
            raise InputError(f"{location}.{key}", f"is {shown(change)}", f"Use {', '.join(_CHANGES)}")
        try:
            changes[Dimension.parse(key)] = _CHANGES[change]
        except InputError as error:
            raise InputError(f"{location}.{key}", error.problem, error.remedy) from None
    return changes


def _noise(value: object, location: str) -> dict[str, float]:
    noise = read_object(value, location)
    for key, events in noise.items():
        if isinstance(events, bool) or not isinstance(events, (int, float)) or not events >= 0:
            raise InputError(f"{location}.{key}", f"{shown(events)} is not a number", RECORD_AGAIN)
    return noise


__all__ = ["Outcome", "RolloutState"]
