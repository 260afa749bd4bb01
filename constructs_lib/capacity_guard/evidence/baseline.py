"""The baseline: a file in git with the deployed capacity and the recorded traffic of one table."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.deployed import Deployed, undated_previous
from ..capacity.errors import InputError
from ..capacity.evidence import Evidence
from ..capacity.plain_data import RECORD_AGAIN, read_object, read_text, read_time, time_text
from ..capacity.structure import TableKind
from ..capacity.transition import Transition
from .digest import digest, noise_of
from .document import Format, read_document
from .files import displayed_path, write_whole
from .provenance import (
    History,
    Recording,
    TableIdentity,
    history_from_json,
    history_to_json,
    identity_from_json,
    recording_to_json,
    requested_period_from_json,
    throttle_causes_from_json,
)
from .rollout_state import RolloutState
from .traffic import Traffic
from .traffic_file import TrafficInFile, load_traffic, save_traffic

_SCHEMA = "capacity-guard/baseline"
_VERSION = 2
_RECORDED = "recorded"
_NEW_TABLE = "new-table"
_FIELDS = ("schema", "version", "kind", "table", "recorded", "attempt", "deployed", "history", "traffic")
_ROLLOUT = "rollout"
_FORMAT = Format(
    _SCHEMA,
    {1: _FIELDS, _VERSION: (*_FIELDS, _ROLLOUT)},
    # ``record`` does not overwrite a file that it cannot read: the attempt number in it would be lost (recording/store.py).
    remedy="Restore it from version control, or delete it and record again",
    other="Give a baseline of capacity-guard",
    newer="Record the baseline again, or install a newer capacity-guard",
)
MOST_ATTEMPTS = 1_000_000


@dataclass(frozen=True)
class Baseline:
    """Deployed capacity and recorded traffic of one table. ``load`` reads a baseline from a file.

    Attributes:
        table: the table.
        recording: time and source of the recording.
        deployed: the capacity that the table has; ``None`` for a table that does not exist yet (``NewTable``).
        traffic: recorded traffic; ``None`` for a new table, or if ``load`` did not read it.
        history: counters of DynamoDB at the time of the recording.
        attempt: number of the attempt; a higher number tries a change again that was rolled back.
        file: path of the file, for findings.
        like: the table whose traffic a new table is expected to carry (``NewTable``).
        rollout: what became of the last change that had gates; ``None`` if nothing is known of one.
    """

    table: TableIdentity
    recording: Recording
    deployed: Deployed | None
    traffic: Traffic | None
    history: History = History()
    attempt: int = 1
    file: str = ""
    like: TableIdentity | None = None
    rollout: RolloutState | None = None

    @property
    def is_new_table(self) -> bool:
        """Whether the table does not exist yet."""
        return self.deployed is None

    def transition_to(self, declared: Capacity, kind: TableKind | None = None) -> Transition:
        """The transition from the deployed capacity to ``declared``.

        Args:
            declared: the declared capacity.
            kind: resource type that declares the table, if the caller knows it; otherwise that of the recorded
                structure, and an unknown one without it.
        """
        return Transition(self.table.name, self.deployed, declared, self.attempt, kind)

    def evidence(self, switch_minutes: int) -> Evidence | None:
        """Digest of the recorded traffic, ``None`` without traffic; it is cached, because rules and gates use it.

        Args:
            switch_minutes: longest switch of the billing mode that the digest covers, minutes.
        """
        traffic = self.traffic
        if traffic is None:
            return None
        of = traffic.stored.noise if isinstance(traffic, TrafficInFile) else traffic.consumed
        # Baselines of one table share its traffic: as it was recorded, and as it will be after a deployment.
        return traffic.derived(
            ("digest", switch_minutes, tuple(of)),
            lambda: self._digest_of_recorder(switch_minutes) or digest(traffic, switch_minutes),
        )

    def _digest_of_recorder(self, switch_minutes: int) -> Evidence | None:
        if (
            not isinstance(self.traffic, TrafficInFile)
            or self.traffic.stored.switch_minutes != switch_minutes
        ):
            return None
        return self.traffic.stored.evidence()

    def noise(self, resource: str) -> float:
        """Throttle events per minute that at most one minute of a hundred exceeds; 0 without traffic.

        Args:
            resource: resource key of the table or of an index; the noise of its reads and of its writes are added.
        """
        if self.traffic is None:
            return 0
        if isinstance(self.traffic, TrafficInFile):
            noise = self.traffic.stored.noise
        else:
            noise = {dimension: noise_of(events) for dimension, events in self.traffic.throttled.items()}
        return sum(events for dimension, events in noise.items() if dimension.resource == resource)

    @staticmethod
    def load(path: str | Path, *, traffic: bool = True, traffic_folder: Path | None = None) -> Baseline:
        """Read a baseline and its traffic file, and check all fields.

        Args:
            path: the JSON file.
            traffic: whether to read the traffic file; otherwise ``traffic`` of the baseline is ``None``.
            traffic_folder: the folder of traffic that is not beside its baseline (``record --traffic-folder``); ``None`` takes
                the environment variable ``CAPACITY_GUARD_TRAFFIC``. Traffic that is not there is read from the digest, as far as
                that goes: what needs the minutes raises ``TrafficAbsent``.

        Raises:
            InputError: a file cannot be read or a field is wrong; the error names the file, the field and the remedy.
        """
        path = Path(path)
        record = "Record it, with the name of the table for NAME: capacity-guard record --table NAME --out "
        data = read_document(path, _FORMAT, absent=record + shlex.quote(displayed_path(path)))
        return _parse(path, data, traffic, traffic_folder)

    def save(self, path: str | Path, *, traffic_folder: Path | None = None) -> None:
        """Write the JSON file and the compressed traffic file; the same baseline always gives the same bytes.

        Args:
            path: the JSON file; the traffic file has the same name with ``.csv.gz``.
            traffic_folder: where to write the traffic instead, as ``<checksum>.csv.gz``.
        """
        path = Path(path)
        traffic = None
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.traffic is not None:
            traffic = save_traffic(path, self.traffic, traffic_folder)
        write_whole(path, json.dumps(self._json(traffic), indent=2) + "\n")

    def _json(self, traffic: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "schema": _SCHEMA,
            "version": _VERSION,
            "kind": _RECORDED if self.deployed else _NEW_TABLE,
            "table": {name: value for name, value in vars(self.table).items() if value is not None},
            "recorded": recording_to_json(self.recording),
            "attempt": self.attempt,
            "deployed": None if self.deployed is None else self.deployed.to_json(),
            _ROLLOUT: None if self.rollout is None else self.rollout.to_json(),
            "history": history_to_json(self.history),
            "traffic": traffic,
        }


def NewTable(  # noqa: N802 - named like the kind of baseline that it returns
    name: str | None = None,
    *,
    like: Baseline | str | Path | None = None,
    traffic: str | Path | None = None,
) -> Baseline:
    """The baseline of a table that does not exist yet.

    Args:
        name: name of the table in findings; without it that of the table it is ``like``.
        like: baseline, or its file, of a table whose traffic the new one is expected to carry: the table that it replaces, or
            one of the same use. The rules judge the creation by that traffic, of the table and of each index of the same name.
        traffic: a file, as ``like``.

    Raises:
        InputError: the file cannot be read, neither ``name`` nor ``like`` is given, ``like`` and ``traffic`` are both given, or
            the baseline holds no traffic.
    """
    given = like if traffic is None else traffic
    if like is not None and traffic is not None:
        raise InputError(
            "NewTable: traffic", "is given beside like, and both are expected traffic", "Give like alone"
        )
    expected = Baseline.load(given) if isinstance(given, (str, Path)) else given
    if expected is None:
        if name is None:
            raise InputError(
                "NewTable: name", "is missing", "Give a name, or like=FILE of the table that it replaces"
            )
        return Baseline(
            TableIdentity(name), Recording(datetime.now(UTC), "declared in code", "none"), None, None
        )
    if not isinstance(expected, Baseline):
        raise InputError(
            "NewTable: like", f"is {type(expected).__name__}", "Give a file or Baseline.load(FILE)"
        )
    if expected.traffic is None:
        raise InputError(
            "NewTable: like",
            f"is the baseline of {expected.table.name}, which holds no traffic",
            "Give a recorded one",
        )
    return Baseline(
        TableIdentity(expected.table.name if name is None else name),
        replace(expected.recording, source=f"traffic of {expected.table.name}"),
        None,
        expected.traffic,
        file=str(given) if isinstance(given, (str, Path)) else expected.file,
        like=expected.table,
    )


def _parse(path: Path, data: dict[str, Any], with_traffic: bool, folder: Path | None) -> Baseline:
    name = displayed_path(path)
    _check_kind(data, name)
    identity = identity_from_json(data.get("table"), f"{name}: table")
    recorded = read_object(
        data.get("recorded"), f"{name}: recorded", "at", "by", "source", "note", "asked", "throttled_by"
    )
    if "note" in recorded:
        read_text(recorded, "note", f"{name}: recorded")
    attempt = data.get("attempt")
    if isinstance(attempt, bool) or not isinstance(attempt, int) or not 1 <= attempt <= MOST_ATTEMPTS:
        raise InputError(
            f"{name}: attempt", f"is not a whole number from 1 to {MOST_ATTEMPTS:,}", "Start with 1"
        )
    deployed = None
    if data["kind"] == _RECORDED:
        of_table = read_object(data.get("deployed"), f"{name}: deployed")
        if data["version"] == 1:
            of_table = {**of_table, "previous": undated_previous(of_table.get("previous"))}
        deployed = Deployed.from_json(of_table, f"{name}: deployed")
        recorded_at = read_time(recorded.get("at"), f"{name}: recorded.at")
        if deployed.replaced_at is not None and deployed.replaced_at > recorded_at:
            raise InputError(
                f"{name}: deployed.previous.replaced_at",
                f"is after the recording, {time_text(recorded_at)}",
                RECORD_AGAIN,
            )
    elif data.get("deployed") is not None:
        raise InputError(
            f"{name}: deployed", "is given for a table that does not exist yet", "Set it to null"
        )
    traffic = None
    if data.get("traffic") is not None:
        description = read_object(data["traffic"], f"{name}: traffic")
        traffic = load_traffic(path, description, deployed, folder) if with_traffic else None
    elif data["kind"] == _RECORDED:
        raise InputError(f"{name}: traffic", "is missing", RECORD_AGAIN)
    return Baseline(
        identity,
        Recording(
            read_time(recorded.get("at"), f"{name}: recorded.at"),
            read_text(recorded, "by", f"{name}: recorded"),
            read_text(recorded, "source", f"{name}: recorded"),
            recorded.get("note"),
            requested_period_from_json(recorded.get("asked"), f"{name}: recorded.asked"),
            throttle_causes_from_json(recorded.get("throttled_by", {}), f"{name}: recorded.throttled_by"),
        ),
        deployed,
        traffic,
        history_from_json(data.get("history"), f"{name}: history"),
        attempt,
        str(path),
        rollout=None
        if data.get(_ROLLOUT) is None
        else RolloutState.from_json(data[_ROLLOUT], f"{name}: {_ROLLOUT}"),
    )


def _check_kind(data: dict[str, Any], name: str) -> None:
    if data.get("kind") not in (_RECORDED, _NEW_TABLE):
        raise InputError(f"{name}: kind", f"is {data.get('kind')!r}", f"Use {_RECORDED} or {_NEW_TABLE}")
    if data.get(_ROLLOUT) is not None and data["kind"] == _NEW_TABLE:
        raise InputError(
            f"{name}: {_ROLLOUT}", "is given for a table that does not exist yet", "Set it to null"
        )
