"""capacity-guard: makes a DynamoDB capacity change as safe as a well-run code deployment.

The public names load lazily, so that ``capacity_guard.capacity`` and the Lambda handlers work where the CDK is not
installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capacity import (
        AutoScaling,
        Capacity,
        ChangeWindow,
        InputError,
        Margins,
        OnDemand,
        Provisioned,
        Rollout,
        Units,
    )
    from .cdk.acknowledge import acknowledge
    from .cdk.aspects import GuardEveryTable, ReportEveryTable
    from .cdk.capacity_guard import CapacityGuard
    from .cdk.guarded_table import GuardedTable, Index
    from .evidence.baseline import Baseline, NewTable
    from .nag import CapacityGuardChecks

__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(
        (
            "AutoScaling",
            "Capacity",
            "ChangeWindow",
            "InputError",
            "Margins",
            "OnDemand",
            "Provisioned",
            "Rollout",
            "Units",
        ),
        ".capacity",
    ),
    **dict.fromkeys(("Baseline", "NewTable"), ".evidence.baseline"),
    **dict.fromkeys(("GuardEveryTable", "ReportEveryTable"), ".cdk.aspects"),
    "CapacityGuard": ".cdk.capacity_guard",
    **dict.fromkeys(("GuardedTable", "Index"), ".cdk.guarded_table"),
    "CapacityGuardChecks": ".nag.pack",
    "acknowledge": ".cdk.acknowledge",
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
