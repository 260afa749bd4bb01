"""How the rules judge a capacity that a recommendation considers, and the table as it is after a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..capacity import Capacity, ChangeWindow, Margins, Rollout
from ..capacity.bounds import same_bounds
from ..capacity.settings import STAFFED_HOURS
from ..evidence.baseline import Baseline
from ..pricing.prices import Prices
from ..rules import ALL_RULES, Case, Finding, Level
from ..rules import judge as judge_by

_RULES = tuple(rule for rule in ALL_RULES if rule.id != "CG20")
"""All but the one about the bill: a recommendation states it of every option, and CG20 sends its reader here."""
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
        change_window: hours of the week in which a change may start; ``None`` means every hour.
        staffed_hours: hours of the week in which people are at work.
        form: what the code is for (``forms.FORMS``); empty for what the baseline states.
    """

    now: datetime
    margin: float = 1.3
    threshold: float = 10.0
    prices: Mapping[str, Prices] = field(default_factory=dict)
    change_window: ChangeWindow | None = None
    staffed_hours: ChangeWindow = STAFFED_HOURS
    form: str = ""


def case_of(baseline: Baseline, declared: Capacity, asked: Asked) -> Case:
    """The case of a table whose code declares a capacity, at the requested margin."""
    assert baseline.deployed is not None
    return Case(
        table=baseline.table.logical_id or baseline.table.name,
        indexes=tuple(baseline.deployed.live.indexes),
        declared=declared,
        baseline=baseline,
        now=asked.now,
        rollout=Rollout(change_window=asked.change_window, staffed_hours=asked.staffed_hours),
        margins=Margins(headroom=asked.margin),
        kind=baseline.deployed.kind,  # unknown: that of the GuardedTable, for which the advice prints code
    )


def judge(baseline: Baseline, declared: Capacity, asked: Asked) -> tuple[Finding, ...]:
    """Findings of the rules at the requested margin, and at the default margin of a synthesis."""
    case = case_of(baseline, declared, asked)
    found = list(judge_by(case, _RULES))
    if case.margins != Margins():
        reported = {(finding.rule, finding.subject) for finding in found}
        by_default = judge_by(replace(case, margins=Margins()), _RULES)
        found += [finding for finding in by_default if (finding.rule, finding.subject) not in reported]
    return tuple(found)


def refusing(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that rule a recommendation out."""
    return tuple(f for f in findings if f.level is Level.ERROR or f.rule in _REFUSING_WARNINGS)


def is_deployed(baseline: Baseline, capacity: Capacity) -> bool:
    """Whether the table has the bounds and at least the warm throughput of a capacity."""
    assert baseline.deployed is not None
    transition = baseline.transition_to(capacity)
    return same_bounds(capacity, baseline.deployed.template) and not transition.warm_raises


__all__ = ["Asked", "case_of", "is_deployed", "judge", "refusing"]
