"""One run: what is deployed, changed, made to throttle, measured, and removed again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from . import record
from .deploying import Deploying, LiveError
from .scenario import CREATED, DENSE_THRESHOLD, FLOOR, INDEX, KINDS, ROUNDS, Round, stack_name
from .traffic import Storm, repeated, trickling
from .watching import Watcher, alarmed_at, is_active, minute_above, scaling, seconds_between, state

_LOOK_SECONDS = 5.0
_ALARM_MINUTES = 12
"""Minutes after the rollback in which an alarm may still tell of the storm."""
_HISTORY_MINUTES = 6
"""Minutes of traffic before a table is recorded: three until a minute is complete, and some to record."""
_TAIL = 4_000


class Run:
    """A run on an account that was checked.

    Args:
        deploying: its deployments.
        found: the record, filled as the run goes on.
        say: shows a line.
    """

    def __init__(self, deploying: Deploying, found: dict[str, Any], say: Callable[[str], None]) -> None:
        self._do = deploying
        self._record = found
        self._say = say
        self._watchers: dict[str, Watcher] = {}
        self._dynamodb = deploying.client("dynamodb")

    def go(self) -> None:
        """All rounds. Raises LiveError when something is otherwise than it must be; cleaning up is the caller's."""
        self._say("creating both tables, with their guards")
        self._round(Round("created", dict(CREATED)))
        with ExitStack() as stack:
            for kind in KINDS:
                name = self._do.table_name(kind)
                watcher = self._watchers[kind] = Watcher(self._dynamodb, name)
                stack.enter_context(trickling(self._dynamodb, name))
                stack.enter_context(repeated(watcher.look, _LOOK_SECONDS))
            self._say(f"{_HISTORY_MINUTES} minutes of traffic, to have something to record")
            time.sleep(_HISTORY_MINUTES * 60)
            for one in ROUNDS:
                self._do.record(list(one.changes))
                if one.vetoed:
                    self._forced_rollback(one)
                else:
                    self._round(one)

    def _round(self, one: Round) -> None:
        """Deploy a round that must be committed."""
        code, output, _ = self._deploy(one)
        if code != 0:
            raise LiveError(f"{one.name}: the deployment failed\n{output[-_TAIL:]}")
        for kind in one.changes:
            self._await_mode(kind, one.changes[kind])

    def _deploy(self, one: Round) -> tuple[int, str, dict[str, Any]]:
        """Deploy a round and put it on record."""
        self._do.modes |= one.changes
        self._do.turn = one.turn
        self._say(f"{one.name}: {', '.join(f'{kind} {mode}' for kind, mode in one.changes.items())}")
        seen = {kind: len(watcher.switches) for kind, watcher in self._watchers.items()}
        started = datetime.now(UTC)
        code, output = self._do.deploy(list(one.changes))
        entry: dict[str, Any] = {
            "name": one.name,
            "started": record.moment(started),
            "seconds": seconds_between(started, datetime.now(UTC)),
            "exit_code": code,
            "vetoed": False,
            "reason": None,
            "switches": [],
        }
        self._record["rounds"].append(entry)
        for kind, count in seen.items():
            self._await_active(kind)
            entry["switches"] += [
                {"table": kind, "to": s.to, "started": record.moment(s.started), "seconds": s.seconds}
                for s in self._watchers[kind].switches[count:]
            ]
        for switch in entry["switches"]:
            self._say(f"  {switch['table']} to {switch['to']}: {switch['seconds']} s")
        return code, output, entry

    def _forced_rollback(self, one: Round) -> None:
        """Deploy a round, write far more than it carries once it is through, and see that it goes back."""
        (kind,) = one.changes
        name = self._do.table_name(kind)
        storm = Storm(self._dynamodb, name)
        before = self._state(kind)
        watcher = self._watchers[kind]

        def switched(to: str) -> None:
            if to == one.changes[kind]:
                self._say(f"  {kind} is {to}: writing 20 units a second on {FLOOR} provisioned")
                storm.start()
            else:
                storm.stop()

        watcher.on_switched = switched
        with storm.ready():
            code, output, entry = self._deploy(one)
            storm.stop()
        vetoed_at, reason = self._veto(kind, str(entry["started"]))
        entry["vetoed"], entry["reason"] = reason is not None, reason
        self._do.modes[kind] = CREATED[kind]
        after = self._state(kind)
        back = watcher.switches[-1].ended if watcher.switches else None
        self._record["restored"] = {
            "equal": before == after,
            "before": before,
            "after": after,
            "seconds": seconds_between(vetoed_at, back) if vetoed_at and back else None,
        }
        if storm.began is not None:
            self._record["alarms"] = self._alarms(kind, name, storm)
        if code == 0:
            raise LiveError(f"{one.name}: the deployment was committed although the table throttled")
        if reason is None:
            raise LiveError(f"{one.name}: the deployment failed, but not by a veto\n{output[-_TAIL:]}")
        if before != after:
            raise LiveError(f"{one.name}: the table is not as before: {before} became {after}")

    def _veto(self, kind: str, since: str) -> tuple[datetime | None, str | None]:
        """When Bake failed, and why (CloudFormation API: DescribeStackEvents)."""
        pages = (
            self._do.client("cloudformation")
            .get_paginator("describe_stack_events")
            .paginate(StackName=stack_name(self._do.run, kind))
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

    def _alarms(self, kind: str, table: str, storm: Storm) -> dict[str, Any]:
        """Seconds from the end of the first minute that is above an alarm's threshold to ALARM, for each alarm."""
        assert storm.began is not None
        cloudwatch = self._do.client("cloudwatch")
        of_index = {"TableName": table, "GlobalSecondaryIndexName": INDEX}
        watched = {
            "expression_table": ("WriteThrottleEvents", {"TableName": table}, 0.0),
            "expression_index": ("WriteThrottleEvents", of_index, 0.0),
            "dense": ("ConsumedWriteCapacityUnits", {"TableName": table}, DENSE_THRESHOLD),
            "sparse": ("WriteThrottleEvents", {"TableName": table}, 0.0),
        }
        names = self._alarm_names(kind)
        since = storm.began - timedelta(minutes=1)
        self._say(f"waiting up to {_ALARM_MINUTES} minutes for the alarms that have not told yet")
        end = datetime.now(UTC) + timedelta(minutes=_ALARM_MINUTES)
        times: dict[str, datetime] = {}
        while len(times) < len(watched) and datetime.now(UTC) < end:
            for what in watched:
                at = times.get(what) or alarmed_at(cloudwatch, names[what], since)
                if at is not None:
                    times[what] = at
            time.sleep(20)
        found: dict[str, Any] = {}
        for what, (metric, dimensions, threshold) in watched.items():
            minute = minute_above(cloudwatch, metric, dimensions, threshold, since, datetime.now(UTC))
            alarm = times.get(what)
            ended = None if minute is None else minute + timedelta(minutes=1)
            found[what] = {
                "minute": record.moment(minute),
                "alarm": record.moment(alarm),
                "seconds": None if alarm is None or ended is None else seconds_between(ended, alarm),
            }
            self._say(f"  {what}: ALARM {found[what]['seconds']} s after the minute's end")
        return {
            "storm_started": record.moment(storm.began),
            "storm_ended": record.moment(storm.ended),
            "items_written": storm.written,
            "items_refused": storm.refused,
            **found,
        }

    def _alarm_names(self, kind: str) -> dict[str, str]:
        """Names of the four alarms of a stack, by what the record calls them."""
        found = self._do.client("cloudformation").describe_stack_resources(
            StackName=stack_name(self._do.run, kind)
        )
        names = [
            one["PhysicalResourceId"]
            for one in found["StackResources"]
            if one["ResourceType"] == "AWS::CloudWatch::Alarm"
        ]
        alarms = self._do.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        result = {}
        for one in alarms:
            if one.get("Metrics"):
                of_index = "GlobalSecondaryIndexName" in str(one["Metrics"])
                what = "expression_index" if of_index else "expression_table"
            else:
                what = "sparse" if one["MetricName"] == "WriteThrottleEvents" else "dense"
            result[what] = str(one["AlarmName"])
        return result

    def _state(self, kind: str) -> dict[str, Any]:
        """What a table has: capacity of table and index, and their scaling targets."""
        name = self._do.table_name(kind)
        table = self._dynamodb.describe_table(TableName=name)["Table"]
        return {
            **state(table),
            "scaling": scaling(self._do.client("application-autoscaling"), name),
        }

    def _await_active(self, kind: str) -> None:
        """Wait until the watcher has seen the end of the last switch."""
        end = time.time() + 1_800
        watcher = self._watchers[kind]
        while watcher.unsettled:
            if time.time() > end:
                raise LiveError(f"{kind}: the table is not ACTIVE 30 minutes after the deployment")
            time.sleep(_LOOK_SECONDS)

    def _await_mode(self, kind: str, mode: str) -> None:
        name = self._do.table_name(kind)
        end = time.time() + 1_800
        while True:
            table = self._dynamodb.describe_table(TableName=name)["Table"]
            if is_active(table):
                break
            if time.time() > end:
                raise LiveError(f"{kind}: the table is not ACTIVE 30 minutes after the deployment")
            time.sleep(_LOOK_SECONDS)
        if state(table)["mode"] != mode:
            raise LiveError(f"{kind}: the deployment was committed, but the table is not {mode}")
