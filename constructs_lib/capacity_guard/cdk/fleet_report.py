"""What a report on every table of an app is given, and where the baseline of a table lies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import aws_cdk as cdk

from ..capacity.settings import Margins, Rollout
from ..rules import Case, Finding, Level
from .tables import DeclaredTable


@dataclass
class Report:
    """What ``ReportEveryTable`` is told, and the tables it has come by.

    Attributes:
        baselines: folder of the baselines.
        warn_until: last day (UTC) on which nothing it finds stops a synthesis.
        rollout, margins: as a guard would have them.
        caller: file and line that made it.
        paths: construct paths of the tables' resources.
    """

    baselines: Path
    warn_until: date
    rollout: Rollout
    margins: Margins
    caller: tuple[str, int] | None
    paths: set[str] = field(default_factory=set)

    def level(self, finding: Finding, case: Case) -> Finding:
        """A finding with the level it has in this report.

        Until the day, all are warnings. From then on they have their own level, and a table without a guard (CG1) is
        an error, unless somebody broke the glass.
        """
        if case.now.date() <= self.warn_until:
            return replace(finding, level=Level.WARN)
        if finding.rule == "CG1" and case.break_glass is None:
            return replace(finding, level=Level.ERROR)
        return finding


def baseline_files(folder: Path, stack: cdk.Stack, table: DeclaredTable) -> list[Path]:
    """Where the baseline of a table may lie: by its construct id, or by its logical id.

    Args:
        folder: folder of all baselines.
        stack: the stack of the table.
        table: the table.
    """
    logical_id = stack.resolve(table.resource.logical_id)
    # CloudFormation makes the name of a nested stack.
    name = stack.node.id if stack.nested else stack.stack_name
    return [folder / name / f"{one}.json" for one in dict.fromkeys((table.label, logical_id))]


__all__ = ["Report", "baseline_files"]
