"""What a resolved template states of one table, overrides included; plain facts for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..capacity.capacity import Capacity
from ..capacity.structure import Structure


@dataclass(frozen=True)
class TemplateFacts:
    """One table in one template, for one way in which the template's conditions can turn out.

    Attributes:
        branch: what that way assumes, in words; ``None`` where nothing has to be assumed.
        unreadable: what of the table cannot be read, and why; ``None`` where all can.
        capacity: the capacity that it states; ``None`` where it cannot be read.
        structure: keys, indexes, stream, replicas and guard; ``None`` where they cannot be read.
        warm: resource keys whose warm throughput the template states.
        vetoes: resource keys whose throttle events the guard's alarm in the template really watches.
        thresholds: throttle events a minute above which such an alarm counts a minute, by resource key.
        deletion_protection: whether the table refuses its deletion.
        point_in_time_recovery: whether it keeps continuous backups.
        retained: whether it survives its removal from the stack, and its replacement.
        replicated_by: logical id of a custom resource that makes replicas of a Table, ``None`` without one.
    """

    branch: str | None = None
    unreadable: str | None = None
    capacity: Capacity | None = None
    structure: Structure | None = None
    warm: tuple[str, ...] = ()
    vetoes: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    deletion_protection: bool = True
    point_in_time_recovery: bool = True
    retained: bool = True
    replicated_by: str | None = None


__all__ = ["TemplateFacts"]
