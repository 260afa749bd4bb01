"""The capacity that a table has: in its template, and in the live table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from .capacity import Capacity, Units, maximum_of, minimum_of
from .dimension import Dimension, index_of
from .errors import InputError
from .plain_data import RECORD_AGAIN, read_object, read_text, read_time, time_text
from .scheduled_action import ScheduledAction, read_scheduled_actions
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
        previous: capacity in the template before the last change, if known: returning to it is a relief for a while.
        structure: everything about the table besides its capacity, if it was recorded.
        replaced_at: when ``previous`` was replaced at the latest, UTC: the first recording that found another capacity.
            ``None`` if it is unknown, as in baselines of version 1.
        schedules: scheduled actions, which move the bounds of auto scaling at set times.
        scaling: scaling targets and policies of an AWS::DynamoDB::Table in the template, type and properties by logical id;
            empty where the resource itself scales its table, and in baselines that do not have them. No gate has them.
    """

    template: Capacity
    live: Capacity
    units: Mapping[str, Units]
    warm: Mapping[str, Units]
    previous: Capacity | None = None
    structure: Structure | None = None
    replaced_at: datetime | None = None
    schedules: tuple[ScheduledAction, ...] = ()
    scaling: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", MappingProxyType(dict(self.units)))
        object.__setattr__(self, "warm", MappingProxyType(dict(self.warm)))
        object.__setattr__(self, "scaling", MappingProxyType(dict(self.scaling)))

    @property
    def kind(self) -> TableKind | None:
        """Resource type in the template; ``None``, which is unknown, if the baseline has no structure."""
        return None if self.structure is None else self.structure.kind

    def in_template(self, action: ScheduledAction) -> bool:
        """Whether the deployed template states a scheduled action; others were put through the API, and stay without it.

        A template names its actions (CloudFormation Template Reference, ScalableTarget: ScheduledActionName).
        """
        return any(
            isinstance(stated, Mapping) and stated.get("ScheduledActionName") == action.name
            for resource in self.scaling.values()
            for stated in _listed(resource.get("Properties", {}), "ScheduledActions")
        )

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
            "previous": None if self.previous is None else self._previous_json(self.previous),
            **({} if self.structure is None else {"structure": self.structure.to_json()}),
            **({} if not self.schedules else {"schedules": [a.to_json() for a in self.schedules]}),
            **({} if not self.scaling else {"scaling": dict(self.scaling)}),
        }

    def _previous_json(self, previous: Capacity) -> dict[str, Any]:
        replaced_at = None if self.replaced_at is None else time_text(self.replaced_at)
        return {"replaced_at": replaced_at, "capacity": previous.to_json()}

    def most_provisioned(self, dimension: Dimension) -> int | None:
        """Most units per second that may be provisioned now: those recorded, or the live maximum if none were.

        ``None`` in on-demand mode, and for an index that is not deployed.
        """
        now = self.provisioned_now(dimension)
        if now is None or self.units.get(dimension.resource, Units()).of(dimension.access) is not None:
            return now
        throughput = self.live.throughput(dimension)
        return None if throughput is None else maximum_of(throughput)

    @staticmethod
    def from_json(value: object, location: str) -> Deployed:
        """Read deployed capacity from plain data.

        Args:
            value: what ``to_json`` wrote, or what a file holds.
            location: file and field, for errors.

        Raises:
            InputError: a field is wrong; the error names it.
        """
        fields = ("template", "live", "units", "warm", "previous", "structure", "schedules", "scaling")
        data = read_object(value, location, *fields)
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
                        f"is not an index of this table ({index_of(key)!r} unknown)",
                        RECORD_AGAIN,
                    )
            measured[name] = {
                key: Units.from_json(units, f"{location}.{name}.{key}") for key, units in entries.items()
            }
        schedules = read_scheduled_actions(data.get("schedules"), f"{location}.schedules")
        for position, action in enumerate(schedules):
            if action.dimension.resource not in resource_keys:
                raise InputError(
                    f"{location}.schedules[{position}].dimension",
                    f"is not an index of this table ({action.dimension.index!r} unknown)",
                    RECORD_AGAIN,
                )
        previous, replaced_at = _read_previous(data.get("previous"), f"{location}.previous")
        return Deployed(
            template,
            live,
            measured["units"],
            measured["warm"],
            previous,
            Structure.from_json(data["structure"], f"{location}.structure") if "structure" in data else None,
            replaced_at,
            schedules,
            _read_scaling(data.get("scaling"), f"{location}.scaling"),
        )


def undated_previous(previous: object) -> object:
    """``deployed.previous`` of a baseline of version 1, which is a capacity without a date, as ``from_json`` reads it."""
    return None if previous is None else {"replaced_at": None, "capacity": previous}


def _listed(properties: object, name: str) -> Sequence[object]:
    """A list in the properties of a recorded resource; nothing where it is something else."""
    value = properties.get(name) if isinstance(properties, Mapping) else None
    return value if isinstance(value, list) else ()


def _read_scaling(value: object, location: str) -> dict[str, dict[str, Any]]:
    if value is None:
        return {}
    found = {}
    for logical_id, resource in read_object(value, location).items():
        place = f"{location}.{logical_id}"
        data = read_object(resource, place, "Type", "Properties")
        read_text(data, "Type", place)
        read_object(data.get("Properties"), f"{place}.Properties")
        found[logical_id] = data
    return found


def _read_previous(value: object, location: str) -> tuple[Capacity | None, datetime | None]:
    if value is None:
        return None, None
    data = read_object(value, location, "replaced_at", "capacity")
    if "replaced_at" not in data:
        raise InputError(f"{location}.replaced_at", "is missing", RECORD_AGAIN)
    replaced_at = data["replaced_at"]
    return (
        Capacity.from_json(data.get("capacity"), f"{location}.capacity"),
        None if replaced_at is None else read_time(replaced_at, f"{location}.replaced_at"),
    )


__all__ = ["Deployed", "undated_previous"]
