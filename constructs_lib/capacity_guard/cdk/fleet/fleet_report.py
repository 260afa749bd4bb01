"""A report on every table of an app."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import aws_cdk as cdk

from ...rules import Case, Finding, Level
from ..guard_options import GuardOptions
from .baseline_folder import BaselineFolder


@dataclass
class FleetReport:
    """The arguments of ``ReportEveryTable``, and the tables that it has visited.

    Attributes:
        baselines: folder of the baselines.
        warn_until: last day (UTC) on which no finding stops a synthesis.
        options: the settings that a guard would have.
        caller: file and line that created the aspect.
        paths: construct paths of the tables' resources.
        folder: the baselines.
    """

    baselines: Path
    warn_until: date
    options: GuardOptions
    caller: tuple[str, int] | None
    paths: set[str] = field(default_factory=set)
    folder: BaselineFolder = field(init=False)

    def __post_init__(self) -> None:
        self.folder = BaselineFolder(self.baselines)

    def with_level(self, finding: Finding, case: Case) -> Finding:
        """A finding with the level that it has in this report.

        Until ``warn_until`` all findings are warnings. After it they keep their own level, except that a table without
        a guard (CG1) is an error unless it is acknowledged or break-glass is set.
        """
        if case.now.date() <= self.warn_until:
            return replace(finding, level=Level.WARN)
        if finding.rule == "CG1" and case.break_glass is None and not finding.acknowledged:
            return replace(finding, level=Level.ERROR)
        return finding


def known_name(stack: cdk.Stack) -> str:
    """Name of a stack; of a nested one the name of its parent and its construct id, since CloudFormation chooses its name.

    Args:
        stack: the stack.
    """
    parent = stack.nested_stack_parent if stack.nested else None
    if parent is None:
        return str(stack.node.id if stack.nested else stack.stack_name)
    return f"{known_name(parent)}-{stack.node.id}"


__all__ = ["FleetReport", "known_name"]
