"""Conditions of Preflight on the live table, the baseline and the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..capacity.capacity import BillingMode
from ..capacity.change_conditions import AgeProblem, age_problem
from .live_state import LiveState
from .messages import format_minute, format_number, format_resource
from .verify import find_differences, find_inactive
from .warm import find_awaited, find_raises, find_rising


def check_status(live: LiveState) -> Iterator[str]:
    """The table, every index and their warm throughput are ACTIVE.

    A running raise of a resource whose warm throughput is declared may be Preflight's own, of an earlier look or attempt. It
    is not refused: Preflight waits for its end, and judges the status then.
    """
    if live.table is None:
        return
    rising = find_rising(live.table)
    awaited = find_awaited(live.plan, live.table)
    for key in rising:
        if key not in awaited:
            resource = format_resource(key)
            yield f"warm throughput of {resource} is being raised, not ACTIVE: wait until that has ended"
    if not awaited:
        for text in find_inactive(live.table):
            yield f"{text}, not ACTIVE: wait until its change has ended"


def check_change_window(live: LiveState) -> Iterator[str]:
    """The current time is in the change window, if one is declared."""
    window = live.plan.rollout.change_window
    if window is not None and live.at not in window:
        yield f"it is {live.at:%a} {format_minute(live.at)}, outside the change window {window.text} (UTC)"


def check_equality(live: LiveState) -> Iterator[str]:
    """The live table has the capacity in the baseline; auto-scaled units only have to carry the live traffic."""
    if live.table is None or live.scaling is None:
        return
    deployed = live.plan.deployed
    differences = find_differences(
        deployed.live, live.table, scaled_units=False, schedules=deployed.schedules
    )
    differences += [
        f"{dimension.label}: its auto scaling is suspended"
        for dimension, scaling in live.scaling.items()
        if scaling.suspended
    ]
    if deployed.structure is not None:
        known = deployed.structure.vector_indexes
        differences += [
            f"vector index {name} is not expected" for name in live.table.vector_indexes if name not in known
        ]
        if not live.table.vector_indexes:
            # An SDK that does not know vector indexes shows none.
            known = {}
        differences += [
            f"vector index {name} does not exist" for name in known if name not in live.table.vector_indexes
        ]
    if differences:
        more = f" and {len(differences) - 4} more" if len(differences) > 4 else ""
        yield (
            f"the live table differs from the baseline: {'; '.join(differences[:4])}{more}: record the baseline again"
        )
    if live.traffic is None or live.plan.transition.switches_to_on_demand:
        return  # the condition "rise" requires more
    for dimension in live.table.dimensions():
        units, traffic = live.table.units(dimension), live.traffic.current(dimension)
        if (
            live.table.tracked(dimension) is not None
            and units is not None
            and traffic is not None
            and traffic > units
        ):
            yield (
                f"{dimension.label}: {format_number(units)} provisioned, "
                f"less than the live traffic of {format_number(traffic)}"
            )


def check_replicas(live: LiveState) -> Iterator[str]:
    """The table has no replica in another Region: no alarm watches it, and a rollback reaches it in its own time."""
    if live.table is None:
        return
    elsewhere = [region for region in live.table.replica_regions if region != live.region]
    if elsewhere:
        yield (
            f"the table has replicas in {', '.join(elsewhere)}, which no veto watches and no gate waits for: "
            "change its capacity without the guard"
        )


def check_vector_indexes(live: LiveState) -> Iterator[str]:
    """A table with vector indexes does not become provisioned: they exist in on-demand mode only."""
    if live.table is None or live.table.mode is not BillingMode.ON_DEMAND:
        return
    if live.table.vector_indexes and not live.plan.transition.declared.is_on_demand:
        names = ", ".join(live.table.vector_indexes)
        yield f"the table has vector indexes ({names}), which exist in on-demand mode only: delete them first"


def check_baseline_age(live: LiveState) -> Iterator[str]:
    """The baseline is not too old at the deployment; its age at synthesis does not count."""
    plan = live.plan
    recorded_until = min(plan.recorded_at, plan.evidence.end)
    problem = age_problem(plan.recorded_at, recorded_until, live.at, plan.margins)
    if problem is AgeProblem.FUTURE:
        recorded_at = plan.recorded_at.strftime("%Y-%m-%d %H:%M UTC")
        yield f"the baseline was recorded {recorded_at}, which is still to come, so its age is unknown: record it again"
    elif problem is AgeProblem.OLD:
        age, oldest = (live.at - recorded_until) / timedelta(days=1), plan.margins.baseline_oldest_days
        yield f"the baseline is {age:.1f} days old, {oldest:g} are allowed: record it again"


def check_warm_time(live: LiveState) -> Iterator[str]:
    """Each raise of warm throughput is expected to end within the time of Preflight."""
    if live.table is None:
        return
    for warm_raise in find_raises(live.plan, live.table):
        if warm_raise.is_too_long:
            yield (
                f"warm throughput of {warm_raise.text} would take about {warm_raise.seconds // 60} minutes, longer than "
                f"a gate lasts: raise it beforehand: {warm_raise.command(live.table.name, live.region)}"
            )


__all__ = [
    "check_baseline_age",
    "check_change_window",
    "check_equality",
    "check_replicas",
    "check_status",
    "check_vector_indexes",
    "check_warm_time",
]
