"""Slow alarms beside the fast ones of the guard: what they measure, whom they tell, and that no gate looks at them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns

from capacity_guard import GuardedTable, GuardOptions, InputError, Margins, SlowAlarms
from capacity_guard.cdk.slow_alarms import EXPRESSION, METRICS, PERIOD_SECONDS
from capacity_guard.rehearsal.emulator.corrections import metric_math as math
from capacity_guard.rehearsal.emulator.corrections.metric_readings import Reading, all_readings
from tests.builders.guarded import app, table

TOPIC = "arn:aws:sns:eu-west-1:111122223333:tickets"
TIMES = (0, PERIOD_SECONDS, 2 * PERIOD_SECONDS)


def resources_of(stack: cdk.Stack) -> dict[str, Any]:
    assembly = stack.node.root.synth()  # type: ignore[attr-defined]
    found: dict[str, Any] = assembly.get_stack_by_name(stack.stack_name).template["Resources"]
    return {key: value for key, value in found.items() if value["Type"] != "AWS::CDK::Metadata"}


def slow_of(resources: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value["Properties"]
        for key, value in resources.items()
        if value["Type"] == "AWS::CloudWatch::Alarm" and key.startswith("Slow")
    }


def made(**options: Any) -> tuple[cdk.Stack, GuardedTable]:
    stack = cdk.Stack(app(), "S")
    return stack, table(stack, "Orders", **options)


def test_each_table_and_index_has_an_alarm_that_opens_a_ticket() -> None:
    stack, orders = made(options=GuardOptions(margins=Margins(throttle_budget=0.002)))
    SlowAlarms(stack, "Slow", tables=[orders], notify=TOPIC)
    alarms = slow_of(resources_of(stack))
    assert len(alarms) == 2
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [TOPIC]
        assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"], alarm["Threshold"]) == (24, 3, 0.2)
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"].endswith("rolled back for it. [capacity-guard runbook slow-veto]")
        expression, *metrics = alarm["Metrics"]
        assert expression["Expression"] == EXPRESSION
        assert {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in metrics} == METRICS
        assert {each["MetricStat"]["Period"] for each in metrics} == {PERIOD_SECONDS}
    names = [
        {each["Name"] for each in alarm["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"]}
        for alarm in alarms.values()
    ]
    assert sorted(map(len, names)) == [1, 2]


def test_guard_is_what_it_was_without_them() -> None:
    plain, _ = made()
    asked, orders = made()
    SlowAlarms(asked, "Slow", tables=[orders], notify=sns.Topic(asked, "SlowTopic"))
    found = resources_of(asked)
    assert {key: value for key, value in found.items() if not key.startswith("Slow")} == resources_of(plain)


@pytest.mark.parametrize("reading", list(all_readings((0,))), ids=str)
def test_share_is_that_of_demand_and_absent_without_demand(reading: Reading) -> None:
    hour = PERIOD_SECONDS
    series = {
        "readThrottled": {},
        "writeThrottled": {0: 2.0},
        "readConsumed": {0: 0.0, hour: 0.0, 2 * hour: 500.0},
        "writeConsumed": {0: 998.0, hour: 0.0, 2 * hour: 500.0},
    }
    found = math.evaluate(math.parse(EXPRESSION), series, TIMES, reading)
    assert isinstance(found, dict)
    assert found[0] == pytest.approx(0.2)
    assert not found.get(hour)
    assert not found.get(2 * hour)


def test_alarms_in_a_stack_of_their_own_refer_to_the_table() -> None:
    stack, orders = made()
    other = cdk.Stack(stack.node.root, "T")  # type: ignore[arg-type]
    SlowAlarms(other, "Slow", tables=[orders], notify=TOPIC)
    assert "Fn::ImportValue" in str(slow_of(resources_of(other)))


@pytest.mark.parametrize(
    ("tables", "notify", "location"),
    [([], TOPIC, "tables"), (["Orders"], TOPIC, "tables"), (None, "tickets", "notify")],
)
def test_what_is_no_table_or_no_topic_is_refused(tables: Any, notify: str, location: str) -> None:
    stack, orders = made()
    with pytest.raises(InputError, match=rf"^SlowAlarms Slow: {location}: "):
        SlowAlarms(stack, "Slow", tables=[orders] if tables is None else tables, notify=notify)


def test_topic_of_another_region_is_refused() -> None:
    _, orders = made()
    other = cdk.Stack(
        orders.node.root,  # type: ignore[arg-type]
        "T",
        env=cdk.Environment(account="111122223333", region="us-west-2"),
    )
    with pytest.raises(
        InputError, match=r"^SlowAlarms Slow: notify: is a topic in .*, and the stack is in us-west-2"
    ):
        SlowAlarms(other, "Slow", tables=[orders], notify=TOPIC)


def test_index_that_a_table_gets_later_is_reported() -> None:
    stack, orders = made()
    alarms = SlowAlarms(stack, "Slow", tables=[orders], notify=TOPIC)
    assert list(alarms.missing()) == []
    orders.guard.alarms.by_key["index/later"] = orders.guard.alarms.by_key["table"]
    (problem,) = alarms.missing()
    assert "has index/later, which has no slow alarm" in problem
    del orders.guard.alarms.by_key["index/later"]
