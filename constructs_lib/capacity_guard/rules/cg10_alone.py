"""CG10: the capacity change does not travel alone."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.transition import Change
from .model import Case, Figure, Finding, Level, Rule


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or not case.in_transition or transition.deployed is None:
        return
    capacity_too = any(c.change not in (Change.NONE, Change.INDEX_CHANGE) for c in transition.changes)
    moved = {d.index for d in transition.having(Change.INDEX_CHANGE) if d.index is not None}
    recorded = transition.deployed.structure
    others: list[str] = []
    guard: tuple[str, ...] = ()
    if recorded is not None:
        for facts in case.template:
            if facts.structure is not None:
                others += [one for one in recorded.table_differences(facts.structure) if one not in others]
                guard = guard or recorded.guard_differences(facts.structure)
    elif moved:
        others = [f"index {name}: is created or deleted" for name in sorted(moved)]
    if others and (capacity_too or len(moved) > 1):
        yield case.finding(
            RULE,
            "it changes more than its capacity in one operation, and a veto would take all of it back",
            figures=[Figure("also changes", one) for one in others],
            fix="deploy that first, record again, then change the capacity alone",
        )
    if guard:
        yield case.finding(
            RULE,
            "the guard itself changes in the same operation, so what judges the change is not deployed yet",
            figures=[Figure("also changes", one) for one in guard],
            fix="deploy the guard first without the change of capacity, record again, then change the capacity",
        )


RULE = Rule("CG10", Level.ERROR, "A capacity change that does not travel alone", _condition)
