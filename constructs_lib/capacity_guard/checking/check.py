"""Judge every table of a template as a synthesis judges a guarded one, without the CDK and without gates."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path

from ..capacity.bounds import same_bounds
from ..capacity.capacity import Capacity
from ..capacity.deployed import Deployed
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..capacity.transition import Transition
from ..evidence.baseline import Baseline
from ..evidence.provenance import Recording, TableIdentity
from ..findings import Findings, JudgedTable, SourceLocation
from ..findings.plan_input import plan_input
from ..rules import ALL_RULES, Case, Figure, Finding, Level, find_answers, judge
from ..rules.fix_code import record_command
from ..rules.record_fix import record_text
from .check_settings import CheckSettings
from .matching import GivenBaseline, match_baselines
from .stack_place import StackPlace
from .stated_table import StatedTable, TemplateReader
from .template_file import TemplateFile
from .unreadable import unreadable_finding

NOT_JUDGED = ("CG1", "CG8", "CG9", "CG19")
"""Rules about the guard itself (that a table has one, its alarms, its Bake), and about waves, which no template states."""
_RULES = tuple(rule for rule in ALL_RULES if rule.id not in NOT_JUDGED)
(_BASELINE_RULE,) = (rule for rule in ALL_RULES if rule.id == "CG2")


@dataclass(frozen=True)
class Check:
    """One check of a template.

    Attributes:
        template: the template that is to be deployed.
        place: where it is deployed.
        now: the time of judgment, UTC.
        baselines: the baselines of its tables.
        previous: the template that is deployed, ``None`` where it is not given.
        parameters: values of its parameters.
        settings: margins, change window and acknowledgments.
        break_glass: why the deployment is an emergency, ``None`` for any other one.
    """

    template: TemplateFile
    place: StackPlace
    now: datetime
    baselines: Sequence[GivenBaseline] = ()
    previous: TemplateFile | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: CheckSettings = field(default_factory=CheckSettings)
    break_glass: str | None = None

    def findings(self) -> Findings:
        """Judge the tables.

        Raises:
            InputError: the template has no table, or what was given for it cannot be read or is of no table.
        """
        self._refuse_unknown()
        hidden = dict(self.template.hidden_tables)
        if not self.template.tables and not hidden:
            raise InputError(
                self.template.name,
                "holds no DynamoDB table",
                "Give the template of the stack that holds the table",
            )
        judged = [self._judge(id) for id in self._tables]
        judged += [self._hidden(id, what) for id, what in hidden.items()]
        return Findings(self.now, tuple(judged), NOT_JUDGED)

    def _refuse_unknown(self) -> None:
        declared = self.template.content.get("Parameters", {})
        for name in self.parameters:
            if name not in declared:
                known = f"Name one of: {', '.join(declared)}" if declared else "It has none: leave it out"
                raise InputError(f"--parameter {name}", "is not a parameter of the template", known)
        for id in self.settings.acknowledgments:
            if id not in self.template.tables:
                raise InputError(
                    f"--settings: acknowledgments: {id}",
                    "is not a table of the template",
                    f"Name one of its tables by logical id: {', '.join(self.template.tables)}",
                )

    @cached_property
    def _reader(self) -> TemplateReader:
        return TemplateReader(self.template, self.place, self.parameters)

    @cached_property
    def _deployed_reader(self) -> TemplateReader | None:
        if self.previous is None:
            return None
        known = self.previous.content.get("Parameters", {})
        given = {name: value for name, value in self.parameters.items() if name in known}
        return TemplateReader(self.previous, self.place, given)

    @property
    def _tables(self) -> list[str]:
        """Logical ids of the tables that are deployed, or may be."""
        return [id for id in self.template.tables if self._reader.exists(id) is not False]

    @cached_property
    def _given(self) -> dict[str, Baseline]:
        names = {id: self._reader.table_name(id) for id in self._tables}
        return match_baselines(self.baselines, names, self.place)

    def _recorded(self, id: str) -> tuple[str | None, Capacity | None]:
        """Name and template of the recorded table."""
        baseline = self._given.get(id)
        if baseline is None:
            return None, None
        return baseline.table.name, None if baseline.deployed is None else baseline.deployed.template

    @cached_property
    def _stated(self) -> dict[str, StatedTable | InputError]:
        return {id: self._reader.read(id, *self._recorded(id)) for id in self._tables}

    @cached_property
    def _deployed(self) -> dict[str, StatedTable | InputError]:
        """What the deployed template states of the tables that it has."""
        reader = self._deployed_reader
        if reader is None:
            return {}
        return {
            id: reader.read(id, *self._recorded(id))
            for id in self._tables
            if id in reader.template.tables and reader.exists(id) is not False
        }

    @cached_property
    def _cases(self) -> dict[str, Case]:
        return {
            id: self._case(id, stated)
            for id, stated in self._stated.items()
            if isinstance(stated, StatedTable)
        }

    def _case(self, id: str, stated: StatedTable) -> Case:
        return Case(
            table=self.template.label(id),
            indexes=tuple(stated.capacity.indexes),
            declared=stated.capacity,
            baseline=self._baseline(id),
            now=self.now,
            rollout=self.settings.rollout,
            margins=self.settings.margins,
            acknowledgments=self.settings.acknowledgments.get(id, ()),
            account=self.place.account,
            region=self.place.region,
            stack=self.place.stack,
            logical_id=id,
            table_name=self._reader.table_name(id),
            template=stated.facts,
            dialect="template",
            break_glass=self.break_glass,
            kind=TableKind(self.template.resources[id]["Type"]),
            names=partial(self._reader.names, id, self._recorded(id)[0]),
        )

    def _baseline(self, id: str) -> Baseline | InputError:
        given, deployed = self._given.get(id), self._deployed.get(id)
        name = self._reader.table_name(id)
        if given is None:
            if self.previous is not None and deployed is None:
                recording = Recording(self.now, "capacity-guard check", "the template")
                return Baseline(TableIdentity(name or id), recording, None, None)
            file = f"baselines/{id}.json"
            command = record_text(
                file, name=name, stack=self.place.stack, logical_id=id, region=self.place.region
            )
            return InputError(
                f"--baseline {id}=FILE",
                "is not given",
                f"{command}\nthen --baseline {shlex.quote(f'{id}={file}')}",
            )
        if given.deployed is None or given.deployed.structure is not None:
            return given
        facts = deployed.facts if isinstance(deployed, StatedTable) else ()
        if len(facts) != 1 or facts[0].structure is None:
            return given
        return replace(given, deployed=replace(given.deployed, structure=facts[0].structure))

    def _judge(self, id: str) -> JudgedTable:
        case = self._cases.get(id)
        if case is None:
            stated = self._stated[id]
            assert isinstance(stated, InputError)
            level = Level.ERROR if self._may_change(id) else Level.WARN
            found = unreadable_finding(self.template.label(id), stated, self.break_glass, level)
            return self._judged(id, [found])
        others = [
            other.table for other_id, other in self._cases.items() if other_id != id and _has_gates(other)
        ]
        case = replace(case, travels_with=tuple(others))
        outdated = replace(_BASELINE_RULE, condition=lambda _: self._outdated(id, case))
        findings = [*judge(case, (*_RULES, outdated))]
        if case.recorded is None:
            findings = [self._unjudged(id, case, finding) for finding in findings]
        return self._judged(id, findings, case)

    def _may_change(self, id: str) -> bool:
        """Whether the capacity of a table that cannot be read, or has no baseline, may change."""
        if self.previous is None:
            return id in self._given
        return id not in self.previous.tables or not self._reader.same_in(self.previous, id)

    def _unjudged(self, id: str, case: Case, finding: Finding) -> Finding:
        """A finding on a table without a baseline: nothing judges its change, and no gate stops it."""
        if finding.rule != _BASELINE_RULE.id:
            return finding
        deployed = self._deployed.get(id)
        if deployed is None:
            shown = Figure("change", "unknown", "--previous TEMPLATE shows whether its capacity changes")
            return replace(finding, figures=(*finding.figures, shown))
        if isinstance(deployed, InputError):
            changes = self._may_change(id)
            shown = Figure(
                "change", "unknown" if changes else "none", "what --previous states cannot be read"
            )
        else:
            before = Deployed(deployed.capacity, deployed.capacity, {}, {})
            transition = Transition(case.table, before, case.declared, declared_kind=case.kind)
            changes = not transition.is_empty and not transition.only_raises
            words = "none" if transition.is_empty else "raises only" if transition.only_raises else "yes"
            shown = Figure("change", words, "against --previous with the same parameters; no gate stops it")
        error = changes and finding.acknowledged is None
        return replace(
            finding, level=Level.ERROR if error else finding.level, figures=(*finding.figures, shown)
        )

    def _outdated(self, id: str, case: Case) -> Iterator[Finding]:
        """The baseline was recorded of another template than the one that is deployed."""
        deployed, recorded = self._deployed.get(id), case.recorded
        if not isinstance(deployed, StatedTable) or recorded is None or recorded.deployed is None:
            return
        before = recorded.deployed.template
        if same_bounds(deployed.capacity, before):
            return
        yield case.finding(
            _BASELINE_RULE,
            "its baseline was recorded of another template than the one that is deployed",
            figures=[
                Figure("recorded", before.billing_mode.value, recorded.file),
                Figure(
                    "--previous", deployed.capacity.billing_mode.value, "with other bounds, or another mode"
                ),
            ],
            fix=record_command(recorded.table.name, recorded.file),
        )

    def _hidden(self, id: str, what: str) -> JudgedTable:
        finding = Finding(
            "CG18",
            Level.WARN,
            id,
            None,
            f"it is {what}, whose tables are not judged",
            (),
            "check its own template: capacity-guard check NESTED.json"
            if what != "a loop"
            else "check the processed template: aws cloudformation get-template --change-set-name ARN",
        )
        return self._judged(id, [finding])

    def _judged(self, id: str, findings: Sequence[Finding], case: Case | None = None) -> JudgedTable:
        place = SourceLocation(Path(self.template.name).as_posix(), self.template.line(id))
        if case is None:
            return JudgedTable(id, place, tuple(findings))
        return JudgedTable(id, place, tuple(findings), plan_input(case), find_answers(case, findings))


def _has_gates(case: Case) -> bool:
    """Whether a guard would put gates around the change of a table."""
    return (
        case.break_glass is None
        and case.in_transition
        and case.transition is not None
        and not case.transition.is_creation
    )


__all__ = ["NOT_JUDGED", "Check"]
