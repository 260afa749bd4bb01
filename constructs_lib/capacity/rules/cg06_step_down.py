"""CG6: provisioned throughput goes down by more than half in one step."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity import Throughput, floor_of, reach_of
from ..transition import Change, Transition
from ._model import Case, Figure, Finding, Level, Rule
from ._words import rate, throughput_code

_LARGEST_STEP = 0.5


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or not case.in_transition or transition.returns:
        return  # going back to what was deployed before is the cure, whatever its size
    yield from _steps(case, transition)


def _steps(case: Case, transition: Transition) -> Iterator[Finding]:
    assert transition.deployed is not None or transition.is_creation
    if transition.deployed is None:
        return
    for dimension in transition.having(Change.LOWER):
        was = transition.deployed.template.throughput(dimension)
        becomes = transition.declared.throughput(dimension)
        if was is None or becomes is None:
            continue  # an on-demand maximum is CG11's
        sizes = (("floor", floor_of(was), floor_of(becomes)), ("most", reach_of(was), reach_of(becomes)))
        figures = [
            Figure(
                name,
                f"{rate(old, dimension)} to {rate(new, dimension)}",
                f"{(1 - new / old) * 100:.1f} % less",
            )
            for name, old, new in sizes
            if new < old * _LARGEST_STEP
        ]
        if figures:
            yield case.finding(
                RULE,
                "its provisioned throughput goes down by more than half in one step",
                dimension=dimension,
                figures=figures,
                fix=f"go half of the way first, bake, record again: {dimension.access}={_half_way(was, becomes)}",
            )


def _half_way(was: Throughput, becomes: Throughput) -> str:
    """The declared throughput with no bound below half of the deployed one."""

    def at_least(new: int, old: int) -> int:
        return max(new, -(-old // 2))

    if isinstance(becomes, int):
        return throughput_code(at_least(becomes, floor_of(was)))
    low, high = at_least(becomes.minimum, floor_of(was)), at_least(becomes.maximum, reach_of(was))
    seed = None if becomes.seed is None else max(becomes.seed, low)
    return throughput_code(type(becomes)(low, high, becomes.target, seed))


RULE = Rule("CG6", Level.WARN, "Provisioned throughput lowered by more than half in one step", _condition)
