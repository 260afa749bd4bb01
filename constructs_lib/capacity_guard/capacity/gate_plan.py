"""The plan of a gate: the transition, its evidence and its stages, as one JSON property of the custom resource."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .capacity import Capacity
from .deployed import Deployed
from .errors import InputError
from .evidence import MOST_STEPS, Evidence
from .plain_data import shown
from .plan_text import pack_plan, unpack_plan
from .settings import Acknowledgment, Margins, Rollout
from .structure import TableKind
from .transition import Transition

LATE_ALARMS = "LateAlarms"
"""Property of a gate: names of further alarms that only CloudFormation knows; ``GatePlan.with_late_alarms`` adds them."""

_BYTES, _BYTES_WITH_RISES = 9_000, 13_000
"""Length of a plan, without and with the rises of a switch, which Preflight alone has, with few properties beside the plan. The
error of a look holds it twice, and Step Functions keeps ``CAUSE_CHARACTERS`` of that."""
_STEPS = (MOST_STEPS, 70, 50, 35, 25, 18, 12, 6)
"""Steps of the values by hour of the week: as many as have room."""


@dataclass(frozen=True)
class GatePlan:
    """Everything that the two gates of a transition need; the synthesis decides it.

    Attributes:
        table: construct id of the table.
        logical_id: logical id of the table in its stack.
        table_name: name of the table if the code gives one; otherwise the gate asks CloudFormation.
        transition: deployed to declared capacity; a gate exists only for a table that is deployed.
        evidence: summary of the recorded traffic.
        recorded_at: when the baseline was recorded, UTC.
        account: account of the baseline, ``None`` if unknown.
        region: Region of the baseline, ``None`` if unknown.
        rollout: the stages.
        margins: the margins and limits.
        alarms: logical id of the guard's own rollback alarm, by resource key.
        travels_with: logical ids that may change in the same operation: table, gates, alarms of this guard.
        acknowledgments: findings that a person has accepted.
        travels_in_stack: hashes of the logical ids of every table in transition of the stack (``travelling``); they are a
            property of their own, not in the text of the plan.
        recorded_name: name of the recorded table, if nothing else identifies the table of the baseline; ``None`` if the
            baseline names its stack.
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
    travels_in_stack: frozenset[str] = frozenset()
    recorded_name: str | None = None

    @property
    def deployed(self) -> Deployed:
        """The deployed capacity.

        Raises:
            InputError: the table is not deployed, so there must be no gate.
        """
        if self.transition.deployed is None:
            raise InputError("gate", "guards a table that does not exist yet", "Deploy the table first")
        return self.transition.deployed

    def without_alarms(self, names: Collection[str]) -> GatePlan:
        """The plan without these further alarms of the rollout; ``with_late_alarms`` adds them again."""
        known = tuple(name for name in self.rollout.alarms if name not in names)
        return replace(self, rollout=replace(self.rollout, alarms=known)) if names else self

    def with_late_alarms(self, names: object) -> GatePlan:
        """The plan with the further alarms whose names CloudFormation gave.

        Args:
            names: value of the property ``LATE_ALARMS``, ``None`` if the gate has none.

        Raises:
            InputError: it is not a list of names.
        """
        if names is None:
            return self
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            raise InputError(
                f"gate: {LATE_ALARMS}",
                f"{shown(names)} is not a list of names",
                "Synthesize and deploy again",
            )
        # A name that CloudFormation gave may be one that the template states too.
        alarms = tuple(dict.fromkeys((*self.rollout.alarms, *names)))
        return replace(self, rollout=replace(self.rollout, alarms=alarms))

    def of_bake(self) -> GatePlan:
        """The plan for Bake, which does not ask how traffic rises during a switch."""
        return replace(self, evidence=self.evidence.without(hourly=False, rise=True))

    def to_property(self) -> str:
        """The plan as one string, because CloudFormation passes every property value as text.

        It holds the evidence that a gate reads: the busiest minutes by hour of the week for a return, the rises for a switch to
        on-demand. Where these would make it longer than it should be, they are rounded up further.
        """
        transition = self.transition
        evidence = self.evidence.without(
            hourly=not transition.is_return, rise=not transition.switches_to_on_demand
        )
        data = {
            "table": self.table,
            "logical_id": self.logical_id,
            "table_name": self.table_name,
            "transition": {
                "table": self.transition.table,
                "deployed": replace(self.deployed, scaling={}).to_json(),
                "declared": self.transition.declared.to_json(),
                "attempt": self.transition.attempt,
                "kind": self.transition.declared_kind and self.transition.declared_kind.value,
            },
            "recorded_at": self.recorded_at.isoformat(),
            "account": self.account,
            "region": self.region,
            "rollout": self.rollout.to_json(),
            "margins": self.margins.to_json(),
            "alarms": dict(self.alarms),
            "travels_with": list(self.travels_with),
            "acknowledgments": [acknowledgment.to_json() for acknowledgment in self.acknowledgments],
            **({} if self.recorded_name is None else {"recorded_name": self.recorded_name}),
        }
        has_rises = any(recorded.rise for recorded in evidence.dimensions.values())
        room = _BYTES_WITH_RISES if has_rises else _BYTES
        for steps in _STEPS:
            text = pack_plan(_json({**data, "evidence": evidence.to_json(steps)}))
            if len(text) <= room:
                break
        return text

    @staticmethod
    def from_property(text: str) -> GatePlan:
        """Read the plan that ``to_property`` wrote.

        Raises:
            InputError: the text is not such a plan.
        """
        try:
            data: dict[str, Any] = json.loads(unpack_plan(text))
            transition = data["transition"]
            return GatePlan(
                data["table"],
                data["logical_id"],
                data["table_name"],
                Transition(
                    transition["table"],
                    Deployed.from_json(transition["deployed"], "gate: deployed"),
                    Capacity.from_json(transition["declared"], "gate: declared"),
                    transition["attempt"],
                    None if transition.get("kind") is None else TableKind(transition["kind"]),
                ),
                Evidence.from_json(data["evidence"]),
                datetime.fromisoformat(data["recorded_at"]),
                data["account"],
                data["region"],
                Rollout.from_json(data["rollout"]),
                Margins(**data["margins"]),
                data["alarms"],
                tuple(data["travels_with"]),
                tuple(Acknowledgment.from_json(item) for item in data["acknowledgments"]),
                recorded_name=data.get("recorded_name"),
            )
        except InputError:
            raise
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise _unreadable(error) from None


@dataclass(frozen=True)
class UnreadPlan:
    """The plan of a gate where deployed or declared capacity is unknown.

    Without a readable baseline the gate compares the declared with the live capacity. Without a readable template it looks for
    edits of the capacity in the change set.

    Attributes:
        table: construct id of the table.
        logical_id: logical id of the table in its stack.
        table_name: name of the table if the code gives one; otherwise the gate asks CloudFormation.
        declared: the capacity that the code declares; ``None`` where it cannot be read.
        kind: resource type that declares the table.
        problem: what is wrong with the baseline, or with the template, in a sentence with its remedy.
        scaling: logical ids of what scales the table, or may; known only where ``declared`` is not.
    """

    table: str
    logical_id: str
    table_name: str | None
    declared: Capacity | None
    kind: TableKind
    problem: str
    scaling: tuple[str, ...] = ()

    def to_property(self) -> str:
        """The plan as one string, because CloudFormation passes every property value as text."""
        data = {
            "table": self.table,
            "logical_id": self.logical_id,
            "table_name": self.table_name,
            "declared": None if self.declared is None else self.declared.to_json(),
            "kind": self.kind.value,
            "problem": self.problem,
            **({"scaling": list(self.scaling)} if self.scaling else {}),
        }
        return pack_plan(_json(data))

    @staticmethod
    def from_property(text: str) -> UnreadPlan:
        """Read the plan that ``to_property`` wrote.

        Raises:
            InputError: the text is not such a plan.
        """
        try:
            data: dict[str, Any] = json.loads(unpack_plan(text))
            return UnreadPlan(
                data["table"],
                data["logical_id"],
                data["table_name"],
                None if data["declared"] is None else Capacity.from_json(data["declared"], "gate: declared"),
                TableKind(data["kind"]),
                data["problem"],
                tuple(map(str, data.get("scaling", ()))),
            )
        except InputError:
            raise
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise _unreadable(error) from None


def capacity_hash(declared: Capacity) -> str:
    """Short stable hash of a declared capacity, ten hexadecimal digits; it is part of the id of a gate without fingerprint.

    Another capacity has another hash and so another gate: CloudFormation creates one gate for each declared capacity.
    """
    return hashlib.sha256(_json(declared.to_json()).encode()).hexdigest()[:10]


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), sort_keys=True)


def _unreadable(error: Exception) -> InputError:
    return InputError("gate: Plan", f"cannot be read ({error!r})", "Synthesize and deploy again")


def allowed_events(plan: GatePlan, resource: str) -> float:
    """Throttle events a minute of a resource that do not count, for gates, alarms and the watch.

    Args:
        plan: has the rollout, and the noise of the baseline.
        resource: resource key.
    """
    return plan.rollout.allowed_events(plan.evidence.noise(resource))


__all__ = ["LATE_ALARMS", "GatePlan", "UnreadPlan", "allowed_events", "capacity_hash"]
