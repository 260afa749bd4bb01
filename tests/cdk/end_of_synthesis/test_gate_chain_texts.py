"""The gates in the final template: each change of it is told to the letter, on templates changed after one synthesis."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard, GuardedTable, InputError
from capacity_guard.cdk.app.break_glass import BreakGlass
from capacity_guard.cdk.end_of_synthesis.gate_chain import broken_chain, needs_gate
from capacity_guard.cdk.gates.gates import Gates
from capacity_guard.cdk.gates.reading import Reading
from capacity_guard.cdk.guards.guard import Guard
from tests.builders import adopted
from tests.builders.guarded import INDEX, WARM, app, table


@dataclass
class Whole:
    """A stack with a GuardedTable and an adopted Table in transition, and one table with an unreadable baseline."""

    template: dict[str, Any]
    guarded: GuardedTable
    adopted: CapacityGuard
    unread: GuardedTable
    quiet: GuardedTable


@pytest.fixture(scope="module")
def whole() -> Whole:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack, capacity=WARM)
    scaled = adopted.cfn_table(stack, adopted.LOWERED)
    guard = CapacityGuard(stack, "Guard", table=scaled, baseline=adopted.recorded())
    unread = table(stack, "Unread", baseline="nowhere/unread.json")
    quiet = table(stack, "Quiet")
    template = made.synth().get_stack_by_name("S").template
    return Whole(template, guarded, guard, unread, quiet)


def gaps(guard: Guard, template: dict[str, Any]) -> list[str]:
    """What is told of a template, gap by gap."""
    error = broken_chain(guard, template)
    if error is None:
        return []
    assert error.location == guard.path
    assert error.remedy == (
        "Take out what removes or changes them; an emergency has -c capacity-guard:break-glass=REASON"
    )
    return error.problem.removeprefix("its gates are not in the template as the guard made them: ").split(
        "; "
    )


def ids(guard: Guard) -> tuple[str, str]:
    assert isinstance(guard.gates, Gates)
    return guard.logical_id(guard.gates.preflight), guard.logical_id(guard.gates.bake)


def test_template_as_the_guards_made_it_has_no_gap(whole: Whole) -> None:
    for guard in (whole.guarded, whole.adopted, whole.unread, whole.quiet):
        assert gaps(guard.guard, whole.template) == []


def test_gate_that_is_missing_is_named_with_what_no_longer_waits(whole: Whole) -> None:
    preflight, bake = ids(whole.guarded.guard)
    for gate in (preflight, bake):
        changed = copy.deepcopy(whole.template)
        del changed["Resources"][gate]
        told = gaps(whole.guarded.guard, changed)
        assert told[0] == f"{gate} is missing"
        if gate == bake:
            awaited = [
                whole.guarded.guard.logical_id(whole.guarded.guard.resource),
                *whole.guarded.guard.alarm_ids.values(),
            ]
            assert told[1:] == [f"{bake} does not wait for {name} (DependsOn)" for name in awaited]
        else:
            assert told[1:] == []
    single = copy.deepcopy(whole.template)
    assert whole.unread.guard.gates is not None
    name = whole.unread.guard.logical_id(whole.unread.guard.gates.preflight)
    del single["Resources"][name]
    assert gaps(whole.unread.guard, single) == [f"{name} is missing"]


@pytest.mark.parametrize("which", [0, 1])
def test_gate_with_another_type_condition_or_property_is_named(whole: Whole, which: int) -> None:
    gate = ids(whole.guarded.guard)[which]
    changed = copy.deepcopy(whole.template)
    resource = changed["Resources"][gate]
    resource["Type"] = "AWS::CloudFormation::WaitConditionHandle"
    resource["Condition"] = "Never"
    resource["Properties"].update(Plan="{}", Ant=1)
    del resource["Properties"]["Fingerprint"]
    del resource["Properties"]["ServiceToken"]
    assert gaps(whole.guarded.guard, changed) == [
        f"{gate} has the type AWS::CloudFormation::WaitConditionHandle",
        f"{gate} exists only under condition Never",
        f"Ant of {gate} was changed",
        f"Fingerprint of {gate} was changed",
        f"Plan of {gate} was changed",
        f"ServiceToken of {gate} was changed",
    ]


def test_gate_without_type_and_properties_is_named(whole: Whole) -> None:
    gate, _ = ids(whole.guarded.guard)
    changed = copy.deepcopy(whole.template)
    del changed["Resources"][gate]["Type"]
    del changed["Resources"][gate]["Properties"]
    told = gaps(whole.guarded.guard, changed)
    assert told[0] == f"{gate} has the type None"
    names = [text.partition(" of ")[0] for text in told[1:]]
    assert names == ["Fingerprint", "Gate", "Plan", "ServiceTimeout", "ServiceToken", "Travelling"]


def test_mapping_that_was_changed_or_removed_is_named(whole: Whole) -> None:
    (name,) = whole.template["Mappings"]
    for mappings in ({}, {name: {"Resources": {"Hashes": "*"}}}):
        assert gaps(whole.guarded.guard, {**whole.template, "Mappings": mappings}) == [
            f"mapping {name} was changed"
        ]
    without = {key: value for key, value in whole.template.items() if key != "Mappings"}
    assert gaps(whole.guarded.guard, without) == [f"mapping {name} was changed"]
    # the gate of an unreadable baseline has no such property
    assert gaps(whole.unread.guard, without) == []


@pytest.mark.parametrize("depends_on", [None, [], "Elsewhere", ["Elsewhere"]])
def test_table_and_scaling_that_do_not_wait_for_preflight_are_named(whole: Whole, depends_on: Any) -> None:
    guard = whole.adopted
    preflight, _ = ids(guard.guard)
    gated = [guard.guard.logical_id(resource) for resource in guard.guard.gated_resources]
    assert len(gated) == 5
    for name in gated:
        changed = copy.deepcopy(whole.template)
        if depends_on is None:
            changed["Resources"][name].pop("DependsOn")
        else:
            changed["Resources"][name]["DependsOn"] = depends_on
        assert gaps(guard.guard, changed) == [f"{name} does not wait for {preflight} (DependsOn)"]
    waiting = copy.deepcopy(whole.template)
    waiting["Resources"][gated[0]]["DependsOn"] = preflight
    assert gaps(guard.guard, waiting) == []


def test_bake_that_does_not_wait_for_one_of_what_it_watches_names_that(whole: Whole) -> None:
    guard = whole.adopted
    _, bake = ids(guard.guard)
    awaited = [guard.guard.logical_id(resource) for resource in guard.guard.gated_resources]
    awaited += [guard.guard.alarm_ids["table"], guard.guard.alarm_ids[f"index/{INDEX}"]]
    assert set(whole.template["Resources"][bake]["DependsOn"]) >= set(awaited)
    for name in awaited:
        changed = copy.deepcopy(whole.template)
        changed["Resources"][bake]["DependsOn"].remove(name)
        assert gaps(guard.guard, changed) == [f"{bake} does not wait for {name} (DependsOn)"]


def test_functions_behind_the_gates_are_asserted_path_by_path(whole: Whole) -> None:
    provider = whole.guarded.guard.provider
    expected = provider._expected_functions(provider.parts(whole.template["Resources"]))
    assert len(expected) == 5
    for name, paths in expected.items():
        for path in paths:
            changed = copy.deepcopy(whole.template)
            *parents, last = path.split(".")
            place = changed["Resources"][name]
            for key in parents:
                place = place[key]
            place[last] = "another"
            assert gaps(whole.guarded.guard, changed) == [f"{path} of {name} was changed"]
            del place[last]
            assert gaps(whole.unread.guard, changed) == [f"{path} of {name} was changed"]
        gone = copy.deepcopy(whole.template)
        del gone["Resources"][name]
        told = gaps(whole.guarded.guard, gone)
        assert told[: len(paths)] == [f"{path} of {name} was changed" for path in paths]
        assert f"{name} is missing" in told
        flat = copy.deepcopy(whole.template)
        flat["Resources"][name]["Properties"] = "x"
        told = gaps(whole.guarded.guard, flat)
        assert told[: len(paths)] == [f"{path} of {name} was changed" for path in paths]
        assert f"{name} is stopped after 3 s (Timeout), and needs 120" in told


def test_functions_behind_the_gates_are_these(whole: Whole) -> None:
    provider = whole.guarded.guard.provider
    expected = provider._expected_functions(provider.parts(whole.template["Resources"]))
    handlers = {paths.get("Properties.Handler") for paths in expected.values()}
    assert handlers == {
        "capacity_guard.handlers.gate.on_event",
        "capacity_guard.handlers.gate.is_complete",
        None,
    }
    by_handler = {paths.get("Properties.Handler"): name for name, paths in expected.items()}
    framework = [paths for paths in expected.values() if "Properties.Handler" not in paths]
    variables = {
        f"Properties.Environment.Variables.USER_{each}_FUNCTION_ARN" for each in ("ON_EVENT", "IS_COMPLETE")
    }
    waiter = "Properties.Environment.Variables.WAITER_STATE_MACHINE_ARN"
    assert [set(paths) for paths in framework] == [variables | {waiter}, variables, variables]
    for paths in framework:
        for variable, entry in (("ON_EVENT", "on_event"), ("IS_COMPLETE", "is_complete")):
            arn = paths[f"Properties.Environment.Variables.USER_{variable}_FUNCTION_ARN"]
            assert arn == {"Fn::GetAtt": [by_handler[f"capacity_guard.handlers.gate.{entry}"], "Arn"]}
    assert (
        whole.template["Resources"][framework[0][waiter]["Ref"]]["Type"] == "AWS::StepFunctions::StateMachine"
    )


def test_guard_that_needs_no_gate_is_not_looked_at(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    empty: dict[str, Any] = {"Resources": {}}
    assert needs_gate(whole.quiet.guard) is False
    assert gaps(whole.quiet.guard, empty) == []
    assert needs_gate(whole.guarded.guard)
    assert needs_gate(whole.unread.guard)
    with monkeypatch.context() as patched:
        patched.setattr(whole.guarded.guard, "break_glass", BreakGlass("incident 7", ()))
        assert needs_gate(whole.guarded.guard) is False
        assert gaps(whole.guarded.guard, empty) == []
    with monkeypatch.context() as patched:
        patched.setattr(
            whole.guarded.guard, "_reading", Reading(error=InputError("S", "is wrong", "Mend it"))
        )
        assert needs_gate(whole.guarded.guard) is False
    with monkeypatch.context() as patched:
        patched.setattr(whole.guarded.guard, "gates", None)
        assert gaps(whole.guarded.guard, whole.template) == ["the guard has none"]
