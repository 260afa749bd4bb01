"""Warns of baselines that were recorded of a table which the stacks of an app do not have any more."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence

import aws_cdk as cdk
from constructs import IConstruct

from ...capacity.safe_text import safe_line
from ...evidence.baseline_index import IndexedBaseline
from ...evidence.files import displayed_path
from ..app.stack_identity import StackIdentity
from .baseline_folder import BaselineFolder
from .fleet_report import known_name
from .sought_table import TableOfFleet, generated_name

NO_TABLE = "capacity-guard:baseline-without-table"


def warn_of_lost_tables(
    scope: IConstruct, tables: Sequence[TableOfFleet], baselines: BaselineFolder, used: Collection[str]
) -> None:
    """Warn, once a stack, of the baselines of tables that it no longer has: deleted, moved, or under another logical id.

    CloudFormation names a nested stack ``<parent>-<logical id>-<random>`` (``generated_name``). The parent has the warning where
    it does not have the nested stack any more.

    Args:
        scope: the app, stage or stack.
        tables: all tables of its stacks.
        baselines: the folder of the baselines.
        used: paths of the files that guards use, whatever they state.
    """
    known = {(table.sought.stack, table.sought.logical_id) for table in tables if not table.stack.nested}
    of_nested = [table.sought for table in tables if table.stack.nested]
    names = {stack for stack, _ in known}
    lost = [
        baseline
        for baseline in baselines.of_known_tables()
        if baseline.table is not None
        and (baseline.table.stack, baseline.table.logical_id) not in known
        and not any(
            sought.logical_id == baseline.table.logical_id and sought.is_in(baseline.table.stack)
            for sought in of_nested
        )
        and str(baseline.file) not in used
    ]
    if not lost:
        return
    stacks = {id(table.stack): table.stack for table in tables}
    if any(baseline.table is not None and baseline.table.stack not in names for baseline in lost):
        # A stack whose last table was deleted.
        stacks |= {id(stack): stack for stack in scope.node.find_all() if isinstance(stack, cdk.Stack)}
    left = lost
    # The nested stacks first: what no nested stack of a parent explains belonged to one that is gone.
    for stack in sorted(stacks.values(), key=lambda each: not each.nested):
        place = StackIdentity.of(stack, known_name(stack))
        name = re.compile(generated_name(stack) if stack.nested else re.escape(place.name))
        here = [baseline for baseline in left if _is_of(baseline, name, place)]
        left = [baseline for baseline in left if baseline not in here]
        if here:
            cdk.Annotations.of(stack).add_warning_v2(
                NO_TABLE, safe_line(_text(here, "The stack has no table"))
            )
    for stack in (each for each in stacks.values() if not each.nested):
        place = StackIdentity.of(stack, known_name(stack))
        name = re.compile(rf"{re.escape(place.name)}-.+-[0-9A-Z]{{12,}}")
        here = [baseline for baseline in left if _is_of(baseline, name, place)]
        left = [baseline for baseline in left if baseline not in here]
        if here:
            text = _text(here, "The stack has no nested stack")
            cdk.Annotations.of(stack).add_warning_v2(NO_TABLE, safe_line(text))


def _is_of(baseline: IndexedBaseline, name: re.Pattern[str], place: StackIdentity) -> bool:
    """Whether a baseline was recorded of a table of a stack."""
    table = baseline.table
    return (
        table is not None
        and table.stack is not None
        and name.fullmatch(table.stack) is not None
        and (place.account is None or table.account in (None, place.account))
        and (place.region is None or table.region in (None, place.region))
    )


def _text(baselines: Sequence[IndexedBaseline], missing: str) -> str:
    files = ", ".join(
        f"{displayed_path(baseline.file)} ({baseline.table.logical_id}, table {baseline.table.name})"
        for baseline in baselines
        if baseline.table is not None
    )
    first = baselines[0]
    assert first.table is not None
    return (
        f"{missing} any more of which these baselines were recorded: {files}. Of a table that was deleted, delete "
        "both files. Of one whose logical id was changed, record again into the same file: capacity-guard record "
        f"--table {shlex.quote(first.table.name)} --out {shlex.quote(displayed_path(first.file))} "
        "(capacity-guard docs life-of-a-table)."
    )


__all__ = ["NO_TABLE", "warn_of_lost_tables"]
