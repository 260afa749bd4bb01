"""CG5: provisioned throughput does not carry the recorded traffic, or is above a quota."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..capacity.capacity import AutoScaling, Provisioned, Throughput, maximum_of, minimum_of
from ..capacity.dimension import ACCESSES, Dimension
from ..capacity.evidence import Peak
from ..capacity.settings import hours_in
from ..capacity.transition import Change, Transition
from ..simulator.provisioned_check import Shortage, carries
from .formatting import capacity_code, minutes, number, peak_figure, rate, throughput_code, utc_text, whole
from .model import Case, Figure, Finding, Level, Rule


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.is_empty or transition.declared.is_on_demand:
        return
    for dimension in transition.having(Change.TO_PROVISIONED, Change.CREATED, Change.LOWER):
        if dimension in transition.declared.dimensions():
            yield from _too_small(case, transition, dimension)
    for dimension in transition.having(Change.TO_PROVISIONED):
        yield from _start(case, transition, dimension)
    yield from _above_table_quota(case, transition)
    yield from _above_account_quota(case, transition)


def _too_small(case: Case, transition: Transition, dimension: Dimension) -> Iterator[Finding]:
    throughput = transition.declared.throughput(dimension)
    series = case.series(dimension)
    if throughput is None or series is None or case.evidence is None:
        return
    reaction = case.margins.scaling_reaction_minutes
    short = carries(series, throughput, reaction)
    peak = case.evidence.peak(dimension)
    if short is None or peak is None:
        return
    reach = maximum_of(throughput)
    floor_is_it = isinstance(throughput, AutoScaling) and carries(series, reach, reaction) is None
    if not isinstance(throughput, AutoScaling):
        title = "it is provisioned for less than it has carried"
        declared = Figure("declared", rate(throughput, dimension), "fixed; 300 s of burst are counted")
    elif floor_is_it:
        title = "its floor is too low: auto scaling would come too late"
        declared = Figure(
            "floor", rate(throughput.minimum, dimension), f"auto scaling acts after {minutes(reaction)}"
        )
    else:
        title = "auto scaling does not reach far enough for what it has carried"
        declared = Figure("reach", rate(reach, dimension), "AutoScaling.maximum; 300 s of burst are counted")
    yield case.finding(
        RULE,
        title,
        dimension=dimension,
        figures=[
            peak_figure(peak, dimension, case.evidence.days),
            declared,
            _unserved(case, short, dimension),
        ],
        fix=_code(case, transition, dimension, _enough(case, transition, dimension)),
    )


def _unserved(case: Case, short: Shortage, dimension: Dimension) -> Figure:
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    at = case.recorded.traffic.minute(short.worst)
    return Figure(
        "not carried",
        f"{short.units:,.0f} {dimension.access}s",
        f"in {minutes(short.minutes)}; worst {utc_text(at)}, with {short.provisioned:,} provisioned",
    )


def _enough(case: Case, transition: Transition, dimension: Dimension) -> Throughput:
    """A throughput that carries the traffic: the peak itself where it is fixed, else the lowest floor that does it."""
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
        return max(throughput, whole(peak.units))
    reaction = case.margins.scaling_reaction_minutes
    reach = max(throughput.maximum, whole(peak.units))

    def scaled(floor: int) -> AutoScaling:
        return replace(throughput, minimum=floor, maximum=reach, seed=None)

    floor = _lowest(throughput.minimum, reach, lambda floor: carries(series, scaled(floor), reaction) is None)
    if not transition.switches_to_provisioned:
        return replace(scaled(floor), seed=None if throughput.seed is None else max(throughput.seed, floor))
    at_start = _at_start(case, dimension)
    return replace(
        scaled(floor), seed=max(throughput.seed or 1, floor, 1 if at_start is None else whole(at_start.units))
    )


def _at_start(case: Case, dimension: Dimension) -> Peak | None:
    """Busiest minute that a switch in the change window would meet."""
    hours = hours_in(case.rollout.change_window)
    return None if case.evidence is None else case.evidence.peak_in(dimension, hours)


def _lowest(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The lowest number that holds, to half a percent; ``high`` is known to hold."""
    if holds(low):
        return low
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _start(case: Case, transition: Transition, dimension: Dimension) -> Iterator[Finding]:
    """What an auto-scaled dimension starts with after the switch: its seed, which must exist and suffice."""
    throughput = transition.declared.throughput(dimension)
    if not isinstance(throughput, AutoScaling):
        return
    peak = _at_start(case, dimension)
    fix = _code(case, transition, dimension, _enough(case, transition, dimension))
    if throughput.seed is None:
        yield case.finding(
            RULE,
            "it is auto-scaled without a seed: CloudFormation cannot switch it to provisioned",
            dimension=dimension,
            figures=[Figure("declared", throughput_code(throughput))],
            fix=fix,
        )
    elif peak is not None and max(throughput.seed, throughput.minimum) < whole(peak.units):
        window = case.rollout.change_window
        yield case.finding(
            RULE,
            "its seed is too low for the traffic at the switch",
            dimension=dimension,
            figures=[
                Figure(
                    "recorded",
                    rate(peak.units, dimension),
                    f"{utc_text(peak.at)}, in {'any hour' if window is None else window.text}",
                ),
                Figure(
                    "seed",
                    rate(throughput.seed, dimension),
                    f"auto scaling acts after {minutes(case.margins.scaling_reaction_minutes)}",
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
        if throughput is None or _most(throughput) <= max(quota, _provisioned_now(transition, dimension)):
            continue  # what is provisioned today shows that the account allows it
        yield case.finding(
            RULE,
            "it asks for more than the account allows one table or index",
            dimension=dimension,
            figures=[
                Figure("declared", rate(_most(throughput), dimension), _scaled(throughput)),
                Figure("quota", rate(quota, dimension), "Margins.table_quota; the default of an account"),
            ],
            fix=f"ask for at most {number(quota)}, or declare the quota you have: "
            f"margins=Margins(table_quota={number(_most(throughput))})",
        )


def _above_account_quota(case: Case, transition: Transition) -> Iterator[Finding]:
    """What is provisioned at once; maxima are not added up, since not every index reaches its own together."""
    quota = case.margins.account_quota
    for access in ACCESSES:
        each = [(d, t) for d in transition.declared.dimensions() if (t := transition.declared.throughput(d))]
        total = sum(_at_once(t) for d, t in each if d.access == access)
        now = sum(_provisioned_now(transition, d) for d, _ in each if d.access == access)
        if total <= max(quota, now):
            continue
        yield case.finding(
            RULE,
            f"table and indexes together ask for more {access}s than the account allows a Region",
            figures=[
                Figure("declared", f"{total:,} {access}s/s", "table and every index"),
                Figure("quota", f"{quota:,} {access}s/s", "Margins.account_quota; the default of an account"),
            ],
            fix=f"lower them, or declare the quota you have: margins=Margins(account_quota={number(total)})",
        )


def _scaled(throughput: Throughput) -> str:
    return throughput_code(throughput) if isinstance(throughput, AutoScaling) else "fixed"


def _provisioned_now(transition: Transition, dimension: Dimension) -> int:
    return (transition.deployed and transition.deployed.provisioned_now(dimension)) or 0


def _at_once(throughput: Throughput) -> int:
    seed = throughput.seed if isinstance(throughput, AutoScaling) else None
    return max(minimum_of(throughput), seed or 0)


def _most(throughput: Throughput) -> int:
    return max(maximum_of(throughput), _at_once(throughput))


def _code(case: Case, transition: Transition, dimension: Dimension, throughput: Throughput) -> str:
    """The declared capacity of the dimension's resource with another throughput."""
    declared = transition.declared.of(dimension.index)
    assert isinstance(declared, Provisioned)
    mended = (
        replace(declared, read=throughput)
        if dimension.access == "read"
        else replace(declared, write=throughput)
    )
    return capacity_code(dimension.index, mended, case.dialect)


RULE = Rule(
    "CG5",
    Level.ERROR,
    "Provisioned throughput too small for the recorded traffic, or above a quota",
    _condition,
)
