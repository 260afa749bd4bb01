"""Read how auto scaling of a table follows its target: what the simulator takes as it is by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.errors import InputError
from .intrinsics import Intrinsics
from .scaling import scaling_resources

_CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"


@dataclass(frozen=True)
class Tracking:
    """The settings of one target tracking policy beside its target.

    Attributes:
        place: the policy, or the settings of a GlobalTable.
        out_seconds: ``ScaleOutCooldown``; ``None`` where it is not stated (0 for DynamoDB).
        in_seconds: ``ScaleInCooldown``, likewise.
        only_out: ``DisableScaleIn``.
        unread: why they cannot be read; ``None`` where they can.
    """

    place: str
    out_seconds: int | None = None
    in_seconds: int | None = None
    only_out: bool = False
    unread: str | None = None


def read_tracking(read: Intrinsics, logical_id: str) -> tuple[Tracking, ...]:
    """The settings of each target tracking policy of a table, of its own (GlobalTable) or in separate resources.

    Args:
        read: the template.
        logical_id: logical id of the table.

    Raises:
        InputError: the scaling resources of the table cannot be read.
    """
    properties = read.template["Resources"][logical_id].get("Properties", {})
    configurations = list(_configurations(read, properties, logical_id))
    for name, (_, policy) in scaling_resources(read, logical_id).policies.items():
        configurations += _configurations(read, policy, name)
    return tuple(_tracking(read, node, place) for place, node in configurations)


def _configurations(read: Intrinsics, node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each configuration below a node, with its place; the values of functions on the way are resolved."""
    try:
        value = read.value(node, path)
    except InputError:
        return  # whatever is read of a table reports what cannot be read of its capacity
    if isinstance(value, list):
        for position, item in enumerate(value):
            name = item.get("IndexName", position) if isinstance(item, Mapping) else position
            yield from _configurations(read, item, f"{path}[{name}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == _CONFIGURATION:
                yield path, item
            else:
                yield from _configurations(read, item, f"{path}.{key}")


def _tracking(read: Intrinsics, node: Any, place: str) -> Tracking:
    try:
        only_out = read.at(node, "DisableScaleIn", path=place)
        if str(only_out).lower() not in ("true", "false", "none"):
            raise read.wrong(f"{place}.DisableScaleIn", f"is {only_out}")
        return Tracking(
            place,
            read.number(node, "ScaleOutCooldown", path=place),
            read.number(node, "ScaleInCooldown", path=place),
            str(only_out).lower() == "true",
        )
    except InputError as error:
        return Tracking(place, unread=f"{error.location} {error.problem}")


__all__ = ["Tracking", "read_tracking"]
