"""What became of a table's last change, for its baseline: read from the Bake in its stack, the hold, and the traffic since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError, Refused
from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import GatePlan
from ..capacity.transition import Change, Transition
from ..evidence.baseline import Baseline
from ..evidence.rollout_state import Outcome, RolloutState
from ..evidence.traffic import Traffic

_BAKE, _WATCH = "Custom::CapacityGuardBake", "Watch"
_WITHOUT_PROOF = "Give --settled or --accepted once a change has been deployed and recorded"


@dataclass(frozen=True)
class Bake:
    """The Bake of a table's last change, which stays in the stack until the deployment after the next recording.

    Attributes:
        plan: the plan in its properties; ``None`` if another version of the guard wrote it, so that it cannot be read.
        fingerprint: fingerprint of the change.
        passed_at: when it passed, UTC; ``None`` if it has not, or that is not known.
        watch: its property with what the table asks of its watch (``watch/options.py``), unchanged.
    """

    plan: GatePlan | None
    fingerprint: str
    passed_at: datetime | None
    watch: object = None


def find_bake(template: Mapping[str, Any], resources: list[dict[str, Any]], logical_id: str) -> Bake | None:
    """The Bake of a table in a template, ``None`` without one.

    Args:
        template: the template of the stack.
        resources: its resources, as DescribeStackResources or ListStackResources list them.
        logical_id: logical id of the table.
    """
    for name, resource in template["Resources"].items():
        if not isinstance(resource, Mapping) or resource.get("Type") != _BAKE:
            continue
        properties = resource.get("Properties", {})
        fingerprint = str(properties.get("Fingerprint"))
        try:
            plan: GatePlan | None = GatePlan.from_property(str(properties.get("Plan")))
        except InputError:
            plan = None
        if plan is not None and plan.logical_id != logical_id:
            continue
        listed = next((one for one in resources if one.get("LogicalResourceId") == name), {})
        passed = listed.get("ResourceStatus") in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        # API: StackResource.Timestamp, StackResourceSummary.LastUpdatedTimestamp: when its status last changed.
        at = listed.get("Timestamp") or listed.get("LastUpdatedTimestamp")
        passed_at = at.astimezone(UTC) if passed and isinstance(at, datetime) else None
        return Bake(plan, fingerprint, passed_at, properties.get(_WATCH))
    return None


@dataclass(frozen=True)
class Verdict:
    """What a person says about the change with ``record``.

    Attributes:
        is_settled: ``--settled``: it has carried its recorded load.
        reason: ``--accepted``: why it is accepted without that proof.
        objection: why a change that is said to have settled has not, in words, by its Bake, which has a plan and has passed, and
            the traffic; ``None`` if it has. Without it the person's word counts.
    """

    is_settled: bool = False
    reason: str | None = None
    objection: Callable[[Bake, Traffic], str | None] | None = None

    @property
    def outcome(self) -> Outcome | None:
        """What it makes of the change; ``None`` if nothing was said."""
        if self.reason is not None:
            return Outcome.ACCEPTED
        return Outcome.SETTLED if self.is_settled else None


def rollout_state(
    recorded: Baseline,
    predecessor: Baseline | None,
    bake: Bake | None,
    *,
    held: str | None,
    verdict: Verdict,
) -> RolloutState | None:
    """What became of the last change of a table.

    A state stays until another change has gates, or until the capacity in the template changes without gates and falls: the proof
    was of another capacity then.

    Args:
        recorded: the baseline just recorded.
        predecessor: the one that it replaces, ``None`` if it is the first.
        bake: the Bake in the stack, ``None`` without one.
        held: fingerprint of the change that the stack holds, ``None`` if it holds none.
        verdict: what a person says about the change.

    Raises:
        Refused: a person says something about a change that is held, or has not settled.
        InputError: a person says something about a change that is unknown.
    """
    before = None if predecessor is None else predecessor.rollout
    proven = (
        before is not None
        and before.is_proven
        and bake is not None
        and before.fingerprint == bake.fingerprint
    )
    if held is None and verdict.is_settled and not proven:
        _refuse_unsettled(recorded, bake, verdict)
    if held is not None:
        if verdict.outcome is not None:
            option = f"--{verdict.outcome.value}"
            raise Refused(
                option,
                f"says that change {held} is proved, and it is held",
                "Leave it out, or run `capacity-guard docs watch`",
            )
        if before is not None and before.fingerprint == held and before.outcome is Outcome.HELD:
            return before
        return _state(Outcome.HELD, held, recorded, predecessor, bake, verdict)
    is_new = bake is not None and (before is None or before.fingerprint != bake.fingerprint)
    if bake is not None and is_new and (bake.passed_at is not None or verdict.outcome is not None):
        outcome = verdict.outcome or Outcome.BAKED
        return _state(outcome, bake.fingerprint, recorded, predecessor, bake, verdict)
    same_bake = bake is not None and not is_new
    kept = before if same_bake else _kept(recorded, predecessor)
    if kept is not None and kept.outcome is Outcome.BAKED and recorded.traffic is not None:
        kept = replace(kept, quiet_minutes=quiet_minutes(recorded.traffic, kept.baked_at, kept.noise))
    if verdict.outcome is None or (kept is not None and kept.outcome is verdict.outcome):
        return kept
    if kept is not None:
        if kept.outcome is Outcome.HELD:
            return _given_up(kept, recorded, verdict)
        return replace(kept, outcome=verdict.outcome, reason=verdict.reason, at=recorded.recording.at)
    return _without_gates(recorded, verdict)


def _refuse_unsettled(recorded: Baseline, bake: Bake | None, verdict: Verdict) -> None:
    """Refuse what the traffic contradicts. Without a Bake whose plan and time are known, nothing can be compared.

    Raises:
        Refused: the change has not settled.
    """
    if bake is None or bake.plan is None or recorded.traffic is None or verdict.objection is None:
        return
    if bake.passed_at is None:
        problem: str | None = "its Bake has not passed, or that is not known"
    else:
        problem = verdict.objection(bake, recorded.traffic)
    if problem is not None:
        raise Refused(
            "--settled",
            f"is not what the metrics show ({problem})",
            "Wait, or accept the change without that proof: --accepted REASON",
        )


def _state(
    outcome: Outcome,
    fingerprint: str,
    recorded: Baseline,
    predecessor: Baseline | None,
    bake: Bake | None,
    verdict: Verdict,
) -> RolloutState:
    plan = None if bake is None or bake.fingerprint != fingerprint else bake.plan
    changes: Mapping[Dimension, Change] = {}
    if plan is not None:
        changes = _changes(plan.transition)
    elif predecessor is not None and predecessor.deployed is not None and recorded.deployed is not None:
        changes = _changes(predecessor.transition_to(recorded.deployed.template, recorded.deployed.kind))
    noise = (
        {}
        if plan is None
        else {key: plan.evidence.noise(key) for key, _ in plan.transition.declared.resources()}
    )
    baked_at = None if bake is None else bake.passed_at
    traffic = recorded.traffic
    quiet = 0 if traffic is None or outcome is Outcome.HELD else quiet_minutes(traffic, baked_at, noise)
    return RolloutState(
        outcome, fingerprint, changes, recorded.recording.at, baked_at, quiet, noise, verdict.reason
    )


def _changes(transition: Transition) -> dict[Dimension, Change]:
    return {one.dimension: one.change for one in transition.changes if one.change is not Change.NONE}


def _given_up(held: RolloutState, recorded: Baseline, verdict: Verdict) -> RolloutState:
    """The state of a cell whose change was rolled back and has left the stack: a person accepts the cell as it is.

    It proves no change, and no longer stops those of later waves.

    Raises:
        InputError: it is said to have settled.
    """
    if verdict.outcome is not Outcome.ACCEPTED:
        raise InputError(
            "--settled",
            f"is about no change: {held.fingerprint} was rolled back, and none was deployed since",
            "Where it is given up, give --accepted REASON",
        )
    return replace(
        held, outcome=Outcome.ACCEPTED, changes={}, reason=verdict.reason, at=recorded.recording.at
    )


def _kept(recorded: Baseline, predecessor: Baseline | None) -> RolloutState | None:
    if predecessor is None or predecessor.rollout is None or recorded.deployed is None:
        return None
    since = predecessor.transition_to(recorded.deployed.template, recorded.deployed.kind)
    return predecessor.rollout if since.is_empty or since.only_raises else None


def _without_gates(recorded: Baseline, verdict: Verdict) -> RolloutState | None:
    """The state of a change that was recorded before baselines had one: from the capacity before to the deployed one.

    Raises:
        InputError: a person accepts a change, and the baseline does not know the capacity before.
    """
    assert verdict.outcome is not None
    deployed = recorded.deployed
    if deployed is None or deployed.previous is None:
        if verdict.outcome is Outcome.ACCEPTED:
            raise InputError("--accepted", "is about no change: the baseline knows none", _WITHOUT_PROOF)
        return None
    before = Deployed(deployed.previous, deployed.previous, {}, {}, structure=deployed.structure)
    transition = Transition(recorded.table.name, before, deployed.template, recorded.attempt, deployed.kind)
    return RolloutState(
        verdict.outcome,
        transition.fingerprint,
        _changes(transition),
        recorded.recording.at,
        reason=verdict.reason,
    )


def quiet_minutes(traffic: Traffic, since: datetime | None, noise: Mapping[str, float]) -> int:
    """Recorded minutes in a row, up to the end of the recording, without throttling beyond the noise since a time.

    A minute that was not recorded is no proof: it neither counts nor ends the row.

    Args:
        traffic: the recorded traffic.
        since: minutes that begin before it do not count, UTC; ``None`` counts none.
        noise: throttle events per minute that are noise, by resource key; 0 for others.
    """
    if since is None:
        return 0
    first = max(0, -((traffic.start - since) // MINUTE))
    quiet = 0
    for position in range(first, traffic.minutes):
        events: dict[str, float] = {}
        for dimension, series in traffic.throttled.items():
            count = series[position]
            if count == count:  # only NaN, a gap, differs from itself
                events[dimension.resource] = events.get(dimension.resource, 0) + count
        if any(count > noise.get(key, 0) for key, count in events.items()):
            quiet = 0
        elif any(series[position] == series[position] for series in traffic.consumed.values()):
            quiet += 1
    return quiet


__all__ = ["Bake", "Verdict", "find_bake", "quiet_minutes", "rollout_state"]
