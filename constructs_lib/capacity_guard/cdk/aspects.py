"""Aspects for all tables of an app: ``GuardEveryTable`` guards them, ``ReportEveryTable`` only reports findings."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Never, cast
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from ..capacity.errors import InputError
from ..capacity.safe_text import safe_line
from ..evidence.baseline import Baseline
from ..rules.record_fix import record_text
from .app.declared_tables import declared_by, tables_below
from .app.source_location import caller
from .arguments.guard_arguments import baselines_folder, refuse_nested_stack, refuse_stack_without_assets
from .capacity_guard import CapacityGuard
from .fleet.baseline_folder import BaselineFolder
from .fleet.fleet_report import FleetReport
from .fleet.lost_tables import warn_of_lost_tables
from .fleet.registry import keep_awaited_baseline, keep_once, register_report, tables_of
from .fleet.sought_table import TableOfFleet, tables_of_fleet
from .guard_options import GuardOptions, options_of_fleet, refuse_unknown

NO_BASELINE = "capacity-guard:no-baseline"
NOT_GUARDED = "capacity-guard:not-guarded"


class _Visited(WeakKeyDictionary[IConstruct, list[str]]):
    """What was visited in each app, as beginnings of paths: one aspect may be added to several apps."""

    def first(self, root: IConstruct, path: str) -> str | None:
        """How the paths below a construct begin; ``None`` if it is below one that was visited before.

        Args:
            root: the app.
            path: the construct's path.
        """
        beginnings = self.setdefault(root, [])
        if path.startswith(tuple(beginnings)):
            return None
        beginnings.append(f"{path}/" if path else "")
        return beginnings[-1]


@jsii.implements(cdk.IAspect)
class GuardEveryTable:
    """Adds a ``CapacityGuard`` for every table that has a baseline, or is expected to have one, and no guard yet.

    Add it to an app, a stage, a stack or a construct (the CDK does not apply an app's aspects to its stages)::

        Aspects.of(app).add(GuardEveryTable(baselines="baselines"))

    The baseline of a table is the file that was recorded of its account, Region, stack and logical id, whatever its name, in
    ``baselines`` or a folder below it; where a file does not state these, the one with the name of the table, or
    ``<baselines>/<stack name>/<construct id>.json`` or ``<logical id>.json``. Two files for one table are one finding (CG2). A
    table without a baseline is a warning at synthesis. It gets no guard if its stack was never recorded. Otherwise (the
    folder of the stack has files, a baseline elsewhere in ``baselines`` was recorded of a table of the stack, or
    ``baselines`` does not exist) the file may have been deleted or renamed: the table gets a guard whose gate lets no
    change of its capacity through until it is recorded. A table that cannot be guarded is a warning too.

    Args:
        baselines: folder of the baselines.
        options: the settings of all guards.

    Raises:
        InputError: a keyword is unknown, ``baselines`` is not a folder, or ``options`` is no ``GuardOptions``.
    """

    def __init__(
        self,
        *,
        baselines: str | Path,
        options: GuardOptions | None = None,
        **unknown: Never,
    ) -> None:
        refuse_unknown(cast(Mapping[str, Any], unknown), "GuardEveryTable")
        self._folder = baselines_folder(baselines, "GuardEveryTable: baselines")
        self._options = options_of_fleet(options, "GuardEveryTable")
        self._caller = caller()
        self._baselines: WeakKeyDictionary[IConstruct, BaselineFolder] = WeakKeyDictionary()
        self._visited = _Visited()

    def visit(self, node: IConstruct) -> None:
        """Guard the tables in the construct that the aspect was added to. The CDK calls it at synthesis."""
        tree = node.node
        path, root = tree.path, tree.root
        # Add all guards at the first construct: the CDK then visits them too, with tags and other aspects.
        below = self._visited.first(root, path)
        if below is None:
            return
        # Stage.of gives the stage around a construct, for a stage the one around that.
        stage = node if isinstance(node, cdk.Stage) else cdk.Stage.of(node)
        guards = tables_of(root)
        guarded = {guard.resource_path for guard in guards}
        passed_by = set()
        baselines = self._baselines.get(root) or self._baselines.setdefault(
            root, BaselineFolder(self._folder)
        )
        # The tables of the whole stack: their construct ids may repeat.
        scope = node if isinstance(node, (cdk.Stage, cdk.Stack)) else cdk.Stack.of(node)
        tables = tables_of_fleet(list(tables_below(scope)), guards)
        for table in tables:
            resource = table.declared.resource
            resource_path = resource.node.path
            if scope is not node and not f"{resource_path}/".startswith(below):
                continue
            is_new = keep_once(root, (GuardEveryTable, resource_path), True)
            table_stage = cdk.Stage.of(resource)
            if table_stage is not None and stage is not None and table_stage.node.path != stage.node.path:
                # The CDK synthesizes the stages of an app first, with their own aspects.
                if is_new and resource_path not in guarded:
                    passed_by.add(table_stage.node.path)
            elif resource_path not in guarded:
                self._guard(table, baselines)
        _tell_passed_by(passed_by)
        used = {guard.baseline.file for guard in tables_of(root) if isinstance(guard.baseline, Baseline)}
        warn_of_lost_tables(scope, tables, baselines, used)

    def _guard(self, table: TableOfFleet, baselines: BaselineFolder) -> None:
        declared, sought = table.declared, table.sought
        try:
            refuse_nested_stack(table.stack, declared.construct.node.path)
            refuse_stack_without_assets(table.stack, declared.construct.node.path)
        except InputError as error:
            cdk.Annotations.of(declared.resource).add_warning_v2(NOT_GUARDED, str(error))
            return
        found = baselines.find(sought)
        file = baselines.file_to_record(sought)
        if found is None:
            expected = baselines.why_expected(sought)
            consequence = (
                "is not guarded: it has no baseline"
                if expected is None
                else f"has no baseline, but {expected}: its gate lets no change of its capacity through"
            )
            command = record_text(
                file.as_posix(),
                name=sought.name(),
                stack=sought.stack,
                logical_id=sought.logical_id,
                region=sought.region,
            )
            text = f"{table.label} {consequence}. Record it: {command}"
            cdk.Annotations.of(declared.resource).add_warning_v2(NO_BASELINE, safe_line(text))
            if expected is None:
                path = declared.resource.node.path
                keep_awaited_baseline(declared.resource.node.root, path, file.as_posix())
                return
        scope = declared.construct.node.scope
        assert scope is not None
        guard = CapacityGuard(
            scope,  # type: ignore[arg-type]
            _free_id(scope, f"{sought.construct_id}CapacityGuard"),
            table=declared.construct,  # type: ignore[arg-type]
            baseline=file if found is None else found,
            options=self._options,
        ).guard
        guard.caller, guard.of_aspect = self._caller, True
        # A table whose capacity cannot be read either never had a guard that could be lost.
        guard.must_be_readable = found is not None


def _free_id(scope: IConstruct, wanted: str) -> str:
    """The id of a guard: the wanted one, with the first number that makes it free where other code has taken it."""
    ids = (wanted, *(f"{wanted}{number}" for number in range(2, 1_000)))
    return next(each for each in ids if scope.node.try_find_child(each) is None)


def _tell_passed_by(stages: Iterable[str]) -> None:
    """Say that tables in stages get no guard. The stages are synthesized by then, so a warning in a stack would not be seen.

    Args:
        stages: construct paths of the stages.
    """
    if names := ", ".join(sorted(stages)):
        text = (
            f"GuardEveryTable does not reach the tables of stages below what it was added to ({names}): "
            "the CDK applies no aspect of an app to its stages. Add it to each Stage."
        )
        print(safe_line(f"capacity-guard: {text}"), file=sys.stderr, flush=True)


@jsii.implements(cdk.IAspect)
class ReportEveryTable:
    """Makes ``CapacityGuardChecks`` judge every table without a guard as if it had one. It adds nothing to a stack.

    Use it to introduce the rules in a fleet: until ``warn_until`` every finding on these tables is a warning. After that
    day findings have their own level, and a table that still has no guard (CG1) is an error::

        Aspects.of(app).add(ReportEveryTable(baselines="baselines", warn_until=date(2027, 1, 31)))

    The baselines are found as by ``GuardEveryTable``; those of a nested stack by the name that CloudFormation gives it,
    ``<parent>-<logical id>-<random>``. A table without a baseline is finding CG2, and is judged by its template only. Baselines
    of tables that a stack does not have any more are a warning of that stack.

    Args:
        baselines: folder of the baselines.
        warn_until: last day (UTC) on which no finding stops a synthesis.
        options: the settings that a guard would have; gate times have no effect here.

    Raises:
        InputError: ``warn_until`` is not a date, a keyword is unknown, ``baselines`` is not a folder, or ``options`` is no
            ``GuardOptions``.
    """

    def __init__(
        self,
        *,
        baselines: str | Path,
        warn_until: date,
        options: GuardOptions | None = None,
        **unknown: Never,
    ) -> None:
        refuse_unknown(cast(Mapping[str, Any], unknown), "ReportEveryTable")
        if not isinstance(warn_until, date) or isinstance(warn_until, datetime):
            raise InputError(
                "ReportEveryTable: warn_until", f"{warn_until!r} is not a date", "Write date(2027, 1, 31)"
            )
        self._report = FleetReport(
            baselines_folder(baselines, "ReportEveryTable: baselines"),
            warn_until,
            options_of_fleet(options, "ReportEveryTable"),
            caller(),
        )
        self._of_app: WeakKeyDictionary[IConstruct, FleetReport] = WeakKeyDictionary()
        self._visited = _Visited()

    def visit(self, node: IConstruct) -> None:
        """Add a table to the report. The CDK calls it at synthesis for every construct."""
        if isinstance(node, (cdk.Stage, cdk.Stack)):  # asks the CDK's process nothing of other constructs
            self._warn_of_lost_tables(node)
        table = declared_by(node)
        if table is not None:
            root = node.node.root
            report = self._report_of(root)
            if not report.paths:
                register_report(root, report)
            report.paths.add(table.resource.node.path)

    def _report_of(self, root: IConstruct) -> FleetReport:
        return self._of_app.get(root) or self._of_app.setdefault(root, replace(self._report, paths=set()))

    def _warn_of_lost_tables(self, scope: cdk.Stage | cdk.Stack) -> None:
        """Warn, once for all stacks of a scope, of baselines whose table is gone, as ``GuardEveryTable`` does."""
        tree = scope.node
        path, root = tree.path, tree.root
        if self._visited.first(root, path) is None:
            return
        folder = self._report_of(root).folder
        if not folder.of_known_tables():
            return
        guards = tables_of(root)
        tables = tables_of_fleet(list(tables_below(scope)), guards)
        used = {guard.baseline.file for guard in guards if isinstance(guard.baseline, Baseline)}
        used |= {str(file) for table in tables if isinstance(file := folder.find(table.sought), Path)}
        warn_of_lost_tables(scope, tables, folder, used)


__all__ = ["NOT_GUARDED", "NO_BASELINE", "GuardEveryTable", "ReportEveryTable"]
