"""Deployed capacity as plain data, and back."""

from __future__ import annotations

from typing import Any

from .capacity import Capacity, Units, index_of
from .errors import InputError
from .plain_data import RECORD_AGAIN, read_object
from .structure import Structure
from .transition import Deployed


def deployed_json(deployed: Deployed) -> dict[str, Any]:
    """Deployed capacity as plain data."""
    return {
        "template": deployed.template.to_json(),
        "live": deployed.live.to_json(),
        "units": {key: units.to_json() for key, units in deployed.units.items()},
        "warm": {key: units.to_json() for key, units in deployed.warm.items()},
        "previous": None if deployed.previous is None else deployed.previous.to_json(),
        **({} if deployed.structure is None else {"structure": deployed.structure.to_json()}),
    }


def deployed_from_json(value: object, where: str) -> Deployed:
    """Deployed capacity from plain data.

    Raises:
        InputError: naming the field at fault.
    """
    data = read_object(value, where, "template", "live", "units", "warm", "previous", "structure")
    template = Capacity.from_json(data.get("template"), f"{where}.template")
    live = Capacity.from_json(data.get("live"), f"{where}.live")
    known = {key for key, _ in live.resources()} | {key for key, _ in template.resources()}
    measured: dict[str, dict[str, Units]] = {}
    for name in ("units", "warm"):
        entries = read_object(data.get(name), f"{where}.{name}")
        for key in entries:
            if key not in known:
                raise InputError(
                    f"{where}.{name}.{key}",
                    f"is no index of this table ({index_of(key)!r} unknown)",
                    RECORD_AGAIN,
                )
        measured[name] = {key: Units.from_json(one, f"{where}.{name}.{key}") for key, one in entries.items()}
    previous = data.get("previous")
    return Deployed(
        template,
        live,
        measured["units"],
        measured["warm"],
        None if previous is None else Capacity.from_json(previous, f"{where}.previous"),
        Structure.from_json(data["structure"], f"{where}.structure") if "structure" in data else None,
    )


__all__ = ["deployed_from_json", "deployed_json"]
