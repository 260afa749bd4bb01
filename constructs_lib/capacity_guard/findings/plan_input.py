"""``PlanInput``: what ``capacity-guard plan`` needs of a guarded table, stored in ``capacity-guard.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.plain_data import time_text, utc_time
from ..capacity.scheduled_action import ScheduledAction, read_scheduled_actions
from ..capacity.settings import Margins, Rollout
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline
from ..rules import Case

SYNTHESIZE_AGAIN = "Synthesize again (cdk synth)"
"""The remedy for a ``capacity-guard.json`` that cannot be read."""


@dataclass(frozen=True)
class PlanInput:
    """A guarded table at the time of the synthesis.

    Attributes:
        table: the label of the table in findings.
        declared: the declared capacity.
        baseline: the file of the baseline, relative to the directory in which the app ran if it is below it. For a table
            that does not exist yet: the file with its expected traffic, or an empty text.
        fingerprint: fingerprint of the transition; another fingerprint means that the baseline has changed since.
        rollout: bake time, change window and alarms.
        margins: the margins of rules and gates.
        region: AWS Region, for prices; ``None`` if neither code nor baseline names one.
        new: name of a table that does not exist yet (``NewTable``); ``None`` for an existing table.
        kind: resource type that declares the table; ``None`` if it is unknown.
        relief: whether the synthesis judged the transition to be a relief.
        schedules: scheduled actions that the template states.
        recorded_at: time of the recording on which the judgment is based, UTC; ``None`` in files of earlier releases.
    """

    table: str
    declared: Capacity
    baseline: str
    fingerprint: str
    rollout: Rollout
    margins: Margins
    region: str | None
    new: str | None = None
    kind: TableKind | None = None
    relief: bool = False
    schedules: tuple[ScheduledAction, ...] = ()
    recorded_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``from_json``."""
        return {
            "table": self.table,
            "declared": self.declared.to_json(),
            "baseline": self.baseline,
            "fingerprint": self.fingerprint,
            "rollout": self.rollout.to_json(),
            "margins": self.margins.to_json(),
            "region": self.region,
            "new": self.new,
            "kind": None if self.kind is None else self.kind.value,
            "relief": self.relief,
            **({} if not self.schedules else {"schedules": [action.to_json() for action in self.schedules]}),
            **({} if self.recorded_at is None else {"recorded_at": time_text(self.recorded_at)}),
        }

    @staticmethod
    def from_json(value: object, location: str) -> PlanInput:
        """Read the result of ``to_json``.

        Args:
            value: the plain data.
            location: file and field, for errors.

        Raises:
            InputError: a field is missing or invalid.
        """
        if not isinstance(value, Mapping):
            raise InputError(location, "is not an object", SYNTHESIZE_AGAIN)
        for name in ("table", "baseline", "fingerprint"):
            if not isinstance(value.get(name), str):
                raise InputError(f"{location}.{name}", "is not text", SYNTHESIZE_AGAIN)
        for name in ("region", "new"):
            if not isinstance(value.get(name), str | None):
                raise InputError(f"{location}.{name}", "is not text", SYNTHESIZE_AGAIN)
        kinds = [kind.value for kind in TableKind]
        if value.get("kind") not in (None, *kinds):
            raise InputError(f"{location}.kind", f"is {value['kind']!r}", SYNTHESIZE_AGAIN)
        relief = value.get("relief", False)
        if not isinstance(relief, bool):
            raise InputError(f"{location}.relief", "is not true or false", SYNTHESIZE_AGAIN)
        try:
            rollout, margins = Rollout.from_json(value["rollout"]), Margins(**value["margins"])
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                location, f"has no readable rollout and margins ({error!r})", SYNTHESIZE_AGAIN
            ) from None
        return PlanInput(
            value["table"],
            Capacity.from_json(value.get("declared"), f"{location}.declared"),
            value["baseline"],
            value["fingerprint"],
            rollout,
            margins,
            value.get("region"),
            value.get("new"),
            None if value.get("kind") is None else TableKind(value["kind"]),
            relief,
            read_scheduled_actions(value.get("schedules"), f"{location}.schedules"),
            _recorded_at(value.get("recorded_at"), f"{location}.recorded_at"),
        )


def plan_input(case: Case) -> PlanInput | None:
    """The input of ``capacity-guard plan`` for a judged table; ``None`` where no file holds its baseline.

    Args:
        case: what the rules judged.
    """
    baseline, transition = case.recorded, case.transition
    if baseline is None or transition is None or not (baseline.file or baseline.is_new_table):
        return None
    stated = transition.schedules
    if stated is None:  # not known: those that were recorded count as they are
        stated = () if transition.deployed is None else transition.deployed.schedules
    file = baseline.file
    if file:
        path = Path(file).resolve()
        # A relative path is the same on every machine.
        file = (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()
    return PlanInput(
        case.table,
        case.declared,
        file,
        transition.fingerprint,
        case.rollout,
        case.margins,
        case.region or baseline.table.region,
        baseline.table.name if baseline.is_new_table else None,
        transition.kind,
        case.is_relief,
        stated,
        _recording_time(baseline),
    )


def _recording_time(baseline: Baseline) -> datetime | None:
    """When the evidence was recorded; ``None`` of a new table without expected traffic."""
    if baseline.is_new_table:
        return None if baseline.like is None else baseline.recording.at
    return baseline.recording.at


def _recorded_at(value: object, location: str) -> datetime | None:
    if value is None:
        return None
    time = utc_time(value) if isinstance(value, str) else None
    if time is None:
        raise InputError(location, f"{value!r} is not a time in UTC", SYNTHESIZE_AGAIN)
    return time


__all__ = ["SYNTHESIZE_AGAIN", "PlanInput", "plan_input"]
