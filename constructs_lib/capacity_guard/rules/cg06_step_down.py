"""CG6: provisioned throughput goes down by more than half in one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..capacity.capacity import Provisioned, Throughput, maximum_of, minimum_of
from ..capacity.transition import Change, Transition
from .formatting import capacity_code, rate
from .model import Case, Figure, Finding, Level, Rule

_LARGEST_STEP = 0.5


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.deployed is None or not case.in_transition or transition.returns:
        return  # going back to what was deployed before is the cure, whatever its size
    for dimension in transition.having(Change.LOWER):
        was = transition.deployed.template.throughput(dimension)
        becomes = transition.declared.throughput(dimension)
        if was is None or becomes is None:
            continue  # an on-demand maximum is CG11's
        sizes = (
            ("floor", minimum_of(was), minimum_of(becomes)),
            ("most", maximum_of(was), maximum_of(becomes)),
        )
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
                fix="go half of the way first, bake, record again: "
                + capacity_code(dimension.index, _half_way(transition, dimension.index), case.dialect),
            )


def _half_way(transition: Transition, index: str | None) -> Provisioned:
    """The declared capacity of a resource with no bound below half of the deployed one."""
    assert transition.deployed is not None
    was, becomes = transition.deployed.template.of(index), transition.declared.of(index)
    assert isinstance(was, Provisioned)
    assert isinstance(becomes, Provisioned)
    return replace(becomes, read=_half(was.read, becomes.read), write=_half(was.write, becomes.write))


def _half(was: Throughput, becomes: Throughput) -> Throughput:
    def at_least(new: int, old: int) -> int:
        return max(new, -(-old // 2))

    if isinstance(becomes, int):
        return at_least(becomes, minimum_of(was))
    low, high = at_least(becomes.minimum, minimum_of(was)), at_least(becomes.maximum, maximum_of(was))
    seed = None if becomes.seed is None else max(becomes.seed, low)
    return replace(becomes, minimum=low, maximum=high, seed=seed)


RULE = Rule("CG6", Level.WARN, "Provisioned throughput lowered by more than half in one step", _condition)
