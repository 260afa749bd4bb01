"""Shared by CG3 and CG4: an on-demand ceiling below the recorded peak with headroom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..capacity.capacity import OnDemand, Units
from ..capacity.ceilings import ceiling_after, ceiling_without_maximum
from ..capacity.dimension import ACCESSES, Access, Dimension
from ..capacity.transition import Change, Transition
from ..capacity.warm_throughput import initial_ceiling
from .fix_code import capacity_code, text_code
from .formatting import WARM_RAISE_TEXT, peak_figure, rate_text
from .model import Case, Figure, Finding, Rule
from .rounding import round_up


def find_low_ceilings(case: Case, rule: Rule, *, of_indexes: bool) -> Iterator[Finding]:
    """Findings for dimensions that are switched to on-demand, or created, with too low a ceiling.

    Args:
        case: the case to judge.
        rule: the rule of the findings.
        of_indexes: whether to judge the indexes, otherwise the table.
    """
    transition = case.transition
    if transition is None or transition.is_empty or not transition.declared.is_on_demand:
        return
    needed = {
        dimension: units
        for dimension in transition.having(Change.TO_ON_DEMAND, Change.CREATED)
        if (units := _needed_if_too_low(case, transition, dimension)) is not None
    }
    for dimension in needed:
        if (dimension.index is not None) is of_indexes:
            yield _finding(case, rule, transition, dimension, needed)


def _needed_if_too_low(case: Case, transition: Transition, dimension: Dimension) -> int | None:
    """Units per second that the ceiling must reach; ``None`` if it reaches them, or nothing was recorded."""
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    if peak is None:
        return None
    needed = round_up(peak.units * case.margins.headroom)
    return needed if ceiling_after(transition, dimension) < needed else None


def _finding(
    case: Case, rule: Rule, transition: Transition, dimension: Dimension, needed: Mapping[Dimension, int]
) -> Finding:
    assert case.evidence is not None
    peak = case.evidence.peak(dimension)
    assert peak is not None
    ceiling = ceiling_after(transition, dimension)
    when = "after the switch" if transition.deployed else "once created"
    title = f"{when} it serves less than it has carried"
    if ceiling >= peak.units:
        title += ", with margin"
    figures = [
        peak_figure(peak, dimension, case.evidence.days),
        Figure(f"with margin {case.margins.headroom:g}", rate_text(needed[dimension], dimension)),
        Figure(when, rate_text(ceiling, dimension), _source(transition, dimension, ceiling)),
    ]
    if needed[dimension] > case.margins.table_quota:
        figures.append(
            Figure(
                "quota",
                rate_text(case.margins.table_quota, dimension),
                "warm throughput above it needs a higher quota",
            )
        )
    return case.finding(
        rule, title, dimension=dimension, figures=figures, fix=_fix(case, transition, dimension, needed)
    )


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


def _fix(case: Case, transition: Transition, dimension: Dimension, needed: Mapping[Dimension, int]) -> str:
    """The declared capacity of the table or index with every ceiling raised to what is needed."""
    declared = transition.declared.of(dimension.index)
    assert isinstance(declared, OnDemand)
    for access in ACCESSES:
        same_resource = Dimension(dimension.index, access)
        if same_resource in needed:
            declared = with_ceiling(transition, declared, same_resource, needed[same_resource])
    code = capacity_code(dimension.index, declared, case.dialect)
    if transition.deployed is not None or ceiling_without_maximum(transition, dimension) >= needed[dimension]:
        return code
    # Warm throughput is raised on a live table and is in no template, so a new table cannot be created with it.
    return (
        f"create it before it carries traffic: baseline=NewTable({text_code(transition.table)})\n"
        f"then record it and raise: {code}"
    )


def with_ceiling(transition: Transition, declared: OnDemand, dimension: Dimension, needed: int) -> OnDemand:
    """A declared on-demand capacity with its ceiling raised to what is needed.

    Args:
        transition: the transition to on-demand, or within it.
        declared: the declared capacity of the dimension's table or index.
        dimension: the dimension whose ceiling is raised.
        needed: units per second that the ceiling must reach.
    """
    if declared.maximum is not None and (declared.maximum.of(dimension.access) or needed) < needed:
        declared = replace(declared, maximum=_with_units(declared.maximum, dimension.access, needed))
    if ceiling_without_maximum(transition, dimension) < needed:
        declared = replace(declared, warm=_with_units(declared.warm, dimension.access, needed))
    return declared


def _with_units(units: Units | None, access: Access, value: int) -> Units:
    units = units or Units()
    return replace(units, read=value) if access == "read" else replace(units, write=value)


__all__ = ["find_low_ceilings", "with_ceiling"]
