"""The one reading of each stack at the end of a synthesis."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from constructs import IConstruct

from capacity_guard import CapacityGuard
from capacity_guard.cdk.end_of_synthesis.late_reading import contradiction, read_tables
from tests.builders import adopted
from tests.builders.guarded import PROVISIONED, RAISED, app, baseline, synthesize, table


def test_tables_of_both_guards_are_read_from_one_rendering_of_each_stack(rendered: list[str]) -> None:
    made = app()
    guards = []
    for name in ("S", "T"):
        stack = cdk.Stack(made, name)
        guards += [table(stack, "First").guard, table(stack, "Second").guard]
        declared = adopted.table(stack, adopted.PROVISIONED)
        guards.append(CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded()).guard)
    assert not any(guard.reading.is_done for guard in guards)
    synthesize(made)
    assert all(guard.reading.is_done for guard in guards)
    read_tables(guards)
    assert rendered == ["S", "T"]


def test_guards_that_an_aspect_makes_in_a_second_stack_are_read_too() -> None:
    made = app()
    tables = [adopted.table(cdk.Stack(made, name), adopted.RAISED) for name in ("S", "T")]
    guards: list[CapacityGuard] = []

    @jsii.implements(cdk.IAspect)
    class MakesGuards:
        def visit(self, node: IConstruct) -> None:
            if not guards:
                guards.extend(
                    CapacityGuard(cdk.Stack.of(each), "Guard", table=each, baseline=adopted.recorded())
                    for each in tables
                )

    cdk.Aspects.of(made).add(MakesGuards())
    made.synth()
    assert all(guard.guard.gates is not None for guard in guards)


def test_final_template_that_states_what_was_read_contradicts_nothing_and_another_does() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    template = {"Resources": dict(synthesize(made).resources)}
    assert contradiction(guarded.guard, template) is None
    assert guarded.guard.read_declared(template) == guarded.guard.reading.declared
    changed = {"Resources": dict(synthesize_raised().resources)}
    error = contradiction(guarded.guard, changed)
    assert error is not None
    assert "read another capacity than the one the template ends with" in error.problem
    gone = contradiction(guarded.guard, {"Resources": {}})
    assert gone is not None
    assert gone.problem == "is not in the template"


def synthesize_raised() -> Any:
    made = app()
    table(cdk.Stack(made, "S"), capacity=RAISED, baseline=baseline(PROVISIONED))
    return synthesize(made)


def test_guard_that_was_never_read_is_a_contradiction() -> None:
    guarded = table(cdk.Stack(app(), "S"))
    error = contradiction(guarded.guard, {"Resources": {}})
    assert error is not None
    assert "could not read its table" in error.problem


def test_synthesis_without_validation_fails_instead_of_passing_unread() -> None:
    made = app()
    table(cdk.Stack(made, "S"))
    with pytest.raises(RuntimeError, match="could not read its table"):
        made.synth(skip_validation=True)
