"""Capacity: everything that limits the throughput of a table and of each of its indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from .dimension import ACCESSES, TABLE, Access, Dimension, checked_indexes, resource_key, unknown_index
from .errors import InputError
from .limits import SCALING_TARGET_HIGHEST, SCALING_TARGET_LOWEST
from .plain_data import RECORD_AGAIN, number_between, read_fields, shown, whole_number


class BillingMode(str, Enum):
    """Billing mode, with the values that the service uses."""

    ON_DEMAND = "PAY_PER_REQUEST"
    PROVISIONED = "PROVISIONED"


MOST_UNITS = 10**15
"""Most units per second or per minute that are accepted: far above every quota, and exact as a float."""


def _checked_units(value: object, location: str) -> int:
    return whole_number(value, location, MOST_UNITS, remedy="Give units per second")


def _checked_target(value: object, location: str) -> float:
    return number_between(value, location, SCALING_TARGET_LOWEST.value, SCALING_TARGET_HIGHEST.value)


@dataclass(frozen=True)
class Units:
    """Read and write units per second; ``None`` for an access without a value."""

    read: int | None = None
    write: int | None = None

    def __post_init__(self) -> None:
        for access in ACCESSES:
            if self.of(access) is not None:
                _checked_units(self.of(access), f"Units.{access}")

    def of(self, access: Access) -> int | None:
        """The read or the write units."""
        return self.read if access == "read" else self.write

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {access: self.of(access) for access in ACCESSES if self.of(access) is not None}

    @staticmethod
    def from_json(value: object, location: str) -> Units:
        """Read what ``to_json`` wrote. Raises InputError that names the field at fault."""
        data = read_fields(value, ACCESSES, location)
        return Units(
            **{access: _checked_units(units, f"{location}.{access}") for access, units in data.items()}
        )


def _check_units_type(value: object, location: str) -> None:
    if value is not None and not isinstance(value, Units):
        raise InputError(location, f"{shown(value)} is not Units", "Write Units(read=..., write=...)")
    if value == Units():
        raise InputError(location, "has neither read nor write units", "Give one of them, or leave it out")


@dataclass(frozen=True)
class AutoScaling:
    """Provisioned throughput that auto scaling adjusts.

    Args:
        minimum: minimum provisioned units per second.
        maximum: maximum provisioned units per second.
        target: target utilization in percent, 10 to 100, with a fraction or without. The service documents 20 to 90
            (Amazon DynamoDB Developer Guide, AutoScaling) and was seen to accept 10 to 90 (limits.SCALING_TARGET_LOWEST).
        seed: units per second that a switch back to provisioned mode starts with. Without a seed, the rollback of a
            switch to on-demand mode fails (CloudFormation User Guide, AWS::DynamoDB::GlobalTable CapacityAutoScalingSettings).
            Of a Table it is the units in its template. They may lie outside the bounds: auto scaling moves them into these
            if the bounds change (``sent_units.units_after``).

    Raises:
        InputError: a value is not a number or is out of range, or the minimum exceeds the maximum.
    """

    minimum: int
    maximum: int
    target: float = 70
    seed: int | None = None

    def __post_init__(self) -> None:
        _checked_units(self.minimum, "AutoScaling.minimum")
        _checked_units(self.maximum, "AutoScaling.maximum")
        object.__setattr__(self, "target", _checked_target(self.target, "AutoScaling.target"))
        if self.minimum > self.maximum:
            raise InputError(
                "AutoScaling.minimum",
                f"{self.minimum} exceeds the maximum {self.maximum}",
                "Raise the maximum",
            )
        if self.seed is not None:
            _checked_units(self.seed, "AutoScaling.seed")

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        data: dict[str, Any] = {"minimum": self.minimum, "maximum": self.maximum, "target": self.target}
        return data if self.seed is None else {**data, "seed": self.seed}

    @staticmethod
    def from_json(value: object, location: str) -> AutoScaling:
        """Read what ``to_json`` wrote. Raises InputError that names the field at fault."""
        data = read_fields(value, ("minimum", "maximum", "target", "seed"), location)
        for name in ("minimum", "maximum"):
            if name not in data:
                raise InputError(f"{location}.{name}", "is missing", RECORD_AGAIN)
        for name in data:
            if name != "target":
                _checked_units(data[name], f"{location}.{name}")
        try:
            return AutoScaling(**data)
        except InputError as error:  # the error names the field, but not the file
            raise InputError(
                error.location.replace("AutoScaling", location), error.problem, error.remedy
            ) from None


Throughput = int | AutoScaling
"""Provisioned throughput of one dimension: fixed units per second, or auto scaling."""


def minimum_of(throughput: Throughput) -> int:
    """Units per second that are always provisioned."""
    return throughput if isinstance(throughput, int) else throughput.minimum


def maximum_of(throughput: Throughput) -> int:
    """Most units per second that are ever provisioned."""
    return throughput if isinstance(throughput, int) else throughput.maximum


@dataclass(frozen=True)
class Provisioned:
    """Capacity of a table or an index in provisioned mode.

    Args:
        read: provisioned read units per second, fixed or ``AutoScaling``.
        write: provisioned write units per second, fixed or ``AutoScaling``.
        warm: warm throughput that the guard sets before the change, units per second.

    Raises:
        InputError: a throughput is neither a whole number of at least 1 nor ``AutoScaling``.
    """

    read: Throughput
    write: Throughput
    warm: Units | None = None

    def __post_init__(self) -> None:
        for access in ACCESSES:
            if not isinstance(self.of(access), AutoScaling):
                _checked_units(self.of(access), f"Provisioned.{access}")
        _check_units_type(self.warm, "Provisioned.warm")

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
        """Read what ``to_json`` wrote. Raises InputError that names the field at fault."""
        data = read_fields(value, (*ACCESSES, "warm"), location)
        throughput: dict[str, Throughput] = {}
        for access in ACCESSES:
            field_location = f"{location}.{access}"
            if access not in data:
                raise InputError(field_location, "is missing", RECORD_AGAIN)
            setting = data[access]
            if isinstance(setting, dict) and set(setting) == {"units"}:
                throughput[access] = _checked_units(setting["units"], f"{field_location}.units")
            else:
                throughput[access] = AutoScaling.from_json(setting, field_location)
        warm = Units.from_json(data["warm"], f"{location}.warm") if "warm" in data else None
        return Provisioned(throughput["read"], throughput["write"], warm)


@dataclass(frozen=True)
class OnDemand:
    """Capacity of a table or an index in on-demand mode.

    Args:
        warm: warm throughput that the guard sets before the change, units per second.
        maximum: on-demand maximum, units per second. It limits cost: requests above it are throttled.
    """

    warm: Units | None = None
    maximum: Units | None = None

    def __post_init__(self) -> None:
        _check_units_type(self.warm, "OnDemand.warm")
        _check_units_type(self.maximum, "OnDemand.maximum")

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        data = {"warm": self.warm, "maximum": self.maximum}
        return {name: units.to_json() for name, units in data.items() if units is not None}

    @staticmethod
    def from_json(value: object, location: str) -> OnDemand:
        """Read what ``to_json`` wrote. Raises InputError that names the field at fault."""
        data = read_fields(value, ("warm", "maximum"), location)
        return OnDemand(
            **{name: Units.from_json(units, f"{location}.{name}") for name, units in data.items()}
        )


ResourceCapacity = Provisioned | OnDemand


@dataclass(frozen=True)
class Capacity:
    """Capacity of a table and of each of its indexes. Create one with ``on_demand`` or ``provisioned``.

    An index always has the billing mode of its table (Amazon DynamoDB Developer Guide,
    HowItWorks.ReadWriteCapacityMode).
    """

    billing_mode: BillingMode
    table: ResourceCapacity
    indexes: Mapping[str, ResourceCapacity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        indexes = checked_indexes(self.indexes, "Capacity.indexes")
        object.__setattr__(self, "indexes", MappingProxyType(dict(sorted(indexes.items()))))
        expected = OnDemand if self.billing_mode is BillingMode.ON_DEMAND else Provisioned
        for key, capacity in self.resources():
            if not isinstance(capacity, expected):
                raise InputError(
                    f"Capacity: {key}",
                    f"is {type(capacity).__name__} in a table whose billing mode is {self.billing_mode.value}",
                    f"Give {expected.__name__}(...)",
                )

    @staticmethod
    def on_demand(
        *,
        warm: Units | None = None,
        maximum: Units | None = None,
        indexes: Mapping[str, OnDemand] | None = None,
    ) -> Capacity:
        """Capacity of a table in on-demand mode.

        Args:
            warm: warm throughput of the table, units per second; the guard raises it before the switch.
            maximum: on-demand maximum of the table, units per second.
            indexes: the capacity of each index that has warm throughput or a maximum of its own.
        """
        of_indexes = checked_indexes(indexes, "Capacity.indexes")
        return Capacity(BillingMode.ON_DEMAND, OnDemand(warm, maximum), of_indexes)

    @staticmethod
    def provisioned(
        *,
        read: Throughput,
        write: Throughput,
        warm: Units | None = None,
        indexes: Mapping[str, Provisioned] | None = None,
    ) -> Capacity:
        """Capacity of a table in provisioned mode.

        Args:
            read: read units per second of the table, fixed or ``AutoScaling``.
            write: write units per second of the table, fixed or ``AutoScaling``.
            warm: warm throughput that the guard sets before the change, units per second.
            indexes: the capacity of each index; provisioned mode has no default for an index.
        """
        return Capacity(
            BillingMode.PROVISIONED, Provisioned(read, write, warm), {} if indexes is None else indexes
        )

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
        """Capacity of the table (``None``) or of one index.

        Raises:
            KeyError: there is no such index.
        """
        return self.table if index is None else self.indexes[index]

    def dimensions(self) -> tuple[Dimension, ...]:
        """Every dimension, the table's first."""
        return tuple(Dimension(index, access) for index in (None, *self.indexes) for access in ACCESSES)

    def throughput(self, dimension: Dimension) -> Throughput | None:
        """Provisioned throughput of a dimension, ``None`` in on-demand mode."""
        capacity = self.of(dimension.index)
        return capacity.of(dimension.access) if isinstance(capacity, Provisioned) else None

    def maximum(self, dimension: Dimension) -> int | None:
        """On-demand maximum of a dimension in units per second, ``None`` without one."""
        capacity = self.of(dimension.index)
        if isinstance(capacity, OnDemand) and capacity.maximum is not None:
            return capacity.maximum.of(dimension.access)
        return None

    def warm(self, dimension: Dimension) -> int | None:
        """Declared warm throughput of a dimension in units per second, ``None`` if none is declared."""
        capacity = self.of(dimension.index)
        return None if capacity.warm is None else capacity.warm.of(dimension.access)

    def for_indexes(self, names: Iterable[str], location: str) -> Capacity:
        """The same capacity with an entry for each of a table's indexes.

        Args:
            names: the indexes that the table has.
            location: the place that an error names.

        Raises:
            InputError: capacity is declared for an index that the table does not have, or a provisioned table has an
                index without capacity (the service refuses it: "ProvisionedThroughput must be specified for index").
        """
        existing = list(names)
        for name in self.indexes:
            if name not in existing:
                raise unknown_index(
                    f'{location}: indexes["{name}"]', existing, "is not an index of this table"
                )
        missing = [name for name in existing if name not in self.indexes]
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
        """Read capacity from plain data.

        Args:
            value: what ``to_json`` wrote, or what a file holds.
            location: file and field, for errors.

        Raises:
            InputError: a field is wrong; the error names it.
        """
        data = read_fields(value, ("billing_mode", "table", "indexes"), location)
        try:
            mode = BillingMode(data.get("billing_mode"))
        except ValueError:
            raise InputError(
                f"{location}.billing_mode",
                f"{data.get('billing_mode')!r} is unknown",
                "Use PAY_PER_REQUEST or PROVISIONED",
            ) from None
        capacity_type = OnDemand if mode is BillingMode.ON_DEMAND else Provisioned
        indexes = data.get("indexes", {})
        if not isinstance(indexes, dict):
            raise InputError(f"{location}.indexes", "is not an object", RECORD_AGAIN)
        return Capacity(
            mode,
            capacity_type.from_json(data.get("table"), f"{location}.table"),
            {
                name: capacity_type.from_json(index, f"{location}.indexes.{name}")
                for name, index in indexes.items()
            },
        )
