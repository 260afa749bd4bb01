"""``GuardOptions``: all settings of a guard, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..capacity.errors import InputError
from ..capacity.settings import Acknowledgment, Margins, Rollout
from ..evidence.waves import WaveCell
from .function_network import FunctionNetwork
from .gate_times import GateTimes
from .watch import Watch


@dataclass(frozen=True, kw_only=True)
class GuardOptions:
    """The settings of a guard. ``GuardedTable``, ``CapacityGuard``, ``GuardEveryTable`` and ``ReportEveryTable`` take them.

    Args:
        rollout: bake time, change window and alarms.
        margins: the margins of rules and gates.
        gate_times: how often gates run, and how long they may take; the same for all tables of a stack.
        acknowledgments: accepted findings; ``acknowledge`` adds one later.
        network: the VPC in which the functions behind the gates run, ``None`` for none; the same for all tables of a stack.
        watch: keeps the way back of a change in the template after its deployment; ``None`` for the table's template as it is.
        wave: the cell of the table where its fleet changes in waves: ``Waves(...).cell("cell-1")``. Not for
            ``GuardEveryTable`` and ``ReportEveryTable``: the tables of a cell have different baselines.

    Raises:
        InputError: a setting has another type.
    """

    rollout: Rollout = field(default_factory=Rollout)
    margins: Margins = field(default_factory=Margins)
    gate_times: GateTimes = field(default_factory=GateTimes)
    acknowledgments: Sequence[Acknowledgment] = ()
    network: FunctionNetwork | None = None
    watch: Watch | None = None
    wave: WaveCell | None = None

    def __post_init__(self) -> None:
        for name, kind in (("rollout", Rollout), ("margins", Margins), ("gate_times", GateTimes)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise InputError(
                    f"GuardOptions.{name}", f"is {type(value).__name__}", f"Give {kind.__name__}(...)"
                )
        if self.network is not None and not isinstance(self.network, FunctionNetwork):
            raise InputError(
                "GuardOptions.network",
                f"is {type(self.network).__name__}",
                "Give FunctionNetwork(vpc=...)",
            )
        if self.watch is not None and not isinstance(self.watch, Watch):
            raise InputError(
                "GuardOptions.watch", f"is {type(self.watch).__name__}", "Give Watch(), or leave it out"
            )
        if self.wave is not None and not isinstance(self.wave, WaveCell):
            raise InputError(
                "GuardOptions.wave",
                f"is {type(self.wave).__name__}",
                'Give Waves(...).cell("NAME"), or leave it out',
            )
        given: object = self.acknowledgments
        entries = list(given) if isinstance(given, Iterable) else [given]
        wrong = next((entry for entry in entries if not isinstance(entry, Acknowledgment)), None)
        if wrong is not None or not isinstance(given, Iterable):
            kind_given = type(given if wrong is None else wrong).__name__
            raise InputError(
                "GuardOptions.acknowledgments",
                f"has {kind_given} in it" if isinstance(given, Iterable) else f"is {kind_given}",
                'Give a list of Acknowledgment("CG4", "the reason")',
            )
        object.__setattr__(self, "acknowledgments", tuple(entries))

    @property
    def watch_property(self) -> str | None:
        """The settings of the watch for the gates: a cell of a later wave changes once another one has settled."""
        if self.watch is None:
            return None
        options = self.watch.options
        is_later = self.wave is not None and self.wave.position > 0
        return replace(options, later_wave=options.later_wave or is_later).to_property()


OPTION_NAMES = ("rollout", "margins", "gate_times", "acknowledgments", "network", "watch", "wave")
"""Settings that are no keywords of the constructs, as most were before ``GuardOptions``."""


def checked_options(options: object, location: str) -> GuardOptions:
    """The options that a construct is given.

    Args:
        options: the options, ``None`` for the defaults.
        location: the construct, for errors.

    Raises:
        InputError: they are no ``GuardOptions``.
    """
    if options is None:
        return GuardOptions()
    if isinstance(options, GuardOptions):
        return options
    name = type(options).__name__
    known = {
        "Rollout": "rollout",
        "Margins": "margins",
        "GateTimes": "gate_times",
        "FunctionNetwork": "network",
        "Watch": "watch",
        "WaveCell": "wave",
    }
    remedy = f"Give GuardOptions({known.get(name, 'rollout')}=...)"
    raise InputError(f"{location}: options", f"is {name}", remedy)


def options_of_fleet(options: object, location: str) -> GuardOptions:
    """The options of many tables, whose baselines differ.

    Args:
        options: the options, ``None`` for the defaults.
        location: the aspect, for errors.

    Raises:
        InputError: they are no ``GuardOptions``, or name a cell: its baselines are those of one table.
    """
    checked = checked_options(options, location)
    if checked.wave is not None:
        raise InputError(
            f"{location}: options.wave",
            "names the baselines of one table, and the options are those of many",
            "Give each table its own CapacityGuard, with the waves of its baselines",
        )
    return checked


def refuse_unknown(given: Mapping[str, Any], location: str) -> None:
    """Refuse keywords that a construct does not take, and say where those of ``GuardOptions`` belong.

    Args:
        given: the keywords that the construct does not know.
        location: the construct, for errors.

    Raises:
        InputError: there is one.
    """
    settings = [name for name in OPTION_NAMES if name in given]
    if settings:
        raise InputError(
            f"{location}: {', '.join(settings)}",
            "belongs into options" if len(settings) == 1 else "belong into options",
            f"Write options=GuardOptions({', '.join(f'{name}=...' for name in settings)})",
        )
    for name in given:
        raise InputError(
            f"{location}: {name}",
            "is not a property of it",
            "Take it out, or run `capacity-guard docs python-api`",
        )


__all__ = ["OPTION_NAMES", "GuardOptions", "checked_options", "options_of_fleet", "refuse_unknown"]
