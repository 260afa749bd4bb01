"""CG6: provisioned throughput lowered by more than half in one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..capacity.capacity import AutoScaling, Capacity, Provisioned, Throughput, maximum_of, minimum_of
from ..capacity.dimension import index_of
from ..capacity.transition import Change
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
            steps = _steps(transition.deployed.template, wanted)
            half_way = steps[0]
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
                deployments=steps,
            )


def _carrying(case: Case) -> Capacity:
    """The declared capacity as CG5 has it raised, so that both rules print the same number for a dimension."""
    try:
        return sufficient(case)
    except TrafficAbsent:
        return case.declared  # CG2 states that the rules about traffic did not judge


def _steps(deployed: Capacity, wanted: Capacity) -> tuple[Capacity, ...]:
    """The capacities to deploy, one after the other, so that none is a step of more than half."""
    steps = [_all_half_way(deployed, wanted)]
    while steps[-1] != wanted:
        steps.append(_all_half_way(steps[-1], wanted))
    return tuple(steps)


def _all_half_way(deployed: Capacity, wanted: Capacity) -> Capacity:
    """The wanted capacity with no bound of a deployed table or index below half of the deployed one."""
    found = wanted
    for key, becomes in wanted.resources():
        index = index_of(key)
        if index in (None, *deployed.indexes):
            was = deployed.of(index)
            assert isinstance(was, Provisioned)
            assert isinstance(becomes, Provisioned)
            read, write = _at_least_half(was.read, becomes.read), _at_least_half(was.write, becomes.write)
            found = with_resource(found, index, replace(becomes, read=read, write=write))
    return found


def _at_least_half(was: Throughput, becomes: Throughput) -> Throughput:
    def at_least_half(new: int, old: int) -> int:
        return max(new, -(-old // 2))

    minimum = at_least_half(minimum_of(becomes), minimum_of(was))
    maximum = at_least_half(maximum_of(becomes), maximum_of(was))
    if isinstance(becomes, int):
        if not isinstance(was, AutoScaling) or minimum == maximum:
            return maximum
        # Auto scaling is kept until fixed units are no step of more than half below its maximum.
        becomes = was
    if (minimum, maximum) == (becomes.minimum, becomes.maximum):
        return becomes
    seed = None if becomes.seed is None else min(max(becomes.seed, minimum), maximum)
    return replace(becomes, minimum=minimum, maximum=maximum, seed=seed)


RULE = Rule(
    id="CG6",
    level=Level.WARN,
    title="Provisioned throughput lowered by more than half in one step",
    refuses="provisioned throughput lowered by more than half in one step",
    needs="the deployed template",
    condition=_condition,
)
