"""capacity-guard: makes a DynamoDB capacity change as safe as a well-run code deployment.

The public names load lazily, so that ``capacity_guard.capacity`` and the Lambda handlers work where the CDK is not
installed. Add a new public name to ``__all__`` and to the imports for type checkers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .capacity import (
        Acknowledgment,
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
    from .cdk.capacity_dashboard import CapacityDashboard
    from .cdk.capacity_guard import CapacityGuard
    from .cdk.function_network import FunctionNetwork
    from .cdk.gate_times import GateTimes
    from .cdk.guard_options import GuardOptions
    from .cdk.guarded_table import GuardedTable
    from .cdk.slow_alarms import SlowAlarms
    from .cdk.watch import Watch
    from .evidence.baseline import Baseline, NewTable
    from .evidence.waves import Waves
    from .nag.pack import CapacityGuardChecks
    from .watch.settings import WatchSettings

__version__ = "0.1.0"

__all__ = [
    "Acknowledgment",
    "AutoScaling",
    "Baseline",
    "Capacity",
    "CapacityDashboard",
    "CapacityGuard",
    "CapacityGuardChecks",
    "ChangeWindow",
    "FunctionNetwork",
    "GateTimes",
    "GuardEveryTable",
    "GuardOptions",
    "GuardedTable",
    "InputError",
    "Margins",
    "NewTable",
    "OnDemand",
    "Provisioned",
    "ReportEveryTable",
    "Rollout",
    "SlowAlarms",
    "Units",
    "Watch",
    "WatchSettings",
    "Waves",
    "acknowledge",
]

# Where each public name is: an app loads what it uses.
_MODULES = {
    "Acknowledgment": ".capacity",
    "AutoScaling": ".capacity",
    "Baseline": ".evidence.baseline",
    "Capacity": ".capacity",
    "CapacityDashboard": ".cdk.capacity_dashboard",
    "CapacityGuard": ".cdk.capacity_guard",
    "CapacityGuardChecks": ".nag.pack",
    "ChangeWindow": ".capacity",
    "FunctionNetwork": ".cdk.function_network",
    "GateTimes": ".cdk.gate_times",
    "GuardEveryTable": ".cdk.aspects",
    "GuardOptions": ".cdk.guard_options",
    "GuardedTable": ".cdk.guarded_table",
    "InputError": ".capacity",
    "Margins": ".capacity",
    "NewTable": ".evidence.baseline",
    "OnDemand": ".capacity",
    "Provisioned": ".capacity",
    "ReportEveryTable": ".cdk.aspects",
    "Rollout": ".capacity",
    "SlowAlarms": ".cdk.slow_alarms",
    "Units": ".capacity",
    "Watch": ".cdk.watch",
    "WatchSettings": ".watch.settings",
    "Waves": ".evidence.waves",
    "acknowledge": ".cdk.acknowledge",
}

# Hidden from type checkers, which would accept any name otherwise.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used (PEP 562)."""
        if name in _MODULES:
            import gc
            from importlib import import_module

            # What is imported stays, so a search for garbage among all objects of the CDK would find none.
            collects = gc.isenabled()
            gc.disable()
            try:
                return getattr(import_module(_MODULES[name], __name__), name)
            finally:
                if collects:
                    gc.enable()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
