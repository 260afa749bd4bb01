"""Findings as workflow commands: GitHub shows them on the line that made the construct.

Commands and their parameters: GitHub Docs, "Workflow commands for GitHub Actions" (setting an error message, setting a
warning message). Escaping: the toolkit of GitHub (actions/toolkit, packages/core/src/command.ts). GitHub shows at most
10 errors and 10 warnings of a step, so errors come first; the log and the summary hold all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..rules import Finding, Level
from .document import Findings, SourceLocation

_COMMAND = {Level.ERROR: "error", Level.WARN: "warning"}


def workflow_commands(findings: Findings, *, app: Path, repository: Path | None) -> str:
    """A command for each finding, one a line, errors first; a notice where nothing was found.

    Args:
        findings: what the synthesis found.
        app: the directory in which the app ran; the places are relative to it.
        repository: the root of the checkout (``GITHUB_WORKSPACE``), to which GitHub wants paths to be relative;
            ``None`` leaves them as they are.
    """
    if not findings.found:
        return f"::notice title=capacity-guard::{_data(f'{findings.headline}; {findings.scope}')}"
    lines = []
    for table, finding in findings.found:
        properties = {} if table.place is None else _place(table.place, app, repository)
        properties["title"] = f"{finding.rule} {finding.subject}"
        named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        lines.append(f"::{_COMMAND[finding.level]} {named}::{_data(_message(finding))}")
    return "\n".join(lines)


def _place(place: SourceLocation, app: Path, repository: Path | None) -> dict[str, str]:
    file = place.file
    if repository is not None:
        # A symbolic link to the checkout must not lead out of it: no resolving.
        file = Path(os.path.relpath(app / place.file, repository)).as_posix()
    return {"file": file, "line": str(place.line)}


def _message(finding: Finding) -> str:
    """What the terminal shows below the finding's first line, without columns: annotations are not monospaced."""
    lines = [finding.title[:1].upper() + finding.title[1:] + "."]
    lines += [f"{f.label}: {f.value}" + (f" ({f.note})" if f.note else "") for f in finding.figures]
    lines += ["Fix:", *(f"  {line}" for line in finding.fix.splitlines())]
    if finding.acknowledged:
        lines.append(f"Acknowledged: {finding.acknowledged}")
    lines.append(f"Why: {finding.page}")
    return "\n".join(lines)


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


__all__ = ["workflow_commands"]
