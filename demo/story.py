"""The steps of the demo. Only the CDK CLI changes the table; the player adds the traffic."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.capacity.capacity import BillingMode
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.evidence.files import exclusive
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.player import Player, recent_minutes
from capacity_guard.rehearsal.recorded_demand import RecordedDemand
from capacity_guard.rehearsal.recorder import Recorder
from capacity_guard.rehearsal.report.build import START, write_page, write_result
from capacity_guard.rehearsal.report.page_parts import without_trace
from capacity_guard.rehearsal.report.records import TRAFFIC, Records
from capacity_guard.rehearsal.report.taken_back import ARMED, RESTORED, WATCHED, taken_back
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
from .progress_text import event_text, is_active, journal_text, table_text
from .terminal import Terminal

BASELINE = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
INDEX = Dimension("by_agent", "write")
CLOCK_START = datetime(2026, 7, 9, 16, 0, tzinfo=UTC)
"""A Thursday, 14 days after the recorded one, in a busy hour. Preflight refuses the switch in the minutes before it, while the
traffic climbs."""
SURGE_TO = 6_000.0
"""Peak demand on the index in the last step, writes per second: 1.25 times the recorded peak, more than the 5,000 that
are provisioned then, and less than the index serves on demand, so that the rollback ends the throttling."""
TRAFFIC_AFTER_ROLLBACK = timedelta(minutes=4)
"""How long the traffic goes on after a rollback, so that the page shows that it is served."""
QUIET_HOUR = datetime(2026, 7, 14, 6, 0, tzinfo=UTC)
"""A Tuesday morning, in the change window of the change "quiet". The recorded peak was on a Tuesday evening."""
GROWTH = 1.25
"""Traffic after that deployment, times the recorded: less than the 1.3 times of CG14, and the index serves it on demand."""
PEAK = datetime(2026, 7, 14, 21, 7, tzinfo=UTC)
"""The same evening, minutes before the traffic has used up the burst of the 4,000 that are provisioned then."""
LONGEST_WATCH = timedelta(minutes=40)
"""From PEAK until the watch must have restored the table."""


class Demo:
    """One run of the demo.

    Args:
        out: folder of the results; the results of an earlier run are replaced.
        speed: rehearsal seconds per wall second, 1 to 60.

    Raises:
        InputError: the committed baseline cannot be read.
    """

    def __init__(self, out: Path, speed: float) -> None:
        self._out = out.resolve()
        self._raw = self._out / "raw"
        self._speed = speed
        self._terminal = Terminal()
        self._demand = RecordedDemand(BASELINE)
        self._last_table_text = ""
        self._surge_in: BillingMode | None = None

    def run(self) -> list[str]:
        """Run every step; return one sentence for each result that differs from the expected one.

        Raises:
            DemoError: a step failed, and the next one depends on it.
            InputError: another demo uses the folder, or the verdict needs a raw record that is missing.
        """
        self._out.mkdir(parents=True, exist_ok=True)
        with exclusive(self._out, "--out"):
            return self._run()

    def _run(self) -> list[str]:
        self._clear()
        with ExitStack() as stack:
            # They end in the opposite order: first the recorder's commands and threads, then the emulator that they use.
            self._emulator = stack.enter_context(Emulator(self._speed, CLOCK_START, region=REGION))
            pool = stack.enter_context(ThreadPoolExecutor(2))
            self._recorder = stack.enter_context(Recorder(self._emulator, self._raw, STACK, ROOT))
            self._commands = Commands(self._emulator, self._recorder, self._terminal, pool, self._out)
            self._terminal.note(
                f"This is an emulator, not AWS. Its clock runs {self._speed:g} times faster than the wall and says "
                f"{CLOCK_START:%A %d %B %Y, %H:%M} UTC; times on the left are of that clock."
            )
            self._deploy_first(stack)
            self._refuse()
            self._commit_change()
            self._roll_back()
            self._take_back(stack)
            self._check()
            self._recorder.collect()
        records = Records.load(self._raw)
        problems = failures(records)
        write_result(records, self._out)
        write_page(records, self._out, self._demand.peak(INDEX))
        self._summary(records, problems)
        return problems

    # --- the steps ---

    def _deploy_first(self, stack: ExitStack) -> None:
        self._terminal.step(
            "Before",
            "The table and its index go live as they were before the incident: provisioned, the index at 3,840 writes a "
            "second, with the guard armed. Recorded traffic runs against them.",
        )
        # Two syntheses do not use the emulator: they run in the background and are shown in the step that they belong to.
        synthesis = self._commands.start_synth(START)
        self._commands.bootstrap(START)
        self._commands.wait_for_success(synthesis)
        self._incident_synthesis = self._commands.start_synth_of_all(REFUSED, "incident")
        self._commands.commit(START)
        self._table = self._table_name()
        self._player = self._new_player()
        days = self._demand.period / timedelta(days=1)
        # Calculated before the player starts: a minute that both publish would count twice.
        history = recent_minutes(self._emulator.clock.now(), days)
        stack.enter_context(self._player)
        self._recorder.watch(
            self._table,
            on_table=self._on_table,
            on_event=self._on_event,
            on_alarm=self._on_alarm,
            on_polled=self._terminal.show_due_events,
        )
        count = self._player.backfill(*history)
        self._terminal.note(
            f"CloudWatch of the emulator holds the {days:g} days before: {count:,} points, as recorded."
        )

    def _refuse(self) -> None:
        self._terminal.step(
            "Step 1",
            "The change of the incident, as it was merged: both to on-demand, now, in a busy hour. It must be "
            "refused before anything is deployed.",
        )
        result = self._commands.wait(self._incident_synthesis)
        errors = re.search(r"^ *CG\d+ +ERROR.*?(?=^FATAL|\Z)", result.output, re.MULTILINE | re.DOTALL)
        self._terminal.quote(errors.group(0) if errors else result.output[-3_000:])
        if result.exit_code == 0 or not findings(result.output):
            raise DemoError(f"the change was not refused with findings; the output is in {self._raw}")

    def _commit_change(self) -> None:
        self._terminal.step(
            "Step 2",
            "The change done right. First a floor of 4,800 writes a second for the index, which carries the peak while the "
            "mode switches, and the seeds that a way back needs.",
        )
        self._commands.synth(FLOOR, "fixed", self._commands.record(FLOOR, self._table))
        self._commands.commit(FLOOR)
        self._show_stages(FLOOR)
        self._terminal.step(
            "then",
            "Now the switch: checked live, warm throughput of the index raised to 6,240 writes a second and awaited, then "
            "both to on-demand, then watched for ten minutes.",
        )
        self._commands.synth(ON_DEMAND, "switch", self._commands.record(ON_DEMAND, self._table))
        self._commands.commit(ON_DEMAND)
        self._show_stages(ON_DEMAND)

    def _roll_back(self) -> None:
        self._terminal.step(
            "Step 3",
            "A change that passes every check, and every rule but CG14 (1.3 times the traffic), which somebody accepted: back "
            "to provisioned, the index at 5,000 writes a second, more than it ever carried. "
            f"Once it is done, more traffic comes than ever: {SURGE_TO:,.0f} a second.",
        )
        self._commands.synth(ROLLED_BACK, "provisioned", self._commands.record(ROLLED_BACK, self._table))
        self._surge_in = BillingMode.PROVISIONED
        result = self._commands.deploy(ROLLED_BACK)
        self._check()
        if result.exit_code == 0:
            raise DemoError(f"the deployment was not rolled back; its output is in {self._raw}")
        reasons = [
            without_trace(event["ResourceStatusReason"])
            for event in self._recorder.stack_events()
            if event["ResourceStatus"] == "CREATE_FAILED"
        ]
        self._terminal.note("CloudFormation's reason:")
        self._terminal.quote(reasons[0] if reasons else result.output[-3_000:])
        self._emulator.clock.sleep(TRAFFIC_AFTER_ROLLBACK.total_seconds())

    def _take_back(self, stack: ExitStack) -> None:
        self._terminal.step(
            "Step 4",
            "The same in a quiet hour, with 4,000 writes a second for the index: its burst carries the recorded peak. Before it, "
            "a deployment that lets the guard watch the table.",
        )
        self._skip_quietly(QUIET_HOUR, stack)
        baseline = self._commands.record(WATCHED, self._table)
        armed = self._commands.start_synth(ARMED, "switch", baseline, watched=True)
        change = self._commands.start_synth(WATCHED, "quiet", baseline, watched=True)
        self._commands.wait_for_success(armed)
        self._commands.commit(ARMED)
        self._commands.wait_for_success(change)
        self._commands.commit(WATCHED)
        self._show_stages(WATCHED)
        clock = self._emulator.clock
        self._terminal.step(
            "then",
            f"Nobody looks any more. The clock jumps to {PEAK:%H:%M} UTC, into the next recorded peak, with a quarter more "
            "traffic than recorded. From here on only the function of the watch acts.",
        )
        self._player.surge(GROWTH)
        clock.jump((PEAK - clock.now()).total_seconds())
        self._await_watch(PEAK + LONGEST_WATCH)
        clock.sleep(TRAFFIC_AFTER_ROLLBACK.total_seconds())

    def _skip_quietly(self, until: datetime, stack: ExitStack) -> None:
        """Jump over days with recorded traffic, which the player need not meter: on-demand capacity has served it before."""
        clock = self._emulator.clock
        self._player.stop()
        stopped = clock.now()
        clock.jump((until - stopped).total_seconds())
        self._player = self._new_player()
        # A minute that both publish would count twice.
        skipped = recent_minutes(clock.now(), (clock.now() - stopped) / timedelta(days=1))
        stack.enter_context(self._player)
        count = self._player.backfill(*skipped)
        self._terminal.note(
            f"The clock jumps to {until:%A, %H:%M} UTC, over days with traffic as recorded: {count:,} points."
        )

    def _await_watch(self, end: datetime) -> None:
        """Wait until the watch has shown that table and index are as before, and show what its journal says meanwhile."""
        clock, shown = self._emulator.clock, 0
        while True:
            journal = self._recorder.journal()
            for entry in journal[shown:]:
                at = datetime.fromisoformat(entry["at"])
                if at >= PEAK:
                    self._terminal.event(at, journal_text(entry))
            shown = len(journal)
            self._check()
            if journal and journal[-1]["event"] == RESTORED:
                return
            if clock.now() > end:
                raise DemoError(f"the watch did not take the change back; the records are in {self._raw}")
            clock.sleep(10)

    def _show_stages(self, step: str) -> None:
        self._check()
        self._recorder.collect()
        durations = ", ".join(
            f"{stage.name} {stage.seconds:,.0f}\u00a0s" for stage in stages(Records.load(self._raw), step)
        )
        self._terminal.note(f"Committed. On the rehearsal clock: {durations}.")

    def _check(self) -> None:
        """Raise the exception of a thread that failed; then show the events until now."""
        self._player.check()
        self._recorder.check()
        self._recorder.report_new_events()

    def _summary(self, records: Records, problems: list[str]) -> None:
        seconds = rollback(records).seconds.whole
        rules = dict.fromkeys(line.split(" ", 1)[0] for line in findings(records.command(REFUSED).output))
        self._terminal.step("Summary", "Emulator, not AWS; seconds are those of the rehearsal clock.")
        self._terminal.note(f"refused      at synth: {', '.join(rules)}")
        self._terminal.note("committed    floor and way back first, then warm throughput, then the mode")
        # Bake reads the metrics too, so it may veto before the alarm does
        first, between = seconds.change_to_alarm, seconds.alarm_to_rollback
        stages = (
            f"change \u2192 {first:,.0f} s \u2192 alarm \u2192 {between:,.0f} s \u2192 rollback"
            if between >= 0
            else f"change \u2192 {first + between:,.0f} s \u2192 rollback, before the alarm"
        )
        self._terminal.note(
            f"rolled back  {stages} \u2192 {seconds.rollback_to_restored:,.0f} s \u2192 table and index as before: "
            f"{seconds.change_to_restored:,.0f} s"
        )
        out = self._out.relative_to(ROOT) if self._out.is_relative_to(ROOT) else self._out
        watch = taken_back(records)
        parts = watch.seconds.whole
        self._terminal.note(
            f"taken back   by the watch, {watch.quiet / timedelta(hours=1):.0f} hours after the change: throttled \u2192 "
            f"{parts.throttled_to_veto:,.0f} s \u2192 veto \u2192 {parts.veto_to_update:,.0f} s \u2192 update \u2192 "
            f"{parts.update_to_restored:,.0f} s \u2192 as before: {parts.throttled_to_restored:,.0f} s"
        )
        self._terminal.note(f"look at      {out / 'index.html'}, {out / 'result.json'}, {out / 'raw'}")
        for problem in problems:
            self._terminal.note(f"NOT AS EXPECTED: {problem}")

    # --- callbacks of the recorder ---

    def _on_table(self, at: datetime, answer: dict[str, Any]) -> None:
        table = LiveTable.of(answer)
        text = table_text(table)
        if text != self._last_table_text:
            self._last_table_text = text
            self._terminal.event(at, text)
        if self._surge_in is table.mode and is_active(table):
            self._surge_in = None
            next_minutes = [at + timedelta(minutes=minute) for minute in range(12)]
            factor = SURGE_TO / max(self._demand(INDEX.key, minute) for minute in next_minutes)
            self._player.surge(factor, keys=[INDEX.key, Dimension(None, INDEX.access).key])
            self._terminal.event(
                at, f"traffic surges {factor:.1f}-fold, to at most {SURGE_TO:,.0f} writes a second"
            )

    def _on_event(self, event: dict[str, Any]) -> None:
        text = event_text(event)
        if text is not None:
            self._terminal.event(event["Timestamp"], text)

    def _on_alarm(self, change: dict[str, Any]) -> None:
        self._terminal.event(change["Timestamp"], f"{change['HistorySummary']}: {change['AlarmName']}")

    # --- helpers ---

    def _new_player(self) -> Player:
        return Player.of(
            self._emulator, self._table, self._demand, record=self._raw / TRAFFIC, poll_seconds=2
        )

    def _table_name(self) -> str:
        answer = self._emulator.client("cloudformation").describe_stack_resources(StackName=STACK)
        return next(
            str(resource["PhysicalResourceId"])
            for resource in answer["StackResources"]
            if resource["ResourceType"] == "AWS::DynamoDB::GlobalTable"
        )

    def _clear(self) -> None:
        """Remove the results of an earlier run, and nothing else."""
        for path in (*self._out.glob("cdk-*"), self._raw, self._out / "baselines"):
            shutil.rmtree(path, ignore_errors=True)
        for name in ("index.html", "result.json", "rollback.svg", "watched.svg"):
            (self._out / name).unlink(missing_ok=True)
        self._raw.mkdir(parents=True)
        (self._out / "baselines").mkdir()
