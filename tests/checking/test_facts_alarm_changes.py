"""CG8 on the alarm in a template: each change of it is a finding, except those that cannot keep it from a veto."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard
from capacity_guard.checking.facts import read_template_facts
from capacity_guard.rules import Case, Finding, Level, evaluate
from tests.builders.adopted import MAKERS, ON_DEMAND, recorded
from tests.builders.guarded import INDEX, app

Path = tuple[str | int, ...]


@cache
def guarded() -> tuple[Mapping[str, Any], str, Mapping[str, str], Case]:
    """A template with a guarded Table, the table's logical id, its alarms by resource key, and its case."""
    made = app()
    stack = cdk.Stack(made, "S")
    guard = CapacityGuard(
        stack, "Guard", table=MAKERS["CfnTable"](stack, ON_DEMAND), baseline=recorded(throttled=3)
    )
    template = made.synth().get_stack_by_name("S").template
    return template, guard.guard.logical_id(guard.guard.resource), guard.guard.alarm_ids, guard.guard.case


def findings(template: Mapping[str, Any]) -> list[Finding]:
    _, logical_id, alarms, case = guarded()
    facts = read_template_facts(template, logical_id, alarms=alarms, location="S")
    return [found for found in evaluate(replace(case, template=facts)) if found.rule == "CG8"]


def alarm_of(template: Mapping[str, Any]) -> Any:
    return template["Resources"][guarded()[2][f"index/{INDEX}"]]


def members(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from members(member, (*path, key))
    else:
        yield path


HARMLESS = {("AlarmDescription",), ("Metrics", 0, "Id"), ("Metrics", 0, "Label")}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("how", ["changed", "removed", "unreadable"])
def test_alarm_when_one_member_is_changed_expects_cg8(how: str) -> None:
    template = guarded()[0]
    assert findings(template) == []
    for path in members(alarm_of(template)["Properties"]):
        mutant = copy.deepcopy(template)
        *parents, last = path
        place = alarm_of(mutant)["Properties"]
        for key in parents:
            place = place[key]
        value = place[last]
        if how == "removed":
            del place[last]
        elif how == "unreadable":
            place[last] = {"Fn::ImportValue": "somewhere"}
        elif isinstance(value, bool):
            place[last] = not value
        else:
            place[last] = value * 2 + 1 if isinstance(value, int | float) else f"x{value}"
        harmless = path in HARMLESS and not (how == "unreadable" and path[-1] == "Id")
        harmless |= how == "removed" and path == ("Metrics", 0, "ReturnData")  # returned by default
        assert bool(findings(mutant)) is not harmless, path


@pytest.mark.parametrize(
    "added",
    [
        {"WarmUpConfiguration": {"Minutes": 60}},
        {"EvaluationWindow": {"Type": "WALL_CLOCK"}},
        {"Unit": "Seconds"},
        {"ANewProperty": 1},
    ],
    ids=lambda added: next(iter(added)),
)
def test_alarm_when_a_property_is_added_expects_cg8_that_names_it(added: dict[str, Any]) -> None:
    mutant = copy.deepcopy(guarded()[0])
    alarm_of(mutant)["Properties"].update(added)
    (found,) = findings(mutant)
    assert next(iter(added)) in found.text()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Metrics", 0, "MetricStat"), {"Period": 3600}),
        (("Metrics", 0, "MetricStat"), {"Stat": "Minimum"}),
        (("Metrics", 1, "ANewMember"), 1),
        (("Metrics", 1, "MetricStat", "ANewMember"), 1),
        (("Metrics", 1, "MetricStat", "Metric", "ANewMember"), 1),
    ],
    ids=lambda given: str(given[-1] if isinstance(given, tuple) else given),
)
def test_alarm_when_a_member_is_added_to_a_query_expects_cg8_that_names_it(path: Path, value: object) -> None:
    mutant = copy.deepcopy(guarded()[0])
    *parents, last = path
    place = alarm_of(mutant)["Properties"]
    for key in parents:
        place = place[key]
    place[last] = value
    (found,) = findings(mutant)
    assert str(last) in found.text()
    assert found.level is Level.ERROR


def test_alarm_when_its_actions_are_disabled_expects_a_warning() -> None:
    # The gates read the alarm's state. Actions are for others.
    mutant = copy.deepcopy(guarded()[0])
    alarm_of(mutant)["Properties"].update(ActionsEnabled=False, AlarmActions=["arn:aws:sns:eu-west-1:1:t"])
    (found,) = findings(mutant)
    assert "ActionsEnabled is false" in found.text()
    assert found.level is Level.WARN


def test_alarm_when_it_has_actions_expects_silence() -> None:
    mutant = copy.deepcopy(guarded()[0])
    alarm_of(mutant)["Properties"].update(ActionsEnabled=True, AlarmActions=["arn:aws:sns:eu-west-1:1:t"])
    assert findings(mutant) == []


def test_alarm_when_a_condition_may_remove_it_expects_cg8_in_that_branch() -> None:
    mutant = copy.deepcopy(guarded()[0])
    mutant.setdefault("Parameters", {})["Watch"] = {"Type": "String", "Default": "yes"}  # type: ignore[attr-defined]
    mutant.setdefault("Conditions", {})["Watched"] = {"Fn::Equals": [{"Ref": "Watch"}, "yes"]}  # type: ignore[attr-defined]
    alarm_of(mutant)["Condition"] = "Watched"
    assert "its condition is false" in "".join(found.text() for found in findings(mutant))
