"""Recommends a capacity for a table: a change, or to keep the deployed capacity, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..capacity import Capacity, InputError, Margins, Provisioned
from ..capacity.capacity import ResourceCapacity
from ..capacity.dimension import index_of
from ..capacity.structure import TableKind
from ..capacity.transition import same_bounds
from ..evidence.baseline import Baseline
from ..rules import Case, Finding, Level, evaluate
from ..rules.fix_code import code_in, text_code, throughput_code, units_code
from ..simulator import engine
from .cost import Between, Cost, WarmRaiseCost, warm_raise
from .prices import HOURS_A_MONTH, Prices, prices_of
from .search import (
    cheapest_on_demand,
    cheapest_provisioned,
    costs,
    half_way,
    only_raised,
    throttled_dimensions,
)

SCHEMA, VERSION = "capacity-guard/recommendations", 1
_REFUSING_WARNINGS = ("CG2", "CG6")
"""Warnings that rule out a recommendation too: too little evidence, and a step that lowers too much."""


@dataclass(frozen=True)
class Asked:
    """Conditions of a recommendation.

    Attributes:
        now: judgment time, UTC; rules use it to judge the age of the baseline.
        margin: multiple of the recorded traffic that a capacity must serve, at least 1.
        threshold: saving in a MONTH, in the currency of the prices, below which the capacity is kept.
        prices: prices by Region that take precedence over the library's table.
    """

    now: datetime
    margin: float = 1.3
    threshold: float = 10.0
    prices: Mapping[str, Prices] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """A capacity, its costs under the recorded traffic, and its saving in an hour compared with today's capacity."""

    capacity: Capacity
    costs: tuple[Cost, ...]
    saving: Between

    @property
    def hour(self) -> Between:
        """Cost of an hour."""
        return Between.around(cost.hour for cost in self.costs)


@dataclass(frozen=True)
class Recommendation:
    """Recommendation for one table.

    Attributes:
        baseline: deployed capacity and recording.
        prices: the prices used.
        today: the live capacity and its cost.
        throttled: keys of the dimensions in which today's capacity throttles the traffic at the margin.
        options: the cheapest capacity of each mode that serves the traffic; none for a mode that cannot serve it.
        chosen: the capacity to deploy next; ``None`` is "keep".
        final: the capacity that follows, if ``chosen`` is a first step.
        why: the reason, as a sentence.
        findings: findings of the rules about ``chosen``, or those that refused a cheaper capacity.
        warm: the raise of warm throughput that ``chosen`` needs.
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
    warm: WarmRaiseCost

    def code(self) -> tuple[str, ...]:
        """Code to paste: for this library, then for the table's own construct."""
        if self.chosen is None:
            return ()
        assert self.baseline.deployed is not None
        structure = self.baseline.deployed.structure
        kind = None if structure is None else structure.kind
        found = [] if kind is TableKind.TABLE else [_declaration(self.chosen.capacity)]
        if kind is not None:
            dialect = "table" if kind is TableKind.TABLE else "table-v2"
            parts = [
                code_in(dialect, index_of(key), resource)  # type: ignore[arg-type]
                for key, resource in self.chosen.capacity.resources()
            ]
            found.append("\n".join(part for part in parts if part))
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Plain data; amounts in the currency of the prices."""
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
            "options": [_option_json(option) for option in self.options],
            "recommended": None if self.chosen is None else _option_json(self.chosen),
            "leads_to": None if self.final is None else _option_json(self.final),
            "warm": {
                "raised": {d.key: units for d, units in self.warm.units.items()},
                "price": self.warm.price,
            },
            "findings": [finding.line() for finding in self.findings],
            "code": list(self.code()),
        }


def _option_json(option: Option) -> dict[str, Any]:
    hour, saving = option.hour, option.saving
    return {
        "capacity": option.capacity.to_json(),
        "hour": [round(hour.low, 6), round(hour.high, 6)],
        "month": [round(amount * HOURS_A_MONTH, 2) for amount in (hour.low, hour.high)],
        "saving_month": [round(amount * HOURS_A_MONTH, 2) for amount in (saving.low, saving.high)],
    }


def _declaration(capacity: Capacity) -> str:
    """The expression that declares a capacity with this library."""
    lines = [f"    {argument}," for argument in _arguments(capacity.table)]
    indexes = []
    for name, resource in capacity.indexes.items():
        text = ", ".join(_arguments(resource))
        if text:
            indexes.append(f"        {text_code(name)}: {type(resource).__name__}({text}),")
    if indexes:
        lines += ["    indexes={", *indexes, "    },"]
    method = "on_demand" if capacity.is_on_demand else "provisioned"
    return "\n".join([f"Capacity.{method}(", *lines, ")"]) if lines else f"Capacity.{method}()"


def _arguments(resource: ResourceCapacity) -> list[str]:
    found = []
    if isinstance(resource, Provisioned):
        found = [f"read={throughput_code(resource.read)}", f"write={throughput_code(resource.write)}"]
    for name in ("warm", "maximum"):
        units = getattr(resource, name, None)
        if units is not None:
            found.append(f"{name}={units_code(units)}")
    return found


def recommend(baseline: Baseline, asked: Asked) -> Recommendation:
    """The recommendation for one table.

    Args:
        baseline: deployed capacity and recording.
        asked: judgment time, margin, threshold and prices.

    Raises:
        InputError: the table does not exist yet, so that the baseline has no recorded traffic of it.
    """
    deployed, traffic = baseline.deployed, baseline.traffic
    if deployed is None or traffic is None:
        raise InputError(
            baseline.file or baseline.table.name,
            "is of a table that does not exist yet, so there is nothing to advise by",
            "Deploy it, and record it after some days",
        )
    prices = prices_of(baseline.table.region, asked.prices)
    today = Option(deployed.live, costs(deployed.live, traffic, prices), Between(0.0, 0.0))
    throttled = throttled_dimensions(baseline, deployed.live, asked.margin)
    cheapest = (cheapest_provisioned(baseline, asked.margin), cheapest_on_demand(baseline, asked.margin))
    options = [
        _option(capacity, baseline, prices, today)
        for capacity in cheapest
        if capacity is not None and not throttled_dimensions(baseline, capacity, asked.margin)
    ]
    options.sort(key=lambda option: option.hour.high)

    def keep(why: str, findings: tuple[Finding, ...] = ()) -> Recommendation:
        return Recommendation(
            baseline, prices, today, names, tuple(options), None, None, why, findings, WarmRaiseCost({}, 0.0)
        )

    names = tuple(dimension.key for dimension in throttled)
    if not any(units == units for series in traffic.consumed.values() for units in series):
        return keep("no minute was recorded")
    if not options:
        return keep("no capacity within the default quota carries the recorded traffic at the margin")
    refused: tuple[Finding, ...] = ()
    for option in options:
        if _is_deployed(baseline, option.capacity):
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
    costs_after = costs(capacity, baseline.traffic, prices)
    # Compared at the same reaction of auto scaling, which changes both costs in the same direction.
    saving = Between.around(
        Between(min(bounds), max(bounds))
        for before, after in zip(today.costs, costs_after, strict=True)
        for bounds in [(before.hour.low - after.hour.low, before.hour.high - after.hour.high)]
    )
    return Option(capacity, costs_after, saving)


def _compliant(
    baseline: Baseline, option: Option, prices: Prices, today: Option, asked: Asked
) -> tuple[Option | None, tuple[Finding, ...]]:
    """The option, or a step towards it that no rule refuses, with its findings; else ``None`` and the refusing findings."""
    assert baseline.deployed is not None
    findings = _findings(baseline, option.capacity, asked)
    refusing = tuple(finding for finding in findings if _refuses(finding))
    if not refusing:
        return option, findings
    others = tuple(finding for finding in refusing if finding.rule != "CG6")
    template = baseline.deployed.template
    if (
        option.capacity.is_on_demand
        or template.is_on_demand
        or any(finding.rule == "CG2" for finding in refusing)
    ):
        return None, others or refusing
    # The first step only raises what throttles: the rollback of any other change would throttle too (CG7).
    if others:
        throttled = throttled_dimensions(baseline, baseline.deployed.live, asked.margin)
        step = only_raised(baseline, option.capacity, throttled, asked.margin)
    else:
        step = half_way(template, option.capacity)
    findings = _findings(baseline, step, asked)
    refusing = tuple(finding for finding in findings if _refuses(finding))
    if refusing or same_bounds(step, template) or throttled_dimensions(baseline, step, asked.margin):
        return None, others or refusing
    return _option(step, baseline, prices, today), findings


def _is_deployed(baseline: Baseline, capacity: Capacity) -> bool:
    """Whether the table has the bounds and at least the warm throughput of a capacity."""
    assert baseline.deployed is not None
    transition = baseline.transition_to(capacity)
    return same_bounds(capacity, baseline.deployed.template) and not transition.warm_raises


def _refuses(finding: Finding) -> bool:
    return finding.level is Level.ERROR or finding.rule in _REFUSING_WARNINGS


def _findings(baseline: Baseline, declared: Capacity, asked: Asked) -> tuple[Finding, ...]:
    """Findings of the rules at the requested margin, and at the default margin of a synthesis."""
    assert baseline.deployed is not None
    case = Case(
        table=baseline.table.logical_id or baseline.table.name,
        indexes=tuple(baseline.deployed.live.indexes),
        declared=declared,
        baseline=baseline,
        now=asked.now,
        margins=Margins(headroom=asked.margin),
        kind=baseline.deployed.kind,  # unknown: that of the GuardedTable, for which the advice prints code
        runner=engine.runner(),
    )
    found = list(evaluate(case))
    if case.margins != Margins():
        reported = {(finding.rule, finding.subject) for finding in found}
        by_default = evaluate(replace(case, margins=Margins()))
        found += [finding for finding in by_default if (finding.rule, finding.subject) not in reported]
    return tuple(found)


__all__ = ["SCHEMA", "VERSION", "Asked", "Option", "Recommendation", "recommend"]
