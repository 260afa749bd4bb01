"""CG6: provisioned throughput lowered by more than half in one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..capacity.capacity import Capacity, Provisioned, Throughput, maximum_of, minimum_of
from ..capacity.dimension import index_of
from ..capacity.transition import Change, Transition
from ..evidence.traffic_file import TrafficAbsent
from .fix_code import capacity_code
from .formatting import rate_text
from .model import Case, Figure, Finding, Level, Rule
from .physical_name import physical_name
from .replays import with_resource
from .sufficient import sufficient

_SMALLEST_SHARE = 0.5
"""Lowest share of the deployed throughput that one step may leave."""


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.deployed is None or not case.in_transition:
        return
    if transition.is_return and case.is_relief:
        return  # it may be of any size
    for dimension in transition.having(Change.LOWER):
        was = transition.deployed.template.throughput(dimension)
        becomes = transition.declared.throughput(dimension)
        if was is None or becomes is None:
            continue  # CG11 judges an on-demand maximum
        bounds = (
            ("minimum", minimum_of(was), minimum_of(becomes)),
            ("maximum", maximum_of(was), maximum_of(becomes)),
        )
        figures = [
            Figure(
                name,
                f"{rate_text(old, dimension)} to {rate_text(new, dimension)}",
                f"{(1 - new / old) * 100:.1f} % less",
            )
            for name, old, new in bounds
            if new < old * _SMALLEST_SHARE
        ]
        if figures:
            wanted = _carrying(case)
            half_way = _all_half_way(transition, wanted)
            code = capacity_code(
                dimension.index, half_way.of(dimension.index), case.dialect, physical_name(case)
            )
            is_half = half_way.throughput(dimension) != wanted.throughput(dimension)
            yield case.finding(
                RULE,
                "its provisioned throughput goes down by more than half in one step",
                dimension=dimension,
                figures=figures,
                fix=f"deploy half of the reduction first, then record again: {code}" if is_half else code,
                deployments=(wanted,) if half_way == wanted else (half_way, wanted),
            )


def _carrying(case: Case) -> Capacity:
    """The declared capacity as CG5 has it raised, so that both rules print the same number for a dimension."""
    try:
        return sufficient(case)
    except TrafficAbsent:
        return case.declared  # CG2 states that the rules about traffic did not judge


def _all_half_way(transition: Transition, wanted: Capacity) -> Capacity:
    """The wanted capacity with no bound of a deployed table or index below half of the deployed one."""
    assert transition.deployed is not None
    found = wanted
    for key, _ in wanted.resources():
        index = index_of(key)
        if index in (None, *transition.deployed.template.indexes):
            found = with_resource(found, index, _half_way(transition, wanted, index))
    return found


def _half_way(transition: Transition, wanted: Capacity, index: str | None) -> Provisioned:
    """The wanted capacity of a table or an index, with no bound below half of the deployed one."""
    assert transition.deployed is not None
    was, becomes = transition.deployed.template.of(index), wanted.of(index)
    assert isinstance(was, Provisioned)
    assert isinstance(becomes, Provisioned)
    return replace(
        becomes, read=_at_least_half(was.read, becomes.read), write=_at_least_half(was.write, becomes.write)
    )


def _at_least_half(was: Throughput, becomes: Throughput) -> Throughput:
    def at_least_half(new: int, old: int) -> int:
        return max(new, -(-old // 2))

    if isinstance(becomes, int):
        return at_least_half(becomes, minimum_of(was))
    minimum = at_least_half(becomes.minimum, minimum_of(was))
    maximum = at_least_half(becomes.maximum, maximum_of(was))
    seed = None if becomes.seed is None else max(becomes.seed, minimum)
    return replace(becomes, minimum=minimum, maximum=maximum, seed=seed)


RULE = Rule(
    id="CG6",
    level=Level.WARN,
    title="Provisioned throughput lowered by more than half in one step",
    refuses="provisioned throughput lowered by more than half in one step",
    needs="the deployed template",
    condition=_condition,
)
