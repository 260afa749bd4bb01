"""The texts of the watch's messages: what happened, what the guard did, what is restored, what to do.

A message is read on a phone at night: times are in UTC, figures have units, commands have the names of the table.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ..capacity.dimension import Dimension
from ..capacity.gate_plan import GatePlan
from ..capacity.reasons import Reason
from ..capacity.transition import Change
from ..handlers.messages import format_number, format_resource
from ..watch.settling import DimensionProgress
from ..watch.vetoes import FastVeto, SlowVeto
from .told import Told, sentence, utc

_SHOWN = 4
"""Resources that the line about a change names."""


_NOTHING = ["Nothing. The new capacity is in force."]


def change_text(plan: GatePlan) -> str:
    """What a change does, for people: ``to on-demand (table, index by_agent)``, ``lower (table, read)``.

    Args:
        plan: the plan of the change.
    """
    found: dict[Change, list[Dimension]] = {}
    for each in plan.transition.changes:
        if each.change is not Change.NONE:
            found.setdefault(each.change, []).append(each.dimension)
    return (
        "; ".join(f"{change.value} ({_some(_names(dimensions))})" for change, dimensions in found.items())
        or "settings of the table"
    )


def _names(dimensions: Sequence[Dimension]) -> list[str]:
    """Tables and indexes, with the access where only one of the two is meant."""
    resources = [dimension.resource for dimension in dimensions]
    return list(
        dict.fromkeys(
            format_resource(each.resource)
            if resources.count(each.resource) > 1
            else f"{format_resource(each.resource)}, {each.access}"
            for each in dimensions
        )
    )


def throttling_text(resource: str, veto: FastVeto, allowed: float) -> str:
    """What throttles, since when and how much, as a sentence without a full stop.

    Args:
        resource: resource key of what throttles.
        veto: the throttling.
        allowed: throttle events a minute that do not count.
    """
    events = ", ".join(format_number(each) for each in veto.events)
    return (
        f"{format_resource(resource)} throttled from {utc(veto.at)}: {events} throttle events a minute "
        f"(normal: at most {format_number(allowed)})"
    )


def deployed_text(changed_at: datetime, now: datetime) -> str:
    """When the change was deployed, as a sentence."""
    hours = (now - changed_at).total_seconds() / 3600
    ago = (
        f"{hours * 60:.0f} minutes"
        if hours < 2
        else f"{hours:.0f} hours"
        if hours < 48
        else f"{hours / 24:.0f} days"
    )
    return f"The table has had its new capacity since {utc(changed_at)}, for {ago}."


def taken_back(text: str, deployed: str, did: str) -> Told:
    """A change is being taken back."""
    return Told(
        "taken back",
        Reason.TAKEN_BACK,
        "throttles, its change is being taken back",
        [f"{_capital(text)}.", deployed],
        ["It holds the change, so that no deployment brings it back by itself.", sentence(did)],
        ["Nothing yet. A further message says when table and indexes are shown to be as before."],
        [
            "Wait for that message: minutes as a rule, longer for a switch of the billing mode.",
            "Start no deployment of the stack until then.",
        ],
    )


def restored(text: str) -> Told:
    """A change was taken back, and the table was read."""
    return Told(
        "restored",
        Reason.RESTORED,
        "restored, the capacity is that of before the change",
        ["A change that throttled was taken back, by the guard or by a person."],
        ["It has read table and every index, and compared them with the capacity of before."],
        [sentence(text), "Warm throughput that was raised stays raised."],
        [
            "Check that throttling has ended. If not, raise capacity: a change that only raises is let through.",
            "The change stays held: deployments of something else keep the restored capacity.",
            "The stack keeps the role of this update: a deployment that names no role of its own is denied. Name one once.",
            "Find out what throttled; correct the change, or try the same one again: capacity-guard retry BASELINE.json",
        ],
    )


def stack_policy(caution: str) -> Told:
    """The policy of the stack cannot be kept in full for the update."""
    return Told(
        "policy",
        Reason.STACK_POLICY,
        "the stack's policy needs a look",
        [sentence(_capital(caution))],
        ["It takes the change back all the same."],
        ["Further messages say what becomes of the rollback."],
        ["Correct or shorten the policy. If it denied the update, roll back by hand afterwards."],
    )


def not_taken_back(
    text: str, deployed: str, obstacles: Sequence[str], move: str, *, has_way_back: bool
) -> Told:
    """A change throttles, and is not taken back."""
    return Told(
        "veto",
        Reason.NOT_TAKEN_BACK,
        "throttles, and is NOT taken back",
        [f"{_capital(text)}.", deployed],
        [sentence(f"Not taken back: {obstacle}") for obstacle in obstacles],
        ["Nothing. The new capacity is in force, and the table throttles. This is yours from here on."],
        [
            f"Best move left: {move}.",
            'Or take it back: capacity-guard rollback TABLE --reason "..."'
            if has_way_back
            else "Or take it back: deploy the code of before the change (git revert).",
            'Or keep it: capacity-guard accept TABLE --reason "..."',
        ],
    )


def other_cause(text: str, deployed: str, others: Iterable[str]) -> Told:
    """A table throttles for a cause that the change cannot affect."""
    return Told(
        "other cause",
        Reason.OTHER_CAUSE,
        "throttles, but not because of the change",
        [f"{_capital(text)}.", deployed, *map(_capital, others)],
        ["Nothing: to take the change back would not end it. The change is watched on."],
        _NOTHING,
        [
            "A hot key: find it with CloudWatch Contributor Insights for DynamoDB.",
            "Something that the change does not touch: treat it as an incident of its own. A raise is let through.",
        ],
    )


def cancelled(text: str, deployed: str, did: str) -> Told:
    """A change throttles while the deployment that made it still runs, and that is cancelled."""
    return Told(
        "cancelled",
        Reason.TAKEN_BACK,
        "throttles, its deployment is being cancelled",
        [f"{_capital(text)}.", deployed, "The deployment that made the change still runs."],
        ["It holds the change, so that no deployment brings it back by itself.", sentence(did)],
        ["Nothing yet. CloudFormation sends the capacity of before, as after a veto of Bake."],
        [
            "Wait for the end of the deployment: the tool that deploys reports it as failed and rolled back.",
            "Then compare the table: capacity-guard status TABLE",
            "If the stack ends in UPDATE_ROLLBACK_FAILED: aws cloudformation continue-update-rollback",
        ],
    )


def operation_runs(text: str, deployed: str, status: str, runs: str) -> Told:
    """A change throttles while an operation of its stack runs."""
    return Told(
        "busy",
        Reason.OPERATION_RUNS,
        "throttles, and an operation of the stack runs",
        [
            f"{_capital(text)}.",
            deployed,
            f"The stack is {status}, and takes no other operation: {sentence(runs)}",
        ],
        ["It waits. The change is taken back when the operation has ended."],
        ["Nothing yet."],
        ["End or cancel the operation: aws cloudformation cancel-update-stack", "Start no other deployment."],
    )


def slow_throttling_text(resource: str, veto: SlowVeto, hours: float, last_minutes: float) -> str:
    """How much throttles over hours, as a sentence without a full stop."""
    return (
        f"{format_resource(resource)} throttles {veto.share:.2%} of its demand over the last {hours:g} hours, and "
        f"{veto.last_share:.2%} over the last {last_minutes:g} minutes; {veto.allowed:.2%} is the limit"
    )


def slow(text: str, deployed: str) -> Told:
    """A change throttles a little for hours."""
    return Told(
        "slow veto",
        Reason.SLOW_VETO,
        "throttles for hours, please decide",
        [f"{_capital(text)}.", deployed],
        ["It sent this message. A person decides."],
        _NOTHING,
        [
            'Take it back: capacity-guard rollback TABLE --reason "..."',
            'Or keep it: capacity-guard accept TABLE --reason "..."',
            "Or raise the capacity in the code and deploy it: a raise is let through.",
        ],
    )


def metrics_missing(names: str, until: datetime | None) -> Told:
    """The metrics of the last minutes are missing."""
    seen = "" if until is None else f" The last minute that is complete ended {utc(until)}."
    return Told(
        "inconclusive",
        Reason.METRICS_MISSING,
        "cannot be seen, metrics are missing",
        [f"CloudWatch has no metrics of the last minutes for {names}.{seen}"],
        [
            "It does not know the effect of the change. Nothing is taken back for missing metrics; it looks again every two "
            "minutes."
        ],
        _NOTHING,
        [
            "Look at the errors of your own clients, and at AWS Health for CloudWatch.",
            'If clients fail, do not wait: capacity-guard rollback TABLE --reason "..."',
        ],
    )


def settled(deployed: str) -> Told:
    """A change has carried its load."""
    return Told(
        "settled",
        Reason.SETTLED,
        "the change has settled",
        [
            "Every changed dimension has carried its recorded load, its busiest hour of the day included.",
            deployed,
        ],
        ["The watch of this change has ended: throttling no longer takes it back."],
        [],
        ["capacity-guard record TABLE --settled, commit the baseline and deploy."],
    )


def unproven(missing: Mapping[Dimension, DimensionProgress], deployed: str) -> Told:
    """The time is over."""
    return Told(
        "unproven",
        Reason.UNPROVEN,
        "the change is UNPROVEN, please decide",
        [
            "The time of the watch is over, and the change has NOT carried its recorded load:",
            *(f"{dimension.label}: {'; '.join(each.missing)}" for dimension, each in missing.items()),
            deployed,
        ],
        ["It watches on: throttling still takes the change back."],
        [],
        [
            'Keep it: capacity-guard accept TABLE --reason "..."',
            'Or take it back: capacity-guard rollback TABLE --reason "..."',
            "Or wait, if the load is still to come.",
        ],
    )


def gone() -> Told:
    """The stack does not have the table any more."""
    return Told(
        "gone",
        Reason.NOT_WATCHED,
        "the table is gone",
        ["The stack does not have the table any more, so its change is not watched."],
        ["Nothing."],
        ["Nothing."],
        [
            "If it was deleted on purpose, remove its guard from the code. If not, restore it: point-in-time recovery."
        ],
    )


def hold_missing(hold: str) -> Told:
    """Somebody deleted the hold of a change that is in force.

    Args:
        hold: name of the SSM parameter.
    """
    return Told(
        "hold missing",
        Reason.HOLD_MISSING,
        "the hold is gone, and the stack cannot be updated",
        [
            f"The SSM parameter {hold} does not exist. The template reads it: CloudFormation refuses each operation of the stack."
        ],
        ["It sent this message and watches on. If it takes the change back, it writes the hold anew."],
        ["Nothing. The new capacity is in force."],
        [f"Write it anew: aws ssm put-parameter --name {shlex.quote(hold)} --type String --value none"],
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


__all__ = [
    "cancelled",
    "change_text",
    "deployed_text",
    "gone",
    "hold_missing",
    "metrics_missing",
    "not_taken_back",
    "operation_runs",
    "other_cause",
    "restored",
    "settled",
    "slow",
    "slow_throttling_text",
    "stack_policy",
    "taken_back",
    "throttling_text",
    "unproven",
]
