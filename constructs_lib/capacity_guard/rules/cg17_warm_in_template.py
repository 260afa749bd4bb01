"""CG17: warm throughput in the template of a guarded table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..capacity.dimension import index_of, resource_label
from .model import Case, Dialect, Figure, Finding, Level, Rule

_TO_THE_GUARD = "remove WarmThroughput from the template and declare it to the guard: "
_OF_GUARD = _TO_THE_GUARD + 'warm={"table": Units(...)}'
_FIX: Mapping[Dialect, str] = {
    "guarded": _TO_THE_GUARD + "Capacity.on_demand(warm=Units(...))",
    "table-v2": _OF_GUARD,
    "table": _OF_GUARD,
    "l1": _OF_GUARD,
    "template": "remove WarmThroughput from the template, raise it before the change "
    "(aws dynamodb update-table --warm-throughput ...) and record again",
}


def _condition(case: Case) -> Iterator[Finding]:
    stated = dict.fromkeys(key for facts in case.template for key in facts.warm_throughput)
    if not stated:
        return
    names = ", ".join(resource_label(index_of(key)) for key in stated)
    yield case.finding(
        RULE,
        "the template states warm throughput, which DynamoDB never lowers, so a rollback may be refused",
        figures=[Figure("stated for", names, "WarmThroughput in the template")],
        fix=_FIX[case.dialect],
    )


RULE = Rule(
    id="CG17",
    level=Level.ERROR,
    title="Warm throughput in the template",
    refuses="warm throughput stated in a guarded template, which would break its rollback",
    needs="the template",
    condition=_condition,
)
