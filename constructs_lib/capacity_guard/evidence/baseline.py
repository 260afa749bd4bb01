"""The baseline: a file in git with the deployed capacity and the recorded traffic of one table."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.deployed import Deployed
from ..capacity.dimension import TABLE
from ..capacity.errors import InputError
from ..capacity.evidence import Evidence
from ..capacity.plain_data import RECORD_AGAIN, read_object, read_text, read_time, time_text
from ..capacity.transition import Transition
from .digest import digest
from .provenance import (
    History,
    Recording,
    TableIdentity,
    history_from_json,
    read_asked,
    read_causes,
    recording_json,
)
from .strict_json import json_from
from .traffic import LARGEST, Traffic, read_limited, read_traffic, write_traffic

VERSION = 1
RECORDED = "recorded"
NEW_TABLE = "new-table"
LARGEST_TEXT = 16 * 2**20
"""Bytes that a description holds at most: one of a table with 20 indexes takes about 20 KiB."""


@dataclass(frozen=True)
class Baseline:
    """Deployed capacity and recorded traffic of one table. ``load`` reads one from a file.

    Attributes:
        table: which table it is about.
        recording: when and by what it was recorded.
        deployed: the capacity the table has; ``None`` for a table that does not exist yet (``NewTable``).
        traffic: what it carried; ``None`` only for a new table.
        history: what the service has counted.
        attempt: number of the attempt; raise it to try again what was rolled back.
        file: where it was loaded from, for findings.
    """

    table: TableIdentity
    recording: Recording
    deployed: Deployed | None
    traffic: Traffic | None
    history: History = History()
    attempt: int = 1
    file: str = ""

    @property
    def is_new_table(self) -> bool:
        """Whether it stands for a table that does not exist yet."""
        return self.deployed is None

    def transition_to(self, declared: Capacity) -> Transition:
        """The transition from the deployed capacity to ``declared``."""
        return Transition(self.table.name, self.deployed, declared, self.attempt)

    def evidence(self, switch_minutes: int) -> Evidence | None:
        """Digest of the recorded traffic, ``None`` where there is none.

        Args:
            switch_minutes: the longest switch to reckon with, minutes.
        """
        return None if self.traffic is None else digest(self.traffic, switch_minutes)

    @staticmethod
    def load(path: str | Path, *, traffic: bool = True) -> Baseline:
        """Read a baseline and the traffic beside it, and check everything.

        Args:
            path: the JSON file.
            traffic: whether the traffic is wanted; without it that file is not looked at, and ``traffic`` is ``None``.

        Raises:
            InputError: naming the file, the field and the remedy. Nothing is guessed or repaired.
        """
        path = Path(path)
        try:
            content = read_limited(path, LARGEST_TEXT)
            content.decode()
        except FileNotFoundError:
            raise InputError(
                _shown(path), "is missing", "Record it with: capacity-guard record --table NAME"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(_shown(path), f"cannot be read ({error})", RECORD_AGAIN) from None
        return _parse(path, json_from(content, path.name, RECORD_AGAIN), traffic)

    def save(self, path: str | Path) -> None:
        """Write the JSON file and the compressed traffic beside it; the same baseline gives the same bytes.

        Args:
            path: the JSON file; the traffic goes to the same name with ``.csv.gz``.
        """
        path = Path(path)
        traffic = None
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.traffic is not None:
            content = write_traffic(self.traffic)
            file = path.with_suffix(".csv.gz")
            file.write_bytes(content)
            traffic = {
                "file": file.name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "from": time_text(self.traffic.start),
                "to": time_text(self.traffic.end),
                "minutes": self.traffic.minutes,
                "gaps": self.traffic.gaps(),
                "holes": _holes(self.traffic),
            }
        path.write_text(json.dumps(self._json(traffic), indent=2) + "\n")

    def _json(self, traffic: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "schema": "capacity-guard/baseline",
            "version": VERSION,
            "kind": RECORDED if self.deployed else NEW_TABLE,
            "table": {k: v for k, v in vars(self.table).items() if v is not None},
            "recorded": {
                "at": time_text(self.recording.at),
                "by": self.recording.by,
                "source": self.recording.source,
                **({} if self.recording.note is None else {"note": self.recording.note}),
                **recording_json(self.recording),
            },
            "attempt": self.attempt,
            "deployed": None if self.deployed is None else self.deployed.to_json(),
            "history": {
                "last_switch_to_on_demand": self.history.last_switch_to_on_demand
                and time_text(self.history.last_switch_to_on_demand),
                "decreases_today": dict(self.history.decreases_today),
            },
            "traffic": traffic,
        }


def NewTable(  # noqa: N802 - reads as the kind of baseline it makes
    name: str, *, traffic: str | Path | None = None
) -> Baseline:
    """The baseline of a table that does not exist yet.

    Args:
        name: what to call it in findings.
        traffic: baseline file whose traffic the table is expected to carry, if there is one.

    Raises:
        InputError: the file cannot be read.
    """
    expected = None if traffic is None else Baseline.load(traffic)
    recording = Recording(datetime.now(UTC), "declared in code", "none")
    if expected is not None:
        recording = replace(expected.recording, source=f"traffic of {expected.table.name}")
    carried = None if expected is None else expected.traffic
    return Baseline(
        TableIdentity(name), recording, None, carried, file="" if traffic is None else str(traffic)
    )


def _parse(path: Path, value: object, with_traffic: bool) -> Baseline:
    name = path.name
    data = read_object(value, name)
    known = ("schema", "version", "kind", "table", "recorded", "attempt", "deployed", "history", "traffic")
    if data.get("schema") != "capacity-guard/baseline":
        raise InputError(f"{name}: schema", f"is {data.get('schema')!r}", "Give a baseline of capacity-guard")
    if data.get("version") != VERSION or isinstance(data["version"], bool):
        raise InputError(f"{name}: version", f"is {data.get('version')!r}, not {VERSION}", RECORD_AGAIN)
    for field_name in data:
        if field_name not in known:
            raise InputError(f"{name}: {field_name}", "is not a known field", f"Use {', '.join(known)}")
    kind = data.get("kind")
    if kind not in (RECORDED, NEW_TABLE):
        raise InputError(f"{name}: kind", f"is {kind!r}", f"Use {RECORDED} or {NEW_TABLE}")
    identity = read_object(data.get("table"), f"{name}: table", *TableIdentity.__dataclass_fields__)
    for field_name in ("name", *identity):
        read_text(identity, field_name, f"{name}: table")
    if not re.fullmatch(r"[0-9]{12}", identity.get("account", "0" * 12)):
        raise InputError(
            f"{name}: table.account", f"{identity['account']!r} is no account id", "Give twelve digits"
        )
    recorded = read_object(
        data.get("recorded"), f"{name}: recorded", "at", "by", "source", "note", "asked", "throttled_by"
    )
    if "note" in recorded:
        read_text(recorded, "note", f"{name}: recorded")
    attempt = data.get("attempt")
    if isinstance(attempt, bool) or not isinstance(attempt, int) or attempt < 1:
        raise InputError(
            f"{name}: attempt", f"{attempt!r} is not a whole number of at least 1", "Start with 1"
        )
    deployed = None
    if kind == RECORDED:
        deployed = Deployed.from_json(data.get("deployed"), f"{name}: deployed")
    elif data.get("deployed") is not None:
        raise InputError(
            f"{name}: deployed", "is given for a table that does not exist yet", "Set it to null"
        )
    traffic = None
    if data.get("traffic") is not None:
        described = read_object(data["traffic"], f"{name}: traffic")
        traffic = _traffic(path, described, deployed) if with_traffic else None
    elif kind == RECORDED:
        raise InputError(f"{name}: traffic", "is missing", RECORD_AGAIN)
    return Baseline(
        TableIdentity(**identity),
        Recording(
            read_time(recorded.get("at"), f"{name}: recorded.at"),
            read_text(recorded, "by", f"{name}: recorded"),
            read_text(recorded, "source", f"{name}: recorded"),
            recorded.get("note"),
            read_asked(recorded.get("asked"), f"{name}: recorded.asked"),
            read_causes(recorded.get("throttled_by", {}), f"{name}: recorded.throttled_by"),
        ),
        deployed,
        traffic,
        history_from_json(data.get("history"), f"{name}: history"),
        attempt,
        str(path),
    )


def _traffic(path: Path, data: dict[str, Any], deployed: Deployed | None) -> Traffic:
    name = path.name
    read_object(data, f"{name}: traffic", "file", "sha256", "from", "to", "minutes", "gaps", "holes")
    file = path.parent / Path(read_text(data, "file", f"{name}: traffic")).name
    try:
        content = read_limited(file, LARGEST)
    except InputError:
        raise
    except (OSError, ValueError):  # ValueError: a name that no file can have
        shown = file.name if file.name.isprintable() else ascii(file.name)
        raise InputError(f"{name}: traffic.file", f"{shown} cannot be read", RECORD_AGAIN) from None
    if hashlib.sha256(content).hexdigest() != data.get("sha256"):
        raise InputError(
            f"{name}: traffic.sha256", f"does not fit {file.name}: one of them was changed", RECORD_AGAIN
        )
    traffic = read_traffic(file, content)
    held = {
        "minutes": traffic.minutes,
        "from": time_text(traffic.start),
        "to": time_text(traffic.end),
        "gaps": traffic.gaps(),
        **({"holes": _holes(traffic)} if "holes" in data else {}),
    }
    for field_name, value in held.items():
        if data.get(field_name) != value:
            raise InputError(
                f"{name}: traffic.{field_name}",
                f"is {data.get(field_name)!r}, but {file.name} has {value}",
                RECORD_AGAIN,
            )
    if deployed is not None:
        known = {key for key, _ in deployed.live.resources()} | {TABLE}
        for dimension in traffic.consumed:
            if dimension.resource not in known:
                raise InputError(
                    f"{file.name}: {dimension.key}", "is an index the table does not have", RECORD_AGAIN
                )
        for dimension in deployed.live.dimensions():
            if dimension not in traffic.consumed:
                raise InputError(f"{file.name}: {dimension.key}", "was not recorded", RECORD_AGAIN)
    return traffic


_MOST_HOLES = 100


def _holes(traffic: Traffic) -> list[dict[str, Any]]:
    """Stretches in which at least one dimension has no value, the first hundred of them: seen, and never filled."""
    if not traffic.gaps():
        return []
    found: list[list[int]] = []
    for minute, row in enumerate(zip(*traffic.consumed.values(), strict=True)):
        if not any(map(math.isnan, row)):
            continue
        if found and found[-1][1] == minute:
            found[-1][1] = minute + 1
        else:
            found.append([minute, minute + 1])
    return [
        {
            "from": time_text(traffic.minute(first)),
            "to": time_text(traffic.minute(stop)),
            "minutes": stop - first,
        }
        for first, stop in found[:_MOST_HOLES]
    ]


def _shown(path: Path) -> str:
    # A finding is copied into reviews: it names the file as the repository knows it, where it can.
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
