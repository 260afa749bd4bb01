"""How a plan says things, on a terminal, in Markdown and on a page alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from ..planning.cost import Between
from ..planning.plan import DimensionPlan, Money, Plan, TablePlan, Throttling
from ..planning.prices import HOURS_A_MONTH
from ..simulator.transition_replay import AFTER_MINUTES

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RANGE = "(a to b): if what is unknown is kind, or harsh."
_BACK_PRESSURE = "an index that throttles"


def moment(at: datetime) -> str:
    """A minute, whatever the locale: ``Tue 7 Jul 2026 21:41 UTC``."""
    at = at.astimezone(UTC)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{DAYS[at.weekday()]} {at.day} {months[at.month - 1]} {at.year} {at:%H:%M} UTC"


def when(one: Throttling) -> str:
    """Which replay, as the end of a sentence about what is throttled."""
    if one.started is not None:
        return f"when the change starts {moment(one.started)} (its worst start)"
    return "after the change" + ("" if one.replay == "recorded" else f" at {one.factor:g} times the traffic")


def lost(each: DimensionPlan) -> str:
    """Units throttled in the worst hour beyond what today's capacity throttles, with their range."""
    return "not recorded" if each.worst is None else _units(each, each.worst)


def _units(each: DimensionPlan, one: Throttling) -> str:
    what = f"{each.dimension.access}s"
    if _some(one.units):
        return f"{count(one.units)} {what} ({count(one.low)} to {count(one.high)})"
    harsh = f" (up to {count(one.high)} {what} if what is unknown is harsh)" if _some(one.high) else ""
    return ("nothing more than today" if red_today(each) else "nothing") + harsh


def told(table: TablePlan, each: DimensionPlan) -> str:
    """How much of its worst hour that is, when, and why, and what other replays throttle; nothing where none does."""
    one = each.worst
    if one is None or not _some(one.high):
        return ""
    if not _some(one.units):
        return when(one)
    span = f"{one.minutes} minute{'' if one.minutes == 1 else 's'}"
    said = f"{_hour(each, one)} in {span}, {when(one)}; {_worst(one)}: {because(table, each, one)}"
    others = [other for other in each.replays if other is not one and _some(other.units)]
    return "; ".join([said, *(f"{when(other)} {_units(each, other)}" for other in others)])


def headroom(each: DimensionPlan) -> str:
    """The limit for one unit of the recorded peak, and of the peak times ``Margins.headroom``."""
    if each.headroom is None:
        return ""
    factors = [one.factor for one in each.replays if one.replay == "headroom"]
    return f"{each.headroom:.2f}" + "".join(f" ({each.headroom / one:.2f} of {one:g}x)" for one in factors)


def caption(table: TablePlan, each: DimensionPlan) -> str:
    """What the chart of a dimension shows."""
    series = each.series
    assert series is not None
    one = next(one for one in each.replays if one.replay == series.replay)
    said = f"throttled {when(one)}: {_units(each, one)}"
    if not _some(one.units):
        return f"{said}; the red is throttled today as well" if red_today(each) else said
    said = f"{said}{' beyond today' if each.exists else ''}; {_worst(one)}: {because(table, each, one)}"
    return f"{said}; part of the red is throttled today as well" if red_today(each) else said


def because(table: TablePlan, each: DimensionPlan, one: Throttling) -> str:
    """Asked for and served in the worst minute, and why no more."""
    asked = f"{rate(one.asked)} {each.dimension.access}s/s asked"
    if one.cause == _BACK_PRESSURE:
        return f"{asked}; {_index(table, each, one)}"
    said = f"{asked}, {rate(one.limit)} served at most"
    if one.cause is None:
        return said
    # Asked is the mean of the minute, without retries.
    hidden = "retries" if one.replay == "headroom" else "single seconds and retries"
    return f"{said}: {one.cause}" + ("" if one.asked > one.limit else f"; {hidden} exceed it")


def _index(table: TablePlan, each: DimensionPlan, one: Throttling) -> str:
    """The index that holds the table's writes back, where only one can be it."""
    names = [
        other.dimension.index
        for other in table.dimensions
        if other.dimension.index is not None and other.dimension.access == each.dimension.access
        for replayed in other.replays
        if replayed.replay == one.replay and _some(replayed.units)
    ]
    return f"{names[0]} throttles, and the table with it" if len(names) == 1 else _BACK_PRESSURE


def _hour(each: DimensionPlan, one: Throttling) -> str:
    part = share(one.share) if one.share >= 0.0001 else "less than 0.01 %"
    return f"{part} of the {each.dimension.access}s of an hour"


def _worst(one: Throttling) -> str:
    same_day = one.started is not None and one.started.date() == one.worst.date()
    return f"worst {one.worst:%H:%M} UTC" if same_day else f"worst {moment(one.worst)}"


def _some(units: float) -> bool:
    return round(units, 1) > 0


def red_today(each: DimensionPlan) -> bool:
    """Whether its chart shows what today's capacity throttles as well."""
    series, worst = each.series, each.worst
    if series is None or worst is None or not each.exists or not series.throttles:
        return False
    if not _some(worst.units):
        return True
    if series.replay != "start":
        return False
    # Until then a start is judged: what is drawn beyond its units, today's capacity throttles.
    stop = dict(series.phases).get("after", 0) + AFTER_MINUTES
    drawn = zip(series.demand[:stop], series.served[:stop], strict=True)
    return 60 * sum(asked - served for asked, served in drawn if asked == asked) > 1.05 * worst.units + 1


def ranged(table: TablePlan) -> bool:
    """Whether a range is said of any dimension."""
    return any(one.worst is not None and _some(one.worst.units) for one in table.dimensions)


def beyond(table: TablePlan) -> str:
    """Head of what is throttled: of a table that does not exist there is no today."""
    return "throttled, beyond today" if any(one.exists for one in table.dimensions) else "throttled"


def share(value: float) -> str:
    """A share of an hour: ``8.6 %``, ``0.02 %``."""
    return f"{value * 100:.1f} %" if value >= 0.001 or not value else f"{value * 100:.2g} %"


def unchanged(table: TablePlan) -> bool:
    """Whether nothing changes."""
    return table.transition == "nothing changes"


def order(plan: Plan) -> list[TablePlan]:
    """The tables to tell: refused ones, then those that change, then those with a finding alone."""
    told = [table for table in plan.tables if not unchanged(table) or table.findings]
    return sorted(told, key=lambda table: (not table.refused, unchanged(table)))


def silent(plan: Plan) -> list[TablePlan]:
    """The tables of which one line is enough."""
    return [table for table in plan.tables if unchanged(table) and not table.findings]


def tone(table: TablePlan) -> str:
    """``no`` of what is refused, ``ok`` of what was found safe, ``warn`` of what is neither."""
    if table.refused:
        return "no"
    back = table.way_back
    sure = unchanged(table) or (_traffic(table) and (back is None or back.possible))
    return "ok" if sure else "warn"


def _traffic(table: TablePlan) -> bool:
    return any(one.peak is not None and one.peak.units for one in table.dimensions)


def verdict(table: TablePlan) -> str:
    """The plan in one sentence."""
    if unchanged(table):
        return table.transition
    parts = [table.transition, _found(table)]
    if table.way_back is not None and not table.way_back.possible:
        parts.append("no way back")
    if table.refusing:
        parts.append(f"refused by {', '.join(table.refusing)}")
    return "; ".join(parts)


def _found(table: TablePlan) -> str:
    if table.throttling:
        each, one = table.throttling[0]
        label = each.dimension.label
        return f"{label}: {_hour(each, one)} are throttled {when(one)}, {_worst(one)}: {because(table, each, one)}"
    if not table.recorded:
        return "nothing was recorded, so nothing was replayed"
    if not _traffic(table):
        return "no traffic was recorded"
    today = any(red_today(each) for each in table.dimensions)
    return f"no replay throttles more than {share(table.budget)} of an hour" + (
        " beyond what today's capacity does" if today else ""
    )


def facts(table: TablePlan) -> Iterator[tuple[str, str]]:
    """What else there is to know of a table, each with its name; the way back last."""
    yield "recorded", f"{table.days:.1f} days, {table.gaps:,} minutes with a gap; {table.baseline}"
    yield "change window", table.window + quiet_hours(table)
    if table.stages:
        yield "minutes", minutes(table)
    if table.money is not None and table.recorded:
        yield "cost", cost(table.money)
    if table.way_back is not None:
        yield "way back", table.way_back.why


def back(table: TablePlan) -> str:
    """``no`` of a way back that is not possible, ``warn`` of one that throttles, else nothing."""
    if table.way_back is None:
        return ""
    if not table.way_back.possible:
        return "no"
    return "warn" if table.way_back.units >= 0.5 else ""


def minutes(table: TablePlan) -> str:
    """The stages with their minutes."""
    short, long = table.minutes
    each = ", ".join(f"{one.name} {_span(one.shortest, one.longest)}" for one in table.stages)
    return f"{each}; {_span(short, long)} minutes in all" if table.stages else "none"


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def rate(units: float) -> str:
    """Units per second, rounded up as findings round them; below 10 with one decimal."""
    if units < 10:
        return _short(math.ceil(round(units * 10, 6)) / 10)
    return f"{math.ceil(round(units, 6)):,}"


def count(units: float) -> str:
    """A number of units; below 10 with one decimal."""
    return _short(units) if units < 9.95 else f"{units:,.0f}"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


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


def start(table: TablePlan) -> str:
    """What the hours of the week are about: the switch of the mode, or the start where no mode switches."""
    switches = any(one.change in ("to on-demand", "to provisioned") for one in table.dimensions)
    return "the switch itself" if switches else "the start"


def quiet_hours(table: TablePlan) -> str:
    """How many hours of the week fit, after a semicolon; nothing where none was recorded."""
    known = [hour for hour in table.hours if hour is not None]
    if not known:
        return ""
    fit = sum(1 for hour in known if hour <= table.budget)
    missing = len(table.hours) - len(known)
    return f"; {start(table)} fits in {fit} of {len(known)} recorded hours of the week" + (
        f"; {missing} were not recorded" if missing else ""
    )


def later(table: TablePlan) -> str:
    """Warns where every hour may look quiet and the declared capacity throttles nevertheless."""
    found = any(one.replay != "start" for _, one in table.throttling)
    return "Whatever the start, the declared capacity throttles later: see the table." if found else ""
