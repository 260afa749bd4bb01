"""What a gate is told that stands before a table whose baseline cannot be read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from .break_glass import checked_reason
from .capacity import Capacity
from .errors import InputError
from .structure import TableKind


@dataclass(frozen=True)
class UnreadPlan:
    """Everything that gate needs: it compares the declared capacity with the live one.

    Attributes:
        table: what the code calls the table.
        logical_id: logical id of the table in its stack.
        table_name: the table's name where the code gives one; else the gate asks CloudFormation.
        declared: the capacity that the code asks for.
        kind: resource type that declares the table.
        problem: what is wrong with the baseline, in a sentence with its remedy.
        break_glass: why nothing may stand in the way of this deployment, ``None`` for any other.
    """

    table: str
    logical_id: str
    table_name: str | None
    declared: Capacity
    kind: TableKind
    problem: str
    break_glass: str | None = None

    def to_property(self) -> str:
        """The plan as one string: CloudFormation hands every property value over as text."""
        data = {
            "table": self.table,
            "logical_id": self.logical_id,
            "table_name": self.table_name,
            "declared": self.declared.to_json(),
            "kind": self.kind.value,
            "problem": self.problem,
            **({} if self.break_glass is None else {"break_glass": self.break_glass}),
        }
        return json.dumps(data, separators=(",", ":"), sort_keys=True)

    @staticmethod
    def from_property(text: str) -> UnreadPlan:
        """The plan that ``to_property`` wrote.

        Raises:
            InputError: the text is not such a plan.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            return UnreadPlan(
                data["table"],
                data["logical_id"],
                data["table_name"],
                Capacity.from_json(data["declared"], "gate: declared"),
                TableKind(data["kind"]),
                data["problem"],
                None
                if "break_glass" not in data
                else checked_reason(data["break_glass"], "gate: break_glass"),
            )
        except InputError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                "gate: Plan", f"cannot be read ({error!r})", "Synthesize and deploy again"
            ) from None


def capacity_hash(declared: Capacity) -> str:
    """Short stable hash of a declared capacity, ten hexadecimal digits: it names the gate, in place of a fingerprint.

    Another capacity has another gate, so a gate is created once and never asked again about the same capacity.
    """
    text = json.dumps(declared.to_json(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


__all__ = ["UnreadPlan", "capacity_hash"]
