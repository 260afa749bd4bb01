"""What CG3 and CG4 share: a ceiling in on-demand mode below the recorded peak with margin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..capacity.capacity import OnDemand, Units
from ..capacity.ceilings import ceiling_after, ceiling_without_maximum
from ..capacity.dimension import ACCESSES, Access, Dimension
from ..capacity.transition import Change, Transition
from ..capacity.warm_throughput import initial_ceiling
from .formatting import RAISE_TAKES, capacity_code, peak_figure, rate, whole
from .model import Case, Figure, Finding, Rule


def low_ceilings(case: Case, rule: Rule, *, of_indexes: bool) -> Iterator[Finding]:
    """Findings for dimensions that are switched or created with too low a ceiling.

    Args:
        case: what to judge.
        rule: the rule that finds.
        of_indexes: whether to look at the indexes, else at the table.
    """
    transition = case.transition
    if transition is None or transition.is_empty or not transition.declared.is_on_demand:
        return
    moved = transition.having(Change.TO_ON_DEMAND, Change.CREATED)
    lacking = {d: need for d in moved if (need := _lacking(case, transition, d)) is not None}
    for dimension in lacking:
        if (dimension.index is not None) is of_indexes:
            yield _finding(case, rule, transition, dimension, lacking)


def _lacking(case: Case, transition: Transition, dimension: Dimension) -> int | None:
    """Units per second that the ceiling must reach and does not; ``None`` if it does, or nothing was recorded."""
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    if peak is None:
        return None
    needed = whole(peak.units * case.margins.headroom)
    return needed if ceiling_after(transition, dimension) < needed else None


def _finding(
    case: Case, rule: Rule, transition: Transition, dimension: Dimension, lacking: dict[Dimension, int]
) -> Finding:
    assert case.evidence is not None
    peak = case.evidence.peak(dimension)
    assert peak is not None
    ceiling = ceiling_after(transition, dimension)
    needed = lacking[dimension]
    serves = "after the switch" if transition.deployed else "once created"
    title = f"{serves} it serves less than it has carried"
    if ceiling >= peak.units:
        title += ", with margin"
    figures = [
        peak_figure(peak, dimension, case.evidence.days),
        Figure(f"with margin {case.margins.headroom:g}", rate(needed, dimension)),
        Figure(serves, rate(ceiling, dimension), _source(transition, dimension, ceiling)),
    ]
    if needed > case.margins.table_quota:
        figures.append(
            Figure(
                "quota",
                rate(case.margins.table_quota, dimension),
                "warm throughput above it needs a higher quota",
            )
        )
    return case.finding(
        rule, title, dimension=dimension, figures=figures, fix=_fix(case, transition, dimension, lacking)
    )


def _source(transition: Transition, dimension: Dimension, ceiling: int) -> str:
    deployed = transition.deployed
    if transition.declared.maximum(dimension) == ceiling:
        return "on-demand maximum as declared"
    if transition.declared.warm(dimension) == ceiling and deployed is not None:
        return "warm throughput as declared"
    if deployed is not None and deployed.warm_now(dimension) == ceiling:
        return f"warm throughput today; {RAISE_TAKES}"
    if deployed is not None and deployed.provisioned_now(dimension) == ceiling != initial_ceiling(dimension):
        return f"provisioned today; {RAISE_TAKES}"
    return "what an on-demand table or index starts with" + (f"; {RAISE_TAKES}" if deployed else "")


def _fix(case: Case, transition: Transition, dimension: Dimension, lacking: dict[Dimension, int]) -> str:
    """The resource's declared capacity with every ceiling of it high enough."""
    declared = transition.declared.of(dimension.index)
    assert isinstance(declared, OnDemand)
    for one in (Dimension(dimension.index, access) for access in ACCESSES):
        if one in lacking:
            declared = with_ceiling(transition, declared, one, lacking[one])
    code = capacity_code(dimension.index, declared, case.dialect)
    if (
        transition.deployed is not None
        or ceiling_without_maximum(transition, dimension) >= lacking[dimension]
    ):
        return code
    # Warm throughput is raised on a live table: it stands in no template, so creation cannot bring it along.
    return (
        f'create it before it carries traffic: baseline=NewTable("{transition.table}")\n'
        f"then record it and raise: {code}"
    )


def with_ceiling(transition: Transition, declared: OnDemand, dimension: Dimension, needed: int) -> OnDemand:
    """A declared on-demand capacity whose ceiling reaches what is needed, units per second."""
    if declared.maximum is not None and (declared.maximum.of(dimension.access) or needed) < needed:
        declared = replace(declared, maximum=_set(declared.maximum, dimension.access, needed))
    if ceiling_without_maximum(transition, dimension) < needed:
        declared = replace(declared, warm=_set(declared.warm, dimension.access, needed))
    return declared


def _set(units: Units | None, access: Access, value: int) -> Units:
    units = units or Units()
    return replace(units, read=value) if access == "read" else replace(units, write=value)
