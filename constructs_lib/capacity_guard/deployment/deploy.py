"""A deployment: synthesize, show the plan, ask, let the CDK CLI deploy, print the stages, state the outcome.

It keeps nothing. What was interrupted is seen in the stacks, and the same command continues from there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..capacity.errors import InputError
from ..findings import Findings
from ..findings.document import FILE_NAME
from ..handlers import clock
from ..handlers.aws_error import AwsError
from .assembly import AssemblyStack, choose, read_assembly
from .cdk_options import CdkOptions
from .ending import ending_lines, retry_text
from .followed import Followed, Outcome, Result, follow
from .lost_holds import LostHold
from .planned import PlannedChange, plan_lines, read_planned
from .stack_calls import Connect

LOOK_SECONDS = 5
"""Seconds between two looks at the stacks."""
_MOST_UNREAD = 60
"""Looks in a row without an answer after which an operation is not followed any longer: 5 minutes."""


class _Run(Protocol):
    def wait(self, seconds: float) -> int | None: ...
    def stop(self) -> None: ...


class Cli(Protocol):
    """The CDK CLI (``cdk_cli.CdkCli``)."""

    @property
    def folder(self) -> Path:
        """Where it runs."""

    def run(self, words: Sequence[str]) -> int:
        """Run it to its end, for its exit code."""

    def start(self, words: Sequence[str]) -> _Run:
        """Start it."""


class Refused(Exception):
    """The deployment is refused; the text says why."""


class NotSynthesized(Exception):
    """The app could not be synthesized; the CDK CLI has said why."""


@dataclass(frozen=True)
class Asked:
    """What is to be deployed.

    Attributes:
        patterns: ids of stacks, with wildcards.
        everything: whether all stacks of the app are meant.
        alone: whether the stacks that they need are left out.
        is_agreed: whether nobody is asked (``--yes``).
    """

    patterns: tuple[str, ...]
    everything: bool
    alone: bool
    is_agreed: bool


class Deployment:
    """One deployment.

    Args:
        cli: the CDK CLI.
        options: its options beside the stacks.
        connect: gives the calls on a stack.
        report: gets each line for people.
        agree: asks whether to continue.
    """

    def __init__(
        self,
        cli: Cli,
        options: CdkOptions,
        connect: Connect,
        report: Callable[[str], None],
        agree: Callable[[], bool],
    ) -> None:
        self._cli, self._options, self._connect = cli, options, connect
        self._report, self._agree = report, agree
        self.followed: tuple[Followed, ...] = ()

    def run(self, asked: Asked) -> Result:
        """Deploy.

        Args:
            asked: what.

        Raises:
            Refused: a finding is an error, a change is held, or a person did not agree.
            NotSynthesized: the app could not be synthesized.
            InputError: bad input, or a stack that cannot be read.
        """
        folder = self._synthesize(asked)
        stacks = choose(read_assembly(folder), asked.patterns, everything=asked.everything, alone=asked.alone)
        findings = _findings(folder)
        self.followed = tuple(follow(read_planned(stack, findings), self._connect(stack)) for stack in stacks)
        undone = self._attach()
        if undone:
            return self._end(undone)
        self._announce(findings)
        self._refuse()
        if not asked.is_agreed and not self._agree():
            raise Refused("nothing was deployed")
        return self._deploy(folder, stacks, asked)

    def _synthesize(self, asked: Asked) -> Path:
        app = self._options.app
        # A command may be longer than a name of a file can be, where Path.is_dir raises an error.
        if app and os.path.isdir(self._cli.folder / app):  # noqa: PTH112
            return self._cli.folder / app
        output = self._cli.folder / self._options.output
        chosen = ["--exclusively"] * asked.alone
        told = [] if self._options.has("output") else ["--output", self._options.output]
        before = _stamp(output)
        words = ["synth", *asked.patterns, "--quiet", *chosen, *self._options.words, *told]
        if self._cli.run(words) != 0:
            found = _findings(output) if _stamp(output) != before else None
            if found is not None and found.errors:
                raise Refused(
                    f"the synthesis is refused: {found.headline}; capacity-guard findings shows them"
                )
            raise NotSynthesized
        return output

    def _attach(self) -> list[tuple[Followed, Outcome]]:
        """Wait for the operations that run already.

        Returns:
            The stacks whose operation was one of these changes and was undone, or is not known.
        """
        running = [one for one in self.followed if one.live.runs]
        for one in running:
            self._report(
                f"{one.name}: an operation runs ({one.live.status}); waiting for its end, then this continues"
            )
            try:
                self._say(one.attach())
            except AwsError as error:
                raise InputError(one.name, f"cannot be read ({error})", "Run it again") from None
        self._follow(running, None)
        undone = []
        for one in running:
            outcome = one.outcome()
            is_ours = any(one.is_attached_to(change) for change in one.planned.changes)
            if outcome.result is Result.UNKNOWN or (outcome.result is Result.UNDONE and is_ours):
                undone.append((one, outcome))
            try:
                one.refresh() if not undone else None
            except AwsError as error:
                raise InputError(one.name, f"cannot be read ({error})", "Run it again") from None
        return undone

    def _announce(self, findings: Findings | None) -> None:
        for one in self.followed:
            self._say(
                plan_lines(one.planned, [change for change in one.planned.changes if one.is_deployed(change)])
            )
        if findings is None:
            self._report(f"no findings: the app has no CapacityGuardChecks ({FILE_NAME} is missing)")

    def _refuse(self) -> None:
        """Refuse what a gate would refuse anyway, and what would go past the hold of a change.

        Raises:
            Refused: a finding is an error, a change is held that the stack does not have, or the template gives its hold up.
            InputError: a hold cannot be read.
        """
        errors = [
            finding
            for one in self.followed
            for finding in one.planned.findings
            if finding.level.value == "ERROR"
        ]
        if errors:
            raise Refused(f"{len(errors)} of the findings are errors")
        refused = []
        for one in self.followed:
            held, lost = self._held(one)
            for hold in lost:
                if hold.refuses:
                    refused.append(hold.text)
                else:
                    self._report(hold.text)
            for change in held:
                again = retry_text(one, change)
                name = (
                    f"{one.name}: {change.plan.table}: change {change.fingerprint} was taken back and is held"
                )
                if change.fingerprint in {hold.fingerprint for hold in lost}:
                    continue
                if one.is_deployed(change):
                    self._report(f"{name}: this deployment keeps the capacity of before. {again}")
                else:
                    refused.append(
                        f"{name}: its Preflight would refuse it, and nothing would change. {again}"
                    )
        if refused:
            raise Refused("\n".join(refused))

    def _held(self, one: Followed) -> tuple[tuple[PlannedChange, ...], tuple[LostHold, ...]]:
        try:
            return one.held(), one.lost_holds()
        except AwsError as error:
            raise InputError(one.name, f"cannot be read ({error})", "Check the permissions") from None

    def _deploy(self, folder: Path, stacks: Sequence[AssemblyStack], asked: Asked) -> Result:
        options = self._options
        words = ["deploy", *(stack.id for stack in stacks), "--exclusively", "--app", str(folder)]
        words += [] if options.has("progress") else ["--progress", "errors-only"]
        words += ["--yes"] if asked.is_agreed and not (options.has("yes") or options.has("y")) else []
        run = self._cli.start([*words, *options.words_of_deployment])
        try:
            code = self._follow(self.followed, run)
        except KeyboardInterrupt:
            run.stop()
            self._say(line for one in self.followed for line in one.look())
            raise
        outcomes = [(one, one.outcome()) for one in self.followed]
        result = self._end(outcomes)
        if code != 0 and result is Result.DONE:
            self._report(f"the CDK CLI has failed (exit code {code}), and says why above")
            return Result.UNCHANGED
        return result

    def _end(self, outcomes: Sequence[tuple[Followed, Outcome]]) -> Result:
        for one, outcome in outcomes:
            self._say(outcome.lines)
            self._say(ending_lines(one, outcome))
        results = {outcome.result for _, outcome in outcomes}
        for worst in (Result.UNKNOWN, Result.UNDONE):
            if worst in results:
                return worst
        return Result.DONE

    def _follow(self, followed: Sequence[Followed], run: _Run | None) -> int | None:
        """Print the stages until the CLI has ended, and every operation that was seen."""
        code: int | None = None
        while True:
            for one in followed:
                self._say(one.look())
            going = [one for one in followed if one.runs and one.unread < _MOST_UNREAD]
            if run is None or code is not None:
                if not going:
                    return code
                clock.sleep(LOOK_SECONDS)
            else:
                code = run.wait(LOOK_SECONDS)

    def _say(self, lines: Iterator[str] | Sequence[str]) -> None:
        for line in lines:
            self._report(line)


def _findings(folder: Path) -> Findings | None:
    return Findings.read(folder) if (folder / FILE_NAME).exists() else None


def _stamp(folder: Path) -> tuple[int, int] | None:
    """What distinguishes a file of findings from an older one; ``None`` if there is none."""
    try:
        found = (folder / FILE_NAME).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


__all__ = ["LOOK_SECONDS", "Asked", "Cli", "Deployment", "NotSynthesized", "Refused"]
