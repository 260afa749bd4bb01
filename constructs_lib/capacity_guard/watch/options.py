"""What a table asks of its watch, as the template hands it to the function: as the property of a gate that says so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from .settings import WatchSettings

PROPERTY = "Watch"
"""Property of Bake with these options."""
OnVeto = Literal["rollback", "page"]
"""What a fast veto does."""
_REMEDY = "Synthesize and deploy again"


@dataclass(frozen=True)
class WatchOptions:
    """What a table asks of its watch.

    Attributes:
        on_veto: whether a fast veto rolls the change back, or only sends a message.
        later_wave: whether another cell has settled before, so that ``later_wave_hours`` apply.
        settings: when a change has settled, and what vetoes it.
        on_common_veto: the same where an unchanged cell throttles in the same minutes too.

    Raises:
        InputError: a value is not possible.
    """

    on_veto: OnVeto = "rollback"
    later_wave: bool = False
    settings: WatchSettings = field(default_factory=WatchSettings)
    on_common_veto: OnVeto = "rollback"

    def __post_init__(self) -> None:
        for name in ("on_veto", "on_common_veto"):
            if getattr(self, name) not in get_args(OnVeto):
                raise InputError(
                    f"Watch.{name}", f"{shown(getattr(self, name))} is unknown", 'Give "rollback" or "page"'
                )
        if not isinstance(self.later_wave, bool):
            raise InputError("Watch.later_wave", f"{shown(self.later_wave)} is no bool", "Give True or False")
        if not isinstance(self.settings, WatchSettings):
            raise InputError(
                "Watch.settings", f"is {type(self.settings).__name__}", "Give WatchSettings(...)"
            )

    def to_property(self) -> str:
        """The options as one string; a setting that has its default is left out, so a later default applies."""
        default = WatchSettings().to_json()
        settings = {name: value for name, value in self.settings.to_json().items() if value != default[name]}
        data: dict[str, Any] = {"on_veto": self.on_veto}
        if self.later_wave:
            data["later_wave"] = True
        if settings:
            data["settings"] = settings
        if self.on_common_veto != "rollback":
            data["on_common_veto"] = self.on_common_veto
        return json.dumps(data, separators=(",", ":"), sort_keys=True)

    @staticmethod
    def from_property(value: object) -> WatchOptions:
        """Read what ``to_property`` wrote, of this version or a later one, whose further fields are left out.

        Args:
            value: the property, ``None`` for a gate of a version without it.

        Raises:
            InputError: it is something else.
        """
        if value is None:
            return WatchOptions()
        try:
            data = json.loads(value) if isinstance(value, str) else None
            settings = data.get("settings", {}) if isinstance(data, dict) else None
            if isinstance(data, dict) and isinstance(settings, dict):
                return WatchOptions(
                    data.get("on_veto", "rollback"),
                    data.get("later_wave", False),
                    WatchSettings.from_json(settings),
                    data.get("on_common_veto", "rollback"),
                )
        except (ValueError, TypeError):
            pass
        raise InputError(f"gate: {PROPERTY}", f"{shown(value)} cannot be read", _REMEDY)


__all__ = ["PROPERTY", "OnVeto", "WatchOptions"]
