"""CG11: a table that stays on-demand, with a maximum below its recorded peak with headroom."""

from __future__ import annotations

from collections.abc import Iterator

from .formatting import peak_figure, rate_text
from .model import Case, Figure, Finding, Level, Rule
from .sufficient import low_maximums, sufficient_fix


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None:
        return
    for dimension, needed in low_maximums(case).items():  # CG3 and CG4 judge a switch and a creation
        maximum = transition.declared.maximum(dimension)
        assert maximum is not None
        assert case.evidence is not None
        peak = case.evidence.peak(dimension)
        assert peak is not None
        below = "its recorded peak" + (" with the margin" if maximum >= peak.units else "")
        yield case.finding(
            RULE,
            f"its on-demand maximum is below {below}",
            dimension=dimension,
            figures=[
                peak_figure(peak, dimension, case.evidence.days),
                Figure(f"with margin {case.margins.headroom:g}", rate_text(needed, dimension)),
                Figure("maximum", rate_text(maximum, dimension), "as declared"),
            ],
            **sufficient_fix(case, dimension),
        )


RULE = Rule(
    id="CG11",
    level=Level.ERROR,
    title="On-demand maximum below the recorded peak",
    refuses="an on-demand maximum below the recorded peak x 1.3",
    needs="traffic",
    condition=_condition,
)
