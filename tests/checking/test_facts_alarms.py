"""Which alarms of a template count as a veto: those of which every part can be read, and is right."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.checking.facts import read_template_facts
from tests.builders.guarded import INDEX, app, table

Change = Callable[[dict[str, Any]], None]
"""Changes the resource of the index's alarm."""

KEY = f"index/{INDEX}"
UNREADABLE = {"Fn::GetAtt": ["Elsewhere", "Name"]}


@pytest.fixture(scope="module")
def synthesized() -> tuple[Mapping[str, Any], str, Mapping[str, str]]:
    """Template, logical id of the table, and logical ids of its alarms by resource key."""
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    alarms = dict(guarded.guard.alarm_ids)
    return (
        made.synth().get_stack_by_name("S").template,
        guarded.guard.logical_id(guarded.guard.resource),
        alarms,
    )


def metric(alarm: dict[str, Any]) -> dict[str, Any]:
    """The metric of an alarm that counts the throttled writes."""
    return next(
        query["MetricStat"]["Metric"]
        for query in alarm["Properties"]["Metrics"]
        if query.get("MetricStat", {}).get("Metric", {}).get("MetricName") == "WriteThrottleEvents"
    )


def dimension_unreadable(alarm: dict[str, Any]) -> None:
    metric(alarm)["Dimensions"][0]["Name"] = UNREADABLE


def namespace_unreadable(alarm: dict[str, Any]) -> None:
    metric(alarm)["Namespace"] = UNREADABLE


def name_unreadable(alarm: dict[str, Any]) -> None:
    metric(alarm)["MetricName"] = UNREADABLE


def queries_unreadable(alarm: dict[str, Any]) -> None:
    alarm["Properties"]["Metrics"] = UNREADABLE


def of_another_type(alarm: dict[str, Any]) -> None:
    alarm["Type"] = "AWS::CloudWatch::CompositeAlarm"


def without_properties(alarm: dict[str, Any]) -> None:
    del alarm["Properties"]["Metrics"]


def one_metric_less(alarm: dict[str, Any]) -> None:
    alarm["Properties"]["Metrics"] = [
        query
        for query in alarm["Properties"]["Metrics"]
        if query.get("MetricStat", {}).get("Metric") != metric(alarm)
    ]


@pytest.mark.parametrize(
    "change",
    [
        dimension_unreadable,
        namespace_unreadable,
        name_unreadable,
        queries_unreadable,
        of_another_type,
        without_properties,
        one_metric_less,
    ],
)
def test_alarm_of_which_a_part_is_missing_or_cannot_be_read_is_no_veto(
    synthesized: tuple[Mapping[str, Any], str, Mapping[str, str]], change: Change
) -> None:
    template, logical_id, alarms = synthesized

    def watched(values: Mapping[str, Any]) -> tuple[str, ...]:
        (facts,) = read_template_facts(values, logical_id, alarms=alarms, location="S")
        return facts.watched

    assert watched(template) == ("table", KEY)
    changed = copy.deepcopy(dict(template))
    change(changed["Resources"][alarms[KEY]])
    assert watched(changed) == ("table",)


def test_alarm_that_is_not_in_the_template_is_no_veto(
    synthesized: tuple[Mapping[str, Any], str, Mapping[str, str]],
) -> None:
    template, logical_id, alarms = synthesized
    changed = copy.deepcopy(dict(template))
    del changed["Resources"][alarms[KEY]]
    (facts,) = read_template_facts(changed, logical_id, alarms=alarms, location="S")
    assert facts.watched == ("table",)
    assert set(facts.thresholds) == {"table"}
