"""The change of a table whose template keeps the way back (ADR 0014)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.hold import hold_name, is_fingerprint


@dataclass(frozen=True)
class OpenChange:
    """A change that can still be taken back.

    Attributes:
        parameter: the stack parameter that reads the hold.
        hold: name of the SSM parameter.
        fingerprint: fingerprint of the change.
    """

    parameter: str
    hold: str
    fingerprint: str


def find_open_change(template: Mapping[str, Any], stack: str, logical_id: str) -> OpenChange | None:
    """The change of a table that a template can still take back, ``None`` if there is none.

    Args:
        template: the template of the stack.
        stack: name of the stack.
        logical_id: logical id of the table.
    """
    hold = hold_name(stack, logical_id)
    for name, parameter in template.get("Parameters", {}).items():
        if isinstance(parameter, Mapping) and parameter.get("Default") == hold:
            for condition in template.get("Conditions", {}).values():
                sides = condition.get("Fn::Equals") if isinstance(condition, Mapping) else None
                if isinstance(sides, list) and len(sides) == 2 and sides[0] == {"Ref": name}:
                    fingerprint = sides[1]
                    if isinstance(fingerprint, str) and is_fingerprint(fingerprint):
                        return OpenChange(name, hold, fingerprint)
    return None


__all__ = ["OpenChange", "find_open_change"]
