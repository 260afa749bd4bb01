"""Which guarded tables an app has.

Kept on the Python side: finding them by a walk over the construct tree would cost a call into the CDK's own process
for each construct. The references also keep the Python objects alive that the tree knows by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import IConstruct

if TYPE_CHECKING:
    from .fleet_report import Report
    from .guard import Guard

_TABLES: list[tuple[IConstruct, Guard]] = []


def register(table: Guard) -> None:
    """Note a guarded table; it calls this itself."""
    _TABLES.append((table.node.root, table))


def tables_of(root: IConstruct) -> list[Guard]:
    """The guarded tables of an app, in the order in which they were made."""
    return [table for owner, table in _TABLES if owner is root]


_REPORTS: list[tuple[IConstruct, Report]] = []


def note_report(root: IConstruct, report: Report) -> None:
    """Note that tables of an app are reported on."""
    _REPORTS.append((root, report))


def reports_of(root: IConstruct) -> list[Report]:
    """Who reports on tables of an app."""
    return [report for owner, report in _REPORTS if owner is root]


_PACKS: list[object] = []


def note_pack(pack: object) -> None:
    """Note that a pack judges; it calls this itself."""
    _PACKS.append(pack)


def has_pack() -> bool:
    """Whether any pack was made in this process."""
    return bool(_PACKS)


__all__ = ["has_pack", "note_pack", "note_report", "register", "reports_of", "tables_of"]
