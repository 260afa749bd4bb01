"""The difference between deployed and declared capacity, and the way back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from .capacity import (
    AutoScaling,
    Capacity,
    Dimension,
    Provisioned,
    Units,
    floor_of,
    index_of,
    reach_of,
)
from .limits import ON_DEMAND_INITIAL_READ, ON_DEMAND_INITIAL_WRITE
from .structure import Structure, TableKind


class Change(str, Enum):
    """What a transition does to one dimension."""

    CREATED = "created"
    TO_ON_DEMAND = "to on-demand"
    TO_PROVISIONED = "to provisioned"
    RAISE = "raise"
    LOWER = "lower"
    INDEX_CHANGE = "index change"
    NONE = "none"


@dataclass(frozen=True)
class Deployed:
    """The capacity a table has.

    Attributes:
        template: as its CloudFormation template states it; this is what a rollback re-sends, not what auto scaling
            had reached (AWS CloudFormation User Guide, stack failure options).
        live: as the live table has it: billing mode, scaling targets, on-demand maxima.
        units: provisioned units per second at the time of recording, by resource key; empty in on-demand mode.
        warm: live warm throughput in units per second, by resource key.
        previous: the template's capacity before the last change, if known: returning to it is a relief.
        structure: what the table is besides its capacity, where it was recorded.
    """

    template: Capacity
    live: Capacity
    units: Mapping[str, Units]
    warm: Mapping[str, Units]
    previous: Capacity | None = None
    structure: Structure | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", MappingProxyType(dict(self.units)))
        object.__setattr__(self, "warm", MappingProxyType(dict(self.warm)))

    @property
    def kind(self) -> TableKind:
        """Resource type in the template; a baseline that does not tell is one of a GlobalTable."""
        return TableKind.GLOBAL_TABLE if self.structure is None else self.structure.kind

    def provisioned_now(self, dimension: Dimension) -> int | None:
        """Units per second provisioned when recorded; the template's floor where the recording has none.

        ``None`` in on-demand mode, and for an index that is not deployed.
        """
        if self.live.is_on_demand or (
            dimension.index is not None and dimension.index not in self.live.indexes
        ):
            return None
        units = self.units.get(dimension.resource, Units()).of(dimension.access)
        if units is not None:
            return units
        throughput = self.live.throughput(dimension)
        return None if throughput is None else floor_of(throughput)

    def warm_now(self, dimension: Dimension) -> int:
        """Live warm throughput of a dimension, units per second; 0 where it is unknown."""
        return self.warm.get(dimension.resource, Units()).of(dimension.access) or 0


@dataclass(frozen=True)
class DimensionChange:
    """What happens to one dimension."""

    dimension: Dimension
    change: Change


@dataclass(frozen=True)
class Transition:
    """Deployed to declared capacity of one table.

    Args:
        table: name of the table.
        deployed: the capacity it has, ``None`` for a table that does not exist yet.
        declared: the capacity the code asks for.
        attempt: number of this attempt; a higher one makes a new fingerprint for the same plan.
    """

    table: str
    deployed: Deployed | None
    declared: Capacity
    attempt: int = 1

    @cached_property
    def changes(self) -> tuple[DimensionChange, ...]:
        """Every dimension that is deployed or declared, each with its change."""
        dimensions = dict.fromkeys(self.declared.dimensions())
        if self.deployed is not None:
            dimensions.update(dict.fromkeys(self.deployed.template.dimensions()))
        return tuple(DimensionChange(d, self._change(d)) for d in dimensions)

    def _change(self, dimension: Dimension) -> Change:
        if self.deployed is None:
            return Change.CREATED
        before = self.deployed.template
        after = self.declared
        if dimension.index is not None and (dimension.index in before.indexes) != (
            dimension.index in after.indexes
        ):
            return Change.INDEX_CHANGE
        if before.billing_mode is not after.billing_mode:
            return Change.TO_ON_DEMAND if after.is_on_demand else Change.TO_PROVISIONED
        was, becomes = _bounds(before, dimension), _bounds(after, dimension)
        if any(new < old for old, new in zip(was, becomes, strict=True)):
            return Change.LOWER
        raises_warm = (after.warm(dimension) or 0) > self.deployed.warm_now(dimension)
        return Change.RAISE if was != becomes or raises_warm else Change.NONE

    def change_of(self, dimension: Dimension) -> Change:
        """The change of one dimension; ``NONE`` for a dimension that is neither deployed nor declared."""
        return next((c.change for c in self.changes if c.dimension == dimension), Change.NONE)

    def having(self, *changes: Change) -> tuple[Dimension, ...]:
        """The dimensions with one of these changes."""
        return tuple(c.dimension for c in self.changes if c.change in changes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes: no gate, and no finding above a warning."""
        return all(c.change is Change.NONE for c in self.changes)

    @property
    def is_creation(self) -> bool:
        """Whether the table does not exist yet."""
        return self.deployed is None

    @property
    def switches_to_on_demand(self) -> bool:
        """Whether the billing mode goes from provisioned to on-demand."""
        return bool(self.having(Change.TO_ON_DEMAND))

    @property
    def switches_to_provisioned(self) -> bool:
        """Whether the billing mode goes from on-demand to provisioned."""
        return bool(self.having(Change.TO_PROVISIONED))

    @property
    def is_relief(self) -> bool:
        """Whether it only raises, or returns to the capacity deployed before: the cure of an incident."""
        if self.deployed is None or self.is_empty:
            return False
        if all(c.change in (Change.RAISE, Change.NONE) for c in self.changes):
            return True
        previous = self.deployed.previous
        return previous is not None and _plain(previous) == _plain(self.declared)

    def resent_units(self, dimension: Dimension) -> int | None:
        """Provisioned units per second that a rollback of this transition re-sends for a dimension.

        Fixed units as the deployed template states them; for an auto-scaled dimension its seed when the billing mode
        goes back to provisioned (CloudFormation User Guide, CapacityAutoScalingSettings), else its minimum.
        ``None``: the way back has no value (no seed), or leads to on-demand.
        """
        if self.deployed is None or dimension.index not in (None, *self.deployed.template.indexes):
            return None
        throughput = self.deployed.template.throughput(dimension)
        if isinstance(throughput, AutoScaling):
            return throughput.seed if self.switches_to_on_demand else throughput.minimum
        return throughput

    def reverse(self) -> Transition:
        """The way back, with the values that a rollback really re-sends: those of the deployed template.

        Warm throughput is no part of it: it stands in no template and never falls (Guide: warm-throughput).

        Raises:
            ValueError: a table that does not exist yet has no way back.
        """
        if self.deployed is None:
            raise ValueError(f"{self.table} does not exist yet: there is no way back from its creation")
        declared = _without_warm(self.declared)
        units = {
            key: Units(floor_of(one.read), floor_of(one.write))
            for key, one in declared.resources()
            if isinstance(one, Provisioned)
        }
        warm = {key: _highest(self, key) for key, _ in declared.resources()}
        return Transition(
            self.table,
            Deployed(
                template=declared, live=declared, units=units, warm=warm, previous=self.deployed.template
            ),
            _without_warm(self.deployed.template),
            self.attempt,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Short stable hash of the plan and its attempt number, ten hexadecimal digits.

        The plan is the capacity as the deployed template states it and the capacity declared. What a new recording
        may move (units that auto scaling reached, live warm throughput, traffic) is not part of it.
        """
        plan = {
            "table": self.table,
            "from": None if self.deployed is None else _without_warm(self.deployed.template).to_json(),
            "to": self.declared.to_json(),
            "attempt": self.attempt,
        }
        text = json.dumps(plan, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:10]


def initial_ceiling(dimension: Dimension) -> int:
    """Units per second that any on-demand table or index serves at once (Guide: on-demand-capacity-mode)."""
    return (ON_DEMAND_INITIAL_READ if dimension.access == "read" else ON_DEMAND_INITIAL_WRITE).value


def ceiling_without_maximum(transition: Transition, dimension: Dimension) -> int:
    """Most units per second that a dimension serves at once when the transition is through, maxima left out.

    At least the initial on-demand throughput, the live warm throughput and what is provisioned now (Guide:
    bp-switching-capacity-modes, warm-throughput-scenarios), raised to the declared warm throughput by the guard. A
    table or an index that does not exist yet has the initial throughput alone, since nothing can be raised before it
    exists. Growth after the switch is not counted: its speed is not published.
    """
    initial = initial_ceiling(dimension)
    deployed = transition.deployed
    if deployed is None or dimension.index not in (None, *deployed.live.indexes):
        return initial
    now = deployed.provisioned_now(dimension) or 0
    return max(initial, deployed.warm_now(dimension), now, transition.declared.warm(dimension) or 0)


def ceiling_after(transition: Transition, dimension: Dimension) -> int:
    """Most units per second that a dimension serves at once in on-demand mode, when the transition is through.

    As ``ceiling_without_maximum``, and no more than the on-demand maximum (Guide:
    on-demand-capacity-mode-max-throughput).
    """
    ceiling = ceiling_without_maximum(transition, dimension)
    maximum = transition.declared.maximum(dimension)
    return ceiling if maximum is None else min(ceiling, maximum)


def _bounds(capacity: Capacity, dimension: Dimension) -> tuple[float, ...]:
    """What bounds a dimension, ordered so that more is always less throttling."""
    throughput = capacity.throughput(dimension)
    if throughput is None:
        maximum = capacity.maximum(dimension)
        return (float("inf") if maximum is None else float(maximum),)
    floor, reach = floor_of(throughput), reach_of(throughput)
    moves = isinstance(throughput, AutoScaling) and floor != reach
    return (floor, reach, -throughput.target if moves and isinstance(throughput, AutoScaling) else 0)


def _plain(capacity: Capacity) -> dict[str, Any]:
    bounds = {d.key: _bounds(capacity, d) for d in capacity.dimensions()}
    return {"mode": capacity.billing_mode, "bounds": bounds}


def _without_warm(capacity: Capacity) -> Capacity:
    return replace(
        capacity,
        table=replace(capacity.table, warm=None),
        indexes={name: replace(one, warm=None) for name, one in capacity.indexes.items()},
    )


def _highest(transition: Transition, key: str) -> Units:
    """Warm throughput of a resource once the transition is through."""
    index = index_of(key)

    def of(dimension: Dimension) -> int:
        warm = transition.deployed.warm_now(dimension) if transition.deployed else 0
        return max(warm, transition.declared.warm(dimension) or 0, 1)

    return Units(of(Dimension(index, "read")), of(Dimension(index, "write")))


__all__ = [
    "Change",
    "Deployed",
    "DimensionChange",
    "Transition",
    "ceiling_after",
    "ceiling_without_maximum",
    "initial_ceiling",
]
