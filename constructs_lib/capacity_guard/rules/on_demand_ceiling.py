"""Shared by CG3 and CG4: an on-demand ceiling below the recorded peak with headroom."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.ceilings import ceiling_after
from ..capacity.dimension import Dimension
from ..capacity.transition import Transition
from ..capacity.warm_throughput import initial_ceiling
from .formatting import WARM_RAISE_TEXT, peak_figure, rate_text
from .model import Case, Figure, Finding, Rule
from .sufficient import low_ceilings, sufficient_fix


def find_low_ceilings(case: Case, rule: Rule, *, of_indexes: bool) -> Iterator[Finding]:
    """Findings for dimensions that are switched to on-demand, or created, with too low a ceiling.

    Args:
        case: the case to judge.
        rule: the rule of the findings.
        of_indexes: whether to judge the indexes, otherwise the table.
    """
    transition = case.transition
    if transition is None:
        return
    for dimension, needed in low_ceilings(case).items():
        if (dimension.index is not None) is of_indexes:
            yield _finding(case, rule, transition, dimension, needed)


def _finding(case: Case, rule: Rule, transition: Transition, dimension: Dimension, needed: int) -> Finding:
    assert case.evidence is not None
    peak = case.evidence.peak(dimension)
    assert peak is not None
    ceiling = ceiling_after(transition, dimension)
    when = "after the switch" if transition.deployed else "once created"
    title = f"{when} it serves less than its recorded peak"
    if ceiling >= peak.units:
        title += " with the margin"
    figures = [
        peak_figure(peak, dimension, case.evidence.days),
        Figure(f"with margin {case.margins.headroom:g}", rate_text(needed, dimension)),
        Figure(when, rate_text(ceiling, dimension), _source(transition, dimension, ceiling)),
    ]
    if needed > case.margins.table_quota:
        figures.append(
            Figure(
                "quota",
                rate_text(case.margins.table_quota, dimension),
                "warm throughput above it needs a higher quota",
            )
        )
    return case.finding(rule, title, dimension=dimension, figures=figures, **sufficient_fix(case, dimension))


def _source(transition: Transition, dimension: Dimension, ceiling: int) -> str:
    deployed = transition.deployed
    if transition.declared.maximum(dimension) == ceiling:
        return "on-demand maximum as declared"
    if transition.declared.warm(dimension) == ceiling and deployed is not None:
        return "warm throughput as declared"
    if deployed is not None and deployed.warm_now(dimension) == ceiling:
        return f"warm throughput today; {WARM_RAISE_TEXT}"
    if deployed is not None and deployed.provisioned_now(dimension) == ceiling != initial_ceiling(dimension):
        return f"provisioned today; {WARM_RAISE_TEXT}"
    return "what an on-demand table or index starts with" + (f"; {WARM_RAISE_TEXT}" if deployed else "")


__all__ = ["find_low_ceilings"]
