"""After Bake the guard itself watches: it takes back what throttles later, with its alarms or without, and settles what carries.

The emulator runs EventBridge schedules on the rehearsal clock. It sends no event when an alarm changes its state, so a test that
needs one invokes the deployed function with the event that EventBridge would send.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from capacity_guard.capacity.hold import is_journals
from tests.paths import ROOT

from .lab import Lab, provisioned
from .test_taken_back import LOWERED, TABLE_KEY, armed, hold  # noqa: F401 - fixtures

pytestmark = pytest.mark.e2e

HOUR = 3_600


def rule(lab: Lab) -> dict[str, Any]:
    """The rule that calls the function."""
    (found,) = lab.emulator.client("events").list_rules()["Rules"]
    made: dict[str, Any] = found
    return made


def journal(lab: Lab) -> dict[str, Any]:
    """The journal of the table; empty without one."""
    client = lab.emulator.client("dynamodb")
    (table,) = (name for name in client.list_tables()["TableNames"] if is_journals(name))
    items = client.scan(TableName=table)["Items"]
    if not items:
        return {}
    found: dict[str, Any] = json.loads(items[0]["journal"]["S"])
    return found


def events_of(lab: Lab) -> list[str]:
    return [entry["event"] for entry in journal(lab).get("entries", [])]


def changed(lab: Lab) -> None:
    """Deploy a change, which bakes well and is watched from then on."""
    assert rule(lab)["State"] == "DISABLED"
    deployed = lab.change_to(LOWERED)
    assert deployed.code == 0, deployed.output
    lab.assert_has(LOWERED)
    assert rule(lab)["State"] == "ENABLED"
    lab.until(lambda: journal(lab).get("state") == "watching")


def assert_taken_back(lab: Lab) -> None:
    lab.until(lambda: "restored, verified" in events_of(lab), minutes=60)
    assert hold(lab)["value"] == journal(lab)["fingerprint"]
    assert hold(lab)["description"].startswith("watch: table throttled from")
    assert journal(lab)["state"] == "held"
    assert "watch vetoed" in events_of(lab)
    assert lab.status() == "UPDATE_COMPLETE"
    lab.assert_has(provisioned())


def minutes_to_restored(lab: Lab) -> dict[str, float]:
    """Minutes from the start of the first throttled minute, of the emulator's clock: to the veto, to the end of the update, and
    until table and indexes were shown to be as before."""
    entries = {entry["event"]: entry for entry in journal(lab)["entries"]}
    vetoed, restored = (entries[name] for name in ("watch vetoed", "restored, verified"))
    found = re.search(r"from (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", vetoed["reason"])
    assert found is not None
    first = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    events = lab.emulator.client("cloudformation").describe_stack_events(StackName=lab.stack)["StackEvents"]
    ended = max(
        event["Timestamp"]
        for event in events
        if event["ResourceType"] == "AWS::CloudFormation::Stack"
        and event["ResourceStatus"] == "UPDATE_COMPLETE"
    )
    times = {
        "vetoed": datetime.fromisoformat(vetoed["at"]),
        "updated": ended,
        "restored": datetime.fromisoformat(restored["at"]),
    }
    return {name: (at - first) / timedelta(minutes=1) for name, at in times.items()}


def test_change_that_throttles_an_hour_after_its_bake_is_taken_back_by_the_guard(armed: Lab) -> None:  # noqa: F811
    lab = armed
    with lab.player() as player:
        changed(lab)
        lab.emulator.clock.jump(HOUR)
        lab.until(lambda: not lab.is_in_alarm())
        assert journal(lab)["state"] == "watching"
        player.surge(6, keys=[TABLE_KEY])
        assert_taken_back(lab)
        player.surge(1)
        minutes = minutes_to_restored(lab)
        print(f"minutes to restored: {minutes}")
        assert minutes["vetoed"] <= 8, minutes
        assert minutes["restored"] <= 12, minutes

        hotfix = lab.change_to(LOWERED, companion=True)
        assert hotfix.code == 0, hotfix.output
        lab.assert_has(provisioned())


def test_change_that_throttles_without_an_alarm_is_taken_back_by_the_guard(armed: Lab) -> None:  # noqa: F811
    lab = armed
    with lab.player() as player:
        changed(lab)
        client = lab.emulator.client("cloudwatch")
        client.delete_alarms(AlarmNames=list(lab.alarm_states()))
        assert not lab.alarm_states()
        player.surge(6, keys=[TABLE_KEY])
        assert_taken_back(lab)


def test_change_that_throttles_without_a_schedule_is_taken_back_by_an_alarm(armed: Lab) -> None:  # noqa: F811
    lab = armed
    with lab.player() as player:
        changed(lab)
        lab.emulator.client("events").disable_rule(Name=rule(lab)["Name"])
        player.surge(6, keys=[TABLE_KEY])
        lab.until(lab.is_in_alarm)
        assert hold(lab)["value"] == "none"
        lab.until(lambda: alarm_event(lab) and hold(lab)["value"] != "none")
        lab.emulator.client("events").enable_rule(Name=rule(lab)["Name"])
        assert_taken_back(lab)


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


def test_change_that_carries_its_load_settles_after_its_busiest_hour(armed: Lab) -> None:  # noqa: F811
    lab = armed
    with lab.player():
        changed(lab)
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
    lab.assert_has(LOWERED)
