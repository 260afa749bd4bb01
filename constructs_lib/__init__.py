"""capacity-guard: makes a DynamoDB capacity change as safe as a well-run code deployment.

The public names load lazily, so that ``constructs_lib.capacity`` and the Lambda handlers work where the CDK is not
installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .aspects import GuardEveryTable, ReportEveryTable
    from .capacity import (
        AutoScaling,
        Baseline,
        Capacity,
        ChangeWindow,
        InputError,
        Margins,
        NewTable,
        OnDemand,
        Provisioned,
        Rollout,
        Units,
    )
    from .capacity_guard import CapacityGuard
    from .guarded_table import GuardedTable, Index
    from .nag import CapacityGuardChecks, acknowledge

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(
        (
            "AutoScaling",
            "Baseline",
            "Capacity",
            "ChangeWindow",
            "InputError",
            "Margins",
            "NewTable",
            "OnDemand",
            "Provisioned",
            "Rollout",
            "Units",
        ),
        ".capacity",
    ),
    **dict.fromkeys(("GuardEveryTable", "ReportEveryTable"), ".aspects"),
    "CapacityGuard": ".capacity_guard",
    **dict.fromkeys(("GuardedTable", "Index"), ".guarded_table"),
    **dict.fromkeys(("CapacityGuardChecks", "acknowledge"), ".nag"),
}

__all__ = [
    "AutoScaling",
    "Baseline",
    "Capacity",
    "CapacityGuard",
    "CapacityGuardChecks",
    "ChangeWindow",
    "GuardEveryTable",
    "GuardedTable",
    "Index",
    "InputError",
    "Margins",
    "NewTable",
    "OnDemand",
    "Provisioned",
    "ReportEveryTable",
    "Rollout",
    "Units",
    "acknowledge",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)
