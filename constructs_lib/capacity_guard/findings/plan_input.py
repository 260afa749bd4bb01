"""What `capacity-guard plan` needs to know of a guarded table, carried from the synthesis in ``capacity-guard.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.settings import Margins, Rollout

_AGAIN = "Synthesize again (cdk synth)"


@dataclass(frozen=True)
class PlanInput:
    """A guarded table as the synthesis knew it.

    Attributes:
        table: what the code calls it.
        declared: the capacity that the code asks for.
        baseline: the baseline's file, relative to the directory in which the app ran where that holds it; of a table that
            does not exist yet the file with the traffic that it is expected to carry, empty where there is none.
        fingerprint: of the transition; it tells whether the baseline is still the one that was judged.
        rollout: the stages.
        margins: the margins and limits.
        region: AWS Region, for prices; ``None`` where neither code nor baseline tells.
        new: name of a table that does not exist yet (``NewTable``); ``None`` of one that does.
    """

    table: str
    declared: Capacity
    baseline: str
    fingerprint: str
    rollout: Rollout
    margins: Margins
    region: str | None
    new: str | None = None

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
            "new": self.new,
        }

    @staticmethod
    def from_json(value: object, location: str) -> PlanInput:
        """What ``to_json`` gave.

        Raises:
            InputError: naming the field at fault.
        """
        if not isinstance(value, Mapping):
            raise InputError(location, "is no object", _AGAIN)
        for name in ("table", "baseline", "fingerprint"):
            if not isinstance(value.get(name), str):
                raise InputError(f"{location}.{name}", "is no text", _AGAIN)
        for name in ("region", "new"):
            if not isinstance(value.get(name), str | None):
                raise InputError(f"{location}.{name}", "is no text", _AGAIN)
        try:
            rollout, margins = Rollout.from_json(value["rollout"]), Margins(**value["margins"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(location, f"has no readable rollout and margins ({error!r})", _AGAIN) from None
        return PlanInput(
            value["table"],
            Capacity.from_json(value.get("declared"), f"{location}.declared"),
            value["baseline"],
            value["fingerprint"],
            rollout,
            margins,
            value.get("region"),
            value.get("new"),
        )


__all__ = ["PlanInput"]
