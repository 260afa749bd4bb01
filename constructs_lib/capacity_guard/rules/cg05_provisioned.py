"""CG5: provisioned throughput that does not carry the recorded traffic, or is above a quota."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..capacity.capacity import AutoScaling, Provisioned, Throughput, maximum_of, minimum_of
from ..capacity.change_conditions import start_shortfall
from ..capacity.dimension import ACCESSES, Dimension
from ..capacity.evidence import Peak
from ..capacity.settings import hours_in
from ..capacity.transition import Change, Transition
from ..simulator.provisioned_check import Shortage, carries
from .fix_code import capacity_code, number_code, throughput_code
from .formatting import minutes_text, peak_figure, rate_text, utc_text
from .model import Case, Figure, Finding, Level, Rule
from .rounding import round_up


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.is_empty or transition.declared.is_on_demand:
        return
    for dimension in transition.having(Change.TO_PROVISIONED, Change.CREATED, Change.LOWER):
        if dimension in transition.declared.dimensions():
            yield from _too_small(case, transition, dimension)
    for dimension in transition.having(Change.TO_PROVISIONED):
        yield from _at_switch(case, transition, dimension)
    yield from _above_table_quota(case, transition)
    yield from _above_account_quota(case, transition)


def _too_small(case: Case, transition: Transition, dimension: Dimension) -> Iterator[Finding]:
    throughput = transition.declared.throughput(dimension)
    series = case.series(dimension)
    if throughput is None or series is None or case.evidence is None:
        return
    reaction = case.margins.scaling_reaction_minutes
    shortage = carries(series, throughput, reaction)
    peak = case.evidence.peak(dimension)
    if shortage is None or peak is None:
        return
    maximum = maximum_of(throughput)
    if not isinstance(throughput, AutoScaling):
        title = "it is provisioned for less than it has carried"
        declared = Figure("declared", rate_text(throughput, dimension), "fixed; 300 s of burst are counted")
    elif carries(series, maximum, reaction) is None:
        title = "its floor is too low: auto scaling would come too late"
        declared = Figure(
            "floor",
            rate_text(throughput.minimum, dimension),
            f"auto scaling acts after {minutes_text(reaction)}",
        )
    else:
        title = "auto scaling does not reach far enough for what it has carried"
        declared = Figure(
            "reach", rate_text(maximum, dimension), "AutoScaling.maximum; 300 s of burst are counted"
        )
    yield case.finding(
        RULE,
        title,
        dimension=dimension,
        figures=[
            peak_figure(peak, dimension, case.evidence.days),
            declared,
            _not_carried(case, shortage, dimension),
        ],
        fix=_with_throughput_code(case, transition, dimension, _enough(case, transition, dimension)),
    )


def _not_carried(case: Case, shortage: Shortage, dimension: Dimension) -> Figure:
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    worst_minute = case.recorded.traffic.minute(shortage.worst)
    return Figure(
        "not carried",
        f"{shortage.units:,.0f} {dimension.access}s",
        f"in {minutes_text(shortage.minutes)}; worst {utc_text(worst_minute)}, with {shortage.provisioned:,} provisioned",
    )


def _enough(case: Case, transition: Transition, dimension: Dimension) -> Throughput:
    """A throughput that carries the traffic: fixed units at the peak, or auto scaling with the lowest minimum for it."""
    throughput = transition.declared.throughput(dimension)
    series = case.series(dimension)
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    assert throughput is not None
    if series is None or peak is None:
        return (
            replace(throughput, seed=throughput.minimum)
            if isinstance(throughput, AutoScaling)
            else throughput
        )
    if not isinstance(throughput, AutoScaling):
        return max(throughput, round_up(peak.units))
    reaction = case.margins.scaling_reaction_minutes
    maximum = max(throughput.maximum, round_up(peak.units))

    def with_minimum(minimum: int) -> AutoScaling:
        return replace(throughput, minimum=minimum, maximum=maximum, seed=None)

    minimum = _lowest(
        throughput.minimum,
        maximum,
        lambda minimum: carries(series, with_minimum(minimum), reaction) is None,
    )
    enough = with_minimum(minimum)
    if not transition.switches_to_provisioned:
        return replace(enough, seed=None if throughput.seed is None else max(throughput.seed, minimum))
    peak_at_switch = _peak_at_switch(case, dimension)
    needed_seed = 1 if peak_at_switch is None else round_up(peak_at_switch.units)
    return replace(enough, seed=max(throughput.seed or 1, minimum, needed_seed))


def _peak_at_switch(case: Case, dimension: Dimension) -> Peak | None:
    """Busiest recorded minute in the hours of the change window."""
    hours = hours_in(case.rollout.change_window)
    return None if case.evidence is None else case.evidence.peak_in(dimension, hours)


def _lowest(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The lowest number for which a condition holds, to half a percent. It must hold for ``high``."""
    if holds(low):
        return low
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _at_switch(case: Case, transition: Transition, dimension: Dimension) -> Iterator[Finding]:
    """The seed with which an auto-scaled dimension starts after the switch: it must exist and carry the traffic."""
    throughput = transition.declared.throughput(dimension)
    if not isinstance(throughput, AutoScaling):
        return
    peak = _peak_at_switch(case, dimension)
    fix = _with_throughput_code(case, transition, dimension, _enough(case, transition, dimension))
    short = start_shortfall(transition, dimension, None if peak is None else round_up(peak.units))
    if short is None:
        return
    if throughput.seed is None:
        yield case.finding(
            RULE,
            "it is auto-scaled without a seed: CloudFormation cannot switch it to provisioned",
            dimension=dimension,
            figures=[Figure("declared", throughput_code(throughput))],
            fix=fix,
        )
    elif peak is not None:
        window = case.rollout.change_window
        yield case.finding(
            RULE,
            "its seed is too low for the traffic at the switch",
            dimension=dimension,
            figures=[
                Figure(
                    "recorded",
                    rate_text(peak.units, dimension),
                    f"{utc_text(peak.at)}, in {'any hour' if window is None else window.text}",
                ),
                Figure(
                    "seed",
                    rate_text(throughput.seed, dimension),
                    f"auto scaling acts after {minutes_text(case.margins.scaling_reaction_minutes)}",
                ),
            ],
            fix=fix,
        )


def _above_table_quota(case: Case, transition: Transition) -> Iterator[Finding]:
    quota = case.margins.table_quota
    for change in transition.changes:
        dimension = change.dimension
        if change.change is Change.NONE or dimension not in transition.declared.dimensions():
            continue
        throughput = transition.declared.throughput(dimension)
        if throughput is None or _highest_units(throughput) <= max(
            quota, _provisioned_now(transition, dimension)
        ):
            continue  # the account allows at least what is provisioned today
        yield case.finding(
            RULE,
            "it asks for more than the account allows one table or index",
            dimension=dimension,
            figures=[
                Figure(
                    "declared", rate_text(_highest_units(throughput), dimension), _declared_note(throughput)
                ),
                Figure(
                    "quota", rate_text(quota, dimension), "Margins.table_quota; the default of an account"
                ),
            ],
            fix=f"ask for at most {number_code(quota)}, or declare the quota you have: "
            f"options=GuardOptions(margins=Margins(table_quota={number_code(_highest_units(throughput))}))",
        )


def _above_account_quota(case: Case, transition: Transition) -> Iterator[Finding]:
    """Adds up what is provisioned at once, not the maxima: not all indexes reach their maximum at the same time."""
    quota = case.margins.account_quota
    for access in ACCESSES:
        throughputs = {
            dimension: throughput
            for dimension in transition.declared.dimensions()
            if dimension.access == access and (throughput := transition.declared.throughput(dimension))
        }
        total = sum(map(_provisioned_at_once, throughputs.values()))
        provisioned_now = sum(_provisioned_now(transition, dimension) for dimension in throughputs)
        if total <= max(quota, provisioned_now):
            continue
        yield case.finding(
            RULE,
            f"table and indexes together ask for more {access}s than the account allows a Region",
            figures=[
                Figure("declared", f"{total:,} {access}s/s", "table and every index"),
                Figure("quota", f"{quota:,} {access}s/s", "Margins.account_quota; the default of an account"),
            ],
            fix="lower them, or declare the quota you have: "
            f"options=GuardOptions(margins=Margins(account_quota={number_code(total)}))",
        )


def _declared_note(throughput: Throughput) -> str:
    return throughput_code(throughput) if isinstance(throughput, AutoScaling) else "fixed"


def _provisioned_now(transition: Transition, dimension: Dimension) -> int:
    return (transition.deployed and transition.deployed.provisioned_now(dimension)) or 0


def _provisioned_at_once(throughput: Throughput) -> int:
    seed = throughput.seed if isinstance(throughput, AutoScaling) else None
    return max(minimum_of(throughput), seed or 0)


def _highest_units(throughput: Throughput) -> int:
    return max(maximum_of(throughput), _provisioned_at_once(throughput))


def _with_throughput_code(
    case: Case, transition: Transition, dimension: Dimension, throughput: Throughput
) -> str:
    """The declared capacity of the dimension's table or index with another throughput."""
    declared = transition.declared.of(dimension.index)
    assert isinstance(declared, Provisioned)
    changed = (
        replace(declared, read=throughput)
        if dimension.access == "read"
        else replace(declared, write=throughput)
    )
    return capacity_code(dimension.index, changed, case.dialect)


RULE = Rule(
    id="CG5",
    level=Level.ERROR,
    title="Provisioned throughput too small for the recorded traffic, or above a quota",
    refuses="provisioned throughput too small for the recorded traffic, or above the quota",
    needs="traffic",
    condition=_condition,
)
