"""Preflight refuses for each of its reasons, and the table is unchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.capacity import Units

from .lab import BAKE_MINUTES, BUSY_HOUR, INDEX, Lab, on_demand, provisioned

pytestmark = pytest.mark.e2e

TARGET = on_demand(warm=Units(write=5_000))


def assert_refused(lab: Lab, code: int, output: str, reason: str) -> None:
    assert code != 0, output
    assert reason.lower() in " ".join(output.split()).lower(), output
    assert lab.status() in ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED")
    lab.assert_has(provisioned())


def guard_alarm(lab: Lab) -> dict[str, Any]:
    alarms = lab.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return next(alarm for alarm in alarms if "Table" in alarm["AlarmName"] or "Orders" in alarm["AlarmName"])


def raise_warm_throughput_by_hand(lab: Lab) -> None:
    # Slower, so that the raise of six minutes takes longer than synthesis and upload on a busy machine.
    lab.emulator.clock.set_speed(5)
    lab.emulator.client("dynamodb").update_table(
        TableName=lab.table_name, WarmThroughput={"ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 6_000}
    )


def delete_an_alarm(lab: Lab) -> None:
    lab.emulator.client("cloudwatch").delete_alarms(AlarmNames=[guard_alarm(lab)["AlarmName"]])


def change_the_table_of_an_alarm(lab: Lab) -> None:
    alarm = guard_alarm(lab)
    for query in alarm["Metrics"]:
        if "MetricStat" in query:
            query["MetricStat"]["Metric"]["Dimensions"] = [{"Name": "TableName", "Value": "another-table"}]
    kept = (
        "AlarmName",
        "EvaluationPeriods",
        "DatapointsToAlarm",
        "Threshold",
        "ComparisonOperator",
        "Metrics",
    )
    lab.emulator.client("cloudwatch").put_metric_alarm(
        **{name: alarm[name] for name in kept}, TreatMissingData="notBreaching"
    )


def change_reads_by_hand(lab: Lab) -> None:
    lab.emulator.client("dynamodb").update_table(
        TableName=lab.table_name, ProvisionedThroughput={"ReadCapacityUnits": 120, "WriteCapacityUnits": 500}
    )
    lab.emulator.clock.jump(60)


def undo_reads_by_hand(lab: Lab) -> None:
    lab.emulator.client("dynamodb").update_table(
        TableName=lab.table_name, ProvisionedThroughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": 500}
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(raise_warm_throughput_by_hand, "warm throughput", id="warm throughput is being raised"),
        pytest.param(delete_an_alarm, "alarm", id="an alarm is missing"),
        pytest.param(change_the_table_of_an_alarm, "alarm", id="an alarm watches another table"),
    ],
)
def test_preflight_when_warm_throughput_or_an_alarm_was_changed_by_hand_refuses(
    lab: Lab, change: Callable[[Lab], None], reason: str
) -> None:
    change(lab)
    with lab.player():
        refused = lab.change_to(TARGET)
    assert_refused(lab, refused.code, refused.output, reason)


def test_preflight_when_the_live_table_differs_from_the_baseline_refuses(lab: Lab) -> None:
    change_reads_by_hand(lab)
    with lab.player():
        refused = lab.change_to(TARGET)
    undo_reads_by_hand(lab)
    assert_refused(lab, refused.code, refused.output, "120")


def test_preflight_when_the_change_set_reverts_drift_refuses(lab: Lab) -> None:
    lab.declare(TARGET)
    with lab.player():
        refused = lab.deploy("--revert-drift")
    assert_refused(lab, refused.code, refused.output, "deploy without --revert-drift")


def test_preflight_when_the_table_throttles_refuses(lab: Lab) -> None:
    with lab.player() as player:
        player.surge(6, keys=["table/write"])
        lab.until(lab.is_in_alarm)
        refused = lab.change_to(TARGET)
    assert_refused(lab, refused.code, refused.output, "throttl")


def test_preflight_when_a_named_alarm_does_not_exist_refuses(lab: Lab) -> None:
    refused = lab.change_to(TARGET, rollout={"bake_minutes": BAKE_MINUTES, "alarms": ["orders-latency"]})
    assert_refused(lab, refused.code, refused.output, "orders-latency")


def test_preflight_when_a_named_alarm_is_on_refuses(lab: Lab) -> None:
    lab.declare(provisioned(), user_alarms={"orders-writes": lab.table_name})
    assert lab.deploy(stack="UserAlarms").code == 0
    with lab.player() as player:
        player.surge(6, keys=["table/write"])
        lab.until(lambda: lab.is_in_alarm("orders-writes"))
        refused = lab.change_to(TARGET, rollout={"bake_minutes": BAKE_MINUTES, "alarms": ["orders-writes"]})
    assert_refused(lab, refused.code, refused.output, "orders-writes")


def test_preflight_when_live_traffic_exceeds_the_recorded_refuses(lab: Lab) -> None:
    with lab.player() as player:
        player.surge(1.5, keys=[f"index/{INDEX}/write"])
        lab.emulator.clock.jump(420)
        lab.emulator.clock.sleep(120)
        refused = lab.change_to(TARGET)
    assert_refused(lab, refused.code, refused.output, INDEX)


def test_preflight_when_the_recorded_rise_does_not_fit_refuses(lab: Lab) -> None:
    now = lab.emulator.clock.now()
    lab.emulator.clock.jump(((BUSY_HOUR - now.hour) % 24) * 3_600 - now.minute * 60)
    with lab.player() as player:
        player.surge(1.15, keys=["table/write"])
        lab.emulator.clock.jump(300)
        lab.emulator.clock.sleep(90)
        refused = lab.change_to(TARGET)
    assert_refused(lab, refused.code, refused.output, "rise")


def test_preflight_when_outside_the_change_window_refuses(lab: Lab) -> None:
    refused = lab.change_to(TARGET, rollout={"bake_minutes": BAKE_MINUTES, "change_window": "Sun 06-10"})
    assert_refused(lab, refused.code, refused.output, "Sun 06-10")


@pytest.mark.parametrize(
    ("flag", "reason"),
    [("--no-rollback", "rollback"), ("--express", "express"), ("--method=direct", "change set")],
)
def test_preflight_when_deployed_without_a_way_back_refuses(lab: Lab, flag: str, reason: str) -> None:
    lab.declare(TARGET)
    refused = lab.deploy(flag)
    assert refused.code != 0, refused.output
    assert reason in refused.output.lower(), refused.output
    lab.assert_has(provisioned())


def test_preflight_when_another_resource_changes_in_the_same_deployment_refuses(lab: Lab) -> None:
    refused = lab.change_to(TARGET, companion=True)
    assert_refused(lab, refused.code, refused.output, "Companion")


def test_preflight_when_the_way_back_does_not_carry_live_traffic_refuses(lab: Lab) -> None:
    with lab.player() as player:
        # More than the seed of 500 that a rollback re-sends. The burst serves it before the rollback.
        player.surge(1.75, keys=["table/write"])
        lab.emulator.clock.jump(300)
        lab.emulator.clock.sleep(90)
        refused = lab.change_to(TARGET)
    assert_refused(lab, refused.code, refused.output, "a rollback would re-send")


def test_preflight_when_the_way_back_has_no_switch_left_refuses(on_demand_lab: Lab) -> None:
    lab = on_demand_lab
    templates = [lab.template_of(capacity) for capacity in (provisioned(), on_demand())]
    for _ in range(4):
        for template in templates:
            lab.update(template)
    lab.declare(on_demand())
    lab.record()
    refused = lab.change_to(provisioned())
    assert refused.code != 0, refused.output
    assert "switch" in refused.output, refused.output
    assert lab.status() == "UPDATE_ROLLBACK_COMPLETE"
    lab.assert_has(on_demand())


def test_preflight_when_decreases_are_used_up_refuses(lab: Lab) -> None:
    database = lab.emulator.client("dynamodb")
    for units in (99, 98, 97, 96):
        database.update_table(
            TableName=lab.table_name,
            ProvisionedThroughput={"ReadCapacityUnits": units, "WriteCapacityUnits": 500},
        )
        lab.emulator.clock.jump(60)
    undo_reads_by_hand(lab)
    lab.emulator.clock.jump(60)
    refused = lab.change_to(provisioned(table=490))
    assert_refused(lab, refused.code, refused.output, "decrease")


def test_preflight_when_the_baseline_has_aged_since_synthesis_refuses(lab: Lab) -> None:
    lab.declare(TARGET)
    assert lab.cdk("synth", "-q").code == 0
    lab.emulator.clock.jump(15 * 86_400)
    refused = lab.cdk_with_last_assembly("deploy", "Guarded", "--exclusively", "--require-approval", "never")
    assert_refused(lab, refused.code, refused.output, "days")
