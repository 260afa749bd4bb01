"""The sentences and figures of a plan, the same on a terminal, in Markdown and on a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ..planning.plan import DimensionPlan, Money, Plan, TablePlan, Throttling
from ..pricing.cost import Between
from ..pricing.prices import HOURS_A_MONTH
from ..rules.formatting import age_text, minutes_text, share_text
from ..rules.quiet_hours import QuietHours
from ..simulator.transition_replay import AFTER_MINUTES
from .svg import rate as rate

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RANGE = (
    "(a to b): best case to worst case of what no source states. The figure before it is the one that is judged, and CG14 "
    "names the assumption that decides most (capacity-guard docs simulator). A multiple of the traffic is replayed evenly "
    "within each minute, so it may throttle less than the traffic as recorded."
)
_BACK_PRESSURE = "an index that throttles"


def minute_text(at: datetime) -> str:
    """A time to the minute, in every locale: ``Tue 7 Jul 2026 21:41 UTC``."""
    at = at.astimezone(UTC)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{DAYS[at.weekday()]} {at.day} {months[at.month - 1]} {at.year} {at:%H:%M} UTC"


def replay_text(throttling: Throttling) -> str:
    """The replay that throttles, as the end of a sentence."""
    times = "" if throttling.factor == 1 else f" at {throttling.factor:g} times the traffic"
    if throttling.started is not None:
        which = "the most that Preflight admits" if throttling.replay == "admitted" else "its worst start"
        return f"when the change starts {minute_text(throttling.started)}{times} ({which})"
    return "after the change" + times


def throttled_units(dimension: DimensionPlan) -> str:
    """Units throttled in the worst hour in addition to today's capacity, with best case and worst case."""
    return "not recorded" if dimension.worst is None else _units(dimension, dimension.worst)


def _units(dimension: DimensionPlan, throttling: Throttling) -> str:
    access = f"{dimension.dimension.access}s"
    low, high = count(throttling.low), count(throttling.high)
    if _throttles(throttling.units):
        return f"{count(throttling.units)} {access} ({low} to {high})"
    worst_case = f" (up to {high} {access} in the worst case)" if _throttles(throttling.high) else ""
    return ("nothing more than today" if charts_todays_throttling(dimension) else "nothing") + worst_case


def throttling_details(table: TablePlan, dimension: DimensionPlan) -> str:
    """Share, minutes, time and cause of the worst hour, then the units of the other replays; empty without throttling."""
    worst = dimension.worst
    if worst is None or not _throttles(worst.high):
        return ""
    if not _throttles(worst.units):
        return replay_text(worst)
    span = f"{worst.minutes} minute{'' if worst.minutes == 1 else 's'}"
    details = (
        f"{_hour_share(dimension, worst)} in {span}, {replay_text(worst)}; {_worst_minute(worst)}: "
        f"{cause_text(table, dimension, worst)}"
    )
    others = [replay for replay in dimension.replays if replay is not worst and _throttles(replay.units)]
    return "; ".join([details, *(f"{replay_text(replay)} {_units(dimension, replay)}" for replay in others)])


def headroom(dimension: DimensionPlan) -> str:
    """The limit divided by the recorded peak, and by the peak times ``Margins.headroom``."""
    if dimension.headroom is None:
        return ""
    factors = [replay.factor for replay in dimension.replays if replay.replay == "headroom"]
    return f"{dimension.headroom:.2f}" + "".join(
        f" ({dimension.headroom / factor:.2f} of {factor:g}x)" for factor in factors
    )


def caption(table: TablePlan, dimension: DimensionPlan) -> str:
    """What the chart of a dimension shows."""
    series = dimension.series
    assert series is not None
    shown = next(replay for replay in dimension.replays if replay.replay == series.replay)
    access = f"{dimension.dimension.access}s"
    red = 60 * sum(
        asked - served for asked, served in zip(series.demand, series.served, strict=True) if asked == asked
    )
    drawn = f"{count(red)} {access} throttled (red)" if _throttles(red) else f"no {access} throttled"
    text = f"{drawn} {replay_text(shown)}"
    if _throttles(shown.units):
        text = f"{text}; {_worst_minute(shown)}: {cause_text(table, dimension, shown)}"
    elif _throttles(red):
        text = f"{text}; today's capacity throttles all of it too"
    if charts_todays_throttling(dimension) and _throttles(shown.units):
        text += f"; judged are {count(shown.units)}: those that today's capacity does not throttle, until an hour after it"
    elif _throttles(shown.units) and red > 1.05 * shown.units + 1:
        # The chart continues beyond what is judged, and its range is of that.
        judged = "those of its worst hour" if shown.started is None else "those until an hour after it"
        text += f"; judged are {count(shown.units)}: {judged}"
    worst_case = f"; best case to worst case {count(shown.low)} to {count(shown.high)}"
    return text + worst_case if _throttles(shown.high) else text


def cause_text(table: TablePlan, dimension: DimensionPlan, throttling: Throttling) -> str:
    """Demand and limit in the worst minute, and the cause of the limit."""
    asked = f"{rate(throttling.asked)} {dimension.dimension.access}s/s asked"
    if throttling.cause == _BACK_PRESSURE:
        return f"{asked}; {_throttling_index(table, dimension, throttling)}"
    text = f"{asked}, {rate(throttling.limit)} served at most"
    if throttling.cause is None:
        return text
    # `asked` is the mean of the minute, without retries.
    hidden = "retries" if throttling.replay in ("admitted", "headroom") else "single seconds and retries"
    exceeding = "" if throttling.asked > throttling.limit else f"; {hidden} exceed it"
    return f"{text}: {throttling.cause}{exceeding}"


def _throttling_index(table: TablePlan, dimension: DimensionPlan, throttling: Throttling) -> str:
    """Names the index that throttles the table's writes, if only one index throttles in the same replay."""
    names = [
        other.dimension.index
        for other in table.dimensions
        if other.dimension.index is not None and other.dimension.access == dimension.dimension.access
        for replay in other.replays
        if replay.replay == throttling.replay and _throttles(replay.units)
    ]
    return f"{names[0]} throttles, and the table with it" if len(names) == 1 else _BACK_PRESSURE


def _hour_share(dimension: DimensionPlan, throttling: Throttling) -> str:
    part = share(throttling.share) if throttling.share >= 0.0001 else "less than 0.01 %"
    return f"{part} of the {dimension.dimension.access}s of an hour"


def _worst_minute(throttling: Throttling) -> str:
    same_day = throttling.started is not None and throttling.started.date() == throttling.worst.date()
    return f"worst {throttling.worst:%H:%M} UTC" if same_day else f"worst {minute_text(throttling.worst)}"


def _throttles(units: float) -> bool:
    return round(units, 1) > 0


def charts_todays_throttling(dimension: DimensionPlan) -> bool:
    """Whether the chart of a dimension also shows throttling that today's capacity causes."""
    series, worst = dimension.series, dimension.worst
    if series is None or worst is None or not dimension.exists or not series.throttles:
        return False
    if not _throttles(worst.units):
        return True
    if series.replay not in ("start", "admitted"):
        return False
    # A start is judged until this position: today's capacity causes the charted units that exceed the judged ones.
    stop = dict(series.phases).get("after", 0) + AFTER_MINUTES
    minutes = zip(series.demand[:stop], series.served[:stop], strict=True)
    charted = 60 * sum(demand - served for demand, served in minutes if demand == demand)
    return charted > 1.05 * worst.units + 1


def has_range(table: TablePlan) -> bool:
    """Whether the text of any dimension holds a range."""
    return any(
        dimension.worst is not None and _throttles(dimension.worst.units) for dimension in table.dimensions
    )


def throttling_heading(table: TablePlan) -> str:
    """Heading of the throttled units; a table that does not exist yet has no capacity of today."""
    return (
        "throttled, beyond today" if any(dimension.exists for dimension in table.dimensions) else "throttled"
    )


def share(value: float) -> str:
    """A share of an hour, as in findings: ``8.6 %``, ``0.02 %``."""
    return share_text(value)


def unchanged(table: TablePlan) -> bool:
    """Whether nothing changes."""
    return table.transition == "nothing changes"


def detailed_tables(plan: Plan) -> list[TablePlan]:
    """The tables that get a section, by risk and then by money: refused ones, those that need a look, those that fit, and
    unchanged ones with findings; of each kind the largest throttled share first, then the largest rise of the cost."""
    tables = [table for table in plan.tables if not unchanged(table) or table.findings]
    return sorted(tables, key=_risk)


def _risk(table: TablePlan) -> tuple[bool, bool, bool, float, float]:
    rise = 0.0 if table.money is None else table.money.difference.high
    return not table.refused, unchanged(table), tone(table) == "ok", -table.worst_share, -rise


def one_line_tables(plan: Plan) -> list[TablePlan]:
    """The tables that get one line: unchanged ones without findings."""
    return [table for table in plan.tables if unchanged(table) and not table.findings]


def tone(table: TablePlan) -> str:
    """``no`` if the table is refused, ``ok`` if the change was found safe, else ``warn``."""
    if table.refused:
        return "no"
    back = table.way_back
    safe = unchanged(table) or (_has_traffic(table) and (back is None or back.possible))
    return "ok" if safe else "warn"


def _has_traffic(table: TablePlan) -> bool:
    return any(dimension.peak is not None and dimension.peak.units for dimension in table.dimensions)


def verdict(table: TablePlan) -> str:
    """The plan of a table in one sentence."""
    if unchanged(table):
        return table.transition
    parts = [table.transition, _replay_result(table)]
    if table.way_back is not None and not table.way_back.possible:
        parts.append("no way back")
    if table.refusing:
        parts.append(f"refused by {', '.join(table.refusing)}")
    return "; ".join(parts)


def _replay_result(table: TablePlan) -> str:
    if table.throttling:
        dimension, worst = table.throttling[0]
        return (
            f"{dimension.dimension.label}: {_hour_share(dimension, worst)} are throttled {replay_text(worst)}, "
            f"{_worst_minute(worst)}: {cause_text(table, dimension, worst)}"
        )
    if not table.recorded:
        return "nothing was recorded, so nothing was replayed"
    if not _has_traffic(table):
        return "no traffic was recorded"
    throttles_today = any(charts_todays_throttling(dimension) for dimension in table.dimensions)
    return f"no replay throttles more than {share(table.budget)} of an hour" + (
        " beyond what today's capacity does" if throttles_today else ""
    )


def facts(table: TablePlan) -> Iterator[tuple[str, str]]:
    """Name and text of each further fact about a table; the way back is last."""
    length = minutes_text(round(table.days * 1440)) if table.days < 0.05 else f"{table.days:.1f} days"
    recorded = (
        f"{length}, {table.gaps:,} minute{'' if table.gaps == 1 else 's'} with a gap"
        if table.days
        else "nothing yet"
    )
    yield "recorded", (f"{recorded}; {table.baseline}" if table.baseline else recorded) + recorded_text(table)
    yield "change window", table.window + fitting_hours(table)
    if table.quiet is not None and table.recorded:
        yield "quiet hours", quiet_hours_text(table.quiet, table.staffed)
    if table.stages:
        yield "minutes", minutes(table)
    if table.money is not None and table.recorded:
        yield "cost", cost(table.money)
    if table.way_back is not None:
        yield "way back", table.way_back.why


def recorded_text(table: TablePlan) -> str:
    """When the baseline was recorded, and how long before the judgment, after a comma; empty where that is not known."""
    if table.recorded_at is None:
        return ""
    age = (
        ""
        if table.judged_at is None
        else f", {age_text(table.recorded_at, table.judged_at)} before the judgment"
    )
    return f", recorded {minute_text(table.recorded_at)}{age}"


def way_back_tone(table: TablePlan) -> str:
    """``no`` if the way back is not possible, ``warn`` if it throttles, else empty."""
    if table.way_back is None:
        return ""
    if not table.way_back.possible:
        return "no"
    return "warn" if table.way_back.units >= 0.5 else ""


def minutes(table: TablePlan) -> str:
    """The stages with their minutes."""
    shortest, longest = table.minutes
    stages = ", ".join(f"{stage.name} {span(stage.shortest, stage.longest)}" for stage in table.stages)
    return f"{stages}; {span(shortest, longest)} minutes in all" if table.stages else "none"


def span(low: float, high: float) -> str:
    """Minutes from the shortest to the longest: ``5-16``, or ``10``."""
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def count(units: float) -> str:
    """A number of units; below 10 with one decimal."""
    return _one_decimal(units) if units < 9.95 else f"{units:,.0f}"


def _one_decimal(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def month(amount: Between) -> str:
    """The cost of a month; a range is an estimate, and says so.

    Args:
        amount: cost of an HOUR.
    """
    low, high = amount.low * HOURS_A_MONTH, amount.high * HOURS_A_MONTH
    return f"{low:,.2f}" if round(low, 2) == round(high, 2) else f"about {low:,.2f} to {high:,.2f}"


def cost(money: Money) -> str:
    """Cost of a month before and after the change, and what is charged once."""
    parts = [] if money.before is None else [f"{month(money.before)} before"]
    parts.append(f"{month(money.after)} after, {money.prices.currency} a month")
    if units := sum(money.warm.units.values()):
        price = (
            "charged once, price unknown: no source has it (--prices gives it)"
            if money.warm.price is None
            else f"{money.warm.price:,.2f} {money.prices.currency} once"
        )
        parts.append(f"warm throughput raised by {units:,} units/s: {price}")
    region = money.prices.region + (
        f", in place of {money.prices.instead_of}" if money.prices.instead_of else ""
    )
    return (
        f"{', '.join(parts)} (prices of {region}, oldest "
        f"{money.prices.oldest.isoformat()}; reserved capacity and savings plans not counted)"
    )


def headline(plan: Plan) -> str:
    """How many tables, errors and warnings."""
    warnings = len(plan.findings) - plan.errors

    def counted(number: int, noun: str) -> str:
        return f"{number} {noun}{'' if number == 1 else 's'}"

    unplanned = [f"{len(plan.unplanned):,} not planned"] if plan.unplanned else []
    planned = [f"{counted(len(plan.tables), 'table')} planned", *unplanned]
    return ", ".join([*planned, counted(plan.errors, "error"), counted(warnings, "warning")])


def judged_text(plan: Plan) -> str:
    """The judgment time of the rules, after a semicolon; empty where there was no table to judge."""
    return "" if plan.judged_at is None else f"; judged at {minute_text(plan.judged_at)}"


def start_name(table: TablePlan) -> str:
    """What the hours of the week judge: the switch of the mode, or the start if no mode switches."""
    switches = any(dimension.change in ("to on-demand", "to provisioned") for dimension in table.dimensions)
    return "the switch itself" if switches else "the start"


def fitting_hours(table: TablePlan) -> str:
    """How many hours of the week fit, after a semicolon; empty if no hour was recorded."""
    known = [hour for hour in table.hours if hour is not None]
    if not known:
        return ""
    fit = sum(1 for hour in known if hour <= table.budget)
    missing = len(table.hours) - len(known)
    return f"; {start_name(table)} fits in {fit} of {len(known)} recorded hours of the week" + (
        f"; {missing} were not recorded" if missing else ""
    )


def quiet_hours_text(quiet: QuietHours, staffed: str) -> str:
    """The hours to propose for a change, those with people at work first."""
    if quiet.any is None:
        return "none of the week fits"
    if quiet.staffed is None:
        return f"no staffed hour ({staffed}) fits; {quiet.any} is the quietest of all"
    of_all = (
        ", the quietest of all too" if quiet.any == quiet.staffed else f"; {quiet.any} is the quietest of all"
    )
    return f"{quiet.staffed}, the quietest staffed ones{of_all}"


def later_throttling(table: TablePlan) -> str:
    """Warns that the declared capacity throttles after every start, although each hour may fit; empty if it does not."""
    found = any(not throttling.of_start for _, throttling in table.throttling)
    return (
        "Whatever the start, the declared capacity throttles later: see the figures of each dimension."
        if found
        else ""
    )
