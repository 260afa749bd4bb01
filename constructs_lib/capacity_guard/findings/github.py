"""Findings as workflow commands: GitHub shows them on the line of code that creates the construct.

Commands and their parameters: GitHub Docs, "Workflow commands for GitHub Actions" (setting an error message, setting a
warning message). Escaping: the toolkit of GitHub (actions/toolkit, packages/core/src/command.ts). GitHub shows at most
10 errors and 10 warnings of a step, so errors come first; the log and the summary have all of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..capacity.safe_text import visible
from ..rules import Finding, Level
from .answer_text import answer_lines
from .document import Findings, JudgedTable, SourceLocation

_COMMAND = {Level.ERROR: "error", Level.WARN: "warning"}


def workflow_commands(findings: Findings, *, app: Path, repository: Path | None) -> str:
    """A command for each finding, each on a line, errors first; a notice if there are no findings.

    Args:
        findings: the findings of a synthesis.
        app: the directory in which the app ran; the files of the findings are relative to it.
        repository: the root of the checkout (``GITHUB_WORKSPACE``). GitHub expects paths relative to it. ``None`` leaves
            the paths relative to ``app``.
    """
    if not findings.found:
        said = f"{findings.headline}; {findings.scope}"
        said += "" if findings.without_gates is None else f"; {findings.without_gates}"
        return f"::notice title=capacity-guard::{_escape_data(said)}"
    lines = []
    if findings.without_gates is not None:
        lines.append(f"::notice title=capacity-guard check::{_escape_data(findings.without_gates)}")
    shown: dict[int, Finding] = {}
    for table, finding in findings.found:
        properties = {} if table.place is None else _place(table.place, app, repository)
        # Two stacks of one class have tables of one name on one line of code: their paths differ.
        properties["title"] = f"{finding.rule} {finding.subject} ({table.path})"
        parameters = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
        lines.append(
            f"::{_COMMAND[finding.level]} {parameters}::{_escape_data(_message(finding, _fix(table, finding, shown)))}"
        )
    return "\n".join(lines)


def _place(place: SourceLocation, app: Path, repository: Path | None) -> dict[str, str]:
    file = place.file
    if repository is not None:
        # Not resolved: a symbolic link to the checkout must not lead out of it.
        file = Path(os.path.relpath(app / place.file, repository)).as_posix()
    return {"file": file, "line": str(place.line)}


def _fix(table: JudgedTable, finding: Finding, shown: dict[int, Finding]) -> list[str]:
    """The fix of a finding; where an annotation before it has the same one, a pointer to that.

    Args:
        table: the table.
        finding: its finding.
        shown: the finding that shows an answer already, by the answer's identity; it is added to.
    """
    number = next(n for n, known in enumerate(table.findings) if known is finding)
    answer = next((answer for answer in table.answers if number in answer.findings), None)
    if answer is None or (len(answer.findings) == 1 and not answer.alternatives):
        return ["Fix:", *(f"  {line}" for line in finding.fix.splitlines())]
    first = shown.setdefault(id(answer), finding)
    if first is not finding:
        return [f"Fix: the one of {first.rule} {first.subject} ({table.path})"]
    text = list(answer_lines([table.findings[n] for n in answer.findings], answer))
    return [text[0][:1].upper() + text[0][1:], *text[1:]]


def _message(finding: Finding, fix: Sequence[str]) -> str:
    """The finding as in the terminal but without columns, since annotations are not monospaced."""
    lines = [finding.title[:1].upper() + finding.title[1:] + "."]
    lines += [
        f"{figure.label}: {figure.value}" + (f" ({figure.note})" if figure.note else "")
        for figure in finding.figures
    ]
    lines += fix
    if finding.acknowledged:
        lines.append(f"Acknowledged: {finding.acknowledged}")
    lines.append(f"Why: {finding.page_command}")
    return "\n".join(lines)


def _escape_data(value: str) -> str:
    return visible(value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _escape_property(value: str) -> str:
    return _escape_data(value).replace(":", "%3A").replace(",", "%2C")


__all__ = ["workflow_commands"]
