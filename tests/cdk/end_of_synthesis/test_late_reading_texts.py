"""The reading of a stack: why a final template is another one, to the letter, and what is read how often."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from capacity_guard.cdk.app.kept import kept_of
from capacity_guard.cdk.app.rendering import render_template
from capacity_guard.cdk.end_of_synthesis import late_reading
from capacity_guard.cdk.end_of_synthesis.late_reading import _LateReading, contradiction, read_tables
from capacity_guard.cdk.gates.reading import Reading
from capacity_guard.cdk.guards.table_reading import read_table
from tests.builders.guarded import app, table


def words(guard: Any, template: dict[str, Any]) -> tuple[str, str, str] | None:
    error = contradiction(guard.guard, template)
    return None if error is None else (error.location, error.problem, error.remedy)


def test_template_that_is_another_one_is_told_to_the_letter() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guard = table(stack, "T")
    assert words(guard, {}) == (
        "S/T",
        "could not read its table: the guard was made too late in this synthesis, or the synthesis skips validation",
        "Make the guard before the app is synthesized, and do not skip validation",
    )
    template = render_template(stack)
    read_table(guard.guard, template)
    assert words(guard, template) is None
    resource = template["Resources"][guard.guard.logical_id(guard.guard.resource)]
    resource["Properties"]["BillingMode"] = "PAY_PER_REQUEST"
    assert words(guard, template) == (
        "S/T",
        "read another capacity than the one the template ends with",
        "Let no lazy value and no synthesizer change the table after the guard has read it",
    )
    resource["Properties"]["BillingMode"] = "x"
    error = contradiction(guard.guard, template)
    assert error is not None
    assert error.problem == "is 'x'"
    guard.guard.reading = Reading(error=InputError("S", "is wrong", "Mend it"))
    assert contradiction(guard.guard, template) is guard.guard.reading.error


def test_guards_of_a_stack_are_read_from_one_rendering_and_not_again(rendered: list[str]) -> None:
    made = app()
    guards = []
    for name in ("S", "T"):
        stack = cdk.Stack(made, name)
        guards += [table(stack, "A").guard, table(stack, "B").guard]
    assert not any(guard.reading.is_done for guard in guards)
    read_tables(guards[:3])
    assert [guard.reading.is_done for guard in guards] == [True, True, True, False]
    assert rendered == ["S", "T"]
    read_tables(guards)
    assert all(guard.reading.is_done for guard in guards)
    assert rendered == ["S", "T", "T"]
    read_tables(guards)
    assert rendered == ["S", "T", "T"]


def reader_of(stage: cdk.Stage) -> _LateReading:
    reader = kept_of(stage, _LateReading, lambda: None)
    assert isinstance(reader, _LateReading)
    return reader


def test_the_tables_of_a_stage_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made = app()
    stage = cdk.Stage(made, "Stage")
    first = table(cdk.Stack(made, "S"), "A").guard
    second = table(cdk.Stack(made, "T"), "A").guard
    third = table(cdk.Stack(stage, "S"), "A").guard
    assert reader_of(made).guards == [first, second]
    assert reader_of(stage).guards == [third]
    judged: list[object] = []
    monkeypatch.setattr(late_reading, "add_rules_validation", lambda *asked: judged.append(asked))
    assert reader_of(made).validate() == []
    assert [guard.reading.is_done for guard in (first, second, third)] == [True, True, False]
    assert judged == [], "nothing changes its capacity"


def test_rules_are_asked_for_where_a_capacity_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.builders.guarded import RAISED

    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "A")
    table(stack, "B", capacity=RAISED)
    judged: list[object] = []
    monkeypatch.setattr(late_reading, "add_rules_validation", lambda *asked: judged.append(asked))
    assert reader_of(made).validate() == []
    assert judged == [(made, stack)]
