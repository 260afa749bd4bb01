"""Findings as text for a terminal, with the line of code of each table."""

from __future__ import annotations

from ..capacity.safe_text import safe_line
from .answer_text import section_lines, sections
from .document import Findings


def text(findings: Findings) -> str:
    """The findings of each table under its path, errors first, each fix once; then the numbers of findings and tables."""
    blocks = []
    for table in findings.tables:
        if table.findings:
            blocks.append(safe_line(table.path if table.place is None else f"{table.path}  {table.place}"))
            for found, answer in sections(table.findings, table.answers):
                blocks += section_lines(found, answer)
    if findings.without_gates is not None:
        blocks.append(f"capacity-guard: {findings.without_gates}")
    blocks.append(f"capacity-guard: {findings.headline}; {findings.scope}")
    return "\n\n".join(blocks)


__all__ = ["text"]
