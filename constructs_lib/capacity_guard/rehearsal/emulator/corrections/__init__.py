"""Corrections of the local AWS emulator: each makes one behaviour agree with its documented source.

MiniStack alone is not a reference for AWS. Where it accepts what the service refuses, or forgets what the service
keeps, a test would pass wrongly. Every correction is one small function that patches one module of MiniStack and
names the documentation page or the quirk it follows. A reader can check it against its source, and a test can leave
it out to show that it is needed.

    @correction("dynamodb.switch-quota", "https://docs.aws.amazon.com/amazondynamodb/...")
    def count_switches_to_on_demand() -> None:
        '''At most four switches to on-demand in a rolling day.'''
        from ministack.services import dynamodb
        ...

This module imports nothing of MiniStack. The corrections import it when they are applied, inside the emulator's own
process.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass

SKIP_VARIABLE = "CAPACITY_GUARD_SKIP_CORRECTIONS"
"""Environment variable: comma-separated names of corrections to leave out."""

_MODULES = (
    "cloudformation_change_sets",
    "cloudformation_drift",
    "cloudformation_events",
    "cloudformation_operations",
    "cloudformation_requests",
    "cloudformation_resources",
    "cloudformation_rollback",
    "cloudformation_custom_resources",
    "tables",
    "alarms",
    "functions",
    "autoscaling",
    "dynamodb",
    "cloudwatch_metrics",
    "idle_metrics",
    "cloudwatch_alarms",
    "cloudwatch_evaluation",
    "cloudformation_triggers",
    "iam_requests",
    "iam_service_role",
)
"""Modules that register corrections. The order is that in which the corrections are applied."""


@dataclass(frozen=True)
class Correction:
    """One registered correction.

    name: `<service>.<what>`, unique, stable: tests leave corrections out by it.
    source: documentation page or quirk id that the correction follows.
    apply: the patch itself; called once, in the emulator's process, before it serves.
    """

    name: str
    source: str
    apply: Callable[[], None]

    @property
    def summary(self) -> str:
        """First line of the correction's docstring."""
        return (self.apply.__doc__ or "").strip().split("\n", 1)[0]


_registered: dict[str, Correction] = {}
_applied: set[str] = set()


def correction(name: str, source: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register the decorated function as one correction; it is applied in the order of registration.

    name: `<service>.<what>`, unique.
    source: documentation page or quirk id it follows.
    Raises ValueError for a second correction with the same name and for a correction without a source.
    """

    def register(apply: Callable[[], None]) -> Callable[[], None]:
        known = _registered.get(name)
        if known is not None and known.apply.__module__ != apply.__module__:
            raise ValueError(f"correction {name!r} is registered twice: rename one of them")
        if not source.strip():
            raise ValueError(f"correction {name!r} names no source: cite the page or quirk it follows")
        _registered[name] = Correction(name, source, apply)
        return apply

    return register


def load() -> tuple[Correction, ...]:
    """Import every module of corrections and return all corrections in the order they are applied.

    Does not need MiniStack.
    """
    for module in _MODULES:
        importlib.import_module(f"{__name__}.{module}")
    return tuple(_registered.values())


def skipped_by_environment() -> frozenset[str]:
    """Names of corrections that the environment leaves out (see SKIP_VARIABLE)."""
    names = os.environ.get(SKIP_VARIABLE, "")
    return frozenset(name.strip() for name in names.split(",") if name.strip())


def apply_all(skip: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Apply every correction once, except those named in `skip`; return the names of the applied corrections.

    Must run inside the emulator's process before it serves its first request.
    Raises ValueError when `skip` names a correction that does not exist: a test that leaves out nothing proves nothing.
    """
    corrections = load()
    unknown = skip - {loaded.name for loaded in corrections}
    if unknown:
        raise ValueError(f"{SKIP_VARIABLE} names unknown corrections: {', '.join(sorted(unknown))}")
    applied = []
    for loaded in corrections:
        if loaded.name in skip or loaded.name in _applied:
            continue
        loaded.apply()
        _applied.add(loaded.name)
        applied.append(loaded.name)
    return tuple(applied)
