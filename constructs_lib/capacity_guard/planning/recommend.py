"""What capacity a table should have: change it to this, or keep what it has, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..capacity import Capacity, InputError, Margins, Provisioned
from ..capacity.dimension import index_of
from ..capacity.structure import TableKind
from ..capacity.transition import same_bounds
from ..evidence.baseline import Baseline
from ..rules import Case, Finding, Level, evaluate
from ..rules.fix_code import code_in
from ..rules.formatting import throughput_code, units_code
from ..simulator import engine
from .cost import Between, Cost, WarmRaise, warm_raise
from .prices import HOURS_A_MONTH, Prices, prices_of
from .search import cheapest_on_demand, cheapest_provisioned, half_way, only_raised, priced, throttles

SCHEMA, VERSION = "capacity-guard/recommendations", 1
_REFUSING_WARNINGS = ("CG2", "CG6")
"""Warnings that refuse here too: no evidence to advise by, and a step that goes down too far."""


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Attributes:
        now: the moment of the advice, UTC: an old baseline is no evidence.
        margin: times the recorded traffic that a capacity must carry, at least 1.
        threshold: saving a MONTH, in the currency of the prices, below which nothing changes.
        prices: prices by Region that come before the library's table.
    """

    now: datetime
    margin: float = 1.3
    threshold: float = 10.0
    prices: Mapping[str, Prices] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """A capacity, what it costs under recorded traffic, and what it saves an hour against today's."""

    capacity: Capacity
    costs: tuple[Cost, ...]
    saving: Between

    @property
    def hour(self) -> Between:
        """Cost of an hour."""
        return Between.around(one.hour for one in self.costs)


@dataclass(frozen=True)
class Recommendation:
    """Advice for one table.

    Attributes:
        baseline: what it rests on.
        prices: what it was reckoned with.
        today: the live capacity and what it costs.
        throttled: dimensions in which today's capacity does not carry the traffic at the margin.
        options: the cheapest capacity of each mode that carries it; a mode that cannot is missing.
        chosen: what to deploy next; ``None`` is "keep".
        final: where that leads, if ``chosen`` is a first step to it.
        why: the reason, as a sentence.
        findings: what the rules say of what was chosen, or of what they refused.
        warm: what warm throughput is raised by for it, and its price.
    """

    baseline: Baseline
    prices: Prices
    today: Option
    throttled: tuple[str, ...]
    options: tuple[Option, ...]
    chosen: Option | None
    final: Option | None
    why: str
    findings: tuple[Finding, ...]
    warm: WarmRaise

    def code(self) -> tuple[str, ...]:
        """What to paste: in the words of this library, then in those of the table's own construct."""
        if self.chosen is None:
            return ()
        assert self.baseline.deployed is not None
        structure = self.baseline.deployed.structure
        kind = None if structure is None else structure.kind
        found = [] if kind is TableKind.TABLE else [capacity_source(self.chosen.capacity)]
        if kind is not None:
            dialect = "table" if kind is TableKind.TABLE else "table-v2"
            parts = [
                code_in(dialect, index_of(key), one)  # type: ignore[arg-type]
                for key, one in self.chosen.capacity.resources()
            ]
            found.append("\n".join(part for part in parts if part))
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Plain data; amounts in the currency of the prices, an hour each."""
        traffic = self.baseline.traffic
        assert traffic is not None
        return {
            "table": self.baseline.table.name,
            "file": self.baseline.file,
            "advice": "keep" if self.chosen is None else "change",
            "why": self.why,
            "evidence": {"days": round(traffic.days, 3), "minutes": traffic.minutes, "gaps": traffic.gaps()},
            "prices": {
                "region": self.prices.region,
                "instead_of": self.prices.instead_of,
                "currency": self.prices.currency,
                "sources": list(self.prices.sources),
            },
            "today": _option_json(self.today),
            "throttled_at_margin": list(self.throttled),
            "options": [_option_json(one) for one in self.options],
            "recommended": None if self.chosen is None else _option_json(self.chosen),
            "leads_to": None if self.final is None else _option_json(self.final),
            "warm": {
                "raised": {d.key: units for d, units in self.warm.units.items()},
                "price": self.warm.price,
            },
            "findings": [one.line() for one in self.findings],
            "code": list(self.code()),
        }


def _option_json(one: Option) -> dict[str, Any]:
    return {
        "capacity": one.capacity.to_json(),
        "hour": [round(one.hour.low, 6), round(one.hour.high, 6)],
        "month": [round(v * HOURS_A_MONTH, 2) for v in (one.hour.low, one.hour.high)],
        "saving_month": [round(v * HOURS_A_MONTH, 2) for v in (one.saving.low, one.saving.high)],
    }


def capacity_source(capacity: Capacity) -> str:
    """The expression that declares a capacity in this library's words."""
    lines = [f"    {one}," for one in _arguments(capacity.table)]
    indexes = []
    for name, one in capacity.indexes.items():
        text = ", ".join(_arguments(one))
        if text:
            indexes.append(f'        "{name}": {type(one).__name__}({text}),')
    if indexes:
        lines += ["    indexes={", *indexes, "    },"]
    method = "on_demand" if capacity.is_on_demand else "provisioned"
    return "\n".join([f"Capacity.{method}(", *lines, ")"]) if lines else f"Capacity.{method}()"


def _arguments(one: Any) -> list[str]:
    found = []
    if isinstance(one, Provisioned):
        found = [f"read={throughput_code(one.read)}", f"write={throughput_code(one.write)}"]
    for name in ("warm", "maximum"):
        units = getattr(one, name, None)
        if units is not None:
            found.append(f"{name}={units_code(units)}")
    return found


def recommend(baseline: Baseline, asked: Asked) -> Recommendation:
    """Advice for one table.

    Args:
        baseline: its deployed capacity and recorded traffic.
        asked: margin, threshold, moment and prices.

    Raises:
        InputError: the baseline holds no traffic of a deployed table.
    """
    deployed, traffic = baseline.deployed, baseline.traffic
    if deployed is None or traffic is None:
        raise InputError(
            baseline.file or baseline.table.name,
            "is of a table that does not exist yet, so there is nothing to advise by",
            "Deploy it, and record it after some days",
        )
    prices = prices_of(baseline.table.region, asked.prices)
    costs = priced(deployed.live, traffic, prices)
    today = Option(deployed.live, costs, Between(0.0, 0.0))
    throttled = throttles(baseline, deployed.live, asked.margin)
    cheapest = (cheapest_provisioned(baseline, asked.margin), cheapest_on_demand(baseline, asked.margin))
    options = [
        _option(capacity, baseline, prices, today)
        for capacity in cheapest
        if capacity is not None and not throttles(baseline, capacity, asked.margin)
    ]
    options.sort(key=lambda one: one.hour.high)

    def keep(why: str, findings: tuple[Finding, ...] = ()) -> Recommendation:
        return Recommendation(
            baseline, prices, today, names, tuple(options), None, None, why, findings, WarmRaise({}, 0.0)
        )

    names = tuple(one.key for one in throttled)
    if not any(v == v for series in traffic.consumed.values() for v in series):
        return keep("no minute was recorded")
    if not options:
        return keep("no capacity within the default quota carries the recorded traffic at the margin")
    refused: tuple[Finding, ...] = ()
    for option in options:
        if same_bounds(option.capacity, deployed.template):
            break
        if not throttled and option.saving.low * HOURS_A_MONTH < asked.threshold:
            break
        step, findings = _compliant(baseline, option, prices, today, asked)
        if step is None:
            refused = tuple(dict.fromkeys((*refused, *findings)))
            continue
        final = None if step is option else option
        warm = warm_raise(baseline.transition_to(step.capacity), prices)
        why = (
            "today's capacity does not carry the recorded traffic at the margin"
            if throttled
            else "it carries the recorded traffic at the margin for less"
        )
        return Recommendation(
            baseline, prices, today, names, tuple(options), step, final, why, findings, warm
        )
    if refused:
        return keep("a rule refuses what would be cheaper; its fix comes first", refused)
    if throttled:
        return keep("today's bounds are the cheapest that carry the traffic")
    return keep(f"nothing saves {asked.threshold:g} {prices.currency} a month for certain")


def _option(capacity: Capacity, baseline: Baseline, prices: Prices, today: Option) -> Option:
    assert baseline.traffic is not None
    costs = priced(capacity, baseline.traffic, prices)
    # Compared at the same end of what is unknown: it moves both costs together.
    saving = Between.around(
        Between(min(pair), max(pair))
        for was, becomes in zip(today.costs, costs, strict=True)
        for pair in [(was.hour.low - becomes.hour.low, was.hour.high - becomes.hour.high)]
    )
    return Option(capacity, costs, saving)


def _compliant(
    baseline: Baseline, option: Option, prices: Prices, today: Option, asked: Asked
) -> tuple[Option | None, tuple[Finding, ...]]:
    """The option, or the step towards it that no rule refuses; ``None`` and what refuses it where there is none."""
    assert baseline.deployed is not None
    findings = _findings(baseline, option.capacity, asked)
    refusing = tuple(one for one in findings if _refuses(one))
    if not refusing:
        return option, findings
    others = tuple(one for one in refusing if one.rule != "CG6")
    template = baseline.deployed.template
    if option.capacity.is_on_demand or template.is_on_demand or any(one.rule == "CG2" for one in refusing):
        return None, others or refusing
    # What throttles is raised first, alone: the way back of anything else would throttle too (CG7).
    if others:
        throttled = throttles(baseline, baseline.deployed.live, asked.margin)
        step = only_raised(baseline, option.capacity, throttled, asked.margin)
    else:
        step = half_way(template, option.capacity)
    findings = _findings(baseline, step, asked)
    refusing = tuple(one for one in findings if _refuses(one))
    if refusing or same_bounds(step, template) or throttles(baseline, step, asked.margin):
        return None, others or refusing
    return _option(step, baseline, prices, today), findings


def _refuses(finding: Finding) -> bool:
    return finding.level is Level.ERROR or finding.rule in _REFUSING_WARNINGS


def _findings(baseline: Baseline, declared: Capacity, asked: Asked) -> tuple[Finding, ...]:
    """What the rules say at the margin that was asked for, and at the one by which a synthesis judges."""
    assert baseline.deployed is not None
    case = Case(
        table=baseline.table.logical_id or baseline.table.name,
        indexes=tuple(baseline.deployed.live.indexes),
        declared=declared,
        baseline=baseline,
        now=asked.now,
        margins=Margins(headroom=asked.margin),
        runner=engine.runner(),
    )
    found = list(evaluate(case))
    if case.margins != Margins():
        told = {(one.rule, one.subject) for one in found}
        by_default = evaluate(replace(case, margins=Margins()))
        found += [one for one in by_default if (one.rule, one.subject) not in told]
    return tuple(found)
