"""``capacity-guard.json``: the file with the findings of a synthesis, in its cloud assembly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.plain_data import time_text
from ..evidence.document import Format, read_document
from ..evidence.files import write_whole
from ..rules import Answer, Figure, Finding, Level
from ..rules.formatting import age_text
from .answers_json import answer_json, read_answer
from .plan_input import SYNTHESIZE_AGAIN, PlanInput

FILE_NAME = "capacity-guard.json"
SCHEMA = "capacity-guard/findings"
VERSION = 1
_FORMAT = Format(
    SCHEMA,
    {VERSION: ()},
    remedy=SYNTHESIZE_AGAIN,
    other="Name the directory of the cloud assembly, cdk.out by default",
    newer="Use one version of capacity-guard for the synthesis and for this command",
    largest=256 * 2**20,
)
_ABSENT = (
    "Run `cdk synth` with Validations.of(app).add_plugins(CapacityGuardChecks(app)) in the app; where that was done, the "
    "synthesis ended before the rules judged, and its output says why"
)


@dataclass(frozen=True)
class SourceLocation:
    """A line of code.

    Attributes:
        file: path relative to the directory in which the app ran, with forward slashes.
        line: line of the file, from 1.
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class JudgedTable:
    """A table that the rules judged, with its findings.

    Attributes:
        path: construct path of the guard, or of the table if it has no guard.
        place: the line of code that creates the construct, ``None`` if it is not known.
        findings: the findings, in the order of the rules.
        planned: the input of ``capacity-guard plan``; ``None`` for a table without a guard, or whose baseline cannot be
            read.
        answers: the fix of each finding; findings that one fix resolves share an answer.
    """

    path: str
    place: SourceLocation | None
    findings: tuple[Finding, ...]
    planned: PlanInput | None = None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Findings:
    """The findings of one synthesis.

    Attributes:
        judged_at: the judgment time of the rules, UTC; ``None`` if the app has no table to judge.
        tables: every judged table, also without a finding, in the order in which the app creates them.
        not_judged: ids of the rules that were not asked: those about the guard, where a template without one is checked.
    """

    judged_at: datetime | None
    tables: tuple[JudgedTable, ...]
    not_judged: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[tuple[JudgedTable, Finding], ...]:
        """Each finding with its table, errors first."""
        return tuple(
            (table, finding)
            for level in Level
            for table in self.tables
            for finding in table.findings
            if finding.level is level
        )

    @property
    def errors(self) -> int:
        """Number of findings that fail the synthesis."""
        return sum(finding.level is Level.ERROR for _, finding in self.found)

    @property
    def headline(self) -> str:
        """The numbers of errors and warnings, in words."""
        warnings = len(self.found) - self.errors
        return (
            f"{_count(self.errors, 'error')}, {_count(warnings, 'warning')}"
            if self.found
            else "nothing found"
        )

    @property
    def scope(self) -> str:
        """The number of judged tables and the judgment time, in words."""
        tables = _count(len(self.tables), "table")
        if self.judged_at is None:
            return f"{tables} judged"
        return f"{tables} judged{self._evidence(self.judged_at)} at {self.judged_at:%Y-%m-%d %H:%M} UTC"

    def _evidence(self, judged_at: datetime) -> str:
        """The age of the recordings at the judgment, in words; empty where no file states it."""
        recorded = sorted(
            table.planned.recorded_at
            for table in self.tables
            if table.planned is not None and table.planned.recorded_at is not None
        )
        if not recorded:
            return ""
        oldest, newest = (age_text(at, judged_at) for at in (recorded[0], recorded[-1]))
        some = f", {len(recorded)} of them" if len(recorded) < len(self.tables) else ""
        if len(recorded) == 1:
            return f"{some} with a baseline {oldest} old,"
        if oldest == newest:
            return f"{some} with baselines {oldest} old,"
        return f"{some} with baselines {newest} to {oldest} old,"

    @property
    def without_gates(self) -> str | None:
        """What a reader must know of a check: that nothing else judges the deployment; ``None`` for a synthesis."""
        if not self.not_judged:
            return None
        return (
            "this deployment has no gates, no alarm that vetoes it, and nothing that raises warm throughput for it: "
            f"{', '.join(self.not_judged)} are not judged"
        )

    def to_json(self) -> str:
        """The text of the file. The same findings give the same text."""
        data = {
            "schema": SCHEMA,
            "version": VERSION,
            "judged_at": None if self.judged_at is None else time_text(self.judged_at),
            # Only where there are some: the file of a synthesis is as it always was.
            **({"not_judged": list(self.not_judged)} if self.not_judged else {}),
            "tables": [
                {
                    "path": table.path,
                    **_place_json(table.place),
                    "plan": None if table.planned is None else table.planned.to_json(),
                    **(
                        {"answers": [answer_json(answer, table.findings) for answer in table.answers]}
                        if table.answers
                        else {}
                    ),
                }
                for table in self.tables
            ],
            "findings": [
                _finding_json(table, finding) for table in self.tables for finding in table.findings
            ],
        }
        return json.dumps(data, indent=2) + "\n"

    def write(self, assembly: str | Path) -> Path:
        """Write the file into a cloud assembly. It replaces an older file.

        Args:
            assembly: directory of the assembly, by default of the CDK ``cdk.out``.

        Returns:
            Path of the file.
        """
        path = Path(assembly) / FILE_NAME
        write_whole(path, self.to_json())
        return path

    @staticmethod
    def read(path: str | Path) -> Findings:
        """Read the findings of a synthesis.

        Args:
            path: the cloud assembly, or the file itself.

        Raises:
            InputError: the file is missing, or has another format.
        """
        path = Path(path)
        file = path / FILE_NAME if path.is_dir() else path
        data = read_document(file, _FORMAT, absent=_ABSENT, name=str(file))
        try:
            return _parse(data, str(file))
        except InputError as error:
            # A setting's or a capacity's own error names no file, and its remedy is for the user who gives it.
            if error.location.startswith(str(file)):
                raise
            location = ": ".join(filter(None, (str(file), error.location)))
            raise InputError(location, error.problem, SYNTHESIZE_AGAIN) from None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _place_json(place: SourceLocation | None) -> dict[str, Any]:
    return {"file": None if place is None else place.file, "line": None if place is None else place.line}


def _finding_json(table: JudgedTable, finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "path": table.path,
        **_place_json(table.place),
        "table": finding.table,
        "dimension": None if finding.dimension is None else finding.dimension.key,
        "subject": finding.subject,
        "title": finding.title,
        "figures": [
            {"label": figure.label, "value": figure.value, "note": figure.note} for figure in finding.figures
        ],
        "fix": finding.fix,
        "deployments": [capacity.to_json() for capacity in finding.deployments],
        "acknowledged": finding.acknowledged,
        "page": finding.page,
    }


def _parse(document: Mapping[str, Any], location: str) -> Findings:
    by_path: dict[str, list[Finding]] = {}
    for number, value in enumerate(_list(document, "findings", location)):
        item = f"{location}: findings[{number}]"
        finding = _object(value, item)
        by_path.setdefault(_text(finding, "path", item), []).append(_finding(finding, item))
    tables = []
    for number, value in enumerate(_list(document, "tables", location)):
        item = f"{location}: tables[{number}]"
        table = _object(value, item)
        path = _text(table, "path", item)
        plan = table.get("plan")
        planned = None if plan is None else PlanInput.from_json(plan, f"{item}.plan")
        found = tuple(by_path.pop(path, ()))
        answers = tuple(
            read_answer(answer, f"{item}.answers[{position}]", len(found))
            for position, answer in enumerate(_list(table, "answers", item, default=[]))
        )
        tables.append(JudgedTable(path, _place(table, item), found, planned, answers))
    if by_path:
        raise InputError(
            f"{location}: findings",
            f"name {', '.join(sorted(by_path))}, which is in no table",
            SYNTHESIZE_AGAIN,
        )
    not_judged = _list(document, "not_judged", location, default=[])
    if not all(isinstance(rule, str) for rule in not_judged):
        raise InputError(f"{location}: not_judged", "holds what is no rule's id", SYNTHESIZE_AGAIN)
    return Findings(
        _time(document.get("judged_at"), f"{location}: judged_at"), tuple(tables), tuple(map(str, not_judged))
    )


def _finding(data: Mapping[str, Any], location: str) -> Finding:
    level = _text(data, "level", location)
    if level not in {known.value for known in Level}:
        raise InputError(f"{location}.level", f"{level!r} is neither ERROR nor WARN", SYNTHESIZE_AGAIN)
    key = data.get("dimension")
    acknowledged = data.get("acknowledged")
    return Finding(
        rule=_text(data, "rule", location),
        level=Level(level),
        table=_text(data, "table", location),
        dimension=None if key is None else Dimension.parse(_text(data, "dimension", location)),
        title=_text(data, "title", location),
        figures=tuple(_figures(_list(data, "figures", location), f"{location}.figures")),
        fix=_text(data, "fix", location),
        acknowledged=None if acknowledged is None else _text(data, "acknowledged", location),
        deployments=tuple(
            Capacity.from_json(capacity, f"{location}.deployments[{number}]")
            for number, capacity in enumerate(_list(data, "deployments", location, default=[]))
        ),
    )


def _figures(values: Iterable[object], location: str) -> Iterable[Figure]:
    for number, value in enumerate(values):
        item = f"{location}[{number}]"
        figure = _object(value, item)
        yield Figure(_text(figure, "label", item), _text(figure, "value", item), _text(figure, "note", item))


def _place(data: Mapping[str, Any], location: str) -> SourceLocation | None:
    if data.get("file") is None:
        return None
    line = data.get("line")
    if isinstance(line, bool) or not isinstance(line, int) or line < 1:
        raise InputError(f"{location}.line", f"{line!r} is not a line of a file", SYNTHESIZE_AGAIN)
    return SourceLocation(_text(data, "file", location), line)


def _time(value: object, location: str) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.utcoffset() != timedelta(0):
        raise InputError(location, f"{value!r} is not a moment in UTC", SYNTHESIZE_AGAIN)
    return time


def _object(value: object, location: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(location, "is not an object", SYNTHESIZE_AGAIN)
    return value


def _list(
    data: Mapping[str, Any], name: str, location: str, default: list[object] | None = None
) -> list[object]:
    value = data.get(name, default)
    if not isinstance(value, list):
        raise InputError(f"{location}: {name}", "is not a list", SYNTHESIZE_AGAIN)
    return value


def _text(data: Mapping[str, Any], name: str, location: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise InputError(f"{location}.{name}", "is not text", SYNTHESIZE_AGAIN)
    return value


__all__ = ["FILE_NAME", "SCHEMA", "VERSION", "Findings", "JudgedTable", "SourceLocation"]
