"""The guard for a whole app: ``GuardEveryTable`` guards each table, ``ReportEveryTable`` only says what it would find."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from ..capacity.errors import InputError
from ..capacity.settings import Margins, Rollout
from .capacity_guard import CapacityGuard
from .fleet_report import Report, baseline_files
from .gates import GateTimes
from .guard import not_nested
from .registry import note_report, tables_of
from .source_location import caller
from .tables import DeclaredTable, declared_by, tables_below

NO_BASELINE = "capacity-guard:no-baseline"
NOT_GUARDED = "capacity-guard:not-guarded"


@jsii.implements(cdk.IAspect)
class GuardEveryTable:
    """Puts a ``CapacityGuard`` beside every table that has a baseline and no guard yet.

    Add it to an app, a stage, a stack or a construct (the aspects of an app do not reach into its stages)::

        Aspects.of(app).add(GuardEveryTable(baselines="baselines"))

    The baseline of a table is ``<baselines>/<stack name>/<construct id>.json``, or named by the table's logical id. A
    table without one is left alone, with a warning at synthesis; so is a table that cannot be guarded.

    Args:
        baselines: folder of the baselines.
        rollout: bake time, change window and alarms, for all of them.
        margins: the margins that rules and gates judge by, for all of them.
        gate_times: how often gates look, and how long they may take.
    """

    def __init__(
        self,
        *,
        baselines: str | Path,
        rollout: Rollout | None = None,
        margins: Margins | None = None,
        gate_times: GateTimes | None = None,
    ) -> None:
        self._folder = Path(baselines)
        self._rollout = rollout
        self._margins = margins
        self._gate_times = gate_times
        self._caller = caller()
        self._seen: list[str] = []

    def visit(self, node: IConstruct) -> None:
        """Guard the tables below the construct that the aspect was added to. The CDK calls it at synthesis."""
        if self._seen and node.node.path.startswith(tuple(self._seen)):
            return
        # All at the first construct: what stands below it is visited afterwards, tags and other aspects included.
        path = node.node.path
        self._seen.append(f"{path}/" if path else "")
        stage = cdk.Stage.of(node)
        guarded = {one.resource.node.path for one in tables_of(node.node.root)}
        for table in tables_below(node):
            own = cdk.Stage.of(table.resource)
            if own is not None and stage is not None and own.node.path != stage.node.path:
                continue
            if table.resource.node.path not in guarded:
                self._guard(table)

    def _guard(self, table: DeclaredTable) -> None:
        stack = cdk.Stack.of(table.resource)
        try:
            not_nested(stack, table.construct.node.path)
        except InputError as error:
            cdk.Annotations.of(table.resource).add_warning_v2(NOT_GUARDED, str(error))
            return
        files = baseline_files(self._folder, stack, table)
        file = next((one for one in files if one.exists()), None)
        if file is None:
            text = (
                f"{table.label} is not guarded: it has no baseline. Record it: capacity-guard record --table NAME "
                f"--out {files[0].as_posix()}"
            )
            cdk.Annotations.of(table.resource).add_warning_v2(NO_BASELINE, text)
            return
        scope = table.construct.node.scope
        assert scope is not None
        guard = CapacityGuard(
            scope,  # type: ignore[arg-type]
            f"{table.label}CapacityGuard",
            table=table.construct,  # type: ignore[arg-type]
            baseline=file,
            rollout=self._rollout,
            margins=self._margins,
            gate_times=self._gate_times,
        )
        guard.caller = self._caller


@jsii.implements(cdk.IAspect)
class ReportEveryTable:
    """Has the pack judge every table without a guard as if it had one, and adds nothing to any stack.

    To start with in a fleet: what ``CapacityGuardChecks`` finds is a warning until a day that everybody knows. From
    then on findings have their own level, and a table that still has no guard (CG1) is an error::

        Aspects.of(app).add(ReportEveryTable(baselines="baselines", warn_until=date(2027, 1, 31)))

    Baselines lie where ``GuardEveryTable`` looks for them; a table without one is found (CG2), and judged by nothing
    else than its template.

    Args:
        baselines: folder of the baselines.
        warn_until: last day (UTC) on which nothing of it stops a synthesis.
        rollout: bake time, change window and alarms that a guard would have.
        margins: the margins that the rules judge by.

    Raises:
        InputError: ``warn_until`` is no date.
    """

    def __init__(
        self,
        *,
        baselines: str | Path,
        warn_until: date,
        rollout: Rollout | None = None,
        margins: Margins | None = None,
    ) -> None:
        if not isinstance(warn_until, date) or isinstance(warn_until, datetime):
            raise InputError(
                "ReportEveryTable: warn_until", f"{warn_until!r} is no date", "Write date(2027, 1, 31)"
            )
        self._report = Report(
            Path(baselines), warn_until, rollout or Rollout(), margins or Margins(), caller()
        )

    def visit(self, node: IConstruct) -> None:
        """Note a table. The CDK calls it at synthesis, for every construct below the one it was added to."""
        table = declared_by(node)
        if table is not None:
            if not self._report.paths:
                note_report(node.node.root, self._report)
            self._report.paths.add(table.resource.node.path)


__all__ = ["NOT_GUARDED", "NO_BASELINE", "GuardEveryTable", "ReportEveryTable"]
