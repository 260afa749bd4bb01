"""While the table throttles, the guard lets a relief, a hotfix and the deletion of the table pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.capacity import Provisioned, Units

from .lab import BAKE_MINUTES, INDEX, STACK, Lab, on_demand, provisioned

pytestmark = pytest.mark.e2e

INDEX_KEY = f"index/{INDEX}/write"
REASON = "orders are lost, incident 4711"


@contextmanager
def throttling(lab: Lab, factor: float = 6) -> Iterator[None]:
    """The demand on the index exceeds what it serves, and its alarm is in ALARM."""
    with lab.player() as player:
        player.surge(factor, keys=[INDEX_KEY])
        lab.until(lab.is_in_alarm)
        yield


def assert_change_passed(lab: Lab) -> None:
    """Both gates passed, and CloudFormation sent to Bake what Preflight saw."""
    assert len(lab.gates()) == 2
    assert lab.properties_of("Bake")["Judged"] == "change"
    assert json.loads(lab.properties_of("Bake")["Loud"])["resources"] == []
    assert lab.log_lines('"judged": "change"')


def assert_relief_passed(lab: Lab) -> None:
    """Preflight passed; no Bake can undo the cure."""
    (gate,) = lab.gates()
    assert gate.startswith("OrdersPreflight")
    assert lab.log_lines('"judged": "relief"')


def test_raise_and_revert_when_the_table_throttles_go_through_with_any_baseline(lab: Lab) -> None:
    with lab.player() as player:
        lowered = provisioned(table=490, index=390)
        assert lab.change_to(lowered).code == 0
        assert_change_passed(lab)
        player.surge(6, keys=[INDEX_KEY])
        lab.until(lab.is_in_alarm)

        # The baseline is older than the last change: it has 500 and 400 units.
        raised = lab.change_to(provisioned(index=900))
        assert raised.code == 0, raised.output
        assert_relief_passed(lab)
        lab.assert_has(provisioned(index=900))
        assert lab.is_in_alarm(), "still too little"

        reverted = lab.change_to(provisioned())
        assert reverted.code == 0, reverted.output
        assert lab.gates() == [], "a return to what the baseline knows is no transition"
        lab.assert_has(provisioned())
        assert lab.is_in_alarm()

        lab.record()
        raised = lab.change_to(provisioned(index=2_000))
        assert raised.code == 0, raised.output
        assert_relief_passed(lab)
    lab.assert_has(provisioned(index=2_000))


def test_maximum_and_break_glass_when_the_table_throttles_go_through(on_demand_lab: Lab) -> None:
    lab = on_demand_lab
    limited = on_demand(maximum=Units(write=250))
    lab.update(lab.template_of(limited))
    lab.declare(limited)
    lab.record()
    with throttling(lab):
        raised = lab.change_to(on_demand(maximum=Units(write=900)))
        assert raised.code == 0, raised.output
        assert_relief_passed(lab)
        lab.assert_has(on_demand(maximum=Units(write=900)))
        assert lab.is_in_alarm(), "still too little"

        # No relief, with a baseline that is older than the last change, while the alarm is in ALARM.
        lab.declare(provisioned(index=2_000), rollout={"bake_minutes": 1})
        refused = lab.deploy()
        assert refused.code != 0
        assert "ERROR" in refused.output
        broken = lab.deploy("-c", f"capacity-guard:break-glass={REASON}")
        assert broken.code == 0, broken.output
        assert f"break-glass: {REASON}" in broken.output
        assert lab.gates() == [], "gates need Lambda, and its lack may be the emergency"
        template = lab.emulator.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
        assert REASON in str(template), "a review finds the reason"
    lab.assert_has(provisioned(index=2_000))


def test_hotfix_when_baseline_and_acknowledgment_cannot_be_used_goes_through(lab: Lab) -> None:
    expired = {"rule": "CG2", "reason": "holidays", "until": f"{lab.emulator.clock.now():%Y-%m-%d}"}
    lab.emulator.clock.jump(15 * 86_400)
    with throttling(lab):
        stale = lab.change_to(provisioned(), companion=True, acknowledgments=[expired])
        assert stale.code == 0, stale.output
        assert "CG2  WARN" in stale.output
        assert f"expired {expired['until']}" in stale.output
        assert lab.gates() == []

        Path(lab.spec["baseline"]).write_text("<<<<<<< HEAD")
        unreadable = lab.change_to(provisioned(), companion=False)
        assert unreadable.code == 0, unreadable.output
        assert "CG2  WARN" in unreadable.output
        (gate,) = lab.gates()
        assert gate.startswith("OrdersPreflight")
        assert lab.properties_of("Preflight")["Gate"] == "unread"
        assert lab.log_lines("the baseline cannot be used")

        changed = lab.change_to(provisioned(index=2_000))
        assert changed.code != 0
        assert "the baseline cannot be used and the capacity may change" in " ".join(changed.output.split())
        assert lab.status() == "UPDATE_ROLLBACK_COMPLETE"
        assert lab.gates() == [gate]
    lab.assert_has(provisioned())


def test_change_when_the_noise_is_that_of_every_day_commits(lab: Lab) -> None:
    noisy = provisioned(index=198)
    lab.update(lab.template_of(noisy))
    lab.publish_throttle_events(INDEX_KEY, 130)
    noise = {"rule": "CG16", "reason": "two writes a second are tried again", "until": None}
    with lab.player() as player:
        player.surge(6, keys=[INDEX_KEY])  # until the burst is used up
        lab.until(lab.is_in_alarm)
        player.surge(1, keys=[INDEX_KEY])
        lab.emulator.clock.jump(900)  # so that the baseline has that peak
        lab.declare(noisy, acknowledgments=[noise])
        assert lab.record().deployed is not None
        armed = lab.deploy()
        assert armed.code == 0, armed.output
        assert lab.gates() == []
        lab.until(lambda: not lab.is_in_alarm())
        assert isinstance(noisy.table, Provisioned)
        # Of the writes CG14 refuses less, since the recording has throttled ones.
        lowered = replace(noisy, table=replace(noisy.table, read=99))
        changed = lab.change_to(lowered)
        assert changed.code == 0, changed.output
        assert_change_passed(lab)
        points = lab.emulator.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/DynamoDB",
            MetricName="WriteThrottleEvents",
            Dimensions=[
                {"Name": "TableName", "Value": lab.table_name},
                {"Name": "GlobalSecondaryIndexName", "Value": INDEX},
            ],
            StartTime=lab.emulator.clock.seconds() - BAKE_MINUTES * 60,
            EndTime=lab.emulator.clock.seconds(),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        assert sum(point["Sum"] > 0 for point in points) >= 3, "it throttled all the while"
    lab.assert_has(lowered)


def test_delete_when_an_alarm_is_on_goes_through(lab: Lab) -> None:
    with throttling(lab):
        pass
    ended = lab.cdk("destroy", STACK, "--exclusively", "--force")
    assert ended.code == 0, ended.output
    assert lab.emulator.client("dynamodb").list_tables()["TableNames"] == []
    targets = lab.emulator.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="dynamodb"
    )
    assert targets["ScalableTargets"] == []
