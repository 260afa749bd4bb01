"""`python -m live` with the emulator instead of AWS: a run that passes, and one that is interrupted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.cloudformation_drift import ROLLBACK_VARIABLE
from capacity_guard.rehearsal.emulator.corrections.cloudformation_requests import PAUSED_VARIABLE
from capacity_guard.rehearsal.emulator.corrections.scheduled_actions import ONE_TIME_VARIABLE
from capacity_guard.rehearsal.player import Player
from live.record import check
from live.scenario import UNITS_MAXIMUM, UNITS_MINIMUM
from live.traffic import BATCH_ITEMS, ITEM_UNITS

from .lab import CLI, REGION, ROOT, START

pytestmark = pytest.mark.e2e

ACCOUNT = "000000000000"


class WrittenUnits:
    """The demand that requests to a table made, units per second: the emulator does not meter requests."""

    def __init__(self, emulator: Emulator, table: str) -> None:
        self._emulator, self._table = emulator, table
        self._client = emulator.client("dynamodb")
        self._items, self._at, self._rate = 0, emulator.clock.seconds(), 0.0

    def __call__(self, dimension: str, minute: datetime) -> float:
        # The player calls this for each dimension; all calls of one minute use the same count.
        now = self._emulator.clock.seconds()
        if now - self._at >= 20:
            try:
                items = self._client.describe_table(TableName=self._table)["Table"]["ItemCount"]
            except self._client.exceptions.ResourceNotFoundException:
                return 0.0  # the run removed the table
            new_items = items - self._items
            # The emulator has no item sizes: many items are those of the overload, a few are small ones of steady traffic.
            self._rate = new_items * (ITEM_UNITS if new_items >= BATCH_ITEMS else 1) / (now - self._at)
            self._items, self._at = items, now
        return self._rate if dimension.endswith("/write") else 0.0


@contextmanager
def metered(emulator: Emulator) -> Iterator[None]:
    """Publish the metrics of everything that is written to any table, as DynamoDB does."""
    players: dict[str, Player] = {}
    end = threading.Event()
    client = emulator.client("dynamodb")

    def work() -> None:
        while not end.wait(0.2):
            for name in client.list_tables()["TableNames"]:
                if name not in players:
                    players[name] = Player.of(emulator, name, WrittenUnits(emulator, name)).start()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
        for player in players.values():
            player.stop()


@pytest.fixture(scope="module")
def bootstrapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    with Emulator(speed=60, start=START, region=REGION) as emulator:
        subprocess.run(
            [str(CLI), "--no-notices", "bootstrap", f"aws://{ACCOUNT}/{REGION}"],
            cwd=folder,
            env=emulator.env(),
            check=True,
            capture_output=True,
            timeout=120,
        )
        emulator.save(folder / "saved")
    return folder / "saved"


@pytest.fixture
def emulator(bootstrapped: Path) -> Iterator[Emulator]:
    with Emulator(speed=60, restore=bootstrapped, region=REGION) as emulator:
        yield emulator


def start(emulator: Emulator, out: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-u", "-m", "live", "--account", ACCOUNT, "--region", REGION),
            *("--yes", "--out", str(out), *options),
        ],
        cwd=ROOT,
        env=emulator.env() | {"CDK_VALIDATION": "false", "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # a shell starts what runs in its background with SIGINT ignored, and every child inherits that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def read(out: Path) -> dict[str, Any]:
    (path,) = out.glob("*.json")
    record: dict[str, Any] = json.loads(path.read_text())
    check(record)
    return record


def assert_empty(emulator: Emulator) -> None:
    assert emulator.client("dynamodb").list_tables()["TableNames"] == []
    stacks = emulator.client("cloudformation").list_stacks()["StackSummaries"]
    left = [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"]
    assert left == ["CDKToolkit"]
    assert emulator.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert emulator.client("lambda").list_functions()["Functions"] == []
    targets = emulator.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="dynamodb"
    )
    assert targets["ScalableTargets"] == []
    parameters = emulator.client("ssm").get_parameters_by_path(Path="/capacity-guard", Recursive=True)
    assert parameters["Parameters"] == []


def test_live_when_run_against_the_emulator_records_switches_veto_and_alarms_and_cleans_up(
    emulator: Emulator, tmp_path: Path
) -> None:
    with metered(emulator):
        process = start(emulator, tmp_path, "--warm")
        output, _ = process.communicate(timeout=600)
    record = read(tmp_path)
    assert process.returncode == 0, output
    assert record["outcome"] == "passed", output
    assert record["system"] == "emulator"
    rounds = {entry["name"]: entry for entry in record["rounds"]}
    committed = [
        (switch["table"], switch["to"])
        for name in ("first switch", "second switch", "third switch")
        for switch in rounds[name]["switches"]
    ]
    assert sorted(committed) == [
        ("Global", "on-demand"),
        ("Global", "provisioned"),
        ("Global", "provisioned"),
        ("Plain", "on-demand"),
        ("Plain", "provisioned"),
    ]
    assert rounds["setting edited"]["exit_code"] == 0
    assert all(switch["seconds"] > 0 for entry in record["rounds"] for switch in entry["switches"])
    for kind in ("Global", "Plain"):
        forced = rounds[f"forced rollback, {kind}"]
        assert forced["switches"] == []
        assert forced["vetoed"]
        assert "veto" in forced["reason"].lower()
        assert forced["exit_code"] != 0
        assert record["restored"][kind]["equal"]
        assert record["restored"][kind]["before"]["table"]["write"] == 6
        assert record["restored"][kind]["seconds"] > 0
    alarms = record["alarms"]
    assert alarms["items_written"] > 0
    assert alarms["throttled_minutes"][0] >= alarms["overload_started"][:16]
    assert 0 < alarms["candidates"]["guard"]["fired"] < 600
    assert 0 < alarms["candidates"]["guard"]["cleared"] < 1_200
    verdicts = {entry["id"]: entry["verdict"] for entry in record["hypotheses"]}
    for id in (
        "change-set-permission",
        "alarm-reading",
        "setting-after-commit",
        "rollback-global-table",
        "rollback-table",
        "switch-duration",
        "warm-raise",
        "scheduled-action",
        "drift-rollback",
        "hold-update",
        "paused-update",
    ):
        assert verdicts[id] == "holds", (id, record["hypotheses"])
    evidence = {entry["id"]: entry["evidence"] for entry in record["hypotheses"]}
    assert "StackDriftStatus DRIFTED" in evidence["drift-rollback"]
    assert len({entry["id"] for entry in record["hypotheses"]}) == len(record["hypotheses"])
    assert all(f"{entry['verdict']:13}  {entry['id']}: " in output for entry in record["hypotheses"])
    assert record["cleaned_up"]
    assert record["left"] == []
    assert_empty(emulator)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_live_when_it_is_ended_by_a_signal_while_it_deploys_removes_everything(
    emulator: Emulator, tmp_path: Path, number: signal.Signals
) -> None:
    process = start(emulator, tmp_path)
    client = emulator.client("cloudformation")
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if any(s["StackName"].startswith("CgLive-") for s in client.list_stacks()["StackSummaries"]):
            break
        time.sleep(0.1)
    process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    record = read(tmp_path)
    assert record["outcome"] == "interrupted"
    assert record["cleaned_up"], output
    assert re.search(r"--cleanup [0-9a-f]{8}", output)
    assert_empty(emulator)


def test_cleanup_alone_when_the_stacks_are_gone_already_removes_what_they_left_and_nothing_else(
    emulator: Emulator,
) -> None:
    run, dynamodb, scaling = (
        "0123abcd",
        emulator.client("dynamodb"),
        emulator.client("application-autoscaling"),
    )
    cloudwatch, logs = emulator.client("cloudwatch"), emulator.client("logs")
    for name in (f"CgLive-{run}-Plain-Live1", "Orders"):
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        )
        scaling.register_scalable_target(
            ServiceNamespace="dynamodb",
            ResourceId=f"table/{name}",
            ScalableDimension="dynamodb:table:WriteCapacityUnits",
            MinCapacity=1,
            MaxCapacity=2,
        )
        for alarm in (f"{name}-alarm", f"TargetTracking-table/{name}-AlarmHigh-1"):
            cloudwatch.put_metric_alarm(
                AlarmName=alarm,
                Namespace="AWS/DynamoDB",
                MetricName="WriteThrottleEvents",
                Dimensions=[{"Name": "TableName", "Value": name}],
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=0,
                ComparisonOperator="GreaterThanThreshold",
            )
        logs.create_log_group(logGroupName=f"/aws/lambda/{name}-Gate")
    result = subprocess.run(
        [sys.executable, "-m", "live", "--account", ACCOUNT, "--region", REGION, "--cleanup", run],
        cwd=ROOT,
        env=emulator.env(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert dynamodb.list_tables()["TableNames"] == ["Orders"]
    targets = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert [target["ResourceId"] for target in targets] == ["table/Orders"]
    alarms = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]]
    assert sorted(alarms) == ["Orders-alarm", "TargetTracking-table/Orders-AlarmHigh-1"]
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    assert groups == ["/aws/lambda/Orders-Gate"]


def printed_by(emulator: Emulator, code: str, *arguments: str) -> Any:
    """The JSON that code prints in a process of its own, which is on the rehearsal clock."""
    result = subprocess.run(
        [sys.executable, "-c", code, REGION, *arguments],
        cwd=ROOT,
        env=emulator.env() | {"PYTHONPATH": f"{emulator.env()['PYTHONPATH']}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


PROBE = """
import json, sys
import boto3
from live.probes import Probes
print(json.dumps(getattr(Probes(boto3.session.Session(region_name=sys.argv[1]), "shop", "orders"), sys.argv[2])()))
"""
"""One check on the stack ``shop``."""


def probe(emulator: Emulator, check_name: str) -> tuple[bool | None, str]:
    """Make the stack of the checks, provisioned with scaled writes, and carry out one of them."""
    units = {"ReadCapacityUnits": UNITS_MINIMUM, "WriteCapacityUnits": UNITS_MINIMUM}
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "orders",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "ProvisionedThroughput": units,
        },
    }
    writes = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "DependsOn": "Orders",
        "Properties": {
            "ServiceNamespace": "dynamodb",
            "ResourceId": "table/orders",
            "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
            "MinCapacity": UNITS_MINIMUM,
            "MaxCapacity": UNITS_MAXIMUM,
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/scaling",
        },
    }
    client = emulator.client("cloudformation")
    template = json.dumps({"Resources": {"Orders": table, "Writes": writes}})
    client.create_stack(StackName="shop", TemplateBody=template)
    while client.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
        emulator.clock.sleep(5)
    holds, evidence = printed_by(emulator, PROBE, check_name)
    return holds, evidence


@pytest.mark.parametrize(
    ("reading", "left"), [("", "the action was still there"), ("removed", "the action was gone")]
)
def test_check_scheduled_action_under_both_readings_holds_and_puts_the_bounds_back(
    reading: str, left: str
) -> None:
    with Emulator(speed=60, start=START, region=REGION, settings={ONE_TIME_VARIABLE: reading}) as emulator:
        holds, evidence = probe(emulator, "scheduled_action")
        scaling = emulator.client("application-autoscaling")
        (target,) = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]

        assert holds is True, evidence
        assert evidence.endswith(left)
        assert (target["MinCapacity"], target["MaxCapacity"]) == (UNITS_MINIMUM, UNITS_MAXIMUM)
        assert scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"] == []


HELD = """
import json, sys
import boto3
from live.held_stack import HeldStack
held = HeldStack(boto3.session.Session(region_name=sys.argv[1]), "0123abcd")
print(json.dumps([held.hold_update(), held.paused_update()]))
"""


@pytest.mark.parametrize(
    ("reading", "paused"),
    [("", True), ("refused", False)],
)
def test_checks_of_a_hold_tell_both_readings_of_a_paused_stack_apart(reading: str, paused: bool) -> None:
    with Emulator(speed=60, start=START, region=REGION, settings={PAUSED_VARIABLE: reading}) as emulator:
        hold_update, paused_update = printed_by(emulator, HELD)
    assert hold_update == [True, "2 read units before, 1 after (UPDATE_COMPLETE); updated: Live"]
    assert paused_update[0] is paused, paused_update


@pytest.mark.parametrize(("reading", "holds", "after"), [("", True, 7), ("template", False, 6)])
def test_check_drift_rollback_tells_both_readings_apart(reading: str, holds: bool, after: int) -> None:
    with Emulator(speed=60, start=START, region=REGION, settings={ROLLBACK_VARIABLE: reading}) as emulator:
        found = probe(emulator, "drift_rollback")

    assert found == (
        holds,
        f"7 live units before, {after} after the rollback (UPDATE_ROLLBACK_COMPLETE), StackDriftStatus DRIFTED",
    )
