"""The transition from deployed to declared capacity: the change of each dimension, and the way back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from types import MappingProxyType

from .bounds import bounds_of, same_bounds
from .capacity import AutoScaling, Capacity, Provisioned, Units, minimum_of
from .deployed import Deployed
from .dimension import ACCESSES, Dimension, index_of
from .scheduled_action import ScheduledAction
from .sent_units import keeps_bounds, sent_units, units_after
from .structure import TableKind
from .warm_throughput import initial_ceiling, warm_after, without_warm


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
    """A dimension and its change."""

    dimension: Dimension
    change: Change


@dataclass(frozen=True)
class Transition:
    """The transition of one table from its deployed to its declared capacity.

    Args:
        table: name of the table.
        deployed: the capacity that the table has, ``None`` for a table that does not exist yet.
        declared: the capacity that the code declares.
        attempt: number of this attempt; a higher number gives the same plan a new fingerprint.
        declared_kind: resource type that declares the table, if the caller knows it. It takes precedence over the
            recorded structure.
        schedules: scheduled actions in the declared template, ``None`` if unknown; no part of fingerprint and change.
    """

    table: str
    deployed: Deployed | None
    declared: Capacity
    attempt: int = 1
    declared_kind: TableKind | None = None
    schedules: tuple[ScheduledAction, ...] | None = None

    @cached_property
    def changes(self) -> tuple[DimensionChange, ...]:
        """Each dimension that is deployed or declared, with its change."""
        dimensions = dict.fromkeys(self.declared.dimensions())
        if self.deployed is not None:
            dimensions.update(dict.fromkeys(self.deployed.template.dimensions()))
        return tuple(DimensionChange(d, self._change(d)) for d in dimensions)

    def _change(self, dimension: Dimension) -> Change:
        if self.deployed is None:
            return Change.CREATED
        before = self.deployed.template
        after = self.declared
        if (dimension.index in before.indexes) != (dimension.index in after.indexes):
            return Change.INDEX_CHANGE
        if before.billing_mode is not after.billing_mode:
            return Change.TO_ON_DEMAND if after.is_on_demand else Change.TO_PROVISIONED
        bounds_before, bounds_after = bounds_of(before, dimension), bounds_of(after, dimension)
        lowers = any(new < old for old, new in zip(bounds_before, bounds_after, strict=True))
        # Auto scaling whose minimum is at least the maximum before never serves less, whatever its target.
        if lowers and (len(bounds_before) == 1 or bounds_after[0] < bounds_before[1]):
            return Change.LOWER
        sent = self.units_sent(dimension)
        # Auto scaling from another stack, or made by hand, changes units that the template states as fixed.
        if sent is not None and sent < (self.deployed.most_provisioned(dimension) or 0):
            return Change.LOWER
        if bounds_before != bounds_after and self._lowers_live_bounds(self.deployed, dimension):
            return Change.LOWER
        if isinstance(after.throughput(dimension), AutoScaling) and sent is not None:
            # Never NONE: CloudFormation replaces the units that auto scaling has set by the time of the deployment, and
            # these are not known at synthesis.
            return Change.RAISE
        raises_warm = (after.warm(dimension) or 0) > self.deployed.warm_now(dimension)
        return Change.RAISE if bounds_before != bounds_after or raises_warm else Change.NONE

    def _lowers_live_bounds(self, deployed: Deployed, dimension: Dimension) -> bool:
        """Whether bounds that CloudFormation sends are below those of the live table, which may have been changed by hand."""
        live, declared = deployed.live, self.declared
        if live.billing_mode is not declared.billing_mode or dimension.index not in (None, *live.indexes):
            return False
        throughput = declared.throughput(dimension)
        if throughput is None:
            return bounds_of(declared, dimension) < bounds_of(live, dimension)
        if not isinstance(throughput, AutoScaling):
            return False  # units alone are sent
        live_throughput = live.throughput(dimension)
        if isinstance(live_throughput, AutoScaling) and (
            throughput.minimum < live_throughput.minimum or throughput.maximum < live_throughput.maximum
        ):
            return True
        return throughput.maximum < (deployed.most_provisioned(dimension) or 0)

    def change_of(self, dimension: Dimension) -> Change:
        """The change of one dimension; ``NONE`` for a dimension that is neither deployed nor declared."""
        return self._by_dimension.get(dimension, Change.NONE)

    @cached_property
    def _by_dimension(self) -> Mapping[Dimension, Change]:
        return {change.dimension: change.change for change in self.changes}

    def having(self, *changes: Change) -> tuple[Dimension, ...]:
        """The dimensions with one of these changes."""
        return tuple(change.dimension for change in self.changes if change.change in changes)

    @property
    def kind(self) -> TableKind | None:
        """Resource type of the table: as its code declares it, or else as it was recorded; ``None`` if it is unknown.

        The two types send different units. Whatever depends on an unknown type is judged as the type that sends, or
        leaves, less: ``may_be`` and ``sent_units``.
        """
        if self.declared_kind is not None or self.deployed is None:
            return self.declared_kind
        return self.deployed.kind

    def may_be(self, kind: TableKind) -> bool:
        """Whether the table is of this resource type, or of an unknown one."""
        return self.kind in (kind, None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes: then there is no gate, and no finding above a warning."""
        return all(change.change is Change.NONE for change in self.changes)

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
    def only_raises(self) -> bool:
        """Whether the transition changes something, and lowers nothing of the template and the recorded live table."""
        if self.deployed is None or self.is_empty:
            return False
        if self.deployed.live.billing_mode is not self.declared.billing_mode:
            return False  # the live table was switched by hand
        return all(change.change in (Change.RAISE, Change.NONE) for change in self.changes)

    @property
    def is_return(self) -> bool:
        """Whether the transition returns to the capacity deployed before; ``False`` if the baseline does not have it.

        Whether it is a relief depends on time and traffic too (``relief.return_obstacles``).
        """
        previous = None if self.deployed is None else self.deployed.previous
        return previous is not None and not self.is_empty and same_bounds(previous, self.declared)

    def units_sent(self, dimension: Dimension) -> int | None:
        """Provisioned units per second that CloudFormation sends for a dimension in this transition.

        ``None`` if CloudFormation sends none: for a switch to on-demand mode, for an index that is deleted, and if the
        property does not differ between the two templates. CloudFormation compares two templates and never the live
        table (CloudFormation User Guide, using-cfn-updating-stacks-update-behaviors).

        At a creation and at a switch to provisioned mode, CloudFormation sends units for every dimension: those of a
        Table's ProvisionedThroughput (the seed of an auto-scaled dimension); for a GlobalTable the minimum at a creation
        and the seed at a switch (CloudFormation Template Reference, CapacityAutoScalingSettings).

        In provisioned mode the two types differ. CloudFormation does not send the auto-scaled units of a GlobalTable, so
        it does not send a change of the seed alone. A Table's ProvisionedThroughput is one property with read and write
        units (API: ProvisionedThroughput requires both): when one of them changes in the template, CloudFormation sends
        both, and they replace the units that auto scaling had set.
        """
        return self._sent_forward.get(dimension)

    @cached_property
    def _sent_forward(self) -> Mapping[Dimension, int | None]:
        before = None if self.deployed is None else self.deployed.template
        return {
            dimension: sent_units(self.kind, before, self.declared, dimension)
            for dimension in self.declared.dimensions()
        }

    def resent_units(self, dimension: Dimension) -> int | None:
        """Provisioned units per second that a dimension has at least after a rollback of this transition.

        These are the units that CloudFormation sends on the way back (``sent_back``). If it sends none, auto scaling
        keeps the dimension at its minimum or above. ``None`` if the way back has no value (no seed) or leads to
        on-demand mode.
        """
        if self.deployed is None or dimension.index not in (None, *self.deployed.template.indexes):
            return None
        throughput = self.deployed.template.throughput(dimension)
        if throughput is None:
            return None
        sent = self.units_sent_back(dimension)
        return minimum_of(throughput) if sent is None and not self.switches_to_on_demand else sent

    def units_sent_back(self, dimension: Dimension) -> int | None:
        """Provisioned units per second that CloudFormation sends for a dimension on the way back; ``None`` for none.

        As ``units_sent``, from the declared to the deployed template.
        """
        if self.deployed is None:
            return None
        return sent_units(self.kind, self.declared, self.deployed.template, dimension)

    def units_after(self, dimension: Dimension, now: float | None) -> float | None:
        """Provisioned units per second of a dimension after the transition, before auto scaling reacts to traffic.

        Args:
            dimension: the dimension.
            now: units per second that are provisioned before the transition; ``None`` if they are unknown.

        Returns:
            As ``sent_units.units_after``, from the deployed to the declared template.
        """
        before = None if self.deployed is None else self.deployed.template
        return units_after(self.kind, before, self.declared, dimension, now)

    def units_after_rollback(self, dimension: Dimension, now: float | None) -> float | None:
        """As ``units_after`` for the way back, from the declared to the deployed template.

        Args:
            dimension: the dimension.
            now: units per second that are provisioned before the rollback; ``None`` if they are unknown.
        """
        if self.deployed is None:
            return None
        return units_after(self.kind, self.declared, self.deployed.template, dimension, now)

    def keeps_bounds(self, dimension: Dimension) -> bool:
        """Whether the templates before and after state the same minimum and maximum of auto scaling for a dimension."""
        before = None if self.deployed is None else self.deployed.template
        return keeps_bounds(before, self.declared, dimension)

    @cached_property
    def warm_raises(self) -> Mapping[Dimension, tuple[int, int]]:
        """Live and declared warm throughput, units per second, of each dimension whose warm throughput the guard raises.

        The guard cannot raise that of a table or an index that does not exist yet. An unknown live warm throughput
        counts as the initial on-demand throughput.
        """
        raises: dict[Dimension, tuple[int, int]] = {}
        for dimension in self.declared.dimensions() if self.deployed is not None else ():
            assert self.deployed is not None
            if dimension.index in (None, *self.deployed.live.indexes):
                live = self.deployed.warm_now(dimension) or initial_ceiling(dimension)
                target = self.declared.warm(dimension) or 0
                if target > live:
                    raises[dimension] = live, target
        return MappingProxyType(raises)

    def keeps_scaling_target(self, dimension: Dimension) -> bool:
        """Whether auto scaling still sets the units of a Table dimension that is declared with fixed units.

        A Table's scaling targets are separate resources, and CloudFormation deletes resources that a template no longer
        has in the clean-up at the end (CloudFormation User Guide, using-cfn-updating-stacks-update-behaviors). Until
        then auto scaling keeps the dimension between the old bounds, whatever units CloudFormation sent. If
        ProvisionedThroughput is unchanged, CloudFormation sends none, and the dimension keeps the units that auto
        scaling had set. It does not happen in a switch of the billing mode, or to a GlobalTable.
        """
        if self.deployed is None or not self.may_be(TableKind.TABLE):
            return False
        capacities = (self.deployed.template, self.declared)
        if any(dimension.index not in (None, *capacity.indexes) for capacity in capacities):
            return False  # an index that is created or deleted
        before, after = (capacity.throughput(dimension) for capacity in capacities)
        return isinstance(before, AutoScaling) and isinstance(after, int)

    def reverse(self) -> Transition:
        """The way back, with the values that a rollback re-sends: those of the deployed template.

        The way back has no warm throughput, because no template holds it and it never falls (Guide: warm-throughput).

        Raises:
            ValueError: the table does not exist yet, so there is no way back.
        """
        if self.deployed is None:
            raise ValueError(f"{self.table} does not exist yet: there is no way back from its creation")
        declared = without_warm(self.declared)
        units = {
            key: Units(
                *(self._least_after(Dimension(index_of(key), access), capacity) for access in ACCESSES)
            )
            for key, capacity in declared.resources()
            if isinstance(capacity, Provisioned)
        }
        warm = {key: warm_after(self.deployed, self.declared, key) for key, _ in declared.resources()}
        return Transition(
            self.table,
            Deployed(
                template=declared,
                live=declared,
                units=units,
                warm=warm,
                previous=self.deployed.template,
                structure=self.deployed.structure,
                schedules=self.schedules_after,
            ),
            without_warm(self.deployed.template),
            self.attempt,
            self.declared_kind,
            self.deployed.schedules,
        )

    def _least_after(self, dimension: Dimension, declared: Provisioned) -> int:
        """Least provisioned units per second after the transition: auto scaling may have moved unsent ones to the minimum."""
        minimum = minimum_of(declared.of(dimension.access))
        now = None if self.deployed is None else self.deployed.provisioned_now(dimension)
        after = self.units_after(dimension, now)
        if after is None:
            return minimum
        return int(after if self.units_sent(dimension) is not None else min(after, minimum))

    @cached_property
    def schedules_after(self) -> tuple[ScheduledAction, ...]:
        """The scheduled actions after the transition: those of the declared template, and recorded ones of other dimensions.

        A template that states none of a dimension leaves those that were put through the API.
        """
        recorded = () if self.deployed is None else self.deployed.schedules
        stated = self.schedules or ()
        left_out = {action.dimension for action in stated}
        kept = (each for each in recorded if each.dimension not in left_out)
        return (*stated, *(each for each in kept if each not in self.removed_schedules))

    @cached_property
    def removed_schedules(self) -> tuple[ScheduledAction, ...]:
        """The scheduled actions of the deployed template that the declared one does not have, where both are known."""
        if self.deployed is None or self.schedules is None:
            return ()
        stated = {(action.dimension, action.name) for action in self.schedules}
        gone = (each for each in self.deployed.schedules if (each.dimension, each.name) not in stated)
        return tuple(each for each in gone if self.deployed.in_template(each))

    def with_schedules(self, actions: Iterable[ScheduledAction]) -> Transition:
        """The transition of a table whose auto scaling has further scheduled actions: those of the declared template.

        Args:
            actions: the actions; those of an index that is not deployed are left out, as no gate compares it before.
        """
        if self.deployed is None:
            return self
        resources = {
            key
            for capacity in (self.deployed.template, self.deployed.live)
            for key, _ in capacity.resources()
        }
        known = [action for action in actions if action.dimension.resource in resources]
        schedules = tuple(dict.fromkeys((*self.deployed.schedules, *known)))
        return replace(self, deployed=replace(self.deployed, schedules=schedules))

    @cached_property
    def fingerprint(self) -> str:
        """Short stable hash of the plan and its attempt number, ten hexadecimal digits.

        The plan is the capacity in the deployed template and the declared capacity. Values that a new recording may
        change (units that auto scaling set, live warm throughput, traffic) are not part of it.
        """
        plan = {
            "table": self.table,
            "from": None if self.deployed is None else without_warm(self.deployed.template).to_json(),
            "to": self.declared.to_json(),
            "attempt": self.attempt,
        }
        text = json.dumps(plan, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:10]


__all__ = ["Change", "DimensionChange", "Transition"]
