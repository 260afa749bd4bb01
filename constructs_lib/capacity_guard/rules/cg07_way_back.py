"""CG7: there is no way back, or it would not carry the recorded traffic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..capacity.capacity import AutoScaling, OnDemand, Units
from ..capacity.deployed import Deployed
from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..capacity.limits import DECREASES_A_DAY, DECREASES_AT_ONCE, SWITCH_QUOTA_HOURS, SWITCHES_TO_ON_DEMAND
from ..capacity.structure import TableKind
from ..capacity.transition import Change, Transition
from ..evidence.provenance import History
from ..simulator.provisioned_check import carries
from .formatting import capacity_code, minutes, peak_figure, rate, throughput_code, utc_text, whole
from .model import Case, Figure, Finding, Level, Rule
from .switch_freeze import armed_code, excess, frozen


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.deployed is None or transition.is_empty:
        return
    yield from _from_on_demand(case, transition, transition.deployed)
    yield from _within_provisioned(case, transition, transition.deployed)
    yield from _lost_maximum(case, transition, transition.deployed)
    yield from _switch_quota(case, transition)
    yield from _decrease_quota(case, transition)


def _from_on_demand(case: Case, transition: Transition, deployed: Deployed) -> Iterator[Finding]:
    """The way back from on-demand starts with the seed, or the fixed units, of the deployed template."""
    moved = [d for d in transition.having(Change.TO_ON_DEMAND) if d in deployed.template.dimensions()]
    met = {d: worst for d in moved if (one := frozen(case, d)) and (worst := excess(case, d, one))}
    for dimension in moved:
        throughput = deployed.template.throughput(dimension)
        if throughput is None:
            continue
        fix = f"deploy first, then record again: {armed_code(case, deployed, dimension.index, met)}"
        template = Figure("deployed template", throughput_code(throughput))
        peak = None if case.evidence is None else case.evidence.peak(dimension)
        peaks = (
            []
            if peak is None or case.evidence is None
            else [peak_figure(peak, dimension, case.evidence.days)]
        )
        resent = transition.resent_units(dimension)
        if resent is None:
            yield case.finding(
                RULE,
                "no way back: the deployed template has no seed, so a rollback to provisioned fails",
                dimension=dimension,
                figures=[template, *peaks],
                fix=fix,
            )
        elif peak is not None and resent < whole(peak.units):
            what = "seed" if isinstance(throughput, AutoScaling) else "fixed units"
            if transition.kind is TableKind.TABLE:
                what = "ProvisionedThroughput"
            yield case.finding(
                RULE,
                "a rollback would provision less than it has carried",
                dimension=dimension,
                figures=[
                    *peaks,
                    Figure("rollback re-sends", rate(resent, dimension), f"{what} of the deployed template"),
                ],
                fix=fix,
            )


def _within_provisioned(case: Case, transition: Transition, deployed: Deployed) -> Iterator[Finding]:
    """Without a switch of the mode burst and auto scaling stay at work: the template's values must carry the traffic."""
    if transition.is_relief:
        return  # back is where it was throttled: that is why it is raised
    for dimension in transition.having(Change.LOWER, Change.RAISE):
        throughput = None
        if dimension in deployed.template.dimensions():
            throughput = deployed.template.throughput(dimension)
        series = case.series(dimension)
        if throughput is None or series is None or case.evidence is None:
            continue
        short = carries(series, throughput, case.margins.scaling_reaction_minutes)
        peak = case.evidence.peak(dimension)
        if short is None or peak is None:
            continue
        yield case.finding(
            RULE,
            "a rollback would provision less than it has carried",
            dimension=dimension,
            figures=[
                peak_figure(peak, dimension, case.evidence.days),
                Figure(
                    "rollback re-sends", throughput_code(throughput), "as the deployed template states it"
                ),
                Figure(
                    "not carried", f"{short.units:,.0f} {dimension.access}s", f"in {minutes(short.minutes)}"
                ),
            ],
            fix=f"deploy first, then record again: {armed_code(case, deployed, dimension.index, {})}",
        )


def _lost_maximum(case: Case, transition: Transition, deployed: Deployed) -> Iterator[Finding]:
    """An index loses its on-demand maximum in a switch to provisioned; only what a template states is re-sent."""
    if not deployed.live.is_on_demand:
        return
    for dimension in transition.having(Change.TO_PROVISIONED):
        if dimension.index is None or dimension not in deployed.live.dimensions():
            continue
        live = deployed.live.maximum(dimension)
        stated = deployed.template.maximum(dimension) if dimension in deployed.template.dimensions() else None
        if live is None or live == stated:
            continue
        capacity = deployed.template.of(dimension.index)
        maxima = {a: deployed.live.maximum(Dimension(dimension.index, a)) for a in ACCESSES}
        warm = capacity.warm if isinstance(capacity, OnDemand) else None
        code = capacity_code(
            dimension.index, OnDemand(warm, Units(maxima["read"], maxima["write"])), case.dialect
        )
        yield case.finding(
            RULE,
            "a rollback would not bring its on-demand maximum back",
            dimension=dimension,
            figures=[
                Figure("live", rate(live, dimension), "on-demand maximum; lost in the switch to provisioned"),
                Figure(
                    "deployed template",
                    "none" if stated is None else rate(stated, dimension),
                    "what a rollback re-sends",
                ),
            ],
            fix=f"deploy first, then record again: {code}",
        )


def _switch_quota(case: Case, transition: Transition) -> Iterator[Finding]:
    """The way back from provisioned is a switch to on-demand. A baseline knows only the last one: a warning."""
    history = _history(case)
    if not transition.switches_to_provisioned or history.last_switch_to_on_demand is None:
        return
    last = history.last_switch_to_on_demand
    free = last + timedelta(hours=SWITCH_QUOTA_HOURS.value)
    if case.now >= free:
        return
    yield case.finding(
        RULE,
        "the way back may be refused: it is a switch to on-demand, and one was made within a day",
        level=Level.WARN,
        figures=[
            Figure(
                "last switch", utc_text(last), "to on-demand; the service tells no more than the last one"
            ),
            Figure(
                "quota",
                str(SWITCHES_TO_ON_DEMAND.value),
                f"switches to on-demand in {SWITCH_QUOTA_HOURS.value} hours",
            ),
        ],
        fix=f"change after {utc_text(free)}; Preflight counts what the live table shows",
    )


def _decrease_quota(case: Case, transition: Transition) -> Iterator[Finding]:
    """A way forward that lowers and a way back from a raise both decrease; counts hold for the recorded UTC day."""
    baseline = case.recorded
    if baseline is None or baseline.recording.at.date() != case.now.date():
        return
    changed = {d.resource for d in transition.having(Change.LOWER, Change.RAISE)}
    if transition.declared.is_on_demand:
        return
    for resource in sorted(changed):
        count = baseline.history.decreases_today.get(resource, 0)
        if count < DECREASES_AT_ONCE.value:
            continue
        spent = count >= DECREASES_A_DAY.value
        yield case.finding(
            RULE,
            f"{index_of(resource) or 'table'}: "
            + ("no decrease is left today" if spent else "a decrease may have to wait for up to an hour"),
            level=Level.ERROR if spent else Level.WARN,
            figures=[
                Figure("decreases today", str(count), f"recorded {utc_text(baseline.recording.at)}"),
                Figure(
                    "quota",
                    str(DECREASES_A_DAY.value),
                    f"in a UTC day; after the first {DECREASES_AT_ONCE.value} one an hour",
                ),
            ],
            fix="change after 00:00 UTC, and record again before",
        )


def _history(case: Case) -> History:
    return History() if case.recorded is None else case.recorded.history


RULE = Rule("CG7", Level.ERROR, "No way back, or one that does not carry the recorded traffic", _condition)
