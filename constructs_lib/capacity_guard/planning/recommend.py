"""Recommends a capacity for a table: a change, or to keep the deployed capacity, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..capacity import Capacity, InputError, Provisioned
from ..capacity.bounds import same_bounds
from ..capacity.capacity import ResourceCapacity
from ..capacity.limits import TABLE_QUOTA
from ..capacity.plain_data import time_text
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.settings import is_after
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline
from ..pricing.cost import Between, Cost, WarmRaiseCost, warm_raise
from ..pricing.prices import HOURS_A_MONTH, Prices, prices_of
from ..pricing.recorded_cost import costs
from ..rules import Finding
from ..rules.fix_code import text_code, throughput_code, units_code
from .forms import form_code
from .judging import Asked as Asked
from .judging import is_deployed, judge, refusing
from .opening import opening
from .options import cheapest_options
from .search import (
    half_way,
    only_raised,
    throttled_dimensions,
)

SCHEMA, VERSION = "capacity-guard/recommendations", 1
_RECORDED_FORMS = {TableKind.GLOBAL_TABLE: "table-v2", TableKind.TABLE: "table"}
"""The construct that usually makes each resource type."""


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
class Refused:
    """An option that a rule refuses today.

    Attributes:
        option: the option.
        findings: the findings that refuse it.
        opened_by: a capacity after whose deployment no rule refuses it; ``None`` where none was found.
    """

    option: Option
    findings: tuple[Finding, ...]
    opened_by: Capacity | None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "capacity": self.option.capacity.to_json(),
            "findings": [finding.line() for finding in self.findings],
            "opened_by": None if self.opened_by is None else self.opened_by.to_json(),
        }


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
        refused: options that a rule refuses today, and that would be cheaper than what is recommended, or would carry the
            traffic where today's capacity does not.
        form: what the printed code is for (``FORMS``); empty for what the baseline states.
        form_code: the code in that form, or in that of the recorded construct.
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
    refused: tuple[Refused, ...] = ()
    form: str = ""
    form_code: tuple[str, ...] = ()

    @property
    def form_is_a_guess(self) -> bool:
        """Whether neither ``--form`` nor the structure in the baseline states which construct declares the table."""
        return (
            not self.form and self.baseline.deployed is not None and self.baseline.deployed.structure is None
        )

    @property
    def replicas(self) -> tuple[str, ...]:
        """Other Regions of the table: no rule judges a change of them, no cost of theirs is counted, and CG18 refuses it."""
        structure = None if self.baseline.deployed is None else self.baseline.deployed.structure
        return () if structure is None else structure.replicas

    @property
    def schedules(self) -> tuple[ScheduledAction, ...]:
        """The scheduled actions of the table's auto scaling."""
        return () if self.baseline.deployed is None else self.baseline.deployed.schedules

    def code(self) -> tuple[str, ...]:
        """Code to paste: for this library, then for the table's own construct where the baseline knows it."""
        if self.chosen is None:
            return ()
        if self.form:
            return self.form_code
        assert self.baseline.deployed is not None
        structure = self.baseline.deployed.structure
        if structure is not None and structure.kind is TableKind.TABLE:
            return self.form_code
        return (_declaration(self.chosen.capacity), *self.form_code)

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
            "refused": [refused.to_json() for refused in self.refused],
            "findings": [finding.line() for finding in self.findings],
            "code": list(self.code()),
            **({} if not self.form else {"form": self.form}),
            **({} if not self.replicas else {"replicas": list(self.replicas)}),
            **({} if not self.schedules else {"schedules": [action.to_json() for action in self.schedules]}),
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
    """The recommendation for one table, with its code in the form that was asked for.

    Args:
        baseline: deployed capacity and recording.
        asked: judgment time, margin, threshold, prices and form.

    Raises:
        InputError: the table does not exist yet, so that the baseline has no recorded traffic of it; it was recorded after the
            judgment time; or it is not of the form.
    """
    recorded_at = baseline.recording.at
    if not baseline.is_new_table and is_after(recorded_at, asked.now):
        raise InputError(
            f"{baseline.file or baseline.table.name}: recorded.at",
            f"{time_text(recorded_at)} is after the moment of the advice, {time_text(asked.now)}",
            "Give a later --now, set the clock right, or record again",
        )
    found = _recommend(baseline, asked)
    assert baseline.deployed is not None
    structure = baseline.deployed.structure
    form = asked.form or (
        "" if structure is None or found.chosen is None else _RECORDED_FORMS[structure.kind]
    )
    if not form:
        return found
    capacity = baseline.deployed.live if found.chosen is None else found.chosen.capacity
    return replace(found, form=asked.form, form_code=form_code(baseline, capacity, form, asked))


def _recommend(baseline: Baseline, asked: Asked) -> Recommendation:
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
    today = Option(
        deployed.live, costs(deployed.live, traffic, prices, deployed.schedules), Between(0.0, 0.0)
    )
    throttled = throttled_dimensions(baseline, deployed.live, asked.margin)
    options = [_option(capacity, baseline, prices, today) for capacity in cheapest_options(baseline, asked)]
    options.sort(key=lambda option: option.hour.high)

    def keep(why: str) -> Recommendation:
        findings = tuple(dict.fromkeys(finding for option in refused for finding in option.findings))
        return Recommendation(
            baseline,
            prices,
            today,
            names,
            tuple(options),
            None,
            None,
            why,
            findings,
            WarmRaiseCost({}, 0.0),
            tuple(refused),
        )

    names = tuple(dimension.key for dimension in throttled)
    refused: list[Refused] = []
    if not any(units == units for series in traffic.consumed.values() for units in series):
        return keep("no minute was recorded: record the table again after some days")
    if not options:
        # A switch of the mode starts without burst, so from on-demand mode no burst is counted.
        burst = ", without burst" if deployed.live.is_on_demand else ""
        return keep(
            f"no capacity within the default quota of {TABLE_QUOTA.value:,} units/s carries the recorded traffic at the margin"
            f"{burst}: give a lower --margin, or declare one under a higher quota of your own (Margins.table_quota)"
        )
    for option in options:
        if is_deployed(baseline, option.capacity):
            break
        if not throttled and option.saving.low * HOURS_A_MONTH < asked.threshold:
            break
        step, findings = _compliant(baseline, option, prices, today, asked)
        why = (
            "today's capacity does not carry the recorded traffic at the margin"
            if throttled
            else "it carries the recorded traffic at the margin for less"
        )
        if step is None:
            opened = None
            if not any(finding.rule == "CG2" for finding in findings):
                opened = opening(baseline, option.capacity, asked)
            refused.append(Refused(option, findings, opened))
            if opened is None:
                continue
            step, findings = _option(opened, baseline, prices, today), judge(baseline, opened, asked)
            why = "a rule refuses the cheapest today, and this deployment opens it"
        return Recommendation(
            baseline,
            prices,
            today,
            names,
            tuple(options),
            step,
            None if step is option else option,
            why,
            findings,
            warm_raise(baseline.transition_to(step.capacity), prices),
            tuple(refused),
        )
    if refused:
        refusal = (
            "today's capacity does not carry the recorded traffic at the margin, and a rule refuses what does"
            if throttled
            else "a rule refuses what would be cheaper"
        )
        return keep(f"{refusal}; its fix comes first")
    if throttled:
        return keep("today's bounds are the cheapest that carry the traffic")
    return keep(f"nothing saves {asked.threshold:g} {prices.currency} a month for certain")


def _option(capacity: Capacity, baseline: Baseline, prices: Prices, today: Option) -> Option:
    assert baseline.traffic is not None
    assert baseline.deployed is not None
    costs_after = costs(capacity, baseline.traffic, prices, baseline.deployed.schedules)
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
    findings = judge(baseline, option.capacity, asked)
    refused = refusing(findings)
    if not refused:
        return option, findings
    others = tuple(finding for finding in refused if finding.rule != "CG6")
    template = baseline.deployed.template
    if (
        option.capacity.is_on_demand
        or template.is_on_demand
        or any(finding.rule == "CG2" for finding in refused)
    ):
        return None, others  # CG6 judges the units of a table that stays provisioned
    throttled = throttled_dimensions(baseline, baseline.deployed.live, asked.margin)
    steps = []
    if not others:
        steps.append(half_way(baseline, option.capacity, asked.margin))
    if others or throttled:
        # The first step only raises what throttles: the rollback of any other change would throttle too (CG7), and half of
        # the bounds may throttle where neither more nor less does.
        steps.append(only_raised(baseline, option.capacity, throttled, asked.margin))
    for step in steps:
        findings = judge(baseline, step, asked)
        if not (
            refusing(findings)
            or same_bounds(step, template)
            or throttled_dimensions(baseline, step, asked.margin)
        ):
            return _option(step, baseline, prices, today), findings
    return None, others or refused


__all__ = ["SCHEMA", "VERSION", "Asked", "Option", "Recommendation", "Refused", "recommend"]
