"""Corrections of the local AWS emulator: each makes one behaviour agree with its documented source.

MiniStack is wiring, not ground truth. Where it accepts what the service refuses, or forgets what the
service keeps, a test would pass wrongly. Every correction is one small function that patches one
module of MiniStack and names the documentation page or the quirk it follows, so that a reader can
check it and a test can leave it out and watch something fail.

    @correction("dynamodb.switch-quota", "https://docs.aws.amazon.com/amazondynamodb/...")
    def count_switches_to_on_demand() -> None:
        '''At most four switches to on-demand in a rolling day.'''
        from ministack.services import dynamodb
        ...

This module imports nothing of MiniStack; the corrections do, inside the emulator's own process.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass

SKIP_VARIABLE = "CAPACITY_GUARD_SKIP_CORRECTIONS"
"""Environment variable: comma-separated names of corrections to leave out."""

_MODULES = ("cloudformation", "tables", "alarms", "functions", "autoscaling", "dynamodb", "cloudwatch")


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
    Raises ValueError for a second correction with the same name or one without a source.
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

    Needs MiniStack only where a module of corrections imports it at its top; ours do not.
    """
    for module in _MODULES:
        importlib.import_module(f"{__name__}.{module}")
    return tuple(_registered.values())


def skipped_by_environment() -> frozenset[str]:
    """Names of corrections that the environment leaves out (see SKIP_VARIABLE)."""
    names = os.environ.get(SKIP_VARIABLE, "")
    return frozenset(name.strip() for name in names.split(",") if name.strip())


def apply_all(skip: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Apply every correction once, but those named in `skip`; return the names applied.

    Must run inside the emulator's process before it serves its first request.
    Raises ValueError when `skip` names a correction that does not exist: a test that leaves out
    nothing would prove nothing.
    """
    corrections = load()
    unknown = skip - {each.name for each in corrections}
    if unknown:
        raise ValueError(f"{SKIP_VARIABLE} names unknown corrections: {', '.join(sorted(unknown))}")
    applied = []
    for each in corrections:
        if each.name in skip or each.name in _applied:
            continue
        each.apply()
        _applied.add(each.name)
        applied.append(each.name)
    return tuple(applied)
