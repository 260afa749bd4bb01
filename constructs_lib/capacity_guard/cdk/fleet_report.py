"""A report on every table of an app, and the files that may hold the baseline of a table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import aws_cdk as cdk

from ..rules import Case, Finding, Level
from .declared_tables import DeclaredTable
from .guard_options import GuardOptions


@dataclass
class FleetReport:
    """The arguments of ``ReportEveryTable``, and the tables that it has visited.

    Attributes:
        baselines: folder of the baselines.
        warn_until: last day (UTC) on which no finding stops a synthesis.
        options: the settings that a guard would have.
        caller: file and line that created the aspect.
        paths: construct paths of the tables' resources.
    """

    baselines: Path
    warn_until: date
    options: GuardOptions
    caller: tuple[str, int] | None
    paths: set[str] = field(default_factory=set)

    def with_level(self, finding: Finding, case: Case) -> Finding:
        """A finding with the level that it has in this report.

        Until ``warn_until`` all findings are warnings. After it they keep their own level, except that a table without
        a guard (CG1) is an error unless break-glass is set.
        """
        if case.now.date() <= self.warn_until:
            return replace(finding, level=Level.WARN)
        if finding.rule == "CG1" and case.break_glass is None:
            return replace(finding, level=Level.ERROR)
        return finding


def baseline_files(folder: Path, stack: cdk.Stack, table: DeclaredTable) -> list[Path]:
    """Files that may hold the baseline of a table: named by its construct id, and by its logical id.

    Args:
        folder: folder of all baselines.
        stack: the stack of the table.
        table: the table.
    """
    logical_id = stack.resolve(table.resource.logical_id)
    return [folder / known_name(stack) / f"{name}.json" for name in dict.fromkeys((table.label, logical_id))]


def known_name(stack: cdk.Stack) -> str:
    """Name of a stack; of a nested one its construct id, since CloudFormation chooses its name.

    Args:
        stack: the stack.
    """
    return stack.node.id if stack.nested else stack.stack_name


__all__ = ["FleetReport", "baseline_files", "known_name"]
