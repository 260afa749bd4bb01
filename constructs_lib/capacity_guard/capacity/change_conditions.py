"""Conditions on a change that need neither a replay of traffic nor the live table.

A rule judges by them what was recorded, and a gate what it reads: the same inputs have the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .capacity import AutoScaling
from .dimension import TABLE, Access, Dimension, index_of
from .limits import (
    DECREASE_INTERVAL,
    DECREASES_A_DAY,
    DECREASES_AT_ONCE,
    SWITCH_QUOTA_HOURS,
    SWITCHES_TO_ON_DEMAND,
)
from .settings import Margins, is_after
from .structure import TableKind
from .transition import Transition


class AgeProblem(Enum):
    """Why a change is not judged by a baseline."""

    FUTURE = "recorded after the time of judgment"
    OLD = "older than the margin"


def age_problem(
    recorded_at: datetime, recorded_until: datetime, now: datetime, margins: Margins
) -> AgeProblem | None:
    """Whether a baseline is too old to judge a change by, or not recorded yet; ``None`` if it is neither.

    Args:
        recorded_at: time of the recording, UTC.
        recorded_until: end of the recorded traffic, UTC, if that is earlier; else the time of the recording.
        now: the time of judgment, UTC.
        margins: has the days after which a baseline is stale.
    """
    if is_after(recorded_at, now):
        return AgeProblem.FUTURE
    is_old = now - recorded_until > timedelta(days=margins.baseline_oldest_days)
    return AgeProblem.OLD if is_old else None


@dataclass(frozen=True)
class Shortfall:
    """Units per second that are sent and do not carry the traffic.

    Attributes:
        units: the units; ``None`` if there are none to send, so that CloudFormation cannot switch the billing mode.
    """

    units: int | None


def start_shortfall(transition: Transition, dimension: Dimension, traffic: float | None) -> Shortfall | None:
    """The units that a change sends for a dimension, if they do not carry the traffic.

    They replace what auto scaling had reached. Of a GlobalTable auto scaling moves them up to its minimum, since CloudFormation
    registers its bounds with the change. The scaling targets of a Table are resources of their own, which CloudFormation
    updates after the table and its indexes, if they change: until then the table serves the units that are sent.

    Args:
        transition: the change.
        dimension: the dimension.
        traffic: units per second; ``None`` if they are unknown: then a missing seed alone is found.
    """
    declared = transition.declared
    if dimension.index not in (None, *declared.indexes):
        return None
    throughput = declared.throughput(dimension)
    if throughput is None:
        return None
    template = None if transition.deployed is None else transition.deployed.template
    is_switched = (
        transition.switches_to_provisioned and template is not None and dimension in template.dimensions()
    )
    if is_switched and isinstance(throughput, AutoScaling) and throughput.seed is None:
        return Shortfall(None)
    sent = transition.units_sent(dimension)
    if sent is None:
        return None
    if transition.may_be(TableKind.TABLE):
        return _short(sent, traffic)
    after = transition.units_after(dimension, sent)
    return None if after is None else _short(int(after), traffic)


def way_back_shortfall(
    transition: Transition, dimension: Dimension, traffic: float | None
) -> Shortfall | None:
    """What a rollback re-sends for a dimension, if it does not carry the traffic.

    A rollback re-sends the values of the deployed template, not what auto scaling had reached. Auto-scaled units that it
    does not re-send stay as they are.

    Args:
        transition: the change.
        dimension: the dimension.
        traffic: units per second; ``None`` if they are unknown: then a missing seed alone is found.
    """
    if transition.deployed is None or dimension.index not in (None, *transition.deployed.template.indexes):
        return None
    template = transition.deployed.template
    throughput = template.throughput(dimension)
    if throughput is None:
        maximum = template.maximum(dimension)
        return None if maximum is None else _short(maximum, traffic)
    if not isinstance(throughput, AutoScaling):
        return _short(throughput, traffic)
    sent = transition.units_sent_back(dimension)
    if sent is None:
        is_switched = transition.switches_to_on_demand and dimension.index in (
            None,
            *transition.declared.indexes,
        )
        return Shortfall(None) if is_switched else None
    return _short(sent, traffic)


def _short(units: int, traffic: float | None) -> Shortfall | None:
    return Shortfall(units) if traffic is not None and units < traffic else None


def next_free_switch(
    transition: Transition, switches: Sequence[datetime], now: datetime, *, are_all_known: bool = True
) -> datetime | None:
    """When the quota allows the switch to on-demand that a change or its way back needs; ``None`` if it does now.

    Args:
        transition: the change.
        switches: times of known switches to on-demand, UTC, the oldest first.
        now: the time of judgment, UTC.
        are_all_known: whether there were no others. DescribeTable shows the last one alone: then others may have been made
            before it, so that it counts as the whole quota.
    """
    if not transition.switches:
        return None
    quota = SWITCHES_TO_ON_DEMAND.value if are_all_known else 1
    hours = timedelta(hours=SWITCH_QUOTA_HOURS.value)
    counted = [time for time in switches if now < time + hours]
    return counted[-quota] + hours if len(counted) >= quota else None


@dataclass(frozen=True)
class DecreaseWait:
    """A quota of decreases that does not suffice now.

    Attributes:
        until: when it suffices, UTC.
        is_used_up: whether it suffices on no condition before the next UTC day.
    """

    until: datetime
    is_used_up: bool


def decreases_needed(transition: Transition, key: str, units: Mapping[Access, int]) -> tuple[int, int]:
    """Decreases of one resource that the change and its rollback need, 0 or 1 each.

    A switch to on-demand counts as a decrease of the table (quirks: DDB-TABLE-317; DDB-TABLE-064 did not observe it).
    It is counted for the rollback alone: a refused switch fails the rollback, but a refused change changes nothing.

    Args:
        transition: the change.
        key: resource key of the table or index.
        units: units per second that are provisioned before the change, by access.
    """
    if transition.deployed is None:
        return 0, 0
    index = index_of(key)
    template, declared = transition.deployed.template, transition.declared
    if index is not None and (index not in template.indexes or index not in declared.indexes):
        return 0, 0
    if template.is_on_demand:
        return 0, int(not declared.is_on_demand and key == TABLE)
    if declared.is_on_demand:
        return 0, 0
    forward = back = False
    for access, now in units.items():
        dimension = Dimension(index, access)
        changed = transition.units_after(dimension, now)
        restored = transition.units_after_rollback(dimension, changed)
        forward |= _is_decrease(now, transition.units_sent(dimension), changed)
        back |= changed is not None and _is_decrease(changed, transition.units_sent_back(dimension), restored)
    return int(forward), int(back)


def _is_decrease(now: float, sent: int | None, after: float | None) -> bool:
    """Whether CloudFormation sends less than is provisioned, or auto scaling lowers it, units per second.

    Units that CloudFormation sends are a decrease, also if auto scaling raises them to a new minimum afterwards.
    """
    return any(units is not None and units < now for units in (sent, after))


def decrease_wait(
    needed: int, today: int, last_decrease: datetime | None, now: datetime
) -> DecreaseWait | None:
    """The wait until the quota of decreases of one resource suffices; ``None`` if it does now.

    Args:
        needed: decreases that the change and its way back need.
        today: decreases of this UTC day.
        last_decrease: time of the last one, UTC; ``None`` if it is unknown: it may have been just now.
        now: the time of judgment, UTC.
    """
    if not needed or needed <= DECREASES_AT_ONCE.value - today:
        return None
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if needed > 1 or today + needed > DECREASES_A_DAY.value:
        return DecreaseWait(midnight, is_used_up=True)
    free = (last_decrease or now) + timedelta(seconds=DECREASE_INTERVAL.value)
    return DecreaseWait(min(free, midnight), is_used_up=False) if free > now else None


__all__ = [
    "AgeProblem",
    "DecreaseWait",
    "Shortfall",
    "age_problem",
    "decrease_wait",
    "decreases_needed",
    "next_free_switch",
    "start_shortfall",
    "way_back_shortfall",
]
