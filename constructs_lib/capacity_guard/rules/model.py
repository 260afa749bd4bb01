"""Rules, the cases that they judge, and their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import Evidence
from ..capacity.relief import return_obstacles
from ..capacity.safe_text import safe_line
from ..capacity.settings import Acknowledgment, Margins, Rollout
from ..capacity.structure import TableKind
from ..capacity.transition import Transition
from ..evidence.baseline import Baseline
from ..evidence.traffic_file import TrafficAbsent
from ..evidence.waves import WaveCell
from ..simulator.engine import runner
from ..simulator.remembered_runs import remembering
from ..simulator.table_replay import Runner
from .template_facts import TemplateFacts

if TYPE_CHECKING:
    from .code_names import CodeNames

Dialect = Literal["guarded", "table-v2", "table", "l1", "template"]
"""What declares a table: GuardedTable, TableV2, Table, (``l1``) CfnTable and CfnGlobalTable, or a template without a guard."""
KIND_OF_DIALECT: Mapping[Dialect, TableKind] = {
    "guarded": TableKind.GLOBAL_TABLE,
    "table-v2": TableKind.GLOBAL_TABLE,
    "table": TableKind.TABLE,
}
"""Resource type that each construct creates; ``l1`` and ``template`` are either."""

_RECENT_MINUTES = 1440
Result = TypeVar("Result")


class Level(str, Enum):
    """Severity of a finding: ``ERROR`` fails the synthesis, ``WARN`` is only shown."""

    ERROR = "ERROR"
    WARN = "WARN"


@dataclass(frozen=True)
class Figure:
    """One line of evidence: what the value is, the value with its unit, and where it was measured or how to read it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """A violation of one rule.

    Attributes:
        rule: id of the rule.
        level: its severity in this transition.
        table: the table's name in the code.
        dimension: the dimension that violates the rule, ``None`` for the whole table.
        title: what is wrong, as a sentence without a full stop.
        figures: the evidence.
        fix: code or an instruction that resolves it, one alternative per line.
        acknowledged: the reason of the acknowledgment that accepts it, ``None`` without one.
        deployments: capacities of the table that resolve it, in the order in which to deploy them; the table is recorded after
            each. Empty where no capacity resolves it, and for a table to be created above its ceiling: its baseline has to change
            first, which states that the table carries this traffic from its first minute.
    """

    rule: str
    level: Level
    table: str
    dimension: Dimension | None
    title: str
    figures: tuple[Figure, ...]
    fix: str
    acknowledged: str | None = None
    deployments: tuple[Capacity, ...] = field(default=(), hash=False)

    @property
    def page(self) -> str:
        """Path of the rule's documentation page in the repository."""
        return f"docs/rules/{self.rule}.md"

    @property
    def page_command(self) -> str:
        """The command that prints the rule's documentation page, wherever the library is installed."""
        return f"capacity-guard rule {self.rule}"

    @property
    def subject(self) -> str:
        """Table, index and access: ``Conversations / by_agent, write``."""
        return self.table if self.dimension is None else f"{self.table} / {self.dimension.label}"

    def line(self) -> str:
        """The finding on one line."""
        figures = "; ".join(f"{figure.label} {figure.value}" for figure in self.figures)
        return safe_line(
            f"{self.rule} {self.level.value} {self.subject}: {self.title}"
            + (f" ({figures})" if figures else "")
        )

    def text(self, *, with_fix: bool = True) -> str:
        """The finding as lines that are safe in a terminal or CI log; without its fix where the answer to several follows."""
        lines = [f"{self.rule}  {self.level.value:5}  {self.subject}: {self.title}"]
        label_width = max((len(figure.label) for figure in self.figures), default=0)
        value_width = max((len(figure.value) for figure in self.figures), default=0)
        label_width = max(label_width, len("acknowledged") if self.acknowledged else len("fix"))
        lines += [
            f"  {figure.label:{label_width}}  {figure.value:{value_width}}  {figure.note}".rstrip()
            for figure in self.figures
        ]
        for position, alternative in enumerate(self.fix.split("\n") if with_fix else ()):
            lines.append(f"  {'fix' if position == 0 else '':{label_width}}  {alternative}")
        if self.acknowledged:
            lines.append(f"  {'acknowledged':{label_width}}  {self.acknowledged}")
        lines.append(f"  {'why':{label_width}}  {self.page_command}")
        return "\n".join(map(safe_line, lines))


@dataclass(frozen=True)
class Case:
    """One table's declared capacity and its baseline, for the rules to judge.

    Attributes:
        table, indexes: the table's name in the code, which is its construct id; names of its indexes.
        declared: the capacity that the code declares.
        baseline: the recorded capacity and traffic, or the error that was raised when it was loaded.
        now: the time of judgment, UTC.
        rollout: the stages of the change.
        margins: the margins and limits.
        acknowledgments: accepted findings.
        account, region: where the table is deployed, ``None`` where it is not known at synthesis.
        stack, logical_id, table_name: identity of the declared table, ``None`` where it is not known.
        template: what the synthesized template states, for each combination of its conditions; empty without a synthesis.
        dialect: the construct for which fixes print code.
        guarded, aspect: whether the table has a guard, and the aspect whose options its settings are, ``None`` without one.
        awaited_baseline: the file without which ``GuardEveryTable`` leaves the table alone; ``None`` without that aspect.
        report_file: the file that ``ReportEveryTable`` reads as the baseline of a table without gates; ``None`` without it.
        suppressed_without_reason: ids of rules that the CDK's own acknowledgment suppresses on this table, with no reason.
        break_glass: the reason of a break-glass deployment, ``None`` for any other deployment.
        travels_with: the other tables of the stack that are in transition too, by their names in the code.
        held_change: fingerprint of the change that a table without a guard declares and that its baseline states as held;
            ``None`` for any other table.
        kind: resource type that declares the table; ``None`` takes the one that the dialect creates.
        nested, publishes_assets: whether the table is in a nested stack, and its stack publishes assets: else no guard works.
        is_simple_table: whether it is an ``AWS::Serverless::SimpleTable``, which becomes a table when it is deployed.
        code: the capacity that the table's code declares where the template states another one; ``None`` where both agree.
        wave: the cell that the table belongs to, ``None`` where its fleet does not change in waves.
        changing_cells: names of the cells whose copies of the table are in transition in the same synthesis.
        names: what its code calls it, looked up where a fix prints code; ``None`` where that is not known.
        runner: replays one dimension, by the compiled twin where it was built; it remembers its last replays.
        has_ranges: whether figures state the range of a replay, which takes longer than the verdict.
        results: what several rules have worked out on this case (``once``).
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
    aspect: Literal["GuardEveryTable", "ReportEveryTable"] | None = None
    awaited_baseline: str | None = None
    report_file: str | None = None
    suppressed_without_reason: tuple[str, ...] = ()
    break_glass: str | None = None
    travels_with: tuple[str, ...] = ()
    held_change: str | None = None
    kind: TableKind | None = None
    nested: bool = False
    publishes_assets: bool = True
    is_simple_table: bool = False
    code: Capacity | None = None
    wave: WaveCell | None = None
    changing_cells: tuple[str, ...] = ()
    names: Callable[[], CodeNames] | None = field(default=None, repr=False, compare=False)
    runner: Runner = field(default_factory=lambda: remembering(runner()))
    has_ranges: bool = field(default=True, repr=False, compare=False)
    results: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def transition(self) -> Transition | None:
        """From deployed to declared capacity; ``None`` where the baseline cannot be read."""
        if isinstance(self.baseline, InputError):
            return None
        transition = self.baseline.transition_to(self.declared, self.resource_kind)
        if not self.template or any(facts.schedules_unread is not None for facts in self.template):
            return transition
        stated = (action for facts in self.template for action in facts.schedules)
        return replace(transition, schedules=tuple(dict.fromkeys(stated)))

    @property
    def resource_kind(self) -> TableKind | None:
        """Resource type that declares the table; ``None`` if only the baseline may know it."""
        return self.kind or KIND_OF_DIALECT.get(self.dialect)

    @cached_property
    def evidence(self) -> Evidence | None:
        """Digest of the recorded traffic; ``None`` where nothing was recorded."""
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
        """Whether the capacity is known to change. Rules check this before they read traffic: its digest takes time."""
        return self.transition is not None and not self.transition.is_empty

    @property
    def keeps_levels(self) -> bool:
        """Whether findings keep their level: in a transition that is not a relief.

        An unreadable baseline hides whether there is a transition. The gate then lets a deployment pass only if the live
        table already has the declared capacity, so no finding has to fail the synthesis.
        """
        return self.in_transition and not self.is_relief

    @cached_property
    def is_relief(self) -> bool:
        """Whether the transition is a relief: it only raises, or returns in time to what carries the traffic."""
        if self.transition is None:
            return False
        return self.transition.only_raises or (self.transition.is_return and not self.return_obstacles)

    @cached_property
    def return_obstacles(self) -> tuple[str, ...]:
        """Why a return to the capacity deployed before is not a relief; empty for a relief and for any other transition."""
        if self.transition is None or not self.transition.is_return or self.transition.only_raises:
            return ()
        return tuple(return_obstacles(self.transition, self.margins, self.now, self._recent_peak))

    def _recent_peak(self, dimension: Dimension) -> float | None:
        """Units per second in the busiest minute of the last recorded day, of the whole recording if that day has none.

        The whole recording would be no measure of a cure: auto scaling moves on from what a return sends.
        """
        try:
            series = self.series(dimension)
        except TrafficAbsent:
            peak = None if self.evidence is None else self.evidence.peak(dimension)
            return None if peak is None else peak.units  # of the whole recording: a return must carry more
        for minutes in () if series is None else (series[-_RECENT_MINUTES:], series):
            recorded = [units for units in minutes if units == units]  # only NaN differs from itself
            if recorded:
                return max(recorded) / 60
        return None

    @property
    def has_bake(self) -> bool:
        """Whether the template has a Bake: not for a creation, a relief (a Bake could only undo it), or under break-glass."""
        change = self.transition
        return change is not None and not (change.is_creation or self.is_relief) and self.break_glass is None

    def finding(
        self,
        rule: Rule,
        title: str,
        *,
        dimension: Dimension | None = None,
        figures: Iterable[Figure] = (),
        fix: str,
        deployments: tuple[Capacity, ...] = (),
        level: Level | None = None,
    ) -> Finding:
        """A finding of a rule on this case. Without ``level`` it has the level of the rule."""
        return Finding(
            rule.id,
            level or rule.level,
            self.table,
            dimension,
            title,
            tuple(figures),
            fix,
            deployments=deployments,
        )


def once(function: Callable[[Case], Result]) -> Callable[[Case], Result]:
    """A function of a case that is computed once for each case: several rules, and their fixes, ask for its result."""

    @wraps(function)
    def remembered(case: Case) -> Result:
        if function not in case.results:
            case.results[function] = function(case)
        found: Result = case.results[function]
        return found

    return remembered


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One condition on a transition.

    Attributes:
        id: ``CG1``, ``CG2``, ...; never reused for another condition.
        level: level of its findings in a transition.
        title: the violation as a short phrase: heading of the rule's page and of its row in docs/rules/README.md.
        refuses: what the rule refuses, for the table in README.md, where it follows the rule's id.
        needs: the inputs that the rule reads, for the table in docs/rules/README.md.
        condition: yields the findings of a case. It is called for every case, also for one without a transition.
        judges_unguarded: whether it also judges tables without a guard.
    """

    id: str
    level: Level
    title: str
    refuses: str
    needs: str
    condition: Callable[[Case], Iterable[Finding]]
    judges_unguarded: bool = False


def judge(case: Case, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """The findings of some rules on a case, with their final levels.

    Without a transition, and for a relief, every finding is a warning at most: the guard must not block a change that
    only raises capacity. An acknowledgment that holds lowers a finding to a warning and gives it the reason; one that
    has expired adds a figure. Break-glass acknowledges every finding with its reason.

    Args:
        case: the case to judge.
        rules: the rules to apply, in this order.
    """
    findings = []
    for finding in _found(case, rules):
        if not case.keeps_levels:
            finding = replace(finding, level=Level.WARN)
        elif case.return_obstacles:
            finding = replace(finding, figures=(*finding.figures, _no_relief(case.return_obstacles)))
        findings.append(_acknowledged(finding, case))
    return tuple(findings)


def _found(case: Case, rules: Iterable[Rule]) -> Iterator[Finding]:
    """The findings of rules. What needs recorded minutes that are not here does not judge: that is one finding of CG2."""
    absent: dict[str, TrafficAbsent] = {}
    for rule in rules:
        if case.guarded or rule.judges_unguarded:
            try:
                yield from list(rule.condition(case))
            except TrafficAbsent as error:
                absent[rule.id] = error
    for first in list(absent.values())[:1]:
        figures = (Figure("traffic", first.location, first.problem), Figure("not judged", ", ".join(absent)))
        title = "its recorded minutes are not here, and these rules need them"
        yield Finding("CG2", Level.ERROR, case.table, None, title, figures, first.remedy)


def _no_relief(obstacles: Sequence[str]) -> Figure:
    more = f"; and {len(obstacles) - 1} more" if len(obstacles) > 1 else ""
    return Figure("return", "no relief", f"{obstacles[0]}{more}")


def _acknowledged(finding: Finding, case: Case) -> Finding:
    if case.break_glass is not None:
        return replace(finding, level=Level.WARN, acknowledged=f"break-glass: {case.break_glass}")
    given = [acknowledgment for acknowledgment in case.acknowledgments if acknowledgment.rule == finding.rule]
    holding = next((acknowledgment for acknowledgment in given if acknowledgment.holds(case.now)), None)
    if holding is not None:
        end = "" if holding.until is None else f" (until {holding.until.isoformat()})"
        return replace(finding, level=Level.WARN, acknowledged=f"{holding.reason}{end}")
    expired = next((acknowledgment for acknowledgment in given if acknowledgment.until is not None), None)
    if expired is None or expired.until is None:
        return finding
    figure = Figure("acknowledgment", f"expired {expired.until.isoformat()}", expired.reason)
    return replace(finding, figures=(*finding.figures, figure))


__all__ = ["KIND_OF_DIALECT", "Case", "Dialect", "Figure", "Finding", "Level", "Rule", "judge", "once"]
