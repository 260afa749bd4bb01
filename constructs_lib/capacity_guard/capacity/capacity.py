"""Capacity: everything that bounds a table's throughput, for the table and for each of its indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from .dimension import ACCESSES, TABLE, Access, Dimension, resource_key
from .errors import InputError
from .limits import SCALING_TARGET_HIGHEST, SCALING_TARGET_LOWEST


class BillingMode(str, Enum):
    """Billing mode, with the values that the service uses."""

    ON_DEMAND = "PAY_PER_REQUEST"
    PROVISIONED = "PROVISIONED"


MOST_UNITS = 10**15
"""Units that are taken at most, a second or a minute: far above every quota, and few enough for a float to count."""


def _whole(value: object, location: str, at_least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise InputError(
            location, f"{value!r} is not a whole number of at least {at_least}", "Give units per second"
        )
    if value > MOST_UNITS:
        raise InputError(location, f"is more than {MOST_UNITS:,}", "Give units per second")
    return value


def _known(value: object, names: Iterable[str], location: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        problem = "is missing" if value is None else f"is {type(value).__name__}, not an object"
        raise InputError(location, problem, "Record the baseline again")
    unknown = sorted(set(value) - set(names))
    if unknown:
        raise InputError(f"{location}.{unknown[0]}", "is not a known field", f"Use {', '.join(names)}")
    return value


@dataclass(frozen=True)
class Units:
    """Units per second, reads and writes; ``None`` where nothing is asked for."""

    read: int | None = None
    write: int | None = None

    def __post_init__(self) -> None:
        for access in ACCESSES:
            if self.of(access) is not None:
                _whole(self.of(access), f"Units.{access}")

    def of(self, access: Access) -> int | None:
        """The read or the write units."""
        return self.read if access == "read" else self.write

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {access: self.of(access) for access in ACCESSES if self.of(access) is not None}

    @staticmethod
    def from_json(value: object, location: str) -> Units:
        """What ``to_json`` gave; raises InputError naming the field at fault."""
        data = _known(value, ACCESSES, location)
        return Units(**{k: _whole(v, f"{location}.{k}") for k, v in data.items()})


def _units(value: object, location: str) -> None:
    if value is not None and not isinstance(value, Units):
        raise InputError(location, f"{value!r} is not Units", "Write Units(read=..., write=...)")


@dataclass(frozen=True)
class AutoScaling:
    """Provisioned throughput that auto scaling moves.

    Args:
        minimum: lowest units per second (the floor).
        maximum: highest units per second (the reach).
        target: utilization in percent that auto scaling steers to, 20 to 90
            (Amazon DynamoDB Developer Guide, AutoScaling).
        seed: units per second that a switch back to provisioned starts with. A rollback of a switch to on-demand
            fails without it (CloudFormation User Guide, AWS::DynamoDB::GlobalTable CapacityAutoScalingSettings).

    Raises:
        InputError: a number is no whole number, out of range, or minimum exceeds maximum.
    """

    minimum: int
    maximum: int
    target: int = 70
    seed: int | None = None

    def __post_init__(self) -> None:
        _whole(self.minimum, "AutoScaling.minimum")
        _whole(self.maximum, "AutoScaling.maximum")
        _whole(self.target, "AutoScaling.target")
        if self.minimum > self.maximum:
            raise InputError(
                "AutoScaling.minimum",
                f"{self.minimum} exceeds the maximum {self.maximum}",
                "Raise the maximum",
            )
        low, high = SCALING_TARGET_LOWEST.value, SCALING_TARGET_HIGHEST.value
        if not low <= self.target <= high:
            raise InputError(
                "AutoScaling.target", f"{self.target} % is out of range", f"Choose {low} to {high}"
            )
        if self.seed is not None and _whole(self.seed, "AutoScaling.seed") > self.maximum:
            raise InputError(
                "AutoScaling.seed", f"{self.seed} exceeds the maximum {self.maximum}", "Lower the seed"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        data: dict[str, Any] = {"minimum": self.minimum, "maximum": self.maximum, "target": self.target}
        return data if self.seed is None else {**data, "seed": self.seed}

    @staticmethod
    def from_json(value: object, location: str) -> AutoScaling:
        """What ``to_json`` gave; raises InputError naming the field at fault."""
        data = _known(value, ("minimum", "maximum", "target", "seed"), location)
        for name in ("minimum", "maximum"):
            if name not in data:
                raise InputError(f"{location}.{name}", "is missing", "Record the baseline again")
        given = {k: _whole(v, f"{location}.{k}") for k, v in data.items()}
        try:
            return AutoScaling(**given)
        except InputError as error:  # it knows the field, but not the file
            raise InputError(
                error.location.replace("AutoScaling", location), error.problem, error.remedy
            ) from None


Throughput = int | AutoScaling
"""Provisioned throughput of one dimension: fixed units per second, or auto scaled."""


def minimum_of(throughput: Throughput) -> int:
    """Units per second that are always provisioned."""
    return throughput if isinstance(throughput, int) else throughput.minimum


def maximum_of(throughput: Throughput) -> int:
    """Units per second that are provisioned at most."""
    return throughput if isinstance(throughput, int) else throughput.maximum


def _throughput(value: object, location: str) -> Throughput:
    if isinstance(value, AutoScaling):
        return value
    return _whole(value, location)


@dataclass(frozen=True)
class Provisioned:
    """Capacity of a table or an index in provisioned mode.

    Args:
        read: provisioned read units per second, fixed or ``AutoScaling``.
        write: provisioned write units per second, fixed or ``AutoScaling``.
        warm: warm throughput that the guard raises to before the change, units per second.

    Raises:
        InputError: a throughput is neither a whole number of at least 1 nor ``AutoScaling``.
    """

    read: Throughput
    write: Throughput
    warm: Units | None = None

    def __post_init__(self) -> None:
        _throughput(self.read, "Provisioned.read")
        _throughput(self.write, "Provisioned.write")
        _units(self.warm, "Provisioned.warm")

    def of(self, access: Access) -> Throughput:
        """The read or the write throughput."""
        return self.read if access == "read" else self.write

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        data: dict[str, Any] = {}
        for access in ACCESSES:
            throughput = self.of(access)
            data[access] = {"units": throughput} if isinstance(throughput, int) else throughput.to_json()
        return data if self.warm is None else {**data, "warm": self.warm.to_json()}

    @staticmethod
    def from_json(value: object, location: str) -> Provisioned:
        """What ``to_json`` gave; raises InputError naming the field at fault."""
        data = _known(value, (*ACCESSES, "warm"), location)
        throughput: dict[str, Throughput] = {}
        for access in ACCESSES:
            here = f"{location}.{access}"
            if access not in data:
                raise InputError(here, "is missing", "Record the baseline again")
            one = data[access]
            if isinstance(one, dict) and set(one) == {"units"}:
                throughput[access] = _whole(one["units"], f"{here}.units")
            else:
                throughput[access] = AutoScaling.from_json(one, here)
        warm = Units.from_json(data["warm"], f"{location}.warm") if "warm" in data else None
        return Provisioned(throughput["read"], throughput["write"], warm)


@dataclass(frozen=True)
class OnDemand:
    """Capacity of a table or an index in on-demand mode.

    Args:
        warm: warm throughput that the guard raises to before the change, units per second.
        maximum: on-demand maximum, units per second (a cost limit that throttles).
    """

    warm: Units | None = None
    maximum: Units | None = None

    def __post_init__(self) -> None:
        _units(self.warm, "OnDemand.warm")
        _units(self.maximum, "OnDemand.maximum")

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        data = {"warm": self.warm, "maximum": self.maximum}
        return {name: units.to_json() for name, units in data.items() if units is not None}

    @staticmethod
    def from_json(value: object, location: str) -> OnDemand:
        """What ``to_json`` gave; raises InputError naming the field at fault."""
        data = _known(value, ("warm", "maximum"), location)
        return OnDemand(**{k: Units.from_json(v, f"{location}.{k}") for k, v in data.items()})


ResourceCapacity = Provisioned | OnDemand


def _frozen(indexes: Mapping[str, ResourceCapacity]) -> Mapping[str, ResourceCapacity]:
    return MappingProxyType(dict(sorted(indexes.items())))


@dataclass(frozen=True)
class Capacity:
    """Capacity of a table and of each of its indexes. Make one with ``on_demand`` or ``provisioned``.

    An index always has the billing mode of its table (Amazon DynamoDB Developer Guide,
    HowItWorks.ReadWriteCapacityMode).
    """

    billing_mode: BillingMode
    table: ResourceCapacity
    indexes: Mapping[str, ResourceCapacity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "indexes", _frozen(self.indexes))
        kind = OnDemand if self.billing_mode is BillingMode.ON_DEMAND else Provisioned
        for key, capacity in self.resources():
            if not isinstance(capacity, kind):
                raise InputError(
                    f"Capacity: {key}",
                    f"is {type(capacity).__name__} in a table whose billing mode is {self.billing_mode.value}",
                    f"Give {kind.__name__}(...)",
                )

    @staticmethod
    def on_demand(
        *,
        warm: Units | None = None,
        maximum: Units | None = None,
        indexes: Mapping[str, OnDemand | Units] | None = None,
    ) -> Capacity:
        """On-demand capacity.

        Args:
            warm: warm throughput of the table, units per second; the guard raises it before the switch.
            maximum: on-demand maximum of the table, units per second.
            indexes: per index ``OnDemand(...)``, or ``Units`` as short form of ``OnDemand(warm=...)``.
        """
        each = {n: OnDemand(warm=c) if isinstance(c, Units) else c for n, c in (indexes or {}).items()}
        return Capacity(BillingMode.ON_DEMAND, OnDemand(warm, maximum), each)

    @staticmethod
    def provisioned(
        *,
        read: Throughput,
        write: Throughput,
        warm: Units | None = None,
        indexes: Mapping[str, Provisioned] | None = None,
    ) -> Capacity:
        """Provisioned capacity.

        Args:
            read: read units per second of the table, fixed or ``AutoScaling``.
            write: write units per second of the table, fixed or ``AutoScaling``.
            warm: warm throughput that the guard raises to, units per second.
            indexes: the capacity of each index; provisioned mode has no default for one.
        """
        return Capacity(BillingMode.PROVISIONED, Provisioned(read, write, warm), indexes or {})

    @property
    def is_on_demand(self) -> bool:
        """Whether the billing mode is on-demand."""
        return self.billing_mode is BillingMode.ON_DEMAND

    def resources(self) -> Iterable[tuple[str, ResourceCapacity]]:
        """Resource key and capacity, the table first, then the indexes by name."""
        yield TABLE, self.table
        for name, capacity in self.indexes.items():
            yield resource_key(name), capacity

    def of(self, index: str | None) -> ResourceCapacity:
        """Capacity of the table (``None``) or of one index. Raises KeyError for an unknown index."""
        return self.table if index is None else self.indexes[index]

    def dimensions(self) -> tuple[Dimension, ...]:
        """Every dimension, the table's first."""
        return tuple(Dimension(i, a) for i in (None, *self.indexes) for a in ACCESSES)

    def throughput(self, dimension: Dimension) -> Throughput | None:
        """Provisioned throughput of a dimension, ``None`` in on-demand mode."""
        capacity = self.of(dimension.index)
        return capacity.of(dimension.access) if isinstance(capacity, Provisioned) else None

    def maximum(self, dimension: Dimension) -> int | None:
        """On-demand maximum of a dimension in units per second, ``None`` where there is none."""
        capacity = self.of(dimension.index)
        if isinstance(capacity, OnDemand) and capacity.maximum is not None:
            return capacity.maximum.of(dimension.access)
        return None

    def warm(self, dimension: Dimension) -> int | None:
        """Warm throughput target of a dimension in units per second, ``None`` where none is declared."""
        capacity = self.of(dimension.index)
        return None if capacity.warm is None else capacity.warm.of(dimension.access)

    def for_indexes(self, names: Iterable[str], location: str) -> Capacity:
        """The same capacity with an entry for each of a table's indexes.

        Args:
            names: the indexes that the table has.
            location: what to name in an error.

        Raises:
            InputError: capacity is declared for an index the table does not have, or a provisioned table has an
                index without capacity (the service refuses that: "ProvisionedThroughput must be specified for index").
        """
        known = list(names)
        for name in self.indexes:
            if name not in known:
                have = ", ".join(known) or "none"
                raise InputError(
                    f'{location}: indexes["{name}"]', "is not an index of this table", f"Its indexes: {have}"
                )
        missing = [name for name in known if name not in self.indexes]
        if missing and not self.is_on_demand:
            raise InputError(
                f'{location}: indexes["{missing[0]}"]',
                "has no provisioned throughput",
                "Declare Provisioned(read=..., write=...) for it",
            )
        return replace(self, indexes={**self.indexes, **{name: OnDemand() for name in missing}})

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back to an equal capacity."""
        return {
            "billing_mode": self.billing_mode.value,
            "table": self.table.to_json(),
            "indexes": {name: capacity.to_json() for name, capacity in self.indexes.items()},
        }

    @staticmethod
    def from_json(value: object, location: str) -> Capacity:
        """Capacity from plain data.

        Args:
            value: what ``to_json`` gave, or a file holds.
            location: file and field, for errors.

        Raises:
            InputError: naming the field at fault.
        """
        data = _known(value, ("billing_mode", "table", "indexes"), location)
        try:
            mode = BillingMode(data.get("billing_mode"))
        except ValueError:
            raise InputError(
                f"{location}.billing_mode",
                f"{data.get('billing_mode')!r} is unknown",
                "Use PAY_PER_REQUEST or PROVISIONED",
            ) from None
        kind = OnDemand if mode is BillingMode.ON_DEMAND else Provisioned
        indexes = data.get("indexes", {})
        if not isinstance(indexes, dict):
            raise InputError(f"{location}.indexes", "is not an object", "Record the baseline again")
        return Capacity(
            mode,
            kind.from_json(data.get("table"), f"{location}.table"),
            {name: kind.from_json(one, f"{location}.indexes.{name}") for name, one in indexes.items()},
        )
