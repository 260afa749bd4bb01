"""CG18: a shape of table that the guard is not shown to bring back."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.capacity import AutoScaling, Capacity
from ..capacity.dimension import Dimension
from ..capacity.structure import TableKind
from ..capacity.transition import Transition, same_bounds
from .formatting import rate
from .model import Case, Figure, Finding, Level, Rule

_MIGRATE = "move the table to TableV2, where one resource holds all of it: docs/table-to-tablev2.md"


def _condition(case: Case) -> Iterator[Finding]:
    if not case.in_transition or case.transition is None:
        return
    for facts in case.template:
        location = [] if facts.branch is None else [Figure("where", facts.branch)]
        if facts.unreadable is not None:
            yield case.finding(
                RULE,
                "its template holds a value that cannot be read, so what is judged may not be what is deployed",
                figures=[Figure("unreadable", facts.unreadable), *location],
                fix="state it as a plain value",
            )
        if facts.capacity is not None and not _known(case.transition, facts.capacity):
            yield case.finding(
                RULE,
                "its template states another capacity than the one that is judged",
                figures=[
                    Figure(
                        "template", facts.capacity.billing_mode.value, "with other bounds, or another mode"
                    ),
                    *location,
                ],
                fix="take the override out and declare the capacity once",
            )
        replicas = () if facts.structure is None else facts.structure.replicas
        if replicas or facts.replicated_by is not None:
            found = ", ".join(replicas) or f"made by {facts.replicated_by}"
            yield case.finding(
                RULE,
                "it has replicas in other Regions, which no veto watches and no gate waits for",
                figures=[Figure("replicas", found), *location],
                fix="change its capacity without the guard, Region by Region, or guard a table of one Region",
            )
    if case.transition.kind is TableKind.TABLE:
        yield from _edited_while_scaled(case, case.transition)


def _known(transition: Transition, stated: Capacity) -> bool:
    """Whether a branch of the template states the declared capacity, or holds the deployed one for the way back."""
    judged = [transition.declared]
    if transition.deployed is not None:
        judged.append(transition.deployed.template)
    return any(same_bounds(stated, one) for one in judged)


def _edited_while_scaled(case: Case, transition: Transition) -> Iterator[Finding]:
    """Units of a Table that CloudFormation sends although auto scaling moves them.

    They cut what auto scaling has reached; and where they are what it has reached, the service refuses the call and the
    operation fails (aws-cdk issues 15318 and 16302).
    """
    if transition.deployed is None or transition.deployed.template.is_on_demand:
        return
    for dimension in transition.declared.dimensions():
        if dimension not in transition.deployed.template.dimensions():
            continue
        # What scales it today moves it when the units arrive, whether it goes on afterwards or not.
        scaled = isinstance(transition.deployed.template.throughput(dimension), AutoScaling)
        sent = transition.units_sent(dimension) if scaled else None
        if sent is not None:
            yield case.finding(
                RULE,
                "its ProvisionedThroughput is edited while auto scaling moves it",
                dimension=dimension,
                figures=_figures(transition, dimension, sent),
                fix=f"leave its units as they are deployed and move only the limits of auto scaling\nor {_MIGRATE}",
            )


def _figures(transition: Transition, dimension: Dimension, sent: int) -> list[Figure]:
    assert transition.deployed is not None
    now = transition.deployed.provisioned_now(dimension)
    figures = [
        Figure("sent", rate(sent, dimension), "replaces what auto scaling has reached; refused if equal")
    ]
    if now is not None:
        figures.append(Figure("when recorded", rate(now, dimension)))
    return figures


RULE = Rule("CG18", Level.ERROR, "A shape that the guard cannot bring back", _condition)
