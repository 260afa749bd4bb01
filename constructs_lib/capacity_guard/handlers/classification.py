"""What Preflight takes a transition for: a relief, somebody's emergency, or a change like any other.

Decided once, before the table changes, since nobody can tell afterwards. CloudFormation hands the word on to Bake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..capacity.capacity import AutoScaling, BillingMode, maximum_of, minimum_of
from ..capacity.dimension import Dimension, index_of
from ..capacity.gate_plan import GatePlan
from ..capacity.transition import Transition
from ..dynamodb.describe_table import LiveScaling, LiveTable
from .live import Live
from .messages import number

CHANGE = "change"
RELIEF = "relief"
BREAK_GLASS = "break-glass: "
"""The words, the last one followed by its reason."""


def judged(live: Live) -> str:
    """What a transition is, in one word; break-glass with its reason.

    A relief is judged against the live table, whatever the baseline remembers: the declared capacity lowers nothing
    that the table has, or it returns to the capacity deployed before. Where the live table cannot be read the
    baseline's word counts, so that a gate that is blind does not stand in the way.

    Args:
        live: the reading, with table and auto scaling.
    """
    plan = live.plan
    if plan.break_glass is not None or live.table is None or live.scaling is None:
        return by_baseline(plan)
    transition = plan.transition
    if transition.returns or not any(lowered(transition, live.table, live.scaling)):
        return RELIEF
    return CHANGE


def by_baseline(plan: GatePlan) -> str:
    """The word, as far as the plan alone tells."""
    if plan.break_glass is not None:
        return BREAK_GLASS + plan.break_glass
    return RELIEF if plan.transition.is_relief else CHANGE


def is_cure(word: str) -> bool:
    """Whether the gates must not stand in its way."""
    return word != CHANGE


def lowered(
    transition: Transition, table: LiveTable, scaling: Mapping[Dimension, LiveScaling]
) -> Iterator[str]:
    """What of the live table the declared capacity lowers, in words; nothing for one that only raises, or equals it.

    Warm throughput is left out: it never falls (Guide: warm-throughput).

    Args:
        transition: gives the declared capacity, and which units CloudFormation sends for it.
        table: the live table.
        scaling: its auto scaling.
    """
    declared = transition.declared
    if table.mode is not declared.billing_mode:
        yield f"billing mode {table.mode.value} becomes {declared.billing_mode.value}"
        return
    live, stated = set(table.resources), {key for key, _ in declared.resources()}
    known = {key for key, _ in transition.deployed.template.resources()} if transition.deployed else set()
    # what only one of live table and templates knows is not touched: CloudFormation compares the templates
    for key in sorted((live & known) - stated):
        yield f"index {index_of(key)} is deleted"
    for key in sorted(stated - live - known):
        yield f"index {index_of(key)} is created"
    for dimension in table.dimensions():
        if dimension.resource not in stated:
            continue
        if table.mode is BillingMode.ON_DEMAND:
            yield from _lower_maximum(transition, table, dimension)
        else:
            yield from _lower_throughput(transition, table, scaling.get(dimension), dimension)


def _lower_maximum(transition: Transition, table: LiveTable, dimension: Dimension) -> Iterator[str]:
    has = table.resources[dimension.resource].maximum.get(dimension.access)
    becomes = transition.declared.maximum(dimension)
    if becomes is not None and (has is None or becomes < has):
        was = "none" if has is None else number(has)
        yield f"{dimension.label}: on-demand maximum {was} becomes {number(becomes)}"


def _lower_throughput(
    transition: Transition, table: LiveTable, scaling: LiveScaling | None, dimension: Dimension
) -> Iterator[str]:
    declared = transition.declared.throughput(dimension)
    if declared is None:
        return
    units = table.resources[dimension.resource].units[dimension.access]
    low, high = (units, units) if scaling is None else (scaling.minimum, scaling.maximum)
    sent = transition.units_sent(dimension)
    # what is sent replaces what auto scaling had reached, and is moved into the bounds
    then = units if sent is None else max(sent, minimum_of(declared))
    if then < units:
        yield f"{dimension.label}: {number(units)} provisioned become {number(then)}"
    elif minimum_of(declared) < low:
        yield f"{dimension.label}: minimum {number(low)} becomes {number(minimum_of(declared))}"
    elif maximum_of(declared) < high:
        yield f"{dimension.label}: maximum {number(high)} becomes {number(maximum_of(declared))}"
    elif scaling is not None and isinstance(declared, AutoScaling) and low < high:
        target = scaling.target
        if target is not None and declared.target > target:
            yield f"{dimension.label}: auto scaling steers to {declared.target} % instead of {number(target)} %"
