"""CG11: a table that stays on-demand, with a maximum below its recorded peak with headroom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..capacity.capacity import OnDemand, Units
from ..capacity.dimension import Dimension
from ..capacity.transition import Change, Transition
from .fix_code import capacity_code
from .formatting import peak_figure, rate_text
from .model import Case, Figure, Finding, Level, Rule
from .rounding import round_up


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or not case.in_transition or not transition.declared.is_on_demand:
        return
    for dimension in transition.having(Change.LOWER):  # CG3 and CG4 judge a switch and a creation
        maximum = transition.declared.maximum(dimension)
        peak = None if case.evidence is None or maximum is None else case.evidence.peak(dimension)
        if peak is None or maximum is None:
            continue
        needed = round_up(peak.units * case.margins.headroom)
        if maximum >= needed:
            continue
        assert case.evidence is not None
        below = "less than it has carried" + (", with margin" if maximum >= peak.units else "")
        yield case.finding(
            RULE,
            f"its on-demand maximum throttles it at {below}",
            dimension=dimension,
            figures=[
                peak_figure(peak, dimension, case.evidence.days),
                Figure(f"with margin {case.margins.headroom:g}", rate_text(needed, dimension)),
                Figure("maximum", rate_text(maximum, dimension), "as declared"),
            ],
            fix=_fix(case, transition, dimension, needed),
        )


def _fix(case: Case, transition: Transition, dimension: Dimension, needed: int) -> str:
    declared = transition.declared.of(dimension.index)
    assert isinstance(declared, OnDemand)
    maximum = declared.maximum or Units()
    raised = replace(maximum, read=needed) if dimension.access == "read" else replace(maximum, write=needed)
    return capacity_code(dimension.index, replace(declared, maximum=raised), case.dialect)


RULE = Rule(
    id="CG11",
    level=Level.ERROR,
    title="On-demand maximum below the recorded peak",
    refuses="an on-demand maximum below the recorded peak x 1.3",
    needs="traffic",
    condition=_condition,
)
