"""What a gate is told: the transition, the evidence it rests on and how to carry it out, as one JSON property."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .break_glass import checked_reason
from .capacity import Capacity
from .deployed import Deployed
from .errors import InputError
from .evidence import Evidence
from .settings import Acknowledgment, Margins, Rollout
from .structure import TableKind
from .transition import Transition


@dataclass(frozen=True)
class GatePlan:
    """Everything the two gates of one transition need, decided at synthesis.

    Attributes:
        table: what the code calls the table.
        logical_id: logical id of the table in its stack.
        table_name: the table's name where the code gives one; else the gate asks CloudFormation.
        transition: deployed to declared; a gate exists only for a table that is deployed.
        evidence: digest of the recorded traffic.
        recorded_at: when the baseline was recorded, UTC.
        account: account of the baseline, ``None`` if unknown.
        region: Region of the baseline, ``None`` if unknown.
        rollout: the stages.
        margins: the margins and limits.
        alarms: logical id of the guard's own rollback alarm, by resource key.
        travels_with: logical ids that may change in the same operation: table, gates, alarms of this guard.
        acknowledgments: findings that somebody accepts.
        break_glass: why nothing may stand in the way of this change, ``None`` for any other.
    """

    table: str
    logical_id: str
    table_name: str | None
    transition: Transition
    evidence: Evidence
    recorded_at: datetime
    account: str | None
    region: str | None
    rollout: Rollout
    margins: Margins
    alarms: Mapping[str, str]
    travels_with: tuple[str, ...]
    acknowledgments: tuple[Acknowledgment, ...] = ()
    break_glass: str | None = None

    @property
    def deployed(self) -> Deployed:
        """The deployed capacity.

        Raises:
            InputError: there is none, so there should be no gate.
        """
        if self.transition.deployed is None:
            raise InputError("gate", "guards a table that does not exist yet", "Deploy the table first")
        return self.transition.deployed

    def to_property(self) -> str:
        """The plan as one string: CloudFormation hands every property value over as text."""
        data = {
            "table": self.table,
            "logical_id": self.logical_id,
            "table_name": self.table_name,
            "transition": {
                "table": self.transition.table,
                "deployed": self.deployed.to_json(),
                "declared": self.transition.declared.to_json(),
                "attempt": self.transition.attempt,
            },
            "evidence": self.evidence.to_json(),
            "recorded_at": self.recorded_at.isoformat(),
            "account": self.account,
            "region": self.region,
            "rollout": self.rollout.to_json(),
            "margins": self.margins.to_json(),
            "alarms": dict(self.alarms),
            "travels_with": list(self.travels_with),
            "acknowledgments": [a.to_json() for a in self.acknowledgments],
            **({} if self.break_glass is None else {"break_glass": self.break_glass}),
        }
        return json.dumps(data, separators=(",", ":"), sort_keys=True)

    @staticmethod
    def from_property(text: str) -> GatePlan:
        """The plan that ``to_property`` wrote.

        Raises:
            InputError: the text is not such a plan.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            moved = data["transition"]
            return GatePlan(
                data["table"],
                data["logical_id"],
                data["table_name"],
                Transition(
                    moved["table"],
                    Deployed.from_json(moved["deployed"], "gate: deployed"),
                    Capacity.from_json(moved["declared"], "gate: declared"),
                    moved["attempt"],
                ),
                Evidence.from_json(data["evidence"]),
                datetime.fromisoformat(data["recorded_at"]),
                data["account"],
                data["region"],
                Rollout.from_json(data["rollout"]),
                Margins(**data["margins"]),
                data["alarms"],
                tuple(data["travels_with"]),
                tuple(Acknowledgment.from_json(a) for a in data["acknowledgments"]),
                None
                if "break_glass" not in data
                else checked_reason(data["break_glass"], "gate: break_glass"),
            )
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise InputError(
                "gate: Plan", f"cannot be read ({error!r})", "Synthesize and deploy again"
            ) from None


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
