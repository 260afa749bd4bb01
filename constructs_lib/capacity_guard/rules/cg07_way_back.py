"""CG7: a transition without a way back, or whose way back does not carry the recorded traffic."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, Units
from ..capacity.change_conditions import (
    decrease_wait,
    decreases_needed,
    next_free_switch,
)
from ..capacity.deployed import Deployed
from ..capacity.dimension import ACCESSES, Access, Dimension, index_of, resource_label
from ..capacity.limits import DECREASES_A_DAY, DECREASES_AT_ONCE, SWITCH_QUOTA_HOURS, SWITCHES_TO_ON_DEMAND
from ..capacity.structure import TableKind
from ..capacity.transition import Change, Transition
from ..evidence.provenance import History
from .fix_code import capacity_code, throughput_code
from .formatting import minutes_text, peak_figure, rate_text, share_text, utc_text
from .model import Case, Figure, Finding, Level, Rule
from .physical_name import physical_name
from .prepared import low_ways_back, prepared, prepared_text, weaker_templates
from .replays import with_resource


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.deployed is None:
        return
    if transition.is_empty:
        yield from _added_vector_indexes(case, transition, transition.deployed)
        return
    yield from _from_on_demand(case, transition, transition.deployed)
    yield from _added_vector_indexes(case, transition, transition.deployed)
    yield from _within_provisioned(case, transition, transition.deployed)
    yield from _lost_maximum(case, transition, transition.deployed)
    yield from _switch_quota(case, transition)
    yield from _decrease_quota(case, transition)


def _from_on_demand(case: Case, transition: Transition, deployed: Deployed) -> Iterator[Finding]:
    """The way back from on-demand starts with the seed, or the fixed units, of the deployed template."""
    for dimension, excess in low_ways_back(case).items():
        throughput = deployed.template.throughput(dimension)
        assert throughput is not None
        template = Figure("deployed template", throughput_code(throughput))
        peak = None if case.evidence is None else case.evidence.peak(dimension)
        peak_figures = (
            []
            if peak is None or case.evidence is None
            else [peak_figure(peak, dimension, case.evidence.days)]
        )
        fix, deployments = prepared_text(case, dimension.index), (prepared(case), transition.declared)
        resent = transition.resent_units(dimension)
        if resent is None or excess is None:
            yield case.finding(
                RULE,
                "no way back: the deployed template has no seed, so a rollback to provisioned fails",
                dimension=dimension,
                figures=[template, *peak_figures],
                fix=fix,
                deployments=deployments,
            )
            continue
        source = "seed" if isinstance(throughput, AutoScaling) else "fixed units"
        if transition.kind is TableKind.TABLE:
            source = "ProvisionedThroughput"
        yield case.finding(
            RULE,
            "a rollback would provision less than the recorded traffic needs",
            dimension=dimension,
            figures=[
                *peak_figures,
                Figure(
                    "rollback re-sends", rate_text(resent, dimension), f"{source} of the deployed template"
                ),
                Figure(
                    "above it",
                    f"{excess.units:,.0f} {dimension.access}s",
                    f"in {minutes_text(excess.minutes)} of the worst hour, {share_text(excess.share)} of it; no burst is counted",
                ),
            ],
            fix=fix,
            deployments=deployments,
        )


def _added_vector_indexes(case: Case, transition: Transition, deployed: Deployed) -> Iterator[Finding]:
    """A table with vector indexes cannot become provisioned (API: VectorSearch, requirements).

    Whether a rollback deletes the index before it switches back is not known. Where the table stays on-demand no rollback
    needs that way, but the return to the capacity before is closed: a warning.
    """
    if not transition.declared.is_on_demand:
        return
    switches = bool(transition.having(Change.TO_ON_DEMAND))
    known = {} if deployed.structure is None else deployed.structure.vector_indexes
    added = sorted(
        {
            name
            for facts in case.template
            if facts.structure is not None
            for name in facts.structure.vector_indexes
            if name not in known
        }
    )
    if added:
        fix = "switch to on-demand alone, record again, then add the vector index"
        if not switches:
            fix = "add it when the table is to stay on-demand, then record again; to go back, delete the vector index first"
        yield case.finding(
            RULE,
            "no way back to provisioned: the change adds a vector index, which exists in on-demand mode only",
            figures=[Figure("vector indexes", ", ".join(added))],
            fix=fix,
            level=Level.ERROR if switches else Level.WARN,
        )


def _within_provisioned(case: Case, transition: Transition, deployed: Deployed) -> Iterator[Finding]:
    """Within provisioned mode, burst and auto scaling work: with them the template must carry what the live table does."""
    for dimension, hour in weaker_templates(case).items():
        throughput = deployed.template.throughput(dimension)
        live = deployed.live.throughput(dimension)
        peak = None if case.evidence is None else case.evidence.peak(dimension)
        assert throughput is not None
        assert live is not None
        assert peak is not None
        assert case.evidence is not None
        yield case.finding(
            RULE,
            "a rollback would provision less than the recorded traffic needs",
            dimension=dimension,
            figures=[
                peak_figure(peak, dimension, case.evidence.days),
                Figure(
                    "rollback re-sends", throughput_code(throughput), "as the deployed template states it"
                ),
                Figure("live", throughput_code(live)),
                Figure(
                    "not carried",
                    f"{hour.throttled:,.0f} {dimension.access}s",
                    f"in {minutes_text(hour.minutes)} of an hour, replayed, which the live table carries",
                ),
            ],
            fix=prepared_text(case, dimension.index),
            deployments=(prepared(case), transition.declared),
        )


def _lost_maximum(case: Case, transition: Transition, deployed: Deployed) -> Iterator[Finding]:
    """A switch to provisioned removes an index's on-demand maximum. A rollback re-sends it only from a template."""
    if not deployed.live.is_on_demand:
        return
    for dimension in transition.having(Change.TO_PROVISIONED):
        if dimension.index is None or dimension not in deployed.live.dimensions():
            continue
        live = deployed.live.maximum(dimension)
        stated = deployed.template.maximum(dimension) if dimension in deployed.template.dimensions() else None
        if live is None or live == stated:
            continue
        kept = _with_live_maxima(transition, deployed)
        code = capacity_code(dimension.index, kept.of(dimension.index), case.dialect, physical_name(case))
        yield case.finding(
            RULE,
            "a rollback would not restore its on-demand maximum",
            dimension=dimension,
            figures=[
                Figure(
                    "live", rate_text(live, dimension), "on-demand maximum; lost in the switch to provisioned"
                ),
                Figure(
                    "deployed template",
                    "none" if stated is None else rate_text(stated, dimension),
                    "what a rollback re-sends",
                ),
            ],
            fix=f"deploy first, then record again: {code}",
            deployments=(kept, transition.declared),
        )


def _with_live_maxima(transition: Transition, deployed: Deployed) -> Capacity:
    """The capacity in the deployed template with the on-demand maxima that the indexes have in the live table."""
    found = deployed.template
    for index in deployed.live.indexes:
        maxima = {access: deployed.live.maximum(Dimension(index, access)) for access in ACCESSES}
        is_switched = Dimension(index, "read") in transition.having(Change.TO_PROVISIONED)
        if is_switched and index in found.indexes and any(maxima.values()):
            capacity = found.of(index)
            warm = capacity.warm if isinstance(capacity, OnDemand) else None
            found = with_resource(found, index, OnDemand(warm, Units(maxima["read"], maxima["write"])))
    return found


def _switch_quota(case: Case, transition: Transition) -> Iterator[Finding]:
    """The way back from provisioned is a switch to on-demand, which has a quota.

    DescribeTable returns the time of the last such switch only, so the finding is a warning.
    """
    last = _history(case).last_switch_to_on_demand
    free = None if last is None else next_free_switch(transition, [last], case.now, are_all_known=False)
    if last is None or free is None:
        return
    which = "the change" if transition.switches_to_on_demand else "the way back"
    yield case.finding(
        RULE,
        f"{which} may be refused: it is a switch to on-demand, and one was made within a day",
        level=Level.WARN,
        figures=[
            Figure("last switch", utc_text(last), "to on-demand; the service shows only the last one"),
            Figure(
                "quota",
                str(SWITCHES_TO_ON_DEMAND.value),
                f"switches to on-demand in {SWITCH_QUOTA_HOURS.value} hours",
            ),
        ],
        fix=f"change after {utc_text(free)}; Preflight counts what the live table shows",
    )


def _decrease_quota(case: Case, transition: Transition) -> Iterator[Finding]:
    """A reduction, and the rollback of a raise, each need a decrease. The recorded count is of one UTC day."""
    baseline = case.recorded
    if baseline is None or baseline.recording.at.date() != case.now.date():
        return
    for resource in sorted(key for key, _ in transition.declared.resources()):
        count = baseline.history.decreases_today.get(resource, 0)
        units = _recorded_units(transition, resource)
        wait = decrease_wait(sum(decreases_needed(transition, resource, units)), count, None, case.now)
        if wait is None:
            continue
        is_used_up = wait.is_used_up
        yield case.finding(
            RULE,
            f"{resource_label(index_of(resource))}: "
            + (
                "no decrease is left today"
                if count >= DECREASES_A_DAY.value
                else "its change and its way back need more decreases than are left today"
                if is_used_up
                else "a decrease may have to wait for up to an hour"
            ),
            level=Level.ERROR if is_used_up else Level.WARN,
            figures=[
                Figure("decreases today", str(count), f"recorded {utc_text(baseline.recording.at)}"),
                Figure(
                    "quota",
                    str(DECREASES_A_DAY.value),
                    f"in a UTC day; after the first {DECREASES_AT_ONCE.value} one an hour",
                ),
            ],
            fix="after 00:00 UTC, record again, then change",
        )


def _recorded_units(transition: Transition, resource: str) -> dict[Access, int]:
    """Units per second that were provisioned when the baseline was recorded; the most there may be where it does not say."""
    if transition.deployed is None or transition.deployed.template.is_on_demand:
        return {}
    dimensions = {access: Dimension(index_of(resource), access) for access in ACCESSES}
    now = {access: transition.deployed.most_provisioned(d) for access, d in dimensions.items()}
    return {access: units for access, units in now.items() if units is not None}


def _history(case: Case) -> History:
    return History() if case.recorded is None else case.recorded.history


RULE = Rule(
    id="CG7",
    level=Level.ERROR,
    title="No way back, or one that does not carry the recorded traffic",
    refuses="a transition without a way back: no seed, too small a seed, a used-up quota",
    needs="the deployed template, traffic, quotas",
    condition=_condition,
)
