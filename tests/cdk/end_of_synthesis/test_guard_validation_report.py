"""GuardValidation: each violation to the letter, on the templates of one synthesis and changes of them."""

from __future__ import annotations

import contextlib
import copy
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import GuardedTable, InputError
from capacity_guard.cdk.app.break_glass import BreakGlass
from capacity_guard.cdk.end_of_synthesis import guard_validation
from capacity_guard.cdk.end_of_synthesis.guard_validation import GuardValidation, circular_dependency
from tests.builders import adopted
from tests.builders.guarded import RAISED, app, table

Violation = tuple[str, str, str]
"""Rule, severity and construct."""


@dataclass
class Made:
    """An app that was synthesized, and the folder of its template."""

    app: cdk.App
    guards: list[GuardedTable]
    template: dict[str, Any]
    folder: Path

    def report(self, template: dict[str, Any] | None = None) -> tuple[bool, list[Violation], list[str]]:
        """Whether the validation succeeds, its violations, and their texts."""
        file = self.folder / "S.template.json"
        file.write_text(json.dumps(self.template if template is None else template))
        context = SimpleNamespace(template_paths=[str(file)], app_construct=self.app)
        found = GuardValidation().validate(context)  # type: ignore[arg-type]
        violations = list(found.violations)
        return (
            found.success,
            [
                (one.rule_name, str(one.severity), one.violating_resources[0].construct_path)
                for one in violations
            ],
            [one.description for one in violations],
        )


def make(folder: Path, **context: Any) -> Made:
    made = app(**context)
    stack = cdk.Stack(made, "S")
    guards = [table(stack, "A", capacity=RAISED), table(stack, "B", baseline="none.json"), table(stack, "C")]
    adopted.table(cdk.Stack(made, "T"), adopted.PROVISIONED, None, "Unguarded")
    with contextlib.suppress(RuntimeError):  # what it refuses is asked below
        made.synth()
    return Made(made, guards, json.loads((Path(made.outdir) / "S.template.json").read_text()), folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("plain"))


def test_templates_as_the_guards_made_them_have_no_violation(made: Made) -> None:
    assert made.report() == (True, [], [])
    assert GuardValidation().name == "CapacityGuardCycle"


@pytest.mark.parametrize("position", [0, 1])
def test_gate_that_refers_to_its_table_is_a_violation(made: Made, position: int) -> None:
    guard = made.guards[position]
    assert guard.guard.gates is not None
    changed = copy.deepcopy(made.template)
    gate, resource = (
        guard.guard.logical_id(guard.guard.gates.preflight),
        guard.guard.logical_id(guard.guard.resource),
    )
    changed["Resources"][gate]["DependsOn"] = ["Between"]
    changed["Resources"]["Between"] = {"Properties": {"P": {"Ref": resource}}}
    success, violations, (text, *_) = made.report(changed)
    path = f"S/{'AB'[position]}/Table/Resource"
    assert (success, violations) == (False, [("circular-dependency", "fatal", path)])
    assert text == (
        f"S/{'AB'[position]}: its gate would wait for the table that waits for the gate "
        f"({gate} -> Between -> {resource} -> {gate}). Refer to the table by its name in what the gate depends on."
    )
    error = circular_dependency(guard.guard, changed["Resources"])
    assert error is not None
    assert (error.location, error.remedy) == (
        f"S/{'AB'[position]}",
        "Refer to the table by its name in what the gate depends on",
    )


def test_gate_that_is_missing_is_a_violation(made: Made) -> None:
    guard = made.guards[0]
    assert guard.guard.gates is not None
    changed = copy.deepcopy(made.template)
    del changed["Resources"][guard.guard.logical_id(guard.guard.gates.preflight)]
    success, violations, (text,) = made.report(changed)
    assert (success, violations) == (False, [("gates-changed", "fatal", "S/A/Table/Resource")])
    assert text.startswith("S/A: its gates are not in the template as the guard made them: ")


@pytest.mark.parametrize("must_be_readable", [True, False])
@pytest.mark.parametrize("break_glass", [None, "incident 7"])
def test_capacity_that_is_another_one_than_was_read_is_a_violation(
    made: Made,
    must_be_readable: bool,
    break_glass: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    guard = made.guards[2]
    monkeypatch.setattr(guard.guard, "must_be_readable", must_be_readable)
    monkeypatch.setattr(guard.guard, "break_glass", BreakGlass(break_glass, ()))
    changed = copy.deepcopy(made.template)
    changed["Resources"][guard.guard.logical_id(guard.guard.resource)]["Properties"]["BillingMode"] = (
        "PAY_PER_REQUEST"
    )
    success, violations, texts = made.report(changed)
    fails = must_be_readable and break_glass is None
    path = "S/C/Table/Resource"
    expected = [("capacity-unread", "fatal" if fails else "warning", path)]
    assert success is not fails
    assert texts[0] == (
        "S/C: read another capacity than the one the template ends with. "
        "Let no lazy value and no synthesizer change the table after the guard has read it."
    )
    if break_glass is not None:
        expected.append(("break-glass", "warning", path))
        said = (
            "break-glass is in force for S/C: incident 7. The guard refuses nothing. "
            "Take context capacity-guard:break-glass out when the emergency is over."
        )
        assert texts[1] == said
        assert capsys.readouterr().err == f"capacity-guard: {said}\n"
    assert violations == expected


def test_table_with_gates_alone_is_asked_whether_all_fits_into_one_deployment(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def contradiction(guard: Any, template: Any, written: int) -> InputError | None:
        assert written == len(json.dumps(template))
        asked.append(guard.label)
        return InputError("S", "is too much", "Divide it") if guard.label == "A" else None

    monkeypatch.setattr(made.guards[0].guard.travelling, "contradiction", contradiction)
    success, violations, texts = made.report()
    assert asked == ["A", "B"]
    assert (success, violations) == (False, [("too-much-at-once", "fatal", "S/A/Table/Resource")])
    assert texts == ["S: is too much. Divide it."]


def test_break_glass_that_names_no_table_is_a_violation_of_the_first_guard(tmp_path: Path) -> None:
    context = {"S/B": "incident 7 of the night", "S/Zebra": "x of the night", "Ant": "y of the night"}
    made = make(tmp_path, **{"capacity-guard:break-glass": context})
    success, violations, texts = made.report()
    assert success is False
    assert violations == [
        ("break-glass", "warning", "S/B/Table/Resource"),
        ("break-glass-unknown", "fatal", "S/A/Table/Resource"),
    ]
    assert texts[1] == (
        "context capacity-guard:break-glass names 'S/Zebra', 'Ant', which is not a table of this app, so it lets nothing "
        "through. Tables: S/A, S/B, S/C, T/Unguarded."
    )


def test_context_key_that_looks_like_one_of_ours_is_a_violation_of_the_first_guard(tmp_path: Path) -> None:
    made = make(tmp_path, **{"capacity-guard:break-glas": "x", "CapacityGuard:now": "y", "capacity": "z"})
    success, violations, texts = made.report()
    assert (success, violations) == (False, [("context-unknown", "fatal", "S/A/Table/Resource")])
    assert texts == [
        "context 'CapacityGuard:now', 'capacity-guard:break-glas' is unknown, so it has no effect. "
        "Known: capacity-guard:break-glass, capacity-guard:now."
    ]


def test_validation_is_added_once_to_an_app(monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[tuple[object, object]] = []
    monkeypatch.setattr(guard_validation, "add_once", lambda root, plugin: added.append((root, plugin)))
    of = app()
    table(cdk.Stack(of, "S"))
    assert added == [(of, GuardValidation)]


def test_judgment_time_that_stands_still_is_a_warning_of_the_first_guard(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(guard_validation, "frozen_time", lambda now: asked.append(now) or "it stands still")
    assert made.report() == (
        True,
        [("judgment-time", "warning", "S/A/Table/Resource")],
        ["it stands still"],
    )
    assert asked == [made.guards[0].guard.place.now]
    assert capsys.readouterr().err == "capacity-guard: it stands still\n"
