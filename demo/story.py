"""The steps of the demo. Whatever happens to the table happens through the real CDK CLI; the rest is traffic."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from constructs_lib.capacity.capacity import Dimension
from constructs_lib.emulator import Emulator
from constructs_lib.emulator.launcher import ACCOUNT
from constructs_lib.emulator.player import Player, recent_minutes
from constructs_lib.report.build import START, write_page, write_result
from constructs_lib.report.records import TRAFFIC, Records
from constructs_lib.report.verdict import (
    FLOOR,
    ON_DEMAND,
    REFUSED,
    ROLLED_BACK,
    failures,
    findings,
    rollback,
    stages,
)

from .demand import RecordedDemand
from .recorder import Ran, Recorder
from .terminal import Terminal

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
ENVIRONMENT = "production-cell-1"
STACK = f"Conversations-{ENVIRONMENT}"
REGION = "eu-west-1"
INDEX = Dimension("by_agent", "write")
CLOCK_START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
"""A Thursday: the recorded traffic, a fortnight old, is about to climb."""
SURGE_TO = 6_000.0
"""Writes per second that the index is asked for in the last step: a quarter more than ever recorded, and more than the
5,000 it is given then."""
PUBLICATION_DELAY = 61.0
"""Seconds of the rehearsal clock from a minute's end to its metrics: about a minute, as on AWS."""
AFTERWARDS = timedelta(minutes=5)
"""How long traffic goes on after the rollback, so that one sees it served."""


_STACK = "AWS::CloudFormation::Stack"
_PREFLIGHT, _BAKE = "Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake"
_TELLING = {
    (_PREFLIGHT, "CREATE_IN_PROGRESS"): "preflight looks at the live table",
    (_PREFLIGHT, "CREATE_COMPLETE"): "preflight passed, CloudFormation changes the table",
    (_PREFLIGHT, "CREATE_FAILED"): "preflight refused",
    (_BAKE, "CREATE_IN_PROGRESS"): "bake watches",
    (_BAKE, "CREATE_COMPLETE"): "bake passed",
    (_BAKE, "CREATE_FAILED"): "bake failed: veto",
    (_STACK, "UPDATE_COMPLETE"): "stack: UPDATE_COMPLETE",
    (_STACK, "UPDATE_ROLLBACK_IN_PROGRESS"): "stack: UPDATE_ROLLBACK_IN_PROGRESS",
    (_STACK, "UPDATE_ROLLBACK_COMPLETE"): "stack: UPDATE_ROLLBACK_COMPLETE",
}
"""Stack events that are told as they happen."""


class DemoError(RuntimeError):
    """A step went otherwise than it must; the message says what to look at."""


class Demo:
    """One run of the demo.

    Args:
        out: folder of everything it writes; what an earlier run has written there is replaced.
        speed: rehearsal seconds per wall second, 1 to 60.
    """

    def __init__(self, out: Path, speed: float) -> None:
        self.out = out.resolve()
        self.raw = self.out / "raw"
        self._speed = speed
        self._say = Terminal()
        self._demand = RecordedDemand(BASELINE)
        self._assemblies = 0

    def run(self) -> list[str]:
        """Play every step; what did not happen as it must, one sentence each.

        Raises:
            DemoError: a step failed so that the next one makes no sense.
            InputError: a raw record that the verdict needs is missing.
        """
        self._clear()
        with ExitStack() as stack:
            self.emulator = stack.enter_context(Emulator(speed=self._speed, start=CLOCK_START, region=REGION))
            self.recorder = stack.enter_context(Recorder(self.emulator, self.raw, STACK, ROOT))
            self._say.note(
                f"This is an emulator, not AWS. Its clock runs {self._speed:g} times faster than the wall and says "
                f"{CLOCK_START:%A %d %B %Y, %H:%M} UTC; times on the left are of that clock."
            )
            self._go_live(stack)
            self._refuse()
            self._do_right()
            self._roll_back()
            self.player.check()
            self.recorder.check()
            self.recorder.collect()
        records = Records.load(self.raw)
        problems = failures(records)
        write_result(records, self.out)
        write_page(records, self.out, self._demand.peak(INDEX))
        self._summary(records, problems)
        return problems

    # --- the steps ---

    def _go_live(self, stack: ExitStack) -> None:
        self._say.step(
            "Step 1",
            "The table and its index go live as they were before the incident: provisioned, the index at 3,840 writes a "
            "second, with the guard armed. Recorded traffic runs against them.",
        )
        # The assembly needs no emulator: it is made while the environment is bootstrapped.
        assembly = self._in_background(lambda: self._synth(START))
        self._must(self._cdk(START, "bootstrap", f"aws://{ACCOUNT}/{REGION}"))
        folder = assembly()
        self._must(self._deploy(START, folder))
        self.table = self._table_name()
        self.player = Player.of(
            self.emulator,
            self.table,
            self._demand,
            record=self.raw / TRAFFIC,
            poll_seconds=3,
            publication_delay=PUBLICATION_DELAY,
        )
        stack.enter_context(self.player)
        self.recorder.watch(self.table, self._table_seen, self._event_seen, self._alarm_seen)
        days = self._demand.period / timedelta(days=1)
        count = self.player.backfill(*recent_minutes(self.emulator.clock.now(), days))
        self._say.note(
            f"CloudWatch of the emulator holds the {days:g} days before: {count:,} points, as recorded."
        )

    def _refuse(self) -> None:
        self._say.step(
            "Step 2",
            "The change of the incident, as it was merged: both to on-demand, now, while the traffic climbs. It must be "
            "refused before anything is deployed.",
        )
        ran = self._cdk(
            REFUSED, "synth", "-c", "change=incident", "--quiet", "--output", str(self.out / "cdk-refused")
        )
        said = re.search(r"^ *CG\d+ +ERROR.*?(?=^FATAL|\Z)", ran.output, re.MULTILINE | re.DOTALL)
        self._say.quote(said.group(0) if said else ran.output[-3_000:])
        if not findings(ran.output):
            raise DemoError(f"the change was not refused; the output is in {self.raw}")

    def _do_right(self) -> None:
        self._say.step(
            "Step 3",
            "The change done right. First a floor of 4,800 writes a second for the index, which carries the peak while the "
            "mode switches, and the seeds that a way back needs.",
        )
        baseline = self._record(FLOOR)
        self._commit(FLOOR, self._synth(FLOOR, change="fixed", baseline=baseline))
        self._say.step(
            "Step 3",
            "Now the switch: checked live, warm throughput of the index raised to 6,240 writes a second and awaited, then "
            "both to on-demand, then watched for ten minutes.",
        )
        baseline = self._record(ON_DEMAND)
        self._commit(ON_DEMAND, self._synth(ON_DEMAND, change="switch", baseline=baseline))

    def _roll_back(self) -> None:
        self._say.step(
            "Step 4",
            "A change that passes every rule and every check: back to provisioned, the index at 5,000 writes a second, more "
            f"than it ever carried. Once it is done, more traffic comes than ever: {SURGE_TO:,.0f} a second.",
        )
        baseline = self._record(ROLLED_BACK)
        folder = self._synth(ROLLED_BACK, change="provisioned", baseline=baseline)
        self._surge_when = "PROVISIONED"
        ran = self._deploy(ROLLED_BACK, folder)
        if ran.exit_code == 0:
            raise DemoError(f"the deployment was not rolled back; its output is in {self.raw}")
        reasons = [
            e["ResourceStatusReason"]
            for e in self.recorder.stack_events()
            if e["ResourceStatus"] == "CREATE_FAILED"
        ]
        self._say.note("CloudFormation's reason, whole:")
        self._say.quote(reasons[0] if reasons else ran.output[-3_000:])
        self.emulator.clock.sleep(AFTERWARDS.total_seconds())

    # --- what steps are made of ---

    def _commit(self, step: str, folder: Path) -> None:
        self._must(self._deploy(step, folder))
        self.recorder.collect()
        records = Records.load(self.raw)
        passed = ", ".join(
            f"{stage.name} {(stage.ended - stage.started).total_seconds():,.0f} s"
            for stage in stages(records, step)
        )
        self._say.note(f"Committed. On the rehearsal clock: {passed}.")

    def _record(self, step: str) -> Path:
        """`capacity-guard record`: what is deployed now, with the traffic until now."""
        out = self.out / "baselines" / f"{step}.json"
        options = ["record", "--table", self.table, "--stack", STACK, "--out", str(out)]
        words = [sys.executable, "-m", "constructs_lib.cli", *options]
        environment = self.emulator.env()
        environment["PYTHONPATH"] = os.pathsep.join((environment["PYTHONPATH"], str(ROOT)))
        ran = self.recorder.run(step, words, environment)
        self._say.ran(f"capacity-guard {' '.join(map(_brief, options))}", ran.wall_seconds, ran.exit_code)
        self._must(ran)
        return out

    def _synth(self, step: str, change: str | None = None, baseline: Path | None = None) -> Path:
        """An assembly of the one stack; the wall costs of a synthesis are not those of its deployment."""
        self._assemblies += 1
        folder = self.out / f"cdk-{self._assemblies}-{step}"
        words = ["synth", "--quiet", "-c", f"only={ENVIRONMENT}", "--output", str(folder)]
        words += ["-c", f"capacity-guard:now={self.emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}"]
        words += ["-c", f"change={change}"] if change else []
        words += ["-c", f"baseline={baseline}"] if baseline else []
        self._must(self._cdk(step, *words))
        return folder

    def _deploy(self, step: str, folder: Path) -> Ran:
        return self._cdk(step, "deploy", STACK, "--app", str(folder), "--require-approval", "never")

    def _cdk(self, step: str, *arguments: str) -> Ran:
        cdk = ROOT / "node_modules" / ".bin" / "cdk"
        environment = self.emulator.env()
        # cdk.json says `python`: it must be the one with the pinned packages, wherever this was started from.
        environment["PATH"] = os.pathsep.join(
            (str(Path(sys.executable).parent), environment.get("PATH", os.defpath))
        )
        ran = self.recorder.run(step, [str(cdk), "--no-notices", *arguments], environment)
        self._say.ran(f"cdk {' '.join(map(_brief, arguments))}", ran.wall_seconds, ran.exit_code)
        return ran

    def _must(self, ran: Ran) -> None:
        if ran.exit_code != 0:
            self._say.quote(ran.output[-6_000:])
            raise DemoError(f"a command failed that must not; all it said is in {self.raw}")

    def _in_background(self, work: Callable[[], Any]) -> Callable[[], Any]:
        """Start some work; calling the result waits for it and gives its value or raises its error."""
        found: list[Any] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                found.append(work())
            except BaseException as error:  # noqa: BLE001 (raised again by whoever waits)
                errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def wait() -> Any:
            thread.join()
            if errors:
                raise errors[0]
            return found[0]

        return wait

    # --- what is seen meanwhile ---

    _surge_when = ""
    _told = ""

    def _table_seen(self, at: datetime, table: dict[str, Any]) -> None:
        text = _described(table)
        if text != self._told:
            self._told = text
            self._say.event(at, text)
        mode = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        if self._surge_when == mode and _is_active(table):
            self._surge_when = ""
            factor = SURGE_TO / self._demand(INDEX.key, at)
            self.player.surge(factor, keys=[INDEX.key, Dimension(None, INDEX.access).key])
            self._say.event(at, f"traffic surges {factor:.1f}-fold, to {SURGE_TO:,.0f} writes a second")

    def _event_seen(self, event: dict[str, Any]) -> None:
        said = _TELLING.get((event["ResourceType"], event["ResourceStatus"]))
        if said is not None:
            self._say.event(event["Timestamp"], said)

    def _alarm_seen(self, change: dict[str, Any]) -> None:
        self._say.event(change["Timestamp"], f"{change['HistorySummary']}: {change['AlarmName']}")

    def _summary(self, records: Records, problems: Sequence[str]) -> None:
        back = rollback(records)
        seconds = back.seconds
        self._say.step("Summary", "Emulator, not AWS; seconds are those of the rehearsal clock.")
        refused = sorted(
            {line.split(" ", 1)[0] for line in findings(records.command(REFUSED).output)}, key=_rule_number
        )
        self._say.note(f"refused      at synth: {', '.join(refused)}")
        self._say.note("committed    floor and way back first, then warm throughput, then the mode")
        self._say.note(
            f"rolled back  {seconds.change_to_alarm:,.0f} s to the alarm + {seconds.alarm_to_rollback:,.0f} s to the rollback "
            f"+ {seconds.rollback_to_restored:,.0f} s until table and index were as before "
            f"= {seconds.change_to_restored:,.0f} s"
        )
        self._say.note(
            f"look at      {_short(self.out / 'index.html')}, {_short(self.out / 'result.json')}, {_short(self.raw)}/"
        )
        for problem in problems:
            self._say.note(f"NOT AS EXPECTED: {problem}")

    def _table_name(self) -> str:
        found = self.emulator.client("cloudformation").describe_stack_resources(StackName=STACK)[
            "StackResources"
        ]
        names = [r["PhysicalResourceId"] for r in found if r["ResourceType"] == "AWS::DynamoDB::GlobalTable"]
        return str(names[0])

    def _clear(self) -> None:
        """Remove what an earlier run has written, and nothing else that may be in the folder."""
        for path in self.out.glob("cdk-*"):
            shutil.rmtree(path, ignore_errors=True)
        for name in ("raw", "baselines"):
            shutil.rmtree(self.out / name, ignore_errors=True)
        for name in ("index.html", "result.json", "rollback.svg"):
            (self.out / name).unlink(missing_ok=True)
        self.raw.mkdir(parents=True)
        (self.out / "baselines").mkdir()


def _is_active(table: dict[str, Any]) -> bool:
    return all(
        status == "ACTIVE"
        for status in (
            table["TableStatus"],
            *(i["IndexStatus"] for i in table.get("GlobalSecondaryIndexes", [])),
        )
    )


def _described(table: dict[str, Any]) -> str:
    """Mode, units and state of table and index in a line."""
    mode = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    parts = []
    for name, one, status in [
        ("table", table, table["TableStatus"]),
        *((i["IndexName"], i, i["IndexStatus"]) for i in table.get("GlobalSecondaryIndexes", [])),
    ]:
        units = one["ProvisionedThroughput"]["WriteCapacityUnits"]
        warm = one.get("WarmThroughput", {})
        capacity = f"{units:,} writes/s" if units else f"warm {warm.get('WriteUnitsPerSecond', 0):,} writes/s"
        state = "warming" if status == "ACTIVE" and warm.get("Status") == "UPDATING" else status
        parts.append(f"{name} {capacity} {state}")
    return f"{'on-demand' if mode == 'PAY_PER_REQUEST' else 'provisioned'}: {', '.join(parts)}"


def _rule_number(rule: str) -> int:
    return int(rule.removeprefix("CG"))


def _brief(word: str) -> str:
    """A word of a command line, without the folder that everything is in."""
    return word.replace(f"{ROOT}{os.sep}", "")


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
