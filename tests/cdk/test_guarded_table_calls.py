"""How often a guarded table asks the CDK's process. Each call costs more than most of what the guard computes itself."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuardChecks
from tests.builders.calls import CallCounter
from tests.builders.guarded import RAISED, app, table


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """What is asked once a process is asked before the calls are counted."""
    calls_of(1, capacity=RAISED)


def calls_of(tables: int, *, stacks: int = 1, **properties: object) -> int:
    """Calls of a synthesis of so many tables in each of so many stacks, each table with an index."""
    with CallCounter() as calls:
        made = app()
        for part in range(stacks):
            stack = cdk.Stack(made, f"S{part}")
            for number in range(tables):
                table(stack, f"Table{number}", **properties)
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
        made.synth()
    return calls.count


def test_a_further_table_takes_few_calls() -> None:
    first = calls_of(1)
    # The table, two alarms of four objects each, their logical ids, the permission and its acknowledgment.
    assert calls_of(3) - first <= 2 * 19


def test_a_further_table_in_transition_takes_few_calls() -> None:
    first = calls_of(1, capacity=RAISED)
    # As above; two gates of three objects each, what they wait for, their logical ids, and the actions of the alarms.
    assert calls_of(3, capacity=RAISED) - first <= 2 * 39


@pytest.mark.slow
def test_what_runs_behind_the_gates_is_asked_of_the_first_stack_alone() -> None:
    first = calls_of(1, capacity=RAISED)
    # Its provider, the guard of its table and one rendering; of the parts behind the gates, the role alone is asked.
    assert calls_of(1, stacks=3, capacity=RAISED) - first <= 2 * 86
