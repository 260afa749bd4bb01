"""CG6: provisioned throughput lowered by more than half in one step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rules import Case, evaluate
from tests.builders.cases import (
    baseline,
    case,
    deployed,
    findings,
    flat,
    index_maximum,
    on_demand,
    provisioned,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import fix_lines, with_arguments

HALF_FIRST = "deploy half of the reduction first, then record again: "


def too_small(units: int, was: int = 1_000) -> Case:
    """A decrease to less than the traffic of the index needs, which CG5 refuses too."""
    carried = traffic(flat(600))
    return case(provisioned(units), baseline(deployed(provisioned(was)), carried))


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
    other("below what the traffic needs", lambda: too_small(300)),
    other("below half of what the traffic needs", lambda: too_small(300, was=4_000)),
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


@pytest.mark.parametrize("was", [1_000, 4_000])
def test_step_of_a_dimension_that_is_too_small_ends_at_the_number_of_cg5(was: int) -> None:
    judged = too_small(300, was=was)
    (small,) = findings(judged, "CG5")
    (step,) = [finding for finding in findings(judged, "CG6") if finding.dimension == small.dimension]
    assert step.deployments[-1] == small.deployments[-1]
    if was == 1_000:
        # Half of 1,000 is less than the traffic needs: both print one number.
        assert step.fix == small.fix
        assert step.deployments == small.deployments
    else:
        assert step.fix.startswith(HALF_FIRST)
    for capacity in step.deployments:
        assert not [f for f in evaluate(replace(judged, declared=capacity)) if f.rule == "CG5"]
