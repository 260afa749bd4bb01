"""The guarded tables and fleet reports of this process, and the apps that the rules have judged.

They are registered in Python: a search of the construct tree would cost a call into the CDK's own process for each
construct. The references also keep the Python objects alive that the tree knows by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import IConstruct

if TYPE_CHECKING:
    from .fleet_report import FleetReport
    from .guard import Guard

_TABLES: list[tuple[IConstruct, Guard]] = []


def register_table(table: Guard) -> None:
    """Register a guarded table. Its constructor calls this."""
    _TABLES.append((table.place.root, table))


def tables_of(root: IConstruct) -> list[Guard]:
    """The guarded tables of an app, in the order of their creation."""
    return [table for owner, table in _TABLES if owner is root]


_REPORTS: list[tuple[IConstruct, FleetReport]] = []


def register_report(root: IConstruct, report: FleetReport) -> None:
    """Register a report on tables of an app."""
    _REPORTS.append((root, report))


def reports_of(root: IConstruct) -> list[FleetReport]:
    """The reports on tables of an app."""
    return [report for owner, report in _REPORTS if owner is root]


_JUDGED: list[IConstruct] = []


def register_judgment(root: IConstruct) -> None:
    """Note that the rules judge an app. A rule pack calls this when the CDK asks it to validate."""
    if not was_judged(root):
        _JUDGED.append(root)


def was_judged(root: IConstruct) -> bool:
    """Whether a rule pack has judged an app. A pack that was made but not added to its validations never does."""
    return any(judged is root for judged in _JUDGED)


__all__ = ["register_judgment", "register_report", "register_table", "reports_of", "tables_of", "was_judged"]
