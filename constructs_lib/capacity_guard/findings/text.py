"""Findings as text for a terminal, with the line of code of each table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..capacity.safe_text import safe_line
from ..rules import Answer, Finding, Level
from .answer_text import section_lines, sections
from .document import Findings, JudgedTable

_ALIKE = 3
"""Least tables with one warning that are shown together."""


@dataclass(frozen=True)
class _Section:
    """Findings of one table with their fix."""

    table: JudgedTable
    findings: Sequence[Finding]
    answer: Answer | None

    @property
    def kind(self) -> tuple[str, str] | None:
        """Rule and title of a warning that other tables may have too; ``None`` for what is shown with its table."""
        if len(self.findings) > 1 or (self.answer is not None and self.answer.alternatives):
            return None
        (finding,) = self.findings
        if finding.level is Level.ERROR or finding.dimension is not None or finding.acknowledged:
            return None
        return finding.rule, finding.title

    @property
    def place(self) -> str:
        table = self.table
        return table.path if table.place is None else f"{table.path}  {table.place}"


def text(findings: Findings) -> str:
    """The findings of each table under its path, errors first, each fix once; then the numbers of findings and tables.

    A warning that three tables or more have follows once for all of them, with what differs for each table.
    """
    found = [
        _Section(table, section, answer)
        for table in findings.tables
        for section, answer in sections(table.findings, table.answers)
    ]
    alike: dict[tuple[str, str], list[_Section]] = {}
    for section in found:
        if section.kind is not None:
            alike.setdefault(section.kind, []).append(section)
    together = {kind: group for kind, group in alike.items() if len(group) >= _ALIKE}
    blocks = []
    shown = None
    for section in found:
        if section.kind in together:
            continue
        if section.table is not shown:
            shown = section.table
            blocks.append(safe_line(section.place))
        blocks += section_lines(section.findings, section.answer)
    blocks += ["\n".join(map(safe_line, _together(group))) for group in together.values()]
    if findings.without_gates is not None:
        blocks.append(f"capacity-guard: {findings.without_gates}")
    blocks.append(f"capacity-guard: {findings.headline}; {findings.scope}")
    return "\n\n".join(blocks)


def _together(group: Sequence[_Section]) -> Iterator[str]:
    """One warning of several tables: each table with what differs, then what all have in common."""
    warnings = [section.findings[0] for section in group]
    first = warnings[0]
    rows = [_rows(warning) for warning in warnings]
    common = [row for row in rows[0] if all(row in others for others in rows)]
    yield f"{first.rule}  {first.level.value:5}  {len(group)} tables, each: {first.title}"
    for section, own in zip(group, rows, strict=True):
        yield f"  {section.place}"
        yield from _columns([row for row in own if row not in common], "    ")
    yield from _columns([*common, ("why", first.page_command)], "  ")


def _rows(finding: Finding) -> list[tuple[str, str]]:
    """The figures and the lines of the fix, each with its label."""
    figures = [
        (figure.label, f"{figure.value}  {figure.note}" if figure.note else figure.value)
        for figure in finding.figures
    ]
    return figures + [("fix", line) for line in finding.fix.split("\n")]


def _columns(rows: Sequence[tuple[str, str]], margin: str) -> Iterator[str]:
    width = max((len(label) for label, _ in rows), default=0)
    before = None
    for label, value in rows:
        yield f"{margin}{'' if label == before == 'fix' else label:{width}}  {value}"
        before = label


__all__ = ["text"]
