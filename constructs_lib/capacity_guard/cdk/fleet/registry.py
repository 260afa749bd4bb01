"""What the guards of one app keep: the guards, the fleet reports, and the plugins that the app has.

It is an attribute of the app's Python object. So two apps of one process share nothing, and it lives as long as the app: a
dictionary of the module would keep every app of a process, also one with weak keys, since a guard refers to its app. It is kept
in Python because a search of the construct tree would cost a call into the CDK's own process for each construct. The
references also keep the Python objects alive that the tree knows by their ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constructs import IConstruct

from ..app.kept import kept_of

if TYPE_CHECKING:
    from ..guards.guard import Guard
    from .fleet_report import FleetReport


@dataclass
class _AppRecord:
    tables: list[Guard] = field(default_factory=list)
    reports: list[FleetReport] = field(default_factory=list)
    is_judged: bool = False
    kept: dict[object, object] = field(default_factory=dict)


def _record(root: IConstruct) -> _AppRecord:
    return kept_of(root, _AppRecord, _AppRecord)


def register_table(table: Guard) -> None:
    """Register a guarded table. ``attach_guard`` calls this."""
    _record(table.place.root).tables.append(table)


def tables_of(root: IConstruct) -> list[Guard]:
    """The guarded tables of an app, in the order of their creation."""
    return list(_record(root).tables)


def register_report(root: IConstruct, report: FleetReport) -> None:
    """Register a report on tables of an app."""
    _record(root).reports.append(report)


def reports_of(root: IConstruct) -> list[FleetReport]:
    """The reports on tables of an app."""
    return list(_record(root).reports)


def register_judgment(root: IConstruct) -> None:
    """Note that the rules judge an app. A rule pack calls this when the CDK asks it to validate."""
    _record(root).is_judged = True


def was_judged(root: IConstruct) -> bool:
    """Whether a rule pack has judged an app. A pack that was made but not added to its validations never does."""
    return _record(root).is_judged


def keep_once(root: IConstruct, key: object, value: object) -> bool:
    """Keep an object for an app under a key.

    Args:
        root: the root of the construct tree.
        key: what it is for.
        value: the object; it lives as long as the app.

    Returns:
        Whether it is kept now; ``False`` if the app has one under the key.
    """
    kept = _record(root).kept
    if key in kept:
        return False
    kept[key] = value
    return True


def keep_awaited_baseline(root: IConstruct, resource_path: str, file: str) -> None:
    """Note the baseline without which ``GuardEveryTable`` leaves a table alone.

    Args:
        root: the root of the construct tree.
        resource_path: construct path of the table's resource.
        file: path of the file.
    """
    keep_once(root, (keep_awaited_baseline, resource_path), file)


def awaited_baseline(root: IConstruct, resource_path: str) -> str | None:
    """The baseline without which ``GuardEveryTable`` left a table alone, ``None`` if it did not."""
    file = _record(root).kept.get((keep_awaited_baseline, resource_path))
    return file if isinstance(file, str) else None


__all__ = [
    "awaited_baseline",
    "keep_awaited_baseline",
    "keep_once",
    "register_judgment",
    "register_report",
    "register_table",
    "reports_of",
    "tables_of",
    "was_judged",
]
