"""CG20: a change that raises the monthly bill of the table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..capacity.capacity import AutoScaling, Capacity, maximum_of, minimum_of
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.settings import MOST_TIMES
from ..pricing.cost import Between, warm_raise
from ..pricing.prices import HOURS_A_MONTH, Prices, prices_of
from ..pricing.recorded_cost import REACTIONS, hours, scales
from .fix_code import acknowledge_code, recommend_command
from .formatting import days_text
from .model import Case, Figure, Finding, Level, Rule
from .record_fix import baseline_file

_LEAST_MONTH = 10.0
"""Raise of a month's bill, in the currency of the prices, that is reported; also the default of `recommend --threshold`."""
_HOUR_SECONDS = 3_600


def _condition(case: Case) -> Iterator[Finding]:
    transition, baseline = case.transition, case.recorded
    if transition is None or transition.deployed is None or baseline is None or not case.in_transition:
        return
    deployed, declared = transition.deployed, transition.declared
    prices = prices_of(case.region or baseline.table.region)
    schedules = (deployed.schedules, transition.schedules_after)
    bounds = (
        _bounds(case, deployed.live, prices, schedules[0]),
        _bounds(case, declared, prices, schedules[1]),
    )
    # What each can cost at most and at least decides most changes, without a replay.
    if not _is_told(case, bounds[0].low, bounds[1].high) or baseline.traffic is None:
        return
    before, after = (
        # Fixed units cost the same whatever the traffic.
        (bound,) * len(REACTIONS)
        if bound.low == bound.high and not actions
        else hours(capacity, baseline.traffic, prices, actions)
        for capacity, bound, actions in zip((deployed.live, declared), bounds, schedules, strict=True)
    )
    # Compared at the same reaction of auto scaling, which changes both in the same direction.
    pairs = [
        pair
        for was, becomes in zip(before, after, strict=True)
        for pair in ((was.low, becomes.low), (was.high, becomes.high))
    ]
    was, becomes = max(pairs, key=_share)
    if not _is_told(case, was, becomes):
        return
    share = _share((was, becomes))
    region = prices.region + (f" in place of {prices.instead_of}" if prices.instead_of else "")
    figures = [
        Figure(
            "today",
            _month(deployed.live, Between.around(before), prices),
            f"{days_text(round(baseline.traffic.days))} recorded",
        ),
        Figure(
            "declared",
            _month(declared, Between.around(after), prices),
            f"prices of {region}, oldest {prices.oldest}",
        ),
        Figure(
            "raise",
            _raise_text(1 + share, 1 + case.margins.cost_raise),
            f"more than 1 + Margins.cost_raise, {1 + case.margins.cost_raise:g} times"
            + ("; the highest raise of the range counts" if min(map(_share, pairs)) < share else ""),
        ),
    ]
    raised = warm_raise(transition, prices)
    if raised.units:
        amount = "unknown" if raised.price is None else f"{raised.price:,.2f} {prices.currency}"
        why = f"warm throughput raised by {sum(raised.units.values()):,} units/s"
        missing = "; no source has its price" if raised.price is None else ""
        figures.append(Figure("charged once", amount, why + missing))
    yield case.finding(
        RULE,
        "it raises what the table costs in a month",
        figures=figures,
        fix=f"see what the cheapest capacity costs: {recommend_command(baseline_file(case))}\n"
        f"or accept it: {_accepting(case, share)}",
    )


def _share(pair: tuple[float, float]) -> float:
    """Share by which the second amount is above the first."""
    was, becomes = pair
    if was == 0:
        return math.inf if becomes > 0 else 0.0
    return becomes / was - 1


def _is_told(case: Case, was: float, becomes: float) -> bool:
    """Whether a raise from one amount an hour to another is above the allowed share, and worth a line."""
    allowed = was * (1 + case.margins.cost_raise)
    return becomes > allowed and (becomes - was) * HOURS_A_MONTH >= _LEAST_MONTH


def _bounds(case: Case, capacity: Capacity, prices: Prices, schedules: Sequence[ScheduledAction]) -> Between:
    """The least and the most that an hour of a capacity costs, whatever the traffic within its recorded peaks."""
    if schedules:
        return Between(0.0, math.inf)  # they move bounds
    found = Between(0.0, 0.0)
    for dimension in capacity.dimensions():
        throughput = capacity.throughput(dimension)
        peak = None if case.evidence is None else case.evidence.peak(dimension)
        if throughput is not None:
            most = maximum_of(throughput)
            if isinstance(throughput, AutoScaling) and peak is not None:
                # Target tracking provisions no more than the busiest minute asks for at the target.
                most = min(most, max(throughput.minimum, math.ceil(peak.units * 100 / throughput.target) + 1))
            units = Between(minimum_of(throughput), most)
            found += units.times(prices.provisioned[dimension.access].amount)
            continue
        consumed = 0.0 if peak is None else peak.units * _HOUR_SECONDS
        found += Between(0.0, consumed * prices.on_demand[dimension.access].amount / 1e6)
    return found


def _raise_text(times: float, limit: float) -> str:
    """How many times the cost becomes, with as many decimals as show it above the limit."""
    if not math.isfinite(times):
        return "from nothing"
    decimals = next((number for number in (2, 3, 4, 5) if round(times, number) > limit), 6)
    return f"{times:,.{decimals}f} times"


def _month(capacity: Capacity, hour: Between, prices: Prices) -> str:
    """The cost of a month; "about" where it depends on traffic to come."""
    low, high = (amount * HOURS_A_MONTH for amount in (hour.low, hour.high))
    amount = f"{high:,.2f}" if round(low, 2) == round(high, 2) else f"{low:,.2f} to {high:,.2f}"
    about = "about " if capacity.is_on_demand or scales(capacity) else ""
    return f"{about}{amount} {prices.currency} a month"


def _accepting(case: Case, share: float) -> str:
    accepted = math.ceil(share * 100) / 100 if math.isfinite(share) else share
    if accepted > MOST_TIMES:  # more than the setting takes
        if case.dialect == "template":
            return f'{{"table": "{case.logical_id}", "rule": "CG20", "reason": "..."}} in --settings'
        return acknowledge_code("CG20", case)
    if case.dialect == "template":
        return f'"margins": {{"cost_raise": {accepted:g}}} in --settings'
    return f"options=GuardOptions(margins=Margins(cost_raise={accepted:g}))"


RULE = Rule(
    id="CG20",
    level=Level.WARN,
    title="A raise of the monthly bill",
    refuses="nothing: a change that raises the monthly bill by more than 20 % is a WARN",
    needs="traffic, prices",
    condition=_condition,
)
