"""The plan of guarded tables: changes, throttling, stages, cost and rollback of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..capacity.dimension import Dimension
from ..capacity.evidence import Peak
from ..capacity.plain_data import time_text
from ..capacity.settings import STAFFED_HOURS
from ..findings import SourceLocation
from ..findings.answers_json import answer_json
from ..pricing.cost import Between, WarmRaiseCost
from ..pricing.prices import Prices
from ..rules import Answer, Finding, Level
from ..rules.quiet_hours import QuietHours
from ..simulator.table_replay import Cause
from .throttling import Series as Series
from .throttling import Throttling as Throttling

SCHEMA, VERSION = "capacity-guard/plan", 1


@dataclass(frozen=True)
class DimensionPlan:
    """One dimension of a plan.

    Attributes:
        dimension: the dimension.
        change: its change, as text.
        deployed, declared: its capacity, as text.
        peak: busiest recorded minute; ``None`` where no minute was recorded.
        limit: units per second that the declared capacity serves at most: the ceiling, or the maximum of auto scaling.
        replays: what each replay throttles; empty where nothing was recorded.
        series: minutes around the worst minute of the worst replay.
    """

    dimension: Dimension
    change: str
    deployed: str
    declared: str
    peak: Peak | None
    limit: float
    replays: tuple[Throttling, ...] = ()
    series: Series | None = None

    @property
    def headroom(self) -> float | None:
        """The limit divided by the recorded peak; ``None`` where no units were recorded."""
        return self.limit / self.peak.units if self.peak is not None and self.peak.units else None

    @property
    def recorded(self) -> bool:
        """Whether any of its minutes was recorded."""
        return self.peak is not None

    @property
    def exists(self) -> bool:
        """Whether it is deployed; today's capacity does not throttle a dimension that does not exist."""
        return self.deployed not in ("", "none")

    @property
    def worst(self) -> Throttling | None:
        """The replay that its text and chart are about (``Throttling.order``); ``None`` where nothing was replayed."""
        if not self.recorded:
            return None
        return min(self.replays, key=lambda replay: replay.order, default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "dimension": self.dimension.key,
            "change": self.change,
            "deployed": self.deployed,
            "declared": self.declared,
            "peak": None
            if self.peak is None
            else {"units": round(self.peak.units, 3), "at": time_text(self.peak.at)},
            "limit": self.limit,
            "headroom": None if self.headroom is None else round(self.headroom, 3),
            "replays": [replay.to_json() for replay in self.replays if self.recorded],
            "series": None if self.series is None or not self.recorded else self.series.to_json(),
        }


@dataclass(frozen=True)
class Stage:
    """A stage of the rollout, with its expected minutes from the shortest to the longest."""

    name: str
    shortest: float
    longest: float
    note: str

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return dict(vars(self))


@dataclass(frozen=True)
class WayBack:
    """The rollback of the transition.

    Attributes:
        possible: whether the deployed template has the units that CloudFormation needs for it.
        resent: units per second that CloudFormation re-sends at least, by dimension; empty into on-demand mode.
        units: units throttled, retries included, in a rollback at the end of the bake until an hour after its switch.
        why: explanation, as text.
    """

    possible: bool
    resent: Mapping[Dimension, int]
    units: float
    why: str

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "possible": self.possible,
            "resent": {d.key: units for d, units in self.resent.items()},
            "units": round(self.units, 3),
            "why": self.why,
        }


@dataclass(frozen=True)
class Money:
    """Cost of a table, in the currency of the prices.

    Attributes:
        prices: the prices used.
        before, after: cost of an hour of the deployed and of the declared capacity under the recording; ``before`` is
            ``None`` for a table that does not exist yet.
        warm: one-time charge for raising warm throughput.
    """

    prices: Prices
    before: Between | None
    after: Between
    warm: WarmRaiseCost

    @property
    def difference(self) -> Between:
        """Cost of an hour after the change less the cost before it; a table that does not exist yet costs nothing before."""
        before = self.before or Between(0.0, 0.0)
        if self.after == before:
            return Between(0.0, 0.0)
        return Between(self.after.low - before.high, self.after.high - before.low)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "currency": self.prices.currency,
            "region": self.prices.region,
            "instead_of": self.prices.instead_of,
            "sources": list(self.prices.sources),
            "before_hour": None if self.before is None else [round(v, 6) for v in vars(self.before).values()],
            "after_hour": [round(v, 6) for v in vars(self.after).values()],
            "warm_units": {d.key: units for d, units in self.warm.units.items()},
            "warm_price": self.warm.price,
        }


@dataclass(frozen=True)
class TablePlan:
    """One guarded table.

    Attributes:
        path: construct path of the guard.
        place: line of code that creates it; ``None`` where it is not known.
        table: name of the table in the code.
        baseline: file of its baseline.
        days: days recorded.
        gaps: minutes without a record.
        transition: its changes, as text: ``to on-demand``, ``nothing changes``, ...
        fingerprint: fingerprint of the transition.
        relief: whether the transition relieves a table that throttles, as the synthesis judged.
        window: the change window, as text.
        budget: share of the units asked for in an hour that may be throttled.
        dimensions: every dimension that is deployed or declared.
        stages: stages in their order; empty where nothing changes.
        hours: for each hour of the week (0 is Monday 00:00 UTC) the largest share of the units that a start in it
            throttles, over all dimensions; ``None`` where nothing was recorded. Empty where the transition cannot start.
        quiet: the hours to propose for the change, those with people at work first; ``None`` where it cannot start.
        staffed: the hours with people at work, as text.
        recorded_at: time of the recording, UTC; ``None`` where nothing was recorded.
        judged_at: judgment time of the rules, UTC.
        money: cost; ``None`` where nothing was recorded.
        way_back: rollback; ``None`` of a table that does not exist yet, and where nothing changes.
        findings: findings of the rules at the synthesis.
        answers: the fix of each finding; findings that one fix resolves share an answer.
    """

    path: str
    place: SourceLocation | None
    table: str
    baseline: str
    days: float
    gaps: int
    transition: str
    fingerprint: str
    relief: bool
    window: str
    budget: float
    dimensions: tuple[DimensionPlan, ...]
    stages: tuple[Stage, ...]
    hours: tuple[float | None, ...]
    money: Money | None
    way_back: WayBack | None
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...] = ()
    quiet: QuietHours | None = None
    staffed: str = STAFFED_HOURS.text
    recorded_at: datetime | None = None
    judged_at: datetime | None = None

    @property
    def throttling(self) -> tuple[tuple[DimensionPlan, Throttling], ...]:
        """Replays that exceed the budget: in the order of each dimension, back-pressure of an index last."""
        found = [(d, replay) for d in self.dimensions for replay in d.replays if not replay.within]
        # Back-pressure comes last: a change of the index removes it.
        return tuple(sorted(found, key=lambda pair: (pair[1].cause == Cause.BACK_PRESSURE, pair[1].order)))

    @property
    def refusing(self) -> tuple[str, ...]:
        """Rules that stop the synthesis, without duplicates."""
        return tuple(dict.fromkeys(f.rule for f in self.findings if f.level is Level.ERROR))

    @property
    def refused(self) -> bool:
        """Whether a replay throttles beyond the budget, or a rule stops the synthesis."""
        return bool(self.throttling or self.refusing)

    @property
    def worst_share(self) -> float:
        """Share of the units of the worst hour that is throttled, 0 to 1: that of the first entry of ``throttling``
        where there is one, else the largest of any replay."""
        if self.throttling:
            return self.throttling[0][1].share
        return max((replay.share for d in self.dimensions for replay in d.replays), default=0.0)

    @property
    def recorded(self) -> bool:
        """Whether any minute of any dimension was recorded."""
        return any(dimension.recorded for dimension in self.dimensions)

    @property
    def minutes(self) -> tuple[float, float]:
        """Minutes of all stages, from the shortest to the longest."""
        return sum(s.shortest for s in self.stages), sum(s.longest for s in self.stages)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "path": self.path,
            "file": None if self.place is None else self.place.file,
            "line": None if self.place is None else self.place.line,
            "table": self.table,
            "baseline": self.baseline,
            "recorded_at": None if self.recorded_at is None else time_text(self.recorded_at),
            "recorded_days": round(self.days, 3),
            "recorded_gaps": self.gaps,
            "transition": self.transition,
            "fingerprint": self.fingerprint,
            "relief": self.relief,
            "refused": self.refused,
            "change_window": self.window,
            "throttle_budget": self.budget,
            "dimensions": [dimension.to_json() for dimension in self.dimensions],
            "stages": [stage.to_json() for stage in self.stages],
            "hours": [None if v is None else round(v, 6) for v in self.hours],
            "quiet_hours": None
            if self.quiet is None
            else {"staffed": self.quiet.staffed, "any": self.quiet.any},
            "staffed_hours": self.staffed,
            "cost": None if self.money is None or not self.recorded else self.money.to_json(),
            "way_back": None if self.way_back is None else self.way_back.to_json(),
            "findings": [
                {
                    "rule": f.rule,
                    "level": f.level.value,
                    "line": f.line(),
                    "fix": f.fix,
                    "deployments": [capacity.to_json() for capacity in f.deployments],
                }
                for f in self.findings
            ],
            "answers": [answer_json(answer, self.findings) for answer in self.answers],
        }


@dataclass(frozen=True)
class Unplanned:
    """A table without a plan: it has no guard, or no baseline that can be read.

    Attributes:
        path: construct path of the table or its guard.
        findings: findings of the rules at the synthesis.
        answers: the fix of each finding.
    """

    path: str
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...] = ()

    @property
    def why(self) -> str:
        """Why it has no plan, as text: its first finding, an error before a warning."""
        if not self.findings:
            return "it has no guard, or no baseline that can be read; its findings are acknowledged"
        first = min(self.findings, key=lambda finding: finding.level is not Level.ERROR)
        return f"{first.rule}: {first.title}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "path": self.path,
            "why": self.why,
            "findings": [finding.line() for finding in self.findings],
            "answers": [answer_json(answer, self.findings) for answer in self.answers],
        }


@dataclass(frozen=True)
class Plan:
    """The plan of every guarded table of one synthesis.

    Attributes:
        judged_at: judgment time of the rules, UTC.
        tables: tables with a plan.
        unplanned: the other tables.
    """

    judged_at: datetime | None
    tables: tuple[TablePlan, ...]
    unplanned: tuple[Unplanned, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of all tables."""
        return tuple(f for t in self.tables for f in t.findings) + tuple(
            f for other in self.unplanned for f in other.findings
        )

    @property
    def errors(self) -> int:
        """Number of findings that stop the synthesis."""
        return sum(f.level is Level.ERROR for f in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The document; docs/plan.md and plan-1.schema.json describe its fields."""
        document: dict[str, Any] = json.loads("".join(self.json_lines()))
        return document

    def json_lines(self) -> Iterator[str]:
        """The document as text, a line for each table; one object for all tables would take many times the memory."""
        head = {
            "schema": SCHEMA,
            "version": VERSION,
            "judged_at": None if self.judged_at is None else time_text(self.judged_at),
        }
        yield f'{json.dumps(head)[:-1]}, "tables": [\n'
        for number, table in enumerate(self.tables, start=1):
            end = "\n" if number == len(self.tables) else ",\n"
            yield json.dumps(table.to_json()) + end
        unplanned = [other.to_json() for other in self.unplanned]
        yield f'], "unplanned": {json.dumps(unplanned)}}}\n'


__all__ = [
    "SCHEMA",
    "VERSION",
    "DimensionPlan",
    "Money",
    "Plan",
    "Series",
    "Stage",
    "TablePlan",
    "Throttling",
    "Unplanned",
    "WayBack",
]
