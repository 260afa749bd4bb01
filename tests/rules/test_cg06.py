"""CG6: provisioned throughput lowered by more than half in one step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling
from capacity_guard.evidence.baseline import Baseline
from tests.builders.cases import (
    baseline,
    case,
    deployed,
    findings,
    index_maximum,
    on_demand,
    provisioned,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import fix_lines, with_arguments

HALF_FIRST = "deploy half of the reduction first, then record again: "

EXAMPLES = (
    compliant("down by half", lambda: case(provisioned(500))),
    refused("down by more than half", lambda: case(provisioned(499))),
    refused(
        "the most that auto scaling may reach",
        lambda: case(
            provisioned(AutoScaling(500, 2_000, seed=500)),
            baseline(deployed(provisioned(AutoScaling(500, 8_000, seed=500)))),
        ),
    ),
    silent("a switch of the billing mode", lambda: case(on_demand())),
    silent(
        "back to what was deployed before",
        lambda: case(provisioned(100), baseline(deployed(provisioned(), previous=provisioned(100)))),
    ),
)

OTHERS = (
    other("reads and writes, fixed", lambda: case(provisioned(300, 301, 299))),
    other(
        "fixed units in place of auto scaling",
        lambda: case(provisioned(101), baseline(deployed(provisioned(AutoScaling(301, 2_001, seed=500))))),
    ),
    other(
        "a lower minimum with a seed",
        lambda: case(
            provisioned(AutoScaling(100, 2_000, seed=120)),
            baseline(deployed(provisioned(AutoScaling(501, 2_000, seed=900)))),
        ),
    ),
    other(
        "an odd number to half of it",
        lambda: case(provisioned(500), baseline(deployed(provisioned(1_001)))),
    ),
    other("an on-demand maximum", lambda: index_maximum(100, was=1_000)),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_step_when_half_of_it_is_deployed_first_expects_silence_twice(example: Example) -> None:
    judged = example.make()
    (code,) = fix_lines(findings(judged, "CG6"), HALF_FIRST)
    half = with_arguments(judged.declared, code)
    assert findings(replace(judged, declared=half), "CG6") == []
    assert isinstance(judged.baseline, Baseline)
    assert half != judged.declared
    second_step = replace(judged, baseline=replace(judged.baseline, deployed=deployed(half)))
    assert findings(second_step, "CG6") == []
