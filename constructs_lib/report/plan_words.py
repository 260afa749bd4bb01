"""How a plan says things, on a terminal, in Markdown and on a page alike."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from constructs_lib.capacity.capacity import Dimension
from constructs_lib.capacity.cost import Between
from constructs_lib.capacity.prices import HOURS_A_MONTH
from constructs_lib.planning.plan import Money, Plan, TablePlan, Throttling

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def moment(at: datetime) -> str:
    """A minute, whatever the locale: ``Tue 7 Jul 2026 21:41 UTC``."""
    at = at.astimezone(UTC)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{DAYS[at.weekday()]} {at.day} {months[at.month - 1]} {at.year} {at:%H:%M} UTC"


def replay(one: Throttling) -> str:
    """What was replayed."""
    if one.replay == "start":
        return "the change at its worst start"
    return "after the change" if one.replay == "recorded" else f"after it, {one.factor:g} times the traffic"


def throttled(one: Throttling, dimension: Dimension) -> str:
    """Units throttled, with their range."""
    if not one.units and not one.high:
        return "nothing"
    return f"{one.units:,.0f} {dimension.access}s ({one.low:,.0f} to {one.high:,.0f})"


def because(one: Throttling, dimension: Dimension) -> str:
    """Asked for and served in the worst minute, and why no more."""
    unit = f"{dimension.access}s/s"
    if one.cause is None:
        return f"{rate(one.asked)} {unit} asked, {rate(one.limit)} served at most"
    if one.cause == "an index that throttles":
        return f"{rate(one.asked)} {unit} asked; {one.cause}"
    return f"{rate(one.asked)} {unit} asked, {rate(one.limit)} served at most: {one.cause}"


def share(value: float) -> str:
    """A share of an hour: ``8.6 %``, ``0.02 %``."""
    return f"{value * 100:.1f} %" if value >= 0.001 or not value else f"{value * 100:.2g} %"


def verdict(table: TablePlan) -> str:
    """The plan in one sentence."""
    if table.transition == "nothing changes":
        return "nothing changes"
    found = table.throttling
    if not found:
        if not table.days:
            return f"{table.transition}; nothing was recorded, so nothing was replayed"
        return f"{table.transition}; no replay throttles more than {share(table.budget)} of an hour"
    dimension, worst = found[0]
    return (
        f"{table.transition}; {dimension.dimension.label}: {share(worst.share)} of an hour is throttled in {replay(worst)}, "
        f"worst {moment(worst.worst)}: {because(worst, dimension.dimension)}"
    )


def minutes(table: TablePlan) -> str:
    """The stages with their minutes."""
    short, long = table.minutes
    each = ", ".join(f"{one.name} {_span(one.shortest, one.longest)}" for one in table.stages)
    return f"{each}; {_span(short, long)} minutes in all" if table.stages else "none"


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def rate(units: float) -> str:
    """Units per second, rounded up as findings round them."""
    return f"{math.ceil(round(units, 6)):,}"


def month(amount: Between) -> str:
    """A month's cost."""
    low, high = amount.low * HOURS_A_MONTH, amount.high * HOURS_A_MONTH
    return f"{low:,.2f}" if round(low, 2) == round(high, 2) else f"{low:,.2f} to {high:,.2f}"


def cost(money: Money) -> str:
    """Before, after, and once."""
    parts = [] if money.before is None else [f"{month(money.before)} before"]
    parts.append(f"{month(money.after)} after, {money.prices.currency} a month")
    if units := sum(money.warm.units.values()):
        price = (
            "charged once, at a price no source has (--prices gives it)"
            if money.warm.price is None
            else f"{money.warm.price:,.2f} {money.prices.currency} once"
        )
        parts.append(f"warm throughput raised by {units:,} units/s: {price}")
    region = money.prices.region + (
        f", in place of {money.prices.instead_of}" if money.prices.instead_of else ""
    )
    return f"{', '.join(parts)} (prices of {region}, oldest {money.prices.oldest.isoformat()})"


def headline(plan: Plan) -> str:
    """How many tables, errors and warnings."""
    warnings = len(plan.findings) - plan.errors

    def count(number: int, what: str) -> str:
        return f"{number} {what}{'' if number == 1 else 's'}"

    return f"{count(len(plan.tables), 'table')} planned, {count(plan.errors, 'error')}, {count(warnings, 'warning')}"


def quiet_hours(table: TablePlan) -> str:
    """How many hours of the week fit."""
    known = [hour for hour in table.hours if hour is not None]
    fit = sum(1 for hour in known if hour <= table.budget)
    missing = len(table.hours) - len(known)
    return f"the start fits in {fit} of {len(known)} recorded hours of the week" + (
        f"; {missing} were not recorded" if missing else ""
    )
