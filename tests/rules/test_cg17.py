"""CG17: warm throughput in the template of a guarded table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import OnDemand, Units
from capacity_guard.rules import Case, Dialect, TemplateFacts
from tests.builders.cases import case, findings, on_demand
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent


def template_with_warm_throughput(*keys: str) -> Case:
    return case(on_demand(), template=(TemplateFacts(warm_throughput=keys),))


EXAMPLES = (
    compliant("none in the template", lambda: case(on_demand(warm=Units(write=5_000)))),
    refused("the table's", lambda: template_with_warm_throughput("table")),
    refused("an index's", lambda: template_with_warm_throughput("table", "index/by_agent")),
    silent(
        "declared to the guard",
        lambda: case(on_demand(indexes={"by_agent": OnDemand(warm=Units(write=9_000))})),
    ),
)

OTHERS = (
    other(
        "an index's in two branches",
        lambda: replace(
            template_with_warm_throughput("index/by_agent"),
            template=(
                TemplateFacts(warm_throughput=("index/by_agent",)),
                TemplateFacts(warm_throughput=("table", "index/by_agent")),
            ),
        ),
    ),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_warm_throughput_when_taken_out_of_the_template_as_the_fix_says_expects_silence(
    example: Example,
) -> None:
    judged = example.make()
    (finding,) = findings(judged, "CG17")
    assert finding.fix.startswith("remove WarmThroughput from the template and declare it to the guard: ")
    assert findings(replace(judged, template=(TemplateFacts(),)), "CG17") == []


@pytest.mark.parametrize(
    ("dialect", "code"),
    [
        ("guarded", "Capacity.on_demand(warm=Units(...))"),
        ("table-v2", 'warm={"table": Units(...)}'),
        ("table", 'warm={"table": Units(...)}'),
        ("l1", 'warm={"table": Units(...)}'),
    ],
)
def test_fix_when_a_construct_declares_the_table_is_the_argument_of_its_guard(
    dialect: Dialect, code: str
) -> None:
    (finding,) = findings(replace(template_with_warm_throughput("table"), dialect=dialect), "CG17")
    assert finding.fix.endswith(code)


def test_fix_when_a_template_is_checked_raises_it_before_the_change() -> None:
    (finding,) = findings(replace(template_with_warm_throughput("table"), dialect="template"), "CG17")
    assert "aws dynamodb update-table --warm-throughput" in finding.fix
    assert "guard" not in finding.fix
