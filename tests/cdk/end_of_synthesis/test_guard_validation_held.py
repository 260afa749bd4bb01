"""GuardValidation of a change that its baseline states as held: something in the template must read its hold."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import GuardOptions
from capacity_guard.cdk.app.break_glass_reason import CONTEXT
from capacity_guard.cdk.end_of_synthesis.validation_names import CYCLE_CHECK
from capacity_guard.cdk.watch import Watch
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.rollout_state import Outcome
from tests.builders.guarded import LOWERED, ON_DEMAND, RAISED, app, baseline, table
from tests.builders.waves import state

WATCHED = GuardOptions(watch=Watch())


def held(outcome: Outcome = Outcome.HELD, **given: Any) -> Baseline:
    """A baseline whose last change, to the lowered capacity, was taken back."""
    recorded = baseline()
    assert isinstance(recorded, Baseline)
    fingerprint = recorded.transition_to(LOWERED).fingerprint
    return replace(recorded, rollout=replace(state(outcome), fingerprint=fingerprint), **given)


def violations(
    options: GuardOptions | None = None, declared: Any = LOWERED, nested: bool = False, **given: Any
) -> list[tuple[str, str, str]]:
    """Rule, severity and text of what GuardValidation reports of the table."""
    made = app(**given.pop("context", {}))
    stack = cdk.Stack(made, "S")
    table(stack, options=options, capacity=declared, **{"baseline": held(), **given})
    if nested:
        cdk.NestedStack(stack, "Other").template_options.description = "another part"
    with contextlib.suppress(RuntimeError):
        made.synth()
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    return [
        (violation["ruleName"], violation["severity"], violation["description"])
        for plugin in report["pluginReports"]
        if plugin["pluginName"] == CYCLE_CHECK
        for violation in plugin["violations"]
    ]


def test_held_change_without_watch_fails_the_synthesis_with_the_remedy() -> None:
    ((rule, severity, text),) = violations()
    assert (rule, severity) == ("held-unwatched", "fatal")
    assert "which was taken back and is held" in text
    assert "since its options have no watch" in text
    assert "Give it watch=Watch(), or declare the capacity of before" in text
    assert "capacity-guard retry BASELINE.json" in text


def test_held_change_whose_way_back_does_not_stay_in_the_template_fails_the_synthesis() -> None:
    ((rule, severity, text),) = violations(WATCHED, nested=True)
    assert (rule, severity) == ("held-unwatched", "fatal")
    assert "nested stack" in text


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"options": WATCHED}, id="watched"),
        pytest.param({"declared": ON_DEMAND}, id="another change"),
        pytest.param({"declared": RAISED}, id="a relief"),
        pytest.param({"baseline": held(attempt=2)}, id="another attempt"),
        pytest.param({"baseline": held(Outcome.BAKED)}, id="not held"),
        pytest.param({"context": {CONTEXT: "INC-4711: writes are lost"}}, id="break-glass"),
    ],
)
def test_what_keeps_the_hold_or_cures_an_incident_does_not_fail(given: dict[str, Any]) -> None:
    assert "held-unwatched" not in [rule for rule, _, _ in violations(**given)]
