"""What Preflight hands to Bake through CloudFormation: its classification, and what was loud at its moment.

When Bake runs, the table has changed, and throttling may come from the change itself. Preflight saw the table before. Its
answer has the attributes ``Judged`` and ``Loud``, and Bake's properties read them by Fn::GetAtt.

``Loud`` is JSON: ``{"at": "<ISO time>", "resources": [<resource keys>], "alarms": [<names>]}``. A response has room for 4,096
bytes (CloudFormation User Guide, crpg-ref-responses). Where the names need more than ``LOUD_BYTES``, ``"all": true`` is in
their place, and everything counts as loud.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..capacity.errors import InputError

LOUD_BYTES = 1_200
"""Bytes that ``Loud`` may take in the response, of 4,096 for everything."""


@dataclass(frozen=True)
class Loud:
    """What throttled, and which alarms were in ALARM, when Preflight passed.

    Attributes:
        at: the time, UTC.
        resources: resource keys of the table and indexes that throttled above the noise.
        alarms: names of the alarms in ALARM.
        everything: whether the names were too long to be handed over, so that everything counts as loud.
    """

    at: datetime
    resources: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    everything: bool = False

    def has_resource(self, key: str) -> bool:
        """Whether a table or an index throttled."""
        return self.everything or key in self.resources

    def has_alarm(self, name: str) -> bool:
        """Whether an alarm was in ALARM."""
        return self.everything or name in self.alarms

    def to_attribute(self) -> str:
        """The text of the attribute; ``from_attribute`` reads it back."""
        data: dict[str, Any] = {"at": self.at.isoformat()}
        if not self.everything:
            named = _text({**data, "resources": list(self.resources), "alarms": list(self.alarms)})
            # the text is a string in the JSON of the response, which escapes its quotes
            if len(json.dumps(named, ensure_ascii=False).encode()) <= LOUD_BYTES:
                return named
        return _text({**data, "all": True})

    @staticmethod
    def from_attribute(text: str) -> Loud:
        """Read what ``to_attribute`` wrote.

        Raises:
            InputError: the text is something else.
        """
        try:
            data = json.loads(text)
            return Loud(
                datetime.fromisoformat(data["at"]),
                tuple(map(str, data.get("resources", ()))),
                tuple(map(str, data.get("alarms", ()))),
                bool(data.get("all", False)),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                "gate: Loud", f"cannot be read ({error!r})", "Synthesize and deploy again"
            ) from None


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


__all__ = ["LOUD_BYTES", "Loud"]
