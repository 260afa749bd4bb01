"""One run: deploys both tables, changes their capacity, makes one throttle, and measures."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_guard.dynamodb.describe_table import LiveTable

from . import record
from .deployment import Deployment, LiveError
from .measurement import (
    SwitchWatcher,
    capacity_of,
    first_alarm_time,
    first_minute_above,
    is_active,
    mode_of,
    scaling_of,
    seconds_between,
)
from .scenario import CREATED, DENSE_THRESHOLD, INDEX, KINDS, ROUNDS, SCALING_MINIMUM, Round, stack_name
from .traffic import Overload, repeated, steady_traffic

_POLL_SECONDS = 5.0
_ACTIVE_TIMEOUT_SECONDS = 1_800
_ALARM_MINUTES = 12
"""How long the run waits for the alarms after the rollback."""
_HISTORY_MINUTES = 6
"""Minutes of traffic before the first recording: a minute is complete after three, and some must be recorded."""
_SHOWN_CHARACTERS = 4_000
"""Characters of the output of a failed command that an error has, from its end."""


class LiveRun:
    """A run on an account that was checked.

    Args:
        deployment: deploys and records the tables.
        record_data: the record; the run fills it.
        say: prints a line.
    """

    def __init__(
        self, deployment: Deployment, record_data: dict[str, Any], say: Callable[[str], None]
    ) -> None:
        self._deployment = deployment
        self._record = record_data
        self._say = say
        self._watchers: dict[str, SwitchWatcher] = {}
        self._dynamodb = deployment.client("dynamodb")

    def run(self) -> None:
        """Run all rounds. The caller cleans up.

        Raises:
            LiveError: a round had an unexpected result.
        """
        self._say("creating both tables, with their guards")
        self._commit(Round("created", dict(CREATED)))
        with ExitStack() as stack:
            for kind in KINDS:
                name = self._deployment.table_name(kind)
                watcher = self._watchers[kind] = SwitchWatcher(self._dynamodb, name)
                stack.enter_context(steady_traffic(self._dynamodb, name))
                stack.enter_context(repeated(watcher.poll, _POLL_SECONDS))
            self._say(f"{_HISTORY_MINUTES} minutes of traffic, to have something to record")
            time.sleep(_HISTORY_MINUTES * 60)
            for change_round in ROUNDS:
                self._deployment.record(list(change_round.changes))
                if change_round.vetoed:
                    self._force_rollback(change_round)
                else:
                    self._commit(change_round)

    def _commit(self, change_round: Round) -> None:
        """Deploy a round that must be committed."""
        code, output, _ = self._deploy(change_round)
        if code != 0:
            raise LiveError(f"{change_round.name}: the deployment failed\n{output[-_SHOWN_CHARACTERS:]}")
        for kind in change_round.changes:
            self._wait_for_mode(kind, change_round.changes[kind])

    def _deploy(self, change_round: Round) -> tuple[int, str, dict[str, Any]]:
        """Deploy a round and record it; return the exit code, the output and the entry of the record."""
        self._deployment.modes |= change_round.changes
        self._deployment.turn = change_round.turn
        self._say(
            f"{change_round.name}: {', '.join(f'{kind} {mode}' for kind, mode in change_round.changes.items())}"
        )
        switches_before = {kind: len(watcher.switches) for kind, watcher in self._watchers.items()}
        started = datetime.now(UTC)
        code, output = self._deployment.deploy(list(change_round.changes))
        entry: dict[str, Any] = {
            "name": change_round.name,
            "started": record.time_text(started),
            "seconds": seconds_between(started, datetime.now(UTC)),
            "exit_code": code,
            "vetoed": False,
            "reason": None,
            "switches": [],
        }
        self._record["rounds"].append(entry)
        for kind, count in switches_before.items():
            self._wait_for_switch(kind)
            entry["switches"] += [
                {
                    "table": kind,
                    "to": switch.to,
                    "started": record.time_text(switch.started),
                    "seconds": switch.seconds,
                }
                for switch in self._watchers[kind].switches[count:]
            ]
        for measured in entry["switches"]:
            self._say(f"  {measured['table']} to {measured['to']}: {measured['seconds']} s")
        return code, output, entry

    def _force_rollback(self, change_round: Round) -> None:
        """Deploy a round, write far more than it carries once the switch ended, and check that it is rolled back."""
        (kind,) = change_round.changes
        name = self._deployment.table_name(kind)
        overload = Overload(self._dynamodb, name)
        before = self._capacity(kind)
        watcher = self._watchers[kind]

        def start_or_stop(to: str) -> None:
            if to == change_round.changes[kind]:
                self._say(f"  {kind} is {to}: writing 20 units a second on {SCALING_MINIMUM} provisioned")
                overload.start()
            else:
                overload.stop()

        watcher.on_switch_ended = start_or_stop
        with overload.running():
            code, output, entry = self._deploy(change_round)
            overload.stop()
        veto_time, reason = self._veto(kind, str(entry["started"]))
        entry["vetoed"], entry["reason"] = reason is not None, reason
        self._deployment.modes[kind] = CREATED[kind]
        after = self._capacity(kind)
        restored = watcher.switches[-1].ended if watcher.switches else None
        self._record["restored"] = {
            "equal": before == after,
            "before": before,
            "after": after,
            "seconds": seconds_between(veto_time, restored) if veto_time and restored else None,
        }
        if overload.started is not None:
            self._record["alarms"] = self._alarms(kind, name, overload)
        if code == 0:
            raise LiveError(f"{change_round.name}: the deployment was committed although the table throttled")
        if reason is None:
            raise LiveError(
                f"{change_round.name}: the deployment failed, but not by a veto\n{output[-_SHOWN_CHARACTERS:]}"
            )
        if before != after:
            raise LiveError(f"{change_round.name}: the table is not as before: {before} became {after}")

    def _veto(self, kind: str, since: str) -> tuple[datetime | None, str | None]:
        """Time and reason of the failure of Bake (CloudFormation API: DescribeStackEvents); ``None`` without one."""
        pages = (
            self._deployment.client("cloudformation")
            .get_paginator("describe_stack_events")
            .paginate(StackName=stack_name(self._deployment.run, kind))
        )
        for page in pages:
            for event in page["StackEvents"]:
                if (
                    event["ResourceType"] == "Custom::CapacityGuardBake"
                    and event["ResourceStatus"] == "CREATE_FAILED"
                    and event["Timestamp"] >= datetime.fromisoformat(since)
                ):
                    return event["Timestamp"], str(event.get("ResourceStatusReason", "")).split("\n", 1)[0]
        return None, None

    def _alarms(self, kind: str, table: str, overload: Overload) -> dict[str, Any]:
        """The part ``alarms`` of the record: seconds from the end of the first minute above the threshold to ALARM."""
        assert overload.started is not None
        cloudwatch = self._deployment.client("cloudwatch")
        index_dimensions = {"TableName": table, "GlobalSecondaryIndexName": INDEX}
        measured = {
            "expression_table": ("WriteThrottleEvents", {"TableName": table}, 0.0),
            "expression_index": ("WriteThrottleEvents", index_dimensions, 0.0),
            "dense": ("ConsumedWriteCapacityUnits", {"TableName": table}, DENSE_THRESHOLD),
            "sparse": ("WriteThrottleEvents", {"TableName": table}, 0.0),
        }
        names = self._alarm_names(kind)
        since = overload.started - timedelta(minutes=1)
        self._say(f"waiting up to {_ALARM_MINUTES} minutes for the alarms that have not told yet")
        end = datetime.now(UTC) + timedelta(minutes=_ALARM_MINUTES)
        times: dict[str, datetime] = {}
        while len(times) < len(measured) and datetime.now(UTC) < end:
            for alarm in measured:
                time_of_alarm = times.get(alarm) or first_alarm_time(cloudwatch, names[alarm], since)
                if time_of_alarm is not None:
                    times[alarm] = time_of_alarm
            time.sleep(20)
        results: dict[str, Any] = {}
        for alarm, (metric, dimensions, threshold) in measured.items():
            minute = first_minute_above(cloudwatch, metric, dimensions, threshold, since, datetime.now(UTC))
            alarm_time = times.get(alarm)
            ended = None if minute is None else minute + timedelta(minutes=1)
            results[alarm] = {
                "minute": record.time_text(minute),
                "alarm": record.time_text(alarm_time),
                "seconds": None
                if alarm_time is None or ended is None
                else seconds_between(ended, alarm_time),
            }
            self._say(f"  {alarm}: ALARM {results[alarm]['seconds']} s after the minute's end")
        return {
            "storm_started": record.time_text(overload.started),
            "storm_ended": record.time_text(overload.stopped),
            "items_written": overload.written,
            "items_refused": overload.refused,
            **results,
        }

    def _alarm_names(self, kind: str) -> dict[str, str]:
        """Names of the four alarms of a stack, by their names in the record."""
        answer = self._deployment.client("cloudformation").describe_stack_resources(
            StackName=stack_name(self._deployment.run, kind)
        )
        names = [
            resource["PhysicalResourceId"]
            for resource in answer["StackResources"]
            if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
        ]
        alarms = self._deployment.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        names_in_record = {}
        for alarm in alarms:
            if alarm.get("Metrics"):
                of_index = "GlobalSecondaryIndexName" in str(alarm["Metrics"])
                name = "expression_index" if of_index else "expression_table"
            else:
                name = "sparse" if alarm["MetricName"] == "WriteThrottleEvents" else "dense"
            names_in_record[name] = str(alarm["AlarmName"])
        return names_in_record

    def _capacity(self, kind: str) -> dict[str, Any]:
        """Capacity of a table and its index, and their scaling."""
        table = self._live_table(kind)
        return {
            **capacity_of(table),
            "scaling": scaling_of(self._deployment.client("application-autoscaling"), table.name),
        }

    def _live_table(self, kind: str) -> LiveTable:
        name = self._deployment.table_name(kind)
        return LiveTable.of(self._dynamodb.describe_table(TableName=name)["Table"])

    def _wait_for_switch(self, kind: str) -> None:
        """Wait until the watcher has measured the end of the last switch."""
        end = time.time() + _ACTIVE_TIMEOUT_SECONDS
        watcher = self._watchers[kind]
        while watcher.is_switching:
            if time.time() > end:
                raise LiveError(f"{kind}: the table is not ACTIVE 30 minutes after the deployment")
            time.sleep(_POLL_SECONDS)

    def _wait_for_mode(self, kind: str, mode: str) -> None:
        """Wait until the table is ACTIVE, and check its mode."""
        end = time.time() + _ACTIVE_TIMEOUT_SECONDS
        while True:
            table = self._live_table(kind)
            if is_active(table):
                break
            if time.time() > end:
                raise LiveError(f"{kind}: the table is not ACTIVE 30 minutes after the deployment")
            time.sleep(_POLL_SECONDS)
        if mode_of(table) != mode:
            raise LiveError(f"{kind}: the deployment was committed, but the table is not {mode}")
