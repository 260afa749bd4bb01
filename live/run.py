"""One run: deploys both tables, changes their capacity, makes both throttle, measures, and gives its verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from capacity_guard.capacity import OnDemand
from capacity_guard.capacity.dimension import TABLE
from capacity_guard.capacity.limits import SWITCH_SECONDS_LONGEST
from capacity_guard.dynamodb.describe_table import LiveTable

from . import record
from .alarm_watch import AlarmWatch, guard_holds
from .cleanup import stack_status
from .deployment import Deployment, LiveError
from .held_stack import HeldStack
from .hypotheses import Verdicts
from .measurement import (
    SwitchWatcher,
    capacity_of,
    is_active,
    is_restored,
    mode_of,
    scaling_of,
    seconds_between,
)
from .probes import Probes
from .scenario import (
    CREATED,
    GLOBAL,
    KINDS,
    LOW_MAXIMUM,
    LOW_MINIMUM,
    ON_DEMAND,
    PLAIN,
    ROUNDS,
    Round,
    capacity,
    stack_name,
)
from .traffic import Overload, repeated, steady_traffic

_POLL_SECONDS = 5.0
_ACTIVE_TIMEOUT_SECONDS = 1_800
_HISTORY_MINUTES = 6
"""Minutes of traffic before the first recording: a minute is complete after three, and some must be recorded."""
_SHOWN_CHARACTERS = 4_000
"""Characters of the output of a failed command that an error has, from its end."""


class LiveRun:
    """A run on an account that was checked.

    Args:
        deployment: deploys and records the tables.
        record_data: the record; the run fills it.
        verdicts: the verdicts on the hypotheses; the run gives them.
        say: prints a line.
    """

    def __init__(
        self,
        deployment: Deployment,
        record_data: dict[str, Any],
        verdicts: Verdicts,
        say: Callable[[str], None],
    ) -> None:
        self._deployment = deployment
        self._record = record_data
        self._verdicts = verdicts
        self._overloads: dict[str, Overload] = {}
        self._say = say
        self._watchers: dict[str, SwitchWatcher] = {}
        self._dynamodb = deployment.client("dynamodb")

    def run(self) -> None:
        """Run all rounds. The caller cleans up.

        Raises:
            LiveError: a round had an unexpected result.
        """
        if not self._deployment.warm:
            self._give("warm-raise", None, "without --warm")
        self._say("creating both tables, with their guards")
        self._commit(Round("created", dict(CREATED)))
        with ExitStack() as stack:
            for kind in KINDS:
                name = self._deployment.table_name(kind)
                watcher = self._watchers[kind] = SwitchWatcher(self._dynamodb, name)
                stack.enter_context(steady_traffic(self._dynamodb, name))
                stack.enter_context(repeated(watcher.poll, _POLL_SECONDS))
            alarms = AlarmWatch(
                self._deployment,
                stack_name(self._deployment.run, GLOBAL),
                self._deployment.table_name(GLOBAL),
            )
            alarms.make()
            probes = Probes(
                self._deployment, stack_name(self._deployment.run, PLAIN), self._deployment.table_name(PLAIN)
            )
            self._say(f"{_HISTORY_MINUTES} minutes of traffic, to have something to record")
            history_ends = time.time() + _HISTORY_MINUTES * 60
            self._give("scheduled-action", *probes.scheduled_action())
            time.sleep(max(0.0, history_ends - time.time()))
            for change_round in ROUNDS:
                self._do(change_round)
            self._give("change-set-id", *probes.change_set_id())
            self._give("drift-rollback", *probes.drift_rollback())
            self._give("busy-table", *probes.busy_table())
            held = HeldStack(self._deployment, self._deployment.run)
            self._give("hold-update", *held.hold_update())
            self._give("paused-update", *held.paused_update())
            self._say("waiting until the alarms that can clear have had the time")
            self._record["alarms"] = found = alarms.observe(self._overloads[GLOBAL], time.sleep)
            self._give("alarm-reading", guard_holds(found), "; ".join(found["readings"]))

    def _give(self, id: str, holds: bool | None, evidence: str) -> None:
        self._verdicts.give(id, holds, evidence)

    def _do(self, change_round: Round) -> None:
        """Carry out one round, and give the verdicts that its result decides."""
        if change_round.vetoed:
            self._deployment.record(list(change_round.changes))
            self._force_rollback(change_round)
            return
        if change_round.edited:
            self._deployment.extra_bake = 1
            try:
                self._commit(change_round)
            except LiveError as error:
                self._give("setting-after-commit", False, _first_line(error))
                raise
            finally:
                self._deployment.extra_bake = 0
            self._give("setting-after-commit", True, "deployed with the baseline of before the commit")
            return
        self._deployment.record(list(change_round.changes))
        try:
            self._commit(change_round)
        except LiveError as error:
            if self._raises_warm(change_round) and "warm throughput" in str(error):
                line = next(line for line in str(error).split("\n") if "warm throughput" in line)
                self._give("warm-raise", False, line.strip())
            denied = "DescribeChangeSet" in str(error)
            self._give("change-set-permission", False if denied else None, _first_line(error))
            raise
        self._give("change-set-permission", True, f"{change_round.name}: Preflight read its change set")
        durations = [switch["seconds"] for entry in self._record["rounds"] for switch in entry["switches"]]
        if durations:
            longest = max(seconds for seconds in durations if seconds is not None)
            self._give("switch-duration", longest <= SWITCH_SECONDS_LONGEST.value, f"longest: {longest} s")
        if self._raises_warm(change_round):
            self._give("warm-raise", *self._warm_raise(change_round))

    def _raises_warm(self, change_round: Round) -> bool:
        """Whether Preflight raises warm throughput in a round."""
        return self._deployment.warm and change_round.changes.get(GLOBAL) == ON_DEMAND

    def _warm_raise(self, change_round: Round) -> tuple[bool, str]:
        """Whether the live table and its index have the warm throughput that the round declared."""
        declared = capacity(ON_DEMAND, change_round.turn, warm=True).table
        assert isinstance(declared, OnDemand)
        assert declared.warm is not None
        target = declared.warm.write or 0
        table = self._dynamodb.describe_table(TableName=self._deployment.table_name(GLOBAL))["Table"]
        live = [
            int(resource.get("WarmThroughput", {}).get("WriteUnitsPerSecond", 0))
            for resource in (table, *table.get("GlobalSecondaryIndexes", ()))
        ]
        shown = f"{target} writes a second declared, {' and '.join(map(str, live))} live (table and index)"
        return min(live) >= target, shown

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
        """Deploy a round, write far more than it carries once its units are live, and check that it is rolled back."""
        (kind,) = change_round.changes
        overload = self._overloads[kind] = Overload(self._dynamodb, self._deployment.table_name(kind))
        before = self._capacity(kind)
        restored: list[datetime] = []

        def follow(table: LiveTable, at: datetime) -> None:
            # Auto scaling may raise the low units, at most to LOW_MAXIMUM: that is not the rollback.
            low = table.resources[TABLE].units["write"] <= LOW_MAXIMUM
            if low and is_active(table) and overload.started is None:
                self._say(f"  {kind}: writing 20 units a second on {LOW_MINIMUM} provisioned")
                overload.start()
            elif not low and overload.started is not None:
                overload.stop()
                if is_active(table) and not restored:
                    restored.append(at)

        self._watchers[kind].on_table = follow
        with overload.running():
            code, output, entry = self._deploy(change_round)
            overload.stop()
        veto_time, reason = self._veto(kind, str(entry["started"]))
        entry["vetoed"], entry["reason"] = reason is not None, reason
        after = self._capacity(kind)
        self._record["restored"][kind] = {
            "equal": is_restored(before, after),
            "before": before,
            "after": after,
            "seconds": seconds_between(veto_time, restored[0]) if veto_time and restored else None,
        }
        status = stack_status(
            self._deployment.client("cloudformation"), stack_name(self._deployment.run, kind)
        )
        id = "rollback-global-table" if kind == GLOBAL else "rollback-table"
        if code == 0:
            self._give(id, None, "the deployment was committed: nothing was vetoed")
            raise LiveError(f"{change_round.name}: the deployment was committed although the table throttled")
        if reason is None:
            self._give(id, None, "the deployment failed, but not by a veto")
            raise LiveError(
                f"{change_round.name}: the deployment failed, but not by a veto\n{output[-_SHOWN_CHARACTERS:]}"
            )
        as_before = is_restored(before, after) and status == "UPDATE_ROLLBACK_COMPLETE"
        self._give(
            id, as_before, f"{status}; capacity as before: {'yes' if is_restored(before, after) else 'no'}"
        )
        if not as_before:
            raise LiveError(f"{change_round.name}: {status}; {before} became {after}")

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


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
