"""What overrides of the guard's alarms come to in a synthesis with the rule pack: an error, a warning, or nothing."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from capacity_guard import CapacityGuardChecks, GuardedTable
from tests.builders.guarded import WARM, app, table

Found = list[tuple[str, str]]


def found(change: Callable[[cdk.Stack, GuardedTable], None]) -> Found:
    """Rule and level of the findings on a clean change to on-demand mode, with one change of its alarms."""
    made = app()
    stack = cdk.Stack(made, "S")
    change(stack, table(stack, capacity=WARM))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    with contextlib.suppress(
        RuntimeError
    ):  # an error fails the synthesis; its findings are written all the same
        made.synth()
    file = Path(made.outdir, "capacity-guard.json")
    findings = json.loads(file.read_text(encoding="utf-8"))["findings"]
    return [(each["rule"], each["level"]) for each in findings if each["rule"] == "CG8"]


def override(path: str, value: object) -> Callable[[cdk.Stack, GuardedTable], None]:
    def change(_: cdk.Stack, guarded: GuardedTable) -> None:
        for alarm in guarded.rollback_alarms.values():
            child = alarm.node.default_child
            assert isinstance(child, cdk.CfnResource)
            child.add_property_override(path, value)

    return change


def tell_somebody(stack: cdk.Stack, guarded: GuardedTable) -> None:
    for alarm in guarded.rollback_alarms.values():
        alarm.add_alarm_action(actions.SnsAction(sns.Topic.from_topic_arn(stack, alarm.node.id, TOPIC)))


def tell_nobody(stack: cdk.Stack, guarded: GuardedTable) -> None:
    tell_somebody(stack, guarded)
    override("AlarmActions", [])(stack, guarded)


def put_behind_a_false_condition(stack: cdk.Stack, guarded: GuardedTable) -> None:
    never = cdk.CfnCondition(stack, "Never", expression=cdk.Fn.condition_equals("a", "b"))
    for alarm in guarded.rollback_alarms.values():
        child = alarm.node.default_child
        assert isinstance(child, cdk.CfnResource)
        child.cfn_options.condition = never


TOPIC = "arn:aws:sns:eu-west-1:111122223333:on-call"
ERRORS, WARNINGS = [("CG8", "ERROR")] * 2, [("CG8", "WARN")] * 2


@pytest.mark.sampled(every=10)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (override("AlarmDescription", "another text"), []),
        (tell_somebody, []),
        (override("ActionsEnabled", False), WARNINGS),
        (tell_nobody, WARNINGS),
        (override("Metrics.0.MetricStat.Period", 3600), ERRORS),
        (override("Metrics.0.MetricStat.Stat", "Minimum"), ERRORS),
        (override("Metrics.1.MetricStat.Period", 3600), ERRORS),
        (override("Threshold", 1e12), ERRORS),
        (override("DatapointsToAlarm", 5), ERRORS),
        (put_behind_a_false_condition, ERRORS),
    ],
    ids=[
        "a description",
        "actions",
        "actions disabled",
        "actions taken away",
        "a period at the expression",
        "a statistic at the expression",
        "a period",
        "a threshold",
        "datapoints",
        "a condition that is never true",
    ],
)
def test_alarm_when_its_template_differs_from_its_code_expects_cg8(
    change: Callable[[cdk.Stack, GuardedTable], None], expected: Found
) -> None:
    assert found(change) == expected
