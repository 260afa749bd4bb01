"""The steps of the demo. Whatever happens to the table happens through the real CDK CLI; the rest is traffic."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player, recent_minutes
from capacity_guard.rehearsal.report.build import START, write_page, write_result
from capacity_guard.rehearsal.report.records import TRAFFIC, Records
from capacity_guard.rehearsal.report.verdict import (
    FLOOR,
    ON_DEMAND,
    REFUSED,
    ROLLED_BACK,
    failures,
    findings,
    rollback,
    stages,
)

from .commands import REGION, ROOT, STACK, Commands, DemoError
from .demand import RecordedDemand
from .recorder import Recorder
from .telling import describe, is_active, mode, tell_event
from .terminal import Terminal

BASELINE = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
INDEX = Dimension("by_agent", "write")
CLOCK_START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
"""A Thursday: the recorded traffic, a fortnight old, is about to climb."""
SURGE_TO = 6_000.0
"""Most writes per second that the index is asked for in the last step: a quarter more than ever recorded, more than the
5,000 it is given then, and less than it serves on demand, so that one sees the rollback help."""
PUBLICATION_DELAY = 61.0
"""Seconds of the rehearsal clock from a minute's end to its metrics: about a minute, as on AWS."""
AFTERWARDS = timedelta(minutes=4)
"""How long traffic goes on after the rollback, so that one sees it served."""


class Demo:
    """One run of the demo.

    Args:
        out: folder of everything it writes; what an earlier run has written there is replaced.
        speed: rehearsal seconds per wall second, 1 to 60.

    Raises:
        InputError: the committed baseline cannot be read.
    """

    def __init__(self, out: Path, speed: float) -> None:
        self._out = out.resolve()
        self._raw = self._out / "raw"
        self._speed = speed
        self._say = Terminal()
        self._demand = RecordedDemand(BASELINE)
        self._told = ""
        self._surge_when: str | None = None

    def run(self) -> list[str]:
        """Play every step; what did not happen as it must, one sentence each.

        Raises:
            DemoError: a step failed so that the next one makes no sense.
            InputError: a raw record that the verdict needs is missing.
        """
        self._clear()
        with ExitStack() as stack:
            # Left in the opposite order: first commands and watchers end, then what they talk to.
            self._emulator = stack.enter_context(Emulator(self._speed, CLOCK_START, region=REGION))
            pool = stack.enter_context(ThreadPoolExecutor(2))
            self._recorder = stack.enter_context(Recorder(self._emulator, self._raw, STACK, ROOT))
            self._do = Commands(self._emulator, self._recorder, self._say, pool, self._out)
            self._say.note(
                f"This is an emulator, not AWS. Its clock runs {self._speed:g} times faster than the wall and says "
                f"{CLOCK_START:%A %d %B %Y, %H:%M} UTC; times on the left are of that clock."
            )
            self._go_live(stack)
            self._refuse()
            self._do_right()
            self._roll_back()
            self._check()
            self._recorder.collect()
        records = Records.load(self._raw)
        problems = failures(records)
        write_result(records, self._out)
        write_page(records, self._out, self._demand.peak(INDEX))
        self._summary(records, problems)
        return problems

    # --- the steps ---

    def _go_live(self, stack: ExitStack) -> None:
        self._say.step(
            "Step 1",
            "The table and its index go live as they were before the incident: provisioned, the index at 3,840 writes a "
            "second, with the guard armed. Recorded traffic runs against them.",
        )
        # Two syntheses need nothing of the emulator: they run beside what does, and are shown where they belong.
        assembly = self._do.start_synth(START)
        self._do.bootstrap(START)
        self._do.passed(assembly)
        self._incident = self._do.start_synth_of_all(REFUSED, "incident")
        self._do.commit(START)
        self._table = self._table_name()
        self._player = Player.of(
            self._emulator,
            self._table,
            self._demand,
            record=self._raw / TRAFFIC,
            poll_seconds=2,
            publication_delay=PUBLICATION_DELAY,
        )
        days = self._demand.period / timedelta(days=1)
        # Read before the player starts: a minute that both publish would count twice.
        history = recent_minutes(self._emulator.clock.now(), days)
        stack.enter_context(self._player)
        self._recorder.watch(
            self._table, self._table_seen, self._event_seen, self._alarm_seen, self._say.settle
        )
        count = self._player.backfill(*history)
        self._say.note(
            f"CloudWatch of the emulator holds the {days:g} days before: {count:,} points, as recorded."
        )

    def _refuse(self) -> None:
        self._say.step(
            "Step 2",
            "The change of the incident, as it was merged: both to on-demand, now, while the traffic climbs. It must be "
            "refused before anything is deployed.",
        )
        ran = self._do.wait(self._incident)
        said = re.search(r"^ *CG\d+ +ERROR.*?(?=^FATAL|\Z)", ran.output, re.MULTILINE | re.DOTALL)
        self._say.quote(said.group(0) if said else ran.output[-3_000:])
        if ran.exit_code == 0 or not findings(ran.output):
            raise DemoError(f"the change was not refused with findings; the output is in {self._raw}")

    def _do_right(self) -> None:
        self._say.step(
            "Step 3",
            "The change done right. First a floor of 4,800 writes a second for the index, which carries the peak while the "
            "mode switches, and the seeds that a way back needs.",
        )
        self._do.synth(FLOOR, "fixed", self._do.record(FLOOR, self._table))
        self._do.commit(FLOOR)
        self._committed(FLOOR)
        self._say.step(
            "Step 3",
            "Now the switch: checked live, warm throughput of the index raised to 6,240 writes a second and awaited, then "
            "both to on-demand, then watched for ten minutes.",
        )
        self._do.synth(ON_DEMAND, "switch", self._do.record(ON_DEMAND, self._table))
        self._do.commit(ON_DEMAND)
        self._committed(ON_DEMAND)

    def _roll_back(self) -> None:
        self._say.step(
            "Step 4",
            "A change that passes every check, and every rule but CG14 (1.3 times the traffic), which somebody accepted: back "
            "to provisioned, the index at 5,000 writes a second, more than it ever carried. "
            f"Once it is done, more traffic comes than ever: {SURGE_TO:,.0f} a second.",
        )
        self._do.synth(ROLLED_BACK, "provisioned", self._do.record(ROLLED_BACK, self._table))
        self._surge_when = "PROVISIONED"
        ran = self._do.deploy(ROLLED_BACK)
        self._check()
        if ran.exit_code == 0:
            raise DemoError(f"the deployment was not rolled back; its output is in {self._raw}")
        reasons = [
            event["ResourceStatusReason"]
            for event in self._recorder.stack_events()
            if event["ResourceStatus"] == "CREATE_FAILED"
        ]
        self._say.note("CloudFormation's reason, whole:")
        self._say.quote(reasons[0] if reasons else ran.output[-3_000:])
        self._emulator.clock.sleep(AFTERWARDS.total_seconds())

    def _committed(self, step: str) -> None:
        self._check()
        self._recorder.collect()
        passed = ", ".join(f"{s.name} {s.seconds:,.0f}\u00a0s" for s in stages(Records.load(self._raw), step))
        self._say.note(f"Committed. On the rehearsal clock: {passed}.")

    def _check(self) -> None:
        """Raise what a thread has met, if one failed; then what happened until now is told."""
        self._player.check()
        self._recorder.check()
        self._recorder.catch_up()

    def _summary(self, records: Records, problems: list[str]) -> None:
        seconds = rollback(records).seconds
        rules = dict.fromkeys(line.split(" ", 1)[0] for line in findings(records.command(REFUSED).output))
        self._say.step("Summary", "Emulator, not AWS; seconds are those of the rehearsal clock.")
        self._say.note(f"refused      at synth: {', '.join(rules)}")
        self._say.note("committed    floor and way back first, then warm throughput, then the mode")
        self._say.note(
            f"rolled back  change \u2192 {seconds.change_to_alarm:,.0f} s \u2192 alarm \u2192 {seconds.alarm_to_rollback:,.0f} s "
            f"\u2192 rollback \u2192 {seconds.rollback_to_restored:,.0f} s \u2192 table and index as before: "
            f"{seconds.change_to_restored:,.0f} s"
        )
        out = self._out.relative_to(ROOT) if self._out.is_relative_to(ROOT) else self._out
        self._say.note(f"look at      {out / 'index.html'}, {out / 'result.json'}, {out / 'raw'}")
        for problem in problems:
            self._say.note(f"NOT AS EXPECTED: {problem}")

    # --- what is seen meanwhile ---

    def _table_seen(self, at: datetime, table: dict[str, Any]) -> None:
        text = describe(table)
        if text != self._told:
            self._told = text
            self._say.event(at, text)
        if self._surge_when == mode(table) and is_active(table):
            self._surge_when = None
            soon = [at + timedelta(minutes=minute) for minute in range(12)]
            factor = SURGE_TO / max(self._demand(INDEX.key, minute) for minute in soon)
            self._player.surge(factor, keys=[INDEX.key, Dimension(None, INDEX.access).key])
            self._say.event(
                at, f"traffic surges {factor:.1f}-fold, to at most {SURGE_TO:,.0f} writes a second"
            )

    def _event_seen(self, event: dict[str, Any]) -> None:
        said = tell_event(event)
        if said is not None:
            self._say.event(event["Timestamp"], said)

    def _alarm_seen(self, change: dict[str, Any]) -> None:
        self._say.event(change["Timestamp"], f"{change['HistorySummary']}: {change['AlarmName']}")

    # --- the rest ---

    def _table_name(self) -> str:
        answer = self._emulator.client("cloudformation").describe_stack_resources(StackName=STACK)
        return next(
            str(resource["PhysicalResourceId"])
            for resource in answer["StackResources"]
            if resource["ResourceType"] == "AWS::DynamoDB::GlobalTable"
        )

    def _clear(self) -> None:
        """Remove what an earlier run has written, and nothing else that may be in the folder."""
        for path in (*self._out.glob("cdk-*"), self._raw, self._out / "baselines"):
            shutil.rmtree(path, ignore_errors=True)
        for name in ("index.html", "result.json", "rollback.svg"):
            (self._out / name).unlink(missing_ok=True)
        self._raw.mkdir(parents=True)
        (self._out / "baselines").mkdir()
