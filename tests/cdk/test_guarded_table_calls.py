"""How often a guarded table asks the CDK's process. Each call costs more than most of what the guard computes itself."""

from __future__ import annotations

import aws_cdk as cdk

from capacity_guard import CapacityGuardChecks
from tests.builders.calls import CallCounter
from tests.builders.guarded import app, table


def calls_of(tables: int) -> int:
    """Calls of a synthesis of so many tables without a transition, in one stack, each with an index."""
    with CallCounter() as calls:
        made = app()
        stack = cdk.Stack(made, "S")
        for number in range(tables):
            table(stack, f"Table{number}")
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
        made.synth()
    return calls.count


def test_a_further_table_takes_few_calls() -> None:
    first = calls_of(1)
    # The table, two alarms of four objects each, their logical ids, the permission and its acknowledgment.
    assert calls_of(3) - first <= 2 * 21
