"""What a director reads of a plan: the verdict in one sentence, and the difference in cost."""

from __future__ import annotations

from ..planning.plan import Money, Plan, TablePlan
from ..pricing.cost import Between
from ..pricing.prices import HOURS_A_MONTH
from ..rules import Level
from ..rules.formatting import days_text
from . import plan_formatting

VERDICTS = {"no": "refused", "warn": "needs a look", "ok": "fits"}
"""The verdict of a table in a word, by its tone."""


def sentence(table: TablePlan) -> str:
    """The verdict of a table in one sentence, with its full stop."""
    change = f"the change of {table.table} ({table.transition})"
    if table.throttling:
        dimension, worst = table.throttling[0]
        access, resource = dimension.dimension.access, dimension.dimension.index or "the table"
        times = "" if worst.factor == 1 else f" with {worst.factor:g} times the recorded traffic"
        return (
            f"Refused: {change} would throttle {plan_formatting.share(worst.share)} of the {access}s of {resource} in "
            f"the worst hour{times}."
        )
    if table.refusing:
        first = next(finding for finding in table.findings if finding.level is Level.ERROR)
        subject = (
            f"nothing changes in {table.table}, but the code" if plan_formatting.unchanged(table) else change
        )
        return f"Refused: {subject} violates {', '.join(table.refusing)}: {first.title}."
    if plan_formatting.unchanged(table):
        return f"Nothing changes in {table.table}."
    if plan_formatting.tone(table) == "ok":
        return (
            f"Safe to deploy: {change} throttles at most {plan_formatting.share(table.budget)} of an hour more than today "
            f"in each replay of {days_text(round(table.days))} of traffic."
        )
    if table.way_back is not None and not table.way_back.possible:
        return f"Not safe: {change} cannot be rolled back: {table.way_back.why}."
    return f"Not known: no traffic of {table.table} was recorded, so nothing was replayed."


def fleet_sentence(plan: Plan) -> str:
    """The verdict of several tables in one sentence, with the sum of the differences in cost."""
    # An unchanged table with warnings has a section of its own, but is not counted as a change.
    tables = [
        table
        for table in plan_formatting.detailed_tables(plan)
        if table.refused or not plan_formatting.unchanged(table)
    ]
    if not tables and not plan.unplanned:
        number = len(plan.tables)
        return f"Nothing changes in {number:,} table{'' if number == 1 else 's'}."
    refused = sum(table.refused for table in tables)
    number = len(tables)
    # A table may be refused although nothing changes in it.
    kind = "table" if any(map(plan_formatting.unchanged, tables)) else "changed table"
    parts = [
        f"{refused:,} of {number:,} {kind}s {'is' if refused == 1 else 'are'} refused"
        if refused
        else f"{number:,} {kind}{'' if number == 1 else 's'}, none refused"
    ]
    if plan.unplanned:
        parts.append(f"{len(plan.unplanned):,} not planned")
    costs = [table.money for table in tables if table.money is not None and table.recorded]
    currencies = {money.prices.currency for money in costs}
    if len(currencies) == 1:
        total = sum((money.difference for money in costs), Between(0.0, 0.0))
        unknown = number - len(costs)
        parts.append(
            f"{difference_text(total)} {currencies.pop()} a month"
            + (
                f", not counting {unknown:,} table{'' if unknown == 1 else 's'} whose cost is not known"
                if unknown
                else ""
            )
        )
    return "; ".join(parts) + "."


def difference_text(amount: Between) -> str:
    """A difference a month with its sign: ``+12.00``, ``-3,100.25``, ``about -5.00 to +7.00``, ``no difference``.

    Args:
        amount: difference of an HOUR.
    """
    low, high = (round(value * HOURS_A_MONTH, 2) for value in (amount.low, amount.high))
    if low == high == 0:
        return "no difference"
    return _signed(low) if low == high else f"about {_signed(low)} to {_signed(high)}"


def _signed(amount: float) -> str:
    return f"{amount:+,.2f}" if amount else "0.00"


def percent_text(money: Money) -> str:
    """The difference in proportion to the cost before: ``-65 %``, ``2.5 times``; empty where either is a range, or nothing was
    paid before."""
    before, after = money.before, money.after
    if before is None or not before.low or before.low != before.high or after.low != after.high:
        return ""
    ratio = after.low / before.low
    return f"{(ratio - 1) * 100:+.0f} %" if ratio < 2 else f"{ratio:,.1f} times"


__all__ = [
    "VERDICTS",
    "difference_text",
    "fleet_sentence",
    "percent_text",
    "sentence",
]
