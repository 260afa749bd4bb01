"""After Bake the guard itself watches: it takes back what throttles later, with its alarms or without, and settles what carries.

The emulator runs EventBridge schedules on the rehearsal clock. It sends no event when an alarm changes its state, so a test that
needs one invokes the deployed function with the event that EventBridge would send.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from tests.paths import ROOT

from .lab import Lab
from .watched import LITTLE, SURGE, Watched, events_of, hold, journal, rule

pytestmark = pytest.mark.e2e

HOUR = 3_600
ONLY_V2 = pytest.mark.parametrize("watched_state", ["TableV2"], indirect=True)


@pytest.mark.parametrize(
    "after",
    [timedelta(minutes=1), timedelta(hours=1), timedelta(days=6)],
    ids=["one minute", "one hour", "six days"],
)
def test_change_that_throttles_later_is_taken_back_by_the_guard(watched: Watched, after: timedelta) -> None:
    """The clock jumps over the first three throttled minutes, which the player meters and publishes afterwards."""
    lab = watched.lab
    clock = lab.emulator.clock
    with watched.player() as player:
        player.surge(LITTLE)
        player.surge(SURGE, from_when=clock.now() + after)
        clock.jump((after + timedelta(minutes=3)).total_seconds())
        # The function has 45 seconds of this clock for a look, and its first one reads every minute since the change.
        clock.set_speed(10)
        lab.until(lambda: "watch vetoed" in events_of(lab))
        clock.set_speed(60)
        watched.assert_taken_back()
        minutes = watched.minutes_to_restored()
        print(f"minutes to restored: {minutes}")
        assert minutes["vetoed"] <= 8, minutes
        assert minutes["restored"] <= 12, minutes


def test_change_that_throttles_while_its_alarms_are_deaf_is_taken_back_by_the_guard(watched: Watched) -> None:
    lab = watched.lab
    deafen(lab)
    with watched.player() as player:
        player.surge(SURGE)
        watched.assert_taken_back()
    assert set(lab.alarm_states().values()) <= {"OK", "INSUFFICIENT_DATA"}


def deafen(lab: Lab) -> None:
    """Give each alarm a threshold that no traffic reaches."""
    client = lab.emulator.client("cloudwatch")
    answer = client.describe_alarms()["MetricAlarms"]
    asked = client.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    for alarm in answer:
        given: dict[str, Any] = {name: value for name, value in alarm.items() if name in asked}
        client.put_metric_alarm(**given | {"Threshold": 1e15})


@ONLY_V2
def test_change_that_throttles_without_an_alarm_is_taken_back_by_the_guard(watched: Watched) -> None:
    lab = watched.lab
    client = lab.emulator.client("cloudwatch")
    client.delete_alarms(AlarmNames=list(lab.alarm_states()))
    assert not lab.alarm_states()
    with watched.player() as player:
        player.surge(SURGE)
        watched.assert_taken_back()


@ONLY_V2
def test_change_that_throttles_without_a_schedule_is_taken_back_by_an_alarm(watched: Watched) -> None:
    lab = watched.lab
    events = lab.emulator.client("events")
    with watched.player() as player:
        events.disable_rule(Name=rule(lab)["Name"])
        player.surge(SURGE)
        lab.until(lab.is_in_alarm)
        assert hold(lab)["value"] == "none"
        lab.until(lambda: alarm_event(lab) and hold(lab)["value"] != "none")
        events.enable_rule(Name=rule(lab)["Name"])
        watched.assert_taken_back()


def alarm_event(lab: Lab) -> bool:
    """Invoke the deployed function with the event of an alarm (EventBridge User Guide: eb-service-event; CloudWatch User Guide:
    cloudwatch-and-eventbridge)."""
    names = [name for name in lab.functions() if "CapacityGuardWatch" in name]
    event = {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": {"state": {"value": "ALARM"}},
    }
    answer = lab.emulator.client("lambda").invoke(FunctionName=names[0], Payload=json.dumps(event).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()
    return True


def status(lab: Lab) -> str:
    """What ``capacity-guard status`` prints."""
    environment = lab.emulator.env()
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
    command = [sys.executable, "-m", "capacity_guard", "status", lab.table_name]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return run.stdout + run.stderr


def test_change_that_carries_its_load_settles_after_its_busiest_hour(watched: Watched) -> None:
    lab = watched.lab
    with watched.player():
        before = hold(lab)
        lab.emulator.clock.jump(11 * HOUR)
        lab.until(lambda: "settles not before" in status(lab))
        assert journal(lab)["state"] == "watching"
        # The index is written evenly: its busiest hour of the day is any, and may be the one in which the change was made.
        lab.emulator.clock.jump(15 * HOUR)
        end = lab.emulator.clock.seconds() + HOUR
        while journal(lab)["state"] != "settled":
            assert lab.emulator.clock.seconds() < end, status(lab)
            lab.emulator.clock.sleep(10)
    assert "is settled" in status(lab)
    assert hold(lab) == before
    watched.assert_live(watched.after)
