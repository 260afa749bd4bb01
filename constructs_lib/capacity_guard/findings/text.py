"""Findings as text for a terminal, with the line of code of each table."""

from __future__ import annotations

from ..capacity.safe_text import safe_line
from .document import Findings, errors_first


def text(findings: Findings) -> str:
    """The findings of each table under its path, errors first, and the numbers of findings and tables."""
    blocks = []
    for table in findings.tables:
        if table.findings:
            blocks.append(safe_line(table.path if table.place is None else f"{table.path}  {table.place}"))
            blocks += [finding.text() for finding in errors_first(table.findings)]
    if findings.without_gates is not None:
        blocks.append(f"capacity-guard: {findings.without_gates}")
    blocks.append(f"capacity-guard: {findings.headline}; {findings.scope}")
    return "\n\n".join(blocks)


__all__ = ["text"]
