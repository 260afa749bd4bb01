"""CG14: a change that throttles more than the budget when it is replayed over recorded traffic.

The start is replayed over recorded traffic, and over the most that Preflight lets a change start with.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.transition import Change, Transition
from ..evidence.traffic import Traffic
from ..simulator.table_replay import Cause
from ..simulator.worst_hour import WorstHour, recorded_trial, worst_hours
from .fix_code import margins_code
from .formatting import minutes_text, rate_text, share_text, utc_text
from .model import Case, Figure, Finding, Level, Rule
from .prepared import prepared, prepared_text
from .replays import Throttled, throttled
from .rounding import round_up
from .scheduled import bounds_text, unreplayed
from .sufficient import Fix, sufficient_fix
from .unknowns import throttled_range


def _condition(case: Case) -> Iterator[Finding]:
    for dimension, found in throttled(case).items():
        yield _finding(case, dimension, found)
    yield from _not_replayed(case)
    yield from _tracked_otherwise(case)


def _not_replayed(case: Case) -> Iterator[Finding]:
    """Scheduled actions that cannot be replayed: the replays know the bounds without what these set."""
    transition = case.transition
    if transition is None or transition.deployed is None:
        return
    deployed = transition.deployed
    touched = {change.dimension for change in transition.changes if change.change is not Change.NONE}
    stated = [action for facts in case.template for action in facts.schedules]
    unrecorded = _unrecorded(case, deployed)
    where: dict[ScheduledAction, list[str]] = {}
    for source, actions in (("recorded", deployed.schedules), ("in the template", stated)):
        for action in unreplayed(actions):
            told = action.dimension in touched or action in unrecorded
            if told and source not in where.setdefault(action, []):
                where[action].append(source)
    reasons = unreplayed(where)
    figures = [
        _action_figure(case, action, f"{', '.join(sources)}; {reasons[action]}")
        for action, sources in where.items()
        if sources
    ]
    if not transition.is_empty:
        unread = {facts.schedules_unread for facts in case.template if facts.schedules_unread is not None}
        figures += [Figure("not readable", problem) for problem in sorted(unread)]
    if figures:
        yield case.finding(
            RULE,
            "scheduled actions change a dimension of this change, or are new, and no rule can replay them",
            figures=figures,
            fix="check what they set after the change; the gates accept the bounds that they set",
            level=Level.WARN,
        )
    if transition.is_empty and (unrecorded or transition.removed_schedules):
        yield from _other_actions(case, transition, unrecorded)


def _tracked_otherwise(case: Case) -> Iterator[Finding]:
    """Auto scaling that follows its target otherwise than it is replayed, also without a transition: a cooldown can stop it.

    A replayed raise follows another after the reaction time at the earliest, a decrease 15 quiet minutes (docs/simulator.md).
    """
    reaction = case.margins.scaling_reaction_minutes
    figures: dict[Figure, None] = {}
    for tracking in (each for facts in case.template for each in facts.tracking):
        if tracking.unread is not None:
            figures[Figure("not readable", tracking.unread)] = None
        if tracking.out_seconds > reaction * 60:
            note = f"{tracking.place}; replayed: {minutes_text(reaction)}"
            figures[Figure("ScaleOutCooldown", f"{tracking.out_seconds:,} s", note)] = None
        if tracking.in_seconds > _QUIET_MINUTES * 60:
            note = f"{tracking.place}; replayed: {minutes_text(_QUIET_MINUTES)}"
            figures[Figure("ScaleInCooldown", f"{tracking.in_seconds:,} s", note)] = None
        if tracking.only_out:
            note = f"{tracking.place}; replayed as if it lowered"
            figures[Figure("DisableScaleIn", "true", note)] = None
    if figures:
        yield case.finding(
            RULE,
            "its auto scaling has settings that the replay does not model",
            figures=figures,
            fix="remove these settings, or add a ScaleOutCooldown to Margins(scaling_reaction_minutes=...)",
            level=Level.WARN,
        )


def _identity(action: ScheduledAction) -> tuple[object, ...]:
    """What makes two actions the same: a time zone and the ends may be stated in one place and left to defaults in the other."""
    return action.dimension, action.name, action.schedule, action.minimum, action.maximum


def _unrecorded(case: Case, deployed: Deployed) -> list[ScheduledAction]:
    """Scheduled actions of the template that were not recorded."""
    recorded = {_identity(action) for action in deployed.schedules}
    new = {
        _identity(action): action
        for facts in case.template
        for action in facts.schedules
        if _identity(action) not in recorded
    }
    return list(new.values())


def _other_actions(
    case: Case, transition: Transition, unrecorded: list[ScheduledAction]
) -> Iterator[Finding]:
    """Scheduled actions of the template that were not recorded, or that it no longer has: no capacity changes today, but it will
    at their times."""
    if case.recorded is None or case.recorded.traffic is None:
        return
    removed = transition.removed_schedules
    changed = {action.dimension for action in (*unrecorded, *removed)}
    carried = case.recorded.traffic.only(d for d in case.recorded.traffic.consumed if d in changed)
    hours = worst_hours(transition, carried, recorded_trial(case.margins), case.margins, case.runner)
    for dimension, hour in hours.items():
        if hour.share > case.margins.throttle_budget:
            new = [action for action in unrecorded if action.dimension == dimension]
            gone = [action for action in removed if action.dimension == dimension]
            yield case.finding(
                RULE,
                "in a replay, scheduled actions of its template that were not recorded throttle recorded traffic"
                if new
                else "in a replay, recorded traffic throttles without scheduled actions that its template no longer has",
                dimension=dimension,
                figures=[
                    *(_action_figure(case, action, "in the template") for action in new),
                    *(_action_figure(case, action, "deployed, and not in the template") for action in gone),
                    _throttled_figure(case, dimension, hour),
                ],
                fix="raise what they set; record again after the deployment"
                if new
                else "keep them, or raise the minimum of the auto scaling to what they set",
                level=Level.WARN,
            )


def _action_figure(case: Case, action: ScheduledAction, note: str) -> Figure:
    """What an action sets, and whether its maximum alone shows that it throttles recorded traffic."""
    peak = None if case.evidence is None else case.evidence.peak(action.dimension)
    if action.maximum is not None and peak is not None and action.maximum < peak.units:
        note += f"; below the recorded peak of {rate_text(peak.units, action.dimension)}"
    return Figure(f"{action.dimension.label}: {action.name}", bounds_text(action), note)


def _throttled_figure(case: Case, dimension: Dimension, hour: WorstHour) -> Figure:
    return Figure(
        "throttled",
        f"{hour.throttled:,.0f} {dimension.access}s",
        f"in {minutes_text(hour.minutes)}: {share_text(hour.share, above=case.margins.throttle_budget)} of the demand of that "
        "hour, retries included",
    )


def _finding(case: Case, dimension: Dimension, found: Throttled) -> Finding:
    hour, trial = found.hour, found.trial
    transition, baseline = case.transition, case.recorded
    assert transition is not None
    assert baseline is not None
    assert baseline.traffic is not None
    traffic = baseline.traffic
    replayed = "recorded traffic" if trial.factor == 1 else f"{trial.factor:g} times the recorded traffic"
    requested = traffic.consumed[dimension][hour.worst] * trial.factor / 60
    started = "" if hour.started is None else f"; the change started {utc_text(traffic.minute(hour.started))}"
    cause = "" if hour.cause is None else f"; {hour.cause.value}"
    if requested <= hour.limit:
        cause += "; single seconds and retries exceed it"
    figures = [
        Figure(
            "worst minute",
            rate_text(requested, dimension),
            f"{utc_text(traffic.minute(hour.worst))}{started}",
        ),
        Figure("served then", rate_text(hour.limit, dimension), f"at most{cause}"),
        _throttled_figure(case, dimension, hour),
        *(
            [throttled_range(case, transition, traffic, dimension, hour, trial).figure()]
            if case.has_ranges
            else ()
        ),
        Figure(
            "budget",
            share_text(case.margins.throttle_budget),
            "of an hour: Margins.throttle_budget; this is the first replay above it, capacity-guard plan states the worst",
        ),
    ]
    return case.finding(
        RULE,
        f"in a replay, the change throttles {replayed}",
        dimension=dimension,
        figures=figures,
        **_fix(case, transition, traffic, dimension, found),
    )


def _fix(case: Case, transition: Transition, traffic: Traffic, dimension: Dimension, found: Throttled) -> Fix:
    hour, trial = found.hour, found.trial
    if found.is_frozen(transition):
        return {
            "fix": prepared_text(case, dimension.index),
            "deployments": (prepared(case), transition.declared),
        }
    if hour.cause is Cause.KEY:
        return {
            "fix": "spread the hottest key over more keys: no capacity serves one key more than a partition does",
            "deployments": (),
        }
    if hour.cause is Cause.QUOTA:
        peak = max(units for units in traffic.consumed[dimension] if units == units) / 60
        enough = max(
            round_up(trial.factor * peak * trial.parameters.peak_second),
            round_up(peak * case.margins.headroom),
        )
        return {
            "fix": "raise the quota of the account, and state it: "
            + margins_code(case.dialect, "table_quota", enough),
            "deployments": (),
        }
    return sufficient_fix(case, dimension)


_QUIET_MINUTES = 15
"""Minutes below the target that lower the units (Guide: AutoScaling)."""

RULE = Rule(
    id="CG14",
    level=Level.ERROR,
    title="The simulated change throttles recorded traffic, or its headroom",
    refuses="a change that, replayed over the recording or 1.2 or 1.3 times of it, throttles more than 0.1 % of an hour",
    needs="traffic, minute by minute",
    condition=_condition,
)
