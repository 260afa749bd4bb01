"""The capacity that a table has: in its template, and in the live table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .capacity import Capacity, Units, minimum_of
from .dimension import Dimension, index_of
from .errors import InputError
from .plain_data import RECORD_AGAIN, read_object
from .structure import Structure, TableKind


@dataclass(frozen=True)
class Deployed:
    """The capacity that a table has.

    Attributes:
        template: capacity in the CloudFormation template. A rollback re-sends it, and not the units that auto scaling
            had reached (AWS CloudFormation User Guide, stack failure options).
        live: capacity of the live table: billing mode, scaling targets, on-demand maxima.
        units: provisioned units per second at the time of recording, by resource key; empty in on-demand mode.
        warm: live warm throughput in units per second, by resource key.
        previous: capacity in the template before the last change, if known: returning to it is a relief.
        structure: everything about the table besides its capacity, if it was recorded.
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
    def kind(self) -> TableKind | None:
        """Resource type in the template; ``None``, which is unknown, if the baseline has no structure."""
        return None if self.structure is None else self.structure.kind

    def provisioned_now(self, dimension: Dimension) -> int | None:
        """Units per second that were provisioned at the time of recording; the live minimum if none were recorded.

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
        return None if throughput is None else minimum_of(throughput)

    def warm_now(self, dimension: Dimension) -> int:
        """Live warm throughput of a dimension, units per second; 0 if it is unknown."""
        return self.warm.get(dimension.resource, Units()).of(dimension.access) or 0

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            "template": self.template.to_json(),
            "live": self.live.to_json(),
            "units": {key: units.to_json() for key, units in self.units.items()},
            "warm": {key: units.to_json() for key, units in self.warm.items()},
            "previous": None if self.previous is None else self.previous.to_json(),
            **({} if self.structure is None else {"structure": self.structure.to_json()}),
        }

    @staticmethod
    def from_json(value: object, location: str) -> Deployed:
        """Read deployed capacity from plain data.

        Args:
            value: what ``to_json`` wrote, or what a file holds.
            location: file and field, for errors.

        Raises:
            InputError: a field is wrong; the error names it.
        """
        data = read_object(value, location, "template", "live", "units", "warm", "previous", "structure")
        template = Capacity.from_json(data.get("template"), f"{location}.template")
        live = Capacity.from_json(data.get("live"), f"{location}.live")
        resource_keys = {key for key, _ in live.resources()} | {key for key, _ in template.resources()}
        measured: dict[str, dict[str, Units]] = {}
        for name in ("units", "warm"):
            entries = read_object(data.get(name), f"{location}.{name}")
            for key in entries:
                if key not in resource_keys:
                    raise InputError(
                        f"{location}.{name}.{key}",
                        f"is no index of this table ({index_of(key)!r} unknown)",
                        RECORD_AGAIN,
                    )
            measured[name] = {
                key: Units.from_json(units, f"{location}.{name}.{key}") for key, units in entries.items()
            }
        previous = data.get("previous")
        return Deployed(
            template,
            live,
            measured["units"],
            measured["warm"],
            None if previous is None else Capacity.from_json(previous, f"{location}.previous"),
            Structure.from_json(data["structure"], f"{location}.structure") if "structure" in data else None,
        )


__all__ = ["Deployed"]
