"""A small plan, built in code: one table whose index throttles after a switch to on-demand mode."""

from __future__ import annotations

import re
from array import array
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

from capacity_guard.capacity import Capacity, Dimension
from capacity_guard.capacity.evidence import Peak
from capacity_guard.findings import SourceLocation
from capacity_guard.planning.plan import (
    DimensionPlan,
    Money,
    Plan,
    Series,
    Stage,
    TablePlan,
    Throttling,
    WayBack,
)
from capacity_guard.pricing.cost import Between, WarmRaiseCost
from capacity_guard.pricing.prices import Price, Prices
from capacity_guard.rules import Alternative, Finding, Level, Step, StepCost

TABLE_WRITE = Dimension(None, "write")
INDEX_WRITE = Dimension("by_day", "write")
START = datetime(2026, 6, 29, 16, 0, tzinfo=UTC)
"""The worst start of the change: a Monday."""
JUDGED_AT = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
BUDGET = 0.001
FINDING = Finding(
    "CG4",
    Level.ERROR,
    "Orders",
    INDEX_WRITE,
    "it serves less than <its> peak",
    (),
    'indexes={"by_day": OnDemand(warm=Units(write=6_240))}\nor_wait("```")',
)
_STEP = Step(Capacity.on_demand(), "one()", "python", StepCost("USD", Between(12.0, 12.0), Between(2.0, 2.0)))
TWO_STEPS = Alternative("", (_STEP, replace(_STEP, code="two()")), "capacity-guard record")
WARNING = replace(FINDING, rule="CG2", level=Level.WARN, title="the baseline is old", fix="Record it again")


def throttling(**changes: Any) -> Throttling:
    """The worst start of the index: beyond the budget, where nothing else is given."""
    given: dict[str, Any] = {
        "replay": "start",
        "factor": 1.0,
        "units": 42_000.0,
        "low": 30_000.0,
        "high": 50_000.0,
        "minutes": 12,
        "share": 0.086,
        "worst": START + timedelta(minutes=27),
        "asked": 4_710.2,
        "limit": 4_000.0,
        "cause": "on-demand ceiling",
        "started": START,
        "within": False,
    }
    return Throttling(**{**given, **changes})


RECORDED = throttling(replay="recorded", units=900.0, low=800.0, high=1_000.0, share=0.002, started=None)
HEADROOM = throttling(
    replay="headroom", factor=1.3, units=1_700.0, low=1_600.0, high=1_800.0, share=0.004, started=None
)


def nothing(**changes: Any) -> Throttling:
    """A replay that throttles nothing."""
    none: dict[str, Any] = {"units": 0.0, "low": 0.0, "high": 0.0, "share": 0.0, "minutes": 0, "cause": None}
    return throttling(**{**none, "within": True, **changes})


def series(demand: float = 5_000.0, served: float = 4_000.0, minutes: int = 60, **changes: Any) -> Series:
    """An hour of the worst start: the switch comes 20 minutes after the beginning of the pre-warm phase."""
    given: dict[str, Any] = {
        "replay": "start",
        "start": START - timedelta(minutes=20),
        "demand": array("d", [demand]) * minutes,
        "served": array("d", [served]) * minutes,
        "limit": array("d", [4_000.0]) * minutes,
        "phases": [("before", 0), ("pre-warm", 5), ("switch", 20), ("after", 25)],
    }
    return Series(**{**given, **changes})


def index_write(**changes: Any) -> DimensionPlan:
    """The writes of the index: they throttle in all three replays, where nothing else is given."""
    given: dict[str, Any] = {
        "dimension": INDEX_WRITE,
        "change": "to on-demand",
        "deployed": "5,000",
        "declared": "on-demand",
        "peak": Peak(4_800.0, START),
        "limit": 4_000.0,
        "replays": (throttling(), RECORDED, HEADROOM),
        "series": series(),
    }
    return DimensionPlan(**{**given, **changes})


def table_write(**changes: Any) -> DimensionPlan:
    """The writes of the table: nothing throttles, and nothing is charted."""
    given: dict[str, Any] = {
        "dimension": TABLE_WRITE,
        "change": "to on-demand",
        "deployed": "9,000",
        "declared": "on-demand",
        "peak": Peak(1_000.0, START),
        "limit": 12_000.0,
        "replays": (nothing(),),
    }
    return DimensionPlan(**{**given, **changes})


def refused(**changes: Any) -> TablePlan:
    """A change that is refused: by a replay and by a rule, without a way back."""
    hours: list[float | None] = [0.0] * 168
    hours[16], hours[17], hours[167] = 0.086, 0.004, None
    given: dict[str, Any] = {
        "path": "Shop/Orders",
        "place": SourceLocation("stacks/shop.py", 12),
        "table": "Orders",
        "baseline": "baselines/orders.json",
        "days": 14.0,
        "gaps": 30,
        "transition": "to on-demand",
        "fingerprint": "f" * 16,
        "relief": False,
        "window": "any time",
        "budget": BUDGET,
        "dimensions": (table_write(), index_write()),
        "stages": (Stage("preflight", 0, 1, ""), Stage("change", 5, 16, "")),
        "hours": tuple(hours),
        "money": money(),
        "way_back": WayBack(False, {}, 0.0, "no units to go back with"),
        "findings": (FINDING,),
    }
    return TablePlan(**{**given, **changes})


def safe(**changes: Any) -> TablePlan:
    """A change that throttles nothing and that no rule refuses."""
    dimensions = (table_write(), index_write(replays=(nothing(),), series=series(3_000.0, 3_000.0)))
    given: dict[str, Any] = {
        "path": "Shop/Safe",
        "dimensions": dimensions,
        "hours": (0.0,) * 168,
        "way_back": WayBack(True, {}, 0.0, "the units of today carry it"),
        "findings": (),
    }
    return refused(**{**given, **changes})


def unchanged(**changes: Any) -> TablePlan:
    """A table of which nothing changes, so that nothing is replayed."""
    given: dict[str, Any] = {
        "path": "Shop/Same",
        "transition": "nothing changes",
        "dimensions": (table_write(replays=()), index_write(replays=(), series=None)),
        "stages": (),
        "hours": (),
        "money": None,
        "way_back": None,
        "findings": (),
    }
    return refused(**{**given, **changes})


def money(**changes: Any) -> Money:
    """Prices without a price of warm throughput, in place of another Region's."""
    price = Price(1.25, "a list", date(2026, 6, 1))
    both: Any = {"read": price, "write": price}
    prices = Prices("us-east-1", both, both, None, instead_of="eu-west-1")
    given: dict[str, Any] = {
        "prices": prices,
        "before": Between(1.0, 1.0),
        "after": Between(0.5, 0.75),
        "warm": WarmRaiseCost({INDEX_WRITE: 2_400}, None),
    }
    return Money(**{**given, **changes})


def plan(*tables: TablePlan, **changes: Any) -> Plan:
    """A plan of these tables."""
    return Plan(**{"judged_at": JUDGED_AT, "tables": tables, "unplanned": (), **changes})


def page_text(html: str) -> str:
    """The text of a page without its tags, on one line."""
    return " ".join(unescape(re.sub("<[^>]+>", "", html)).split())
