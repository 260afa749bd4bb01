"""What a resolved template, overrides included, states about one table, as plain values for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..capacity.capacity import Capacity
from ..capacity.limits import Excess
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.structure import Structure


@dataclass(frozen=True)
class TrackingFacts:
    """How one policy follows its target, beside the target itself.

    Attributes:
        place: the policy, or the settings of a GlobalTable.
        out_seconds: seconds between two raises.
        in_seconds: seconds between two decreases.
        only_out: whether it never lowers.
        unread: why these cannot be read; ``None`` where they can.
    """

    place: str
    out_seconds: int = 0
    in_seconds: int = 0
    only_out: bool = False
    unread: str | None = None


@dataclass(frozen=True)
class TemplateFacts:
    """One table in one template, for one combination of the template's conditions.

    Attributes:
        branch: the assumed combination of conditions, as text; ``None`` where nothing depends on a condition.
        unreadable: which part of the table cannot be read, and why; ``None`` where all of it can.
        capacity: the capacity that the template states; ``None`` where it cannot be read.
        structure: keys, indexes, stream, replicas and guard; ``None`` where they cannot be read.
        left_units: provisioned units that an on-demand table still states: resource key and path of the property.
        warm_throughput: resource keys for which the template states warm throughput.
        watched: resource keys whose throttle events an alarm of the guard counts.
        thresholds: the threshold of that alarm, in throttle events per minute, by resource key.
        alarm_counts: evaluation periods and datapoints to alarm of that alarm, by resource key.
        alarm_faults: why the guard's alarm does not count the throttle events of a resource, by resource key.
        alarm_muting: why an alarm that counts them runs no action, against its code, by resource key.
        schedules: scheduled actions of its auto scaling.
        schedules_unread: why these cannot be read; ``None`` where they can.
        scaled_elsewhere: scaling targets and policies of any template that name the table, or may, and are no
            part of its capacity as it was read, each in words.
        exceeded: what of the table is above a limit of DynamoDB.
        macros: macros that may change anything of the template when it is deployed, each in words.
        tracking: settings of its target tracking.
        deletion_protection: whether deletion protection is on.
        point_in_time_recovery: whether point-in-time recovery is on.
        retained: whether the table is retained when it is removed from the stack or replaced.
        replicated_by: logical id of a custom resource that creates replicas of a Table, ``None`` without one.
        is_named: whether a name is stated, also one that only the deployment knows.
    """

    branch: str | None = None
    unreadable: str | None = None
    capacity: Capacity | None = None
    structure: Structure | None = None
    left_units: tuple[tuple[str, str], ...] = ()
    warm_throughput: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    alarm_counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    alarm_faults: Mapping[str, str] = field(default_factory=dict)
    alarm_muting: Mapping[str, str] = field(default_factory=dict)
    schedules: tuple[ScheduledAction, ...] = ()
    schedules_unread: str | None = None
    scaled_elsewhere: tuple[str, ...] = ()
    exceeded: tuple[Excess, ...] = ()
    macros: tuple[str, ...] = ()
    tracking: tuple[TrackingFacts, ...] = ()
    deletion_protection: bool = True
    point_in_time_recovery: bool = True
    retained: bool = True
    replicated_by: str | None = None
    is_named: bool = False


__all__ = ["TemplateFacts", "TrackingFacts"]
