"""What a rule is, what it judges and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Literal

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import Evidence
from ..capacity.settings import Acknowledgment, Margins, Rollout
from ..capacity.transition import Transition
from ..evidence.baseline import Baseline
from ..simulator.dimension_replay import run
from ..simulator.table_replay import Runner
from .template_facts import TemplateFacts

Dialect = Literal["guarded", "table-v2", "table", "l1"]
"""The construct that declares a table's capacity: GuardedTable, or the CDK's TableV2, Table, CfnTable and CfnGlobalTable."""


class Level(str, Enum):
    """How grave a finding is: ``ERROR`` stops the synthesis, ``WARN`` is shown."""

    ERROR = "ERROR"
    WARN = "WARN"


@dataclass(frozen=True)
class Figure:
    """One line of evidence: what was measured, how much, and what to know of it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """One violated rule.

    Attributes:
        rule: id of the rule.
        level: how grave it is for this transition.
        table: the table, as the code calls it.
        dimension: the dimension it is about, ``None`` for the table as a whole.
        title: what is wrong, as a sentence without a full stop.
        figures: the numbers it rests on.
        fix: code, or an instruction, that mends it; one alternative a line.
        acknowledged: the reason for which somebody accepts it.
    """

    rule: str
    level: Level
    table: str
    dimension: Dimension | None
    title: str
    figures: tuple[Figure, ...]
    fix: str
    acknowledged: str | None = None

    @property
    def page(self) -> str:
        """The rule's page."""
        return f"docs/rules/{self.rule}.md"

    @property
    def subject(self) -> str:
        """Table, index and access in words: ``Conversations / by_agent, write``."""
        return self.table if self.dimension is None else f"{self.table} / {self.dimension.label}"

    def line(self) -> str:
        """The finding on one line."""
        figures = "; ".join(f"{f.label} {f.value}" for f in self.figures)
        return f"{self.rule} {self.level.value} {self.subject}: {self.title}" + (
            f" ({figures})" if figures else ""
        )

    def text(self) -> str:
        """The finding as a block of lines for a terminal."""
        lines = [f"{self.rule}  {self.level.value:5}  {self.subject}: {self.title}"]
        label_width = max((len(f.label) for f in self.figures), default=0)
        value_width = max((len(f.value) for f in self.figures), default=0)
        label_width = max(label_width, len("acknowledged") if self.acknowledged else len("fix"))
        lines += [
            f"  {f.label:{label_width}}  {f.value:{value_width}}  {f.note}".rstrip() for f in self.figures
        ]
        for number, fix in enumerate(self.fix.splitlines()):
            lines.append(f"  {'fix' if number == 0 else '':{label_width}}  {fix}")
        if self.acknowledged:
            lines.append(f"  {'acknowledged':{label_width}}  {self.acknowledged}")
        lines.append(f"  {'why':{label_width}}  {self.page}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Case:
    """What rules judge: one table's declared capacity beside its baseline.

    Attributes:
        table: what the code calls the table (its construct id).
        indexes: the indexes the table has.
        declared: the capacity the code asks for.
        baseline: the deployed capacity and the traffic, or the error met when it was loaded.
        now: the moment of judgment, UTC.
        rollout: the stages.
        margins: the margins and limits.
        acknowledgments: findings that somebody accepts.
        account, region: where the table is deployed to, if that is resolved at synthesis.
        stack, logical_id, table_name: identity of the declared table, where known.
        template: what the synthesized template states of the table, once for each way in which its conditions can turn
            out; empty where nothing was synthesized.
        dialect: in which construct's words a fix says capacity.
        guarded: whether a guard stands around the table.
        without_reason: rules whose findings somebody suppressed by the CDK's own means without saying why.
        break_glass: why nothing may stand in the way of this change, ``None`` for any other.
        runner: what replays one dimension: plain Python, or its compiled twin.
    """

    table: str
    indexes: tuple[str, ...]
    declared: Capacity
    baseline: Baseline | InputError
    now: datetime
    rollout: Rollout = Rollout()
    margins: Margins = Margins()
    acknowledgments: tuple[Acknowledgment, ...] = ()
    account: str | None = None
    region: str | None = None
    stack: str | None = None
    logical_id: str | None = None
    table_name: str | None = None
    template: tuple[TemplateFacts, ...] = ()
    dialect: Dialect = "guarded"
    guarded: bool = True
    without_reason: tuple[str, ...] = ()
    break_glass: str | None = None
    runner: Runner = run

    @cached_property
    def transition(self) -> Transition | None:
        """Deployed to declared; ``None`` where the baseline cannot be read."""
        return None if isinstance(self.baseline, InputError) else self.baseline.transition_to(self.declared)

    @cached_property
    def evidence(self) -> Evidence | None:
        """Digest of the recorded traffic; ``None`` where there is none."""
        if isinstance(self.baseline, InputError):
            return None
        return self.baseline.evidence(self.margins.switch_minutes)

    @property
    def recorded(self) -> Baseline | None:
        """The baseline, ``None`` where it cannot be read."""
        return None if isinstance(self.baseline, InputError) else self.baseline

    def series(self, dimension: Dimension) -> Sequence[float] | None:
        """Recorded units per minute of a dimension, NaN for a gap; ``None`` where nothing was recorded."""
        traffic = None if self.recorded is None else self.recorded.traffic
        return None if traffic is None else traffic.consumed.get(dimension)

    @property
    def in_transition(self) -> bool:
        """Whether a transition is known. Rules that look at traffic ask this first: digesting it costs time."""
        return self.transition is not None and not self.transition.is_empty

    @property
    def is_grave(self) -> bool:
        """Whether findings keep their level: in a transition that is no relief.

        A baseline that cannot be read hides whether there is a transition. A gate of its own then lets a deployment
        through only if the live table has the declared capacity already, so a finding need not stop the synthesis.
        """
        return self.transition is not None and self.in_transition and not self.transition.is_relief

    def finding(
        self,
        rule: Rule,
        title: str,
        *,
        dimension: Dimension | None = None,
        figures: Iterable[Figure] = (),
        fix: str,
        level: Level | None = None,
    ) -> Finding:
        """A finding of ``rule`` on this case, with the rule's own level where none is given."""
        return Finding(rule.id, level or rule.level, self.table, dimension, title, tuple(figures), fix)


@dataclass(frozen=True)
class Rule:
    """One named condition on a transition.

    Attributes:
        id: ``CG1``, ``CG2``, ...; never reused.
        level: level of its findings in a transition.
        title: the condition as a short phrase.
        condition: yields the findings of a case; called for every case, also without a transition.
        of_unguarded: whether it also judges tables that no guard stands around.
    """

    id: str
    level: Level
    title: str
    condition: Callable[[Case], Iterable[Finding]]
    of_unguarded: bool = False


def judge(case: Case, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Findings of a case: lowered to warnings where no unsafe transition is at stake, then acknowledged.

    A guard never stands in the way of the cure: without a transition, and for a relief, nothing is above a warning.
    An acknowledgment that has expired no longer holds and its finding says so. Break-glass acknowledges everything, with
    its reason.

    Args:
        case: what to judge.
        rules: the rules to apply, in this order.
    """
    findings = []
    for rule in rules:
        if not (case.guarded or rule.of_unguarded):
            continue
        for finding in rule.condition(case):
            if not case.is_grave:
                finding = replace(finding, level=Level.WARN)
            findings.append(_acknowledged(finding, case))
    return tuple(findings)


def _acknowledged(finding: Finding, case: Case) -> Finding:
    if case.break_glass is not None:
        return replace(finding, level=Level.WARN, acknowledged=f"break-glass: {case.break_glass}")
    given = [a for a in case.acknowledgments if a.rule == finding.rule]
    holding = next((a for a in given if a.holds(case.now)), None)
    if holding is not None:
        end = "" if holding.until is None else f" (until {holding.until.isoformat()})"
        return replace(finding, level=Level.WARN, acknowledged=f"{holding.reason}{end}")
    expired = next((a for a in given if a.until is not None), None)
    if expired is None or expired.until is None:
        return finding
    figure = Figure("acknowledgment", f"expired {expired.until.isoformat()}", expired.reason)
    return replace(finding, figures=(*finding.figures, figure))


__all__ = ["Case", "Dialect", "Figure", "Finding", "Level", "Rule", "judge"]
