"""A recommendation for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..capacity.dimension import Dimension
from ..capacity.safe_text import safe_line
from ..planning.recommend import Option, Recommendation, Refused
from ..pricing.prices import HOURS_A_MONTH
from ..pricing.recorded_cost import scales
from ..rules.scheduled import bounds_text
from ..simulator.scheduled_bounds import unreadable


def recommendation_text(recommendation: Recommendation, *, with_file: bool = False) -> str:
    """The recommendation for one table as a block of lines.

    Args:
        recommendation: what to show.
        with_file: whether the file of the baseline follows the name of the table.
    """
    file = f" ({recommendation.baseline.file})" if with_file and recommendation.baseline.file else ""
    traffic = recommendation.baseline.traffic
    assert traffic is not None
    currency, prices = recommendation.prices.currency, recommendation.prices
    advice = "keep" if recommendation.chosen is None else "change"
    lines = [
        f"{recommendation.baseline.table.name}{file}: {advice}: {recommendation.why}",
        f"  evidence     {traffic.days:.1f} days, {traffic.gaps():,} of {traffic.minutes:,} minutes with a gap",
        f"  prices       {prices.region}, oldest of {prices.oldest.isoformat()}; reserved capacity and savings plans not counted"
        + (f"; in place of {prices.instead_of}" if prices.instead_of else ""),
        _line("today", recommendation.today, currency),
    ]
    if recommendation.throttled:
        labels = "; ".join(Dimension.parse(key).label for key in recommendation.throttled)
        lines.append(f"  throttles    {labels}: with the margin, today's capacity does not carry it")
    if recommendation.replicas:
        lines.append(
            f"  replicas     {', '.join(recommendation.replicas)}: not counted, in traffic or cost;"
            " CG18 refuses a change with a guard: capacity-guard docs adopting (Replicas)"
        )
    lines += [f"  schedule     {text}" for text in _schedules(recommendation)]
    names = {True: "on-demand", False: "provisioned"}
    lines += [
        _line(names[option.capacity.is_on_demand], option, currency) for option in recommendation.options
    ]
    lines += [_refused(refused, currency) for refused in recommendation.refused]
    if recommendation.chosen is not None:
        lines.append(
            "  model        mean of each minute, burst, retries, auto scaling in 2 to 15 minutes; no seconds, no hot keys"
        )
        low, high = (
            v * HOURS_A_MONTH for v in (recommendation.chosen.saving.low, recommendation.chosen.saving.high)
        )
        verb = "saves" if low >= 0 else "costs"
        amount = (
            _amount(*sorted((abs(low), abs(high))))
            if low * high >= 0
            else f"{-low:,.2f} more to {high:,.2f} less"
        )
        about = "about " if is_estimate(recommendation.chosen) or is_estimate(recommendation.today) else ""
        lines.append(f"  {verb:11}  {about}{amount} {currency} a month against today's")
        if recommendation.final is not None:
            lines.append(
                "  first step   towards the cheapest; record again after it, then continue"
                + (": it costs more for the time in between" if recommendation.chosen.saving.low < 0 else "")
            )
        if recommendation.warm.units:
            price = (
                "price unknown: no source has it, --prices gives it"
                if recommendation.warm.price is None
                else f"{recommendation.warm.price:,.2f} {currency} once"
            )
            units = sum(recommendation.warm.units.values())
            lines.append(f"  warm raise   {units:,} units/s, charged once; {price}")
        if recommendation.form_is_a_guess:
            lines.append(
                "  form         unknown: the baseline has no structure, so the code is for a GuardedTable; --form names another"
            )
        for heading, code in zip(_headings(recommendation), recommendation.code(), strict=True):
            lines += [f"  {heading}", *(f"    {line}" for line in code.splitlines())]
    for finding in recommendation.findings:
        lines += [f"  {line}" for line in finding.text().splitlines()]
    return "\n".join(map(safe_line, lines))


def _headings(recommendation: Recommendation) -> Sequence[str]:
    """A heading for each block of code; where both are printed, it says which construct the code is for."""
    blocks = len(recommendation.code())
    if recommendation.form or blocks != 2:
        return ["code"] * blocks
    return "code of a GuardedTable", "code of a table with a CapacityGuard, or without a guard"


def _schedules(recommendation: Recommendation) -> Iterator[str]:
    """Each scheduled action, and what becomes of it."""
    deployed, chosen = recommendation.baseline.deployed, recommendation.chosen
    for action in recommendation.schedules:
        if chosen is not None and chosen.capacity.is_on_demand:
            fate = "has nothing to move in on-demand mode: remove it with its scaling target"
        elif deployed is not None and deployed.live.is_on_demand:
            fate = "not counted: it is of a table in on-demand mode"
        elif why := unreadable(action):
            fate = f"not replayed: {why}"
        else:
            fate = "kept, and replayed; the throughput that it moves stays as deployed"
        yield f"{action.dimension.label}: {action.name}, {bounds_text(action)}; {fate}"


def _refused(refused: Refused, currency: str) -> str:
    """The option with the rules that refuse it, and whether the first step opens it."""
    mode = "on-demand" if refused.option.capacity.is_on_demand else "provisioned"
    month = _amount(*(v * HOURS_A_MONTH for v in (refused.option.hour.low, refused.option.hour.high)))
    reasons = dict.fromkeys(f"{finding.rule}: {finding.title}" for finding in refused.findings)
    opened = (
        "no deployment was found that opens it"
        if refused.opened_by is None
        else "the first step below opens it"
    )
    about = "about " if is_estimate(refused.option) else ""
    return f"  refused      {mode} at {about}{month} {currency} a month: {'; '.join(reasons)}; {opened}"


def _line(name: str, option: Option, currency: str) -> str:
    hour = option.hour
    month = _amount(hour.low * HOURS_A_MONTH, hour.high * HOURS_A_MONTH)
    about = "about " if is_estimate(option) else ""
    return f"  {name:11}  {about}{_amount(hour.low, hour.high)} {currency} an hour, {about}{month} {currency} a month"


def is_estimate(option: Option) -> bool:
    """Whether the cost depends on traffic to come: fixed units alone cost the same whatever comes."""
    return option.capacity.is_on_demand or scales(option.capacity)


def _amount(low: float, high: float) -> str:
    """A range, or one figure if both ends print the same; amounts below 1 have four decimal places, not two; nothing has none."""
    if high == 0:
        return "0"
    places = 2 if high >= 1 else 4
    first, last = f"{low:,.{places}f}", f"{high:,.{places}f}"
    return first if first == last else f"{first} to {last}"
