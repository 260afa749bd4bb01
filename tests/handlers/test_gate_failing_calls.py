"""Each call of each gate fails in each way: the gate ends with a reason that names the call, or as without the fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import policy
from tests.handlers.fault_world import (
    SCENARIOS,
    Scenario,
    assert_answer,
    assert_invariants,
    run,
    without_faults,
)
from tests.handlers.faulty import KINDS, Fault


def _once() -> Iterator[Any]:
    for scenario in SCENARIOS:
        made = without_faults(scenario)[1]
        for kind in KINDS:
            for position, action in enumerate(made):
                yield pytest.param(
                    scenario, Fault(kind, position), id=f"{scenario}-{kind}-{position}-{action}"
                )


def _for_good() -> Iterator[Any]:
    for scenario in SCENARIOS:
        made = without_faults(scenario)[1]
        first = {action: position for position, action in reversed(list(enumerate(made)))}
        last = {action: position for position, action in enumerate(made)}
        for kind in ("denied", "throttled", "timeout after", "malformed"):
            for position in sorted({*first.values(), *last.values()}):
                yield pytest.param(
                    scenario, Fault(kind, position, True), id=f"{scenario}-{kind}-{position}-{made[position]}"
                )


@pytest.mark.sampled(every=20)
@pytest.mark.parametrize(("scenario", "fault"), list(_once()))
def test_gate_when_one_call_fails_expects_a_reason_or_the_same_end(scenario: Scenario, fault: Fault) -> None:
    faulty = scenario.faulty(fault)
    ending = run(scenario, faulty)
    assert_invariants(scenario, faulty, ending)
    assert_answer(scenario, fault, ending)


@pytest.mark.sampled(every=43)
@pytest.mark.parametrize(("scenario", "fault"), list(_for_good()))
def test_gate_when_a_call_fails_for_good_expects_a_reason_or_the_same_end(
    scenario: Scenario, fault: Fault
) -> None:
    faulty = scenario.faulty(fault)
    ending = run(scenario, faulty)
    assert_invariants(scenario, faulty, ending)
    assert_answer(scenario, fault, ending)
    action = without_faults(scenario)[1][fault.at]
    if not scenario.cure and action == "dynamodb:DescribeTable":
        assert ending.reason is not None, "passed without having seen the table"


def test_faults_when_counted_hit_every_call_that_the_role_allows() -> None:
    made = {action for scenario in SCENARIOS for action in without_faults(scenario)[1]}
    assert made == {*policy.READ_STACK, *policy.READ_ALL, *policy.TABLE}
