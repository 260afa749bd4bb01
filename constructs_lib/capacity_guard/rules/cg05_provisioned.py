"""CG5: provisioned throughput that does not carry the recorded traffic, or is above a quota."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..capacity.capacity import AutoScaling, Provisioned, Throughput, maximum_of, minimum_of
from ..capacity.dimension import ACCESSES, Dimension
from ..capacity.limits import SCALING_TARGET_DOCUMENTED_HIGHEST, SCALING_TARGET_DOCUMENTED_LOWEST
from ..capacity.settings import hours_in
from ..capacity.transition import Change, Transition
from ..simulator.worst_hour import WorstHour, recorded_trial
from .fix_code import margins_code, number_code, throughput_code
from .formatting import minutes_text, peak_figure, rate_text, utc_text
from .model import Case, Dialect, Figure, Finding, Level, Rule
from .replays import on_capacity, throttled, with_resource
from .rounding import round_up
from .sufficient import ample_units, has_low_seed, lacks_seed, sufficient_fix, with_throughput

_TARGET_CODE: Mapping[Dialect, str] = {
    "guarded": "target=",
    "table-v2": "target_utilization_percent=",
    "table": "target_utilization_percent=",
    "l1": "TargetValue ",
    "template": "TargetValue ",
}


def _condition(case: Case) -> Iterator[Finding]:
    yield from _undocumented_targets(case)
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


def _undocumented_targets(case: Case) -> Iterator[Finding]:
    """Targets outside of what the service documents, also without a transition: it may refuse them with the next change.

    A warning, since the range that the service names in its refusal is wider than the documented one (quirks: DDB-TABLE-253).
    """
    low, high = SCALING_TARGET_DOCUMENTED_LOWEST.value, SCALING_TARGET_DOCUMENTED_HIGHEST.value
    if case.declared.is_on_demand:
        return
    for dimension in case.declared.dimensions():
        throughput = case.declared.throughput(dimension)
        if not isinstance(throughput, AutoScaling) or low <= throughput.target <= high:
            continue
        is_high = throughput.target > high
        nearest = high if is_high else low
        seen = "90.1 % was refused when it was tried" if is_high else "the service itself names 10 to 90 %"
        yield case.finding(
            RULE,
            "its target utilization is outside of what DynamoDB documents",
            dimension=dimension,
            figures=[
                Figure("declared", f"{throughput.target:g} %", "AutoScaling.target"),
                Figure("documented", f"{low} to {high} %", f"DynamoDB Developer Guide, AutoScaling; {seen}"),
            ],
            fix=f"declare a target from {low} to {high} %: {_TARGET_CODE[case.dialect]}{nearest}",
            level=Level.WARN,
        )


def _too_small(case: Case, transition: Transition, dimension: Dimension) -> Iterator[Finding]:
    throughput = transition.declared.throughput(dimension)
    found = throttled(case).get(dimension)
    if throughput is None or found is None or not found.is_declared or case.evidence is None:
        return
    peak = case.evidence.peak(dimension)
    assert peak is not None
    maximum = maximum_of(throughput)
    if not isinstance(throughput, AutoScaling):
        title = "its provisioned units do not carry the recorded traffic"
        declared = Figure("declared", rate_text(throughput, dimension), "fixed; 300 s of burst are counted")
    elif _carries(case, dimension, maximum):
        title = "its minimum is too low: auto scaling raises too late"
        declared = Figure(
            "minimum",
            rate_text(throughput.minimum, dimension),
            f"auto scaling acts after {minutes_text(case.margins.scaling_reaction_minutes)}",
        )
    else:
        title = "its maximum of auto scaling does not carry the recorded traffic"
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
            _not_carried(case, found.hour, dimension),
        ],
        **sufficient_fix(case, dimension),
    )


def _carries(case: Case, dimension: Dimension, units: int) -> bool:
    """Whether fixed units of a dimension carry the recorded traffic."""
    if units >= ample_units(case, dimension):
        return True
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    declared = case.declared.of(dimension.index)
    assert isinstance(declared, Provisioned)
    fixed = with_resource(case.declared, dimension.index, with_throughput(declared, dimension, units))
    hours = on_capacity(case, fixed, case.recorded.traffic.only([dimension]), recorded_trial(case.margins))
    return hours[dimension].share <= case.margins.throttle_budget


def _not_carried(case: Case, hour: WorstHour, dimension: Dimension) -> Figure:
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    worst_minute = case.recorded.traffic.minute(hour.worst)
    return Figure(
        "not carried",
        f"{hour.throttled:,.0f} {dimension.access}s",
        f"in {minutes_text(hour.minutes)} of an hour, replayed; worst {utc_text(worst_minute)}, "
        f"with {round_up(hour.limit):,} provisioned",
    )


def _at_switch(case: Case, transition: Transition, dimension: Dimension) -> Iterator[Finding]:
    """The seed with which an auto-scaled dimension starts after the switch: it must exist and carry the traffic."""
    throughput = transition.declared.throughput(dimension)
    if not isinstance(throughput, AutoScaling):
        return
    if lacks_seed(case, dimension):
        yield case.finding(
            RULE,
            "it is auto-scaled without a seed: CloudFormation cannot switch it to provisioned",
            dimension=dimension,
            figures=[Figure("declared", throughput_code(throughput))],
            **sufficient_fix(case, dimension),
        )
    elif has_low_seed(case, dimension):
        window = case.rollout.change_window
        peak = None if case.evidence is None else case.evidence.peak_in(dimension, hours_in(window))
        assert peak is not None
        assert throughput.seed is not None
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
            **sufficient_fix(case, dimension),
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
            "it is above the account's quota for one table or index",
            dimension=dimension,
            figures=[
                Figure(
                    "declared", rate_text(_highest_units(throughput), dimension), _declared_note(throughput)
                ),
                Figure(
                    "quota", rate_text(quota, dimension), "Margins.table_quota; the default of an account"
                ),
            ],
            fix=f"declare at most {number_code(quota)}, or state the quota of your account: "
            + margins_code(case.dialect, "table_quota", _highest_units(throughput)),
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
            f"table and indexes together are above the account's quota of {access}s for the Region",
            figures=[
                Figure("declared", f"{total:,} {access}s/s", "table and every index"),
                Figure("quota", f"{quota:,} {access}s/s", "Margins.account_quota; the default of an account"),
            ],
            fix="lower them, or state the quota of your account: "
            + margins_code(case.dialect, "account_quota", total),
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


RULE = Rule(
    id="CG5",
    level=Level.ERROR,
    title="Provisioned throughput too small for the recorded traffic, or above a quota",
    refuses="provisioned throughput too small for the recorded traffic, or above the quota",
    needs="traffic",
    condition=_condition,
)
