"""CG1: a table of the app has no guard."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Case, Figure, Finding, Level, Rule


def _condition(case: Case) -> Iterator[Finding]:
    if case.guarded:
        return
    yield case.finding(
        RULE,
        "nothing guards it: a change of its capacity goes straight to production",
        figures=[Figure("table", case.logical_id or case.table, f"in stack {case.stack}")],
        fix=f'CapacityGuard(self, "{_id(case.table)}Guard", table=..., baseline="baselines/{_id(case.table)}.json")\n'
        "or for every table of the app: Aspects.of(app).add(GuardEveryTable(baselines=...))",
    )


def _id(name: str) -> str:
    return name.rpartition("/")[2]


RULE = Rule("CG1", Level.WARN, "Table without a guard", _condition, of_unguarded=True)
