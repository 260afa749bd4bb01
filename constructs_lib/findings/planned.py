"""What `capacity-guard plan` needs to know of a guarded table, carried from the synthesis in ``capacity-guard.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.rollout import Margins, Rollout

_AGAIN = "Synthesize again (cdk synth)"


@dataclass(frozen=True)
class Planned:
    """A guarded table as the synthesis knew it.

    Attributes:
        table: what the code calls it.
        declared: the capacity that the code asks for.
        baseline: the baseline's file, relative to the directory in which the app ran where that holds it.
        fingerprint: of the transition; it tells whether the baseline is still the one that was judged.
        rollout: the stages.
        margins: the margins and limits.
        region: AWS Region, for prices; ``None`` where neither code nor baseline tells.
    """

    table: str
    declared: Capacity
    baseline: str
    fingerprint: str
    rollout: Rollout
    margins: Margins
    region: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            "table": self.table,
            "declared": self.declared.to_json(),
            "baseline": self.baseline,
            "fingerprint": self.fingerprint,
            "rollout": self.rollout.to_json(),
            "margins": self.margins.to_json(),
            "region": self.region,
        }

    @staticmethod
    def from_json(value: object, where: str) -> Planned:
        """What ``to_json`` gave.

        Raises:
            InputError: naming the field at fault.
        """
        if not isinstance(value, Mapping):
            raise InputError(where, "is no object", _AGAIN)
        for name in ("table", "baseline", "fingerprint"):
            if not isinstance(value.get(name), str):
                raise InputError(f"{where}.{name}", "is no text", _AGAIN)
        region = value.get("region")
        if region is not None and not isinstance(region, str):
            raise InputError(f"{where}.region", "is no text", _AGAIN)
        try:
            rollout, margins = Rollout.from_json(value["rollout"]), Margins(**value["margins"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(where, f"has no readable rollout and margins ({error!r})", _AGAIN) from None
        return Planned(
            value["table"],
            Capacity.from_json(value.get("declared"), f"{where}.declared"),
            value["baseline"],
            value["fingerprint"],
            rollout,
            margins,
            region,
        )


__all__ = ["Planned"]
