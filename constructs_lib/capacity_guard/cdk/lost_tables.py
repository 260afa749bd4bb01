"""Warns of baselines that were recorded of a table which the stacks of an app do not have any more."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Sequence

import aws_cdk as cdk
from constructs import IConstruct

from ..capacity.safe_text import safe_line
from ..evidence.baseline_index import IndexedBaseline
from ..evidence.files import displayed_path
from .baseline_folder import BaselineFolder
from .fleet_report import known_name
from .sought_table import TableOfFleet
from .stack_identity import StackIdentity

NO_TABLE = "capacity-guard:baseline-without-table"


def warn_of_lost_tables(
    scope: IConstruct, tables: Sequence[TableOfFleet], baselines: BaselineFolder, used: Collection[str]
) -> None:
    """Warn, once a stack, of the baselines of tables that it no longer has: deleted, moved, or under another logical id.

    Args:
        scope: the app, stage or stack.
        tables: all tables of its stacks.
        baselines: the folder of the baselines.
        used: paths of the files that guards use, whatever they state.
    """
    known = {
        (table.sought.stack, table.sought.logical_id): table.sought
        for table in tables
        if not table.stack.nested
    }
    names = {stack for stack, _ in known}
    lost = [
        baseline
        for baseline in baselines.of_known_tables()
        if baseline.table is not None
        and (baseline.table.stack, baseline.table.logical_id) not in known
        and str(baseline.file) not in used
    ]
    if not lost:
        return
    stacks = {id(table.stack): table.stack for table in tables if not table.stack.nested}
    if any(baseline.table is not None and baseline.table.stack not in names for baseline in lost):
        # A stack whose last table was deleted.
        stacks |= {id(stack): stack for stack in _stacks_in(scope)}
    for stack in stacks.values():
        place = StackIdentity.of(stack, known_name(stack))
        here = [
            baseline
            for baseline in lost
            if baseline.table is not None
            and baseline.table.stack == place.name
            and (place.account is None or baseline.table.account in (None, place.account))
            and (place.region is None or baseline.table.region in (None, place.region))
        ]
        if here:
            cdk.Annotations.of(stack).add_warning_v2(NO_TABLE, safe_line(_text(here)))


def _stacks_in(scope: IConstruct) -> Iterable[cdk.Stack]:
    return (each for each in scope.node.find_all() if isinstance(each, cdk.Stack) and not each.nested)


def _text(baselines: Sequence[IndexedBaseline]) -> str:
    files = ", ".join(
        f"{displayed_path(baseline.file)} ({baseline.table.logical_id}, table {baseline.table.name})"
        for baseline in baselines
        if baseline.table is not None
    )
    first = baselines[0]
    assert first.table is not None
    return (
        f"The stack has no table any more of which these baselines were recorded: {files}. Of a table that was deleted, delete "
        "both files. Of one whose logical id was changed, record again into the same file: capacity-guard record "
        f"--table {shlex.quote(first.table.name)} --out {shlex.quote(displayed_path(first.file))} (docs/life-of-a-table.md)."
    )


__all__ = ["NO_TABLE", "warn_of_lost_tables"]
