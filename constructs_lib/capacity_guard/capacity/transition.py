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

from .capacity import AutoScaling, Capacity, Provisioned, Throughput, Units, maximum_of, minimum_of
from .deployed import Deployed
from .dimension import ACCESSES, Dimension, index_of
from .structure import TableKind
from .warm_throughput import initial_ceiling


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
        if isinstance(after.throughput(dimension), AutoScaling):
            sent = self.units_sent(dimension)
            if sent is not None:
                # Never NONE: what auto scaling has reached by the time of the deployment is replaced, and nobody
                # knows it at synthesis.
                return (
                    Change.LOWER if sent < (self.deployed.provisioned_now(dimension) or 0) else Change.RAISE
                )
        raises_warm = (after.warm(dimension) or 0) > self.deployed.warm_now(dimension)
        return Change.RAISE if was != becomes or raises_warm else Change.NONE

    def change_of(self, dimension: Dimension) -> Change:
        """The change of one dimension; ``NONE`` for a dimension that is neither deployed nor declared."""
        return self._by_dimension.get(dimension, Change.NONE)

    @cached_property
    def _by_dimension(self) -> Mapping[Dimension, Change]:
        return {one.dimension: one.change for one in self.changes}

    def having(self, *changes: Change) -> tuple[Dimension, ...]:
        """The dimensions with one of these changes."""
        return tuple(c.dimension for c in self.changes if c.change in changes)

    @property
    def kind(self) -> TableKind:
        """Resource type in the deployed template; a table that does not exist yet is reckoned a GlobalTable."""
        return TableKind.GLOBAL_TABLE if self.deployed is None else self.deployed.kind

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
    def switches(self) -> bool:
        """Whether the billing mode changes, either way."""
        return self.switches_to_on_demand or self.switches_to_provisioned

    @property
    def is_relief(self) -> bool:
        """Whether it only raises, or returns to the capacity deployed before: the cure of an incident."""
        if self.deployed is None or self.is_empty:
            return False
        return self.returns or all(c.change in (Change.RAISE, Change.NONE) for c in self.changes)

    @property
    def returns(self) -> bool:
        """Whether it goes back to the capacity deployed before, where the baseline remembers it."""
        previous = None if self.deployed is None else self.deployed.previous
        return previous is not None and same_bounds(previous, self.declared)

    def units_sent(self, dimension: Dimension) -> int | None:
        """Provisioned units per second that CloudFormation sends for a dimension on the way forward.

        ``None`` where it sends none: into on-demand mode, for an index that is deleted, and where nothing it compares
        has changed, since it compares two templates and never the live table (CloudFormation User Guide,
        using-cfn-updating-stacks-update-behaviors).

        A creation and a switch to provisioned take every dimension's units: a Table's ProvisionedThroughput (for an
        auto-scaled dimension that is its seed); of a GlobalTable the minimum at a creation and the seed at a switch
        (CloudFormation Template Reference, CapacityAutoScalingSettings). In provisioned mode the types differ. A
        GlobalTable's auto-scaled units are nobody's business but auto scaling's: an edit of its seed alone is sent to
        nobody. A Table's ProvisionedThroughput is one property of two units (API: ProvisionedThroughput requires
        both): when either changes in the template, both are sent, and cut what auto scaling had reached.
        """
        return self._sent_forward.get(dimension)

    @cached_property
    def _sent_forward(self) -> Mapping[Dimension, int | None]:
        before = None if self.deployed is None else self.deployed.template
        return {d: _sent(self.kind, before, self.declared, d) for d in self.declared.dimensions()}

    def resent_units(self, dimension: Dimension) -> int | None:
        """Provisioned units per second that a dimension has at least after a rollback of this transition.

        What CloudFormation sends on the way back from the declared to the deployed template, by the same reading as
        ``units_sent``: fixed units and, for an auto-scaled dimension, its seed. Where it sends nothing auto scaling
        keeps the dimension at its minimum at least. ``None``: the way back has no value (no seed), or leads to
        on-demand.
        """
        if self.deployed is None or dimension.index not in (None, *self.deployed.template.indexes):
            return None
        throughput = self.deployed.template.throughput(dimension)
        if throughput is None:
            return None
        sent = self.sent_back(dimension)
        return minimum_of(throughput) if sent is None and not self.switches_to_on_demand else sent

    def sent_back(self, dimension: Dimension) -> int | None:
        """Provisioned units per second that CloudFormation sends for a dimension on the way back; ``None`` where it sends none.

        The reading of ``units_sent`` from the declared to the deployed template.
        """
        if self.deployed is None:
            return None
        return _sent(self.kind, self.declared, self.deployed.template, dimension)

    @cached_property
    def warm_raises(self) -> Mapping[Dimension, tuple[int, int]]:
        """Live and declared warm throughput, units per second, of each dimension in which the guard raises it.

        A table or an index that does not exist yet has none that could be raised; where the live one is not known, it is
        the initial on-demand throughput.
        """
        raised: dict[Dimension, tuple[int, int]] = {}
        for dimension in self.declared.dimensions() if self.deployed is not None else ():
            assert self.deployed is not None
            if dimension.index in (None, *self.deployed.live.indexes):
                live = self.deployed.warm_now(dimension) or initial_ceiling(dimension)
                target = self.declared.warm(dimension) or 0
                if target > live:
                    raised[dimension] = live, target
        return MappingProxyType(raised)

    def stays_scaled(self, dimension: Dimension) -> bool:
        """Whether declared fixed units of a Table are not what it will have.

        A Table's scaling targets are resources of their own, and CloudFormation deletes what a template no longer
        states after everything else, in the clean-up (CloudFormation User Guide,
        using-cfn-updating-stacks-update-behaviors). Until then auto scaling holds the dimension between the old
        bounds, whatever was sent; and with an unchanged ProvisionedThroughput nothing is sent at all, so the dimension
        keeps what auto scaling had reached. By way of on-demand mode, or as a GlobalTable, it does not happen.
        """
        if self.deployed is None or self.kind is not TableKind.TABLE:
            return False
        before, after = self.deployed.template.throughput(dimension), self.declared.throughput(dimension)
        return isinstance(before, AutoScaling) and isinstance(after, int)

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
            key: Units(*(self._units_after(Dimension(index_of(key), access), one) for access in ACCESSES))
            for key, one in declared.resources()
            if isinstance(one, Provisioned)
        }
        warm = {key: _highest(self, key) for key, _ in declared.resources()}
        return Transition(
            self.table,
            Deployed(
                template=declared,
                live=declared,
                units=units,
                warm=warm,
                previous=self.deployed.template,
                structure=self.deployed.structure,
            ),
            _without_warm(self.deployed.template),
            self.attempt,
        )

    def _units_after(self, dimension: Dimension, declared: Provisioned) -> int:
        """Units per second once the transition is through, before auto scaling has reacted to any traffic."""
        throughput = declared.of(dimension.access)
        return max(minimum_of(throughput), self.units_sent(dimension) or 0)

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


def _sent(kind: TableKind, before: Capacity | None, after: Capacity, dimension: Dimension) -> int | None:
    """Provisioned units per second that CloudFormation sends between two templates; ``None`` where it sends none."""
    if after.is_on_demand or dimension.index not in (None, *after.indexes):
        return None
    throughput = after.throughput(dimension)
    if throughput is None:
        return None
    if before is None or dimension.index not in (None, *before.indexes):
        # Observed: a GlobalTable's creation takes MinCapacity and not SeedCapacity (go-to-k/cdkd issue 1435).
        return _stated(throughput) if kind is TableKind.TABLE else minimum_of(throughput)
    if before.is_on_demand:
        return _stated(throughput) if kind is TableKind.TABLE else _seed_of(throughput)
    if kind is TableKind.TABLE:
        both = [Dimension(dimension.index, access) for access in ACCESSES]
        same = all(_stated(before.throughput(d)) == _stated(after.throughput(d)) for d in both)
        return None if same else _stated(throughput)
    fixed = isinstance(throughput, int) and throughput != before.throughput(dimension)
    return throughput if fixed and isinstance(throughput, int) else None


def _stated(throughput: Throughput | None) -> int | None:
    """What a Table's ProvisionedThroughput states for a dimension; it cannot state nothing."""
    seed = _seed_of(throughput)
    return minimum_of(throughput) if seed is None and throughput is not None else seed


def _seed_of(throughput: Throughput | None) -> int | None:
    return throughput.seed if isinstance(throughput, AutoScaling) else throughput


def _bounds(capacity: Capacity, dimension: Dimension) -> tuple[float, ...]:
    """What bounds a dimension, ordered so that more is always less throttling."""
    throughput = capacity.throughput(dimension)
    if throughput is None:
        maximum = capacity.maximum(dimension)
        return (float("inf") if maximum is None else float(maximum),)
    floor, reach = minimum_of(throughput), maximum_of(throughput)
    moves = isinstance(throughput, AutoScaling) and floor != reach
    return (floor, reach, -throughput.target if moves and isinstance(throughput, AutoScaling) else 0)


def same_bounds(one: Capacity, other: Capacity) -> bool:
    """Whether two capacities bound a table's throughput alike: seeds, warm throughput and ways of writing apart."""
    return _plain(one) == _plain(other)


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
    "DimensionChange",
    "Transition",
    "same_bounds",
]
