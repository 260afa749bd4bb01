"""CG17: a guarded template states warm throughput."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.dimension import index_of
from .model import Case, Figure, Finding, Level, Rule


def _condition(case: Case) -> Iterator[Finding]:
    stated = dict.fromkeys(key for facts in case.template for key in facts.warm)
    if not stated:
        return
    names = ", ".join(index_of(key) or "table" for key in stated)
    yield case.finding(
        RULE,
        "the template states warm throughput, which never falls, so going back to it is refused",
        figures=[Figure("stated for", names, "WarmThroughput in the template")],
        fix="take WarmThroughput out of the template and declare it to the guard: "
        + (
            "Capacity.on_demand(warm=Units(...))"
            if case.dialect == "guarded"
            else 'warm={"table": Units(...)}'
        ),
    )


RULE = Rule("CG17", Level.ERROR, "Warm throughput stands in the template", _condition)
