"""Makes a baseline from files: the traffic as a plain CSV, and the deployed capacity as JSON or as a template states it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..capacity.deployed import Deployed, undated_previous
from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from ..evidence.files import LARGEST_TEXT, displayed_path, read_limited
from ..evidence.provenance import FROM_FILE, History, Recording, TableIdentity, history_from_json
from ..evidence.strict_json import json_from
from ..evidence.traffic import LARGEST, Traffic, read_traffic
from .from_template import StatedDeployed
from .record import RECORDED_BY
from .rollout import Verdict, rollout_state
from .store import carry_over, check_out, read_predecessor, store, without_unrecorded_ends

_CORRECT_IT = "Correct it; `capacity-guard docs recording` shows the format"
_GZIP = b"\x1f\x8b"
_FIELDS = ("template", "live", "units", "warm", "previous", "structure", "history")


def record_csv(
    csv: Path,
    capacity: Path | StatedDeployed,
    identity: TableIdentity,
    out: Path,
    *,
    recorded_at: datetime | None = None,
    note: str | None = None,
    traffic_folder: Path | None = None,
) -> Baseline:
    """Make a baseline from files. The same input gives the same bytes if ``recorded_at`` is given.

    Args:
        csv: the traffic: ``minute,table/read,table/write,index/<name>/read,...``, units per MINUTE; plain or gzip.
        capacity: the deployed capacity: ``template``, ``live``, ``units``, ``warm`` as in a baseline, units per second;
            optional ``previous``, with or without its date, ``structure`` and ``history``. Or what a template states.
        identity: the table.
        out: the JSON file; the traffic is written beside it as ``.csv.gz``.
        recorded_at: when the traffic was recorded, UTC; ``None`` means now.
        note: a note for readers of the file.
        traffic_folder: where the traffic is written instead, under its checksum.

    Returns:
        The baseline, loaded from its files.

    Raises:
        InputError: names file, field and remedy in one line; nothing is written then.
    """
    check_out(out)
    predecessor = read_predecessor(out, identity)
    inputs = [("--from-csv", csv)]
    if isinstance(capacity, StatedDeployed):
        deployed, history = capacity.deployed, capacity.history
        inputs += capacity.inputs
        stated_by = capacity.stated_by
        note = " ".join(text for text in (note, capacity.note) if text) or None
    else:
        deployed, history = _capacity(capacity)
        inputs.append(("--capacity", capacity))
        stated_by = "the live capacity"
    traffic = _traffic(csv, deployed, stated_by)
    for option, file in inputs:
        if file.resolve() in (out.resolve(), out.with_suffix(".csv.gz").resolve()):
            raise InputError(f"--out {out}", f"would overwrite {option} {file}", "Give another path")
    recorded_at = recorded_at or datetime.now(UTC).replace(microsecond=0)
    if traffic.end - timedelta(minutes=1) > recorded_at:
        raise InputError(
            "--recorded-at",
            f"is before the end of the traffic, {traffic.end:%Y-%m-%dT%H:%MZ}",
            "Give a later moment",
        )
    recording = Recording(recorded_at, RECORDED_BY, f"{FROM_FILE}{csv.name}", note)
    baseline = Baseline(identity, recording, deployed, traffic, history)
    recorded = carry_over(baseline, predecessor)
    rollout = rollout_state(recorded, predecessor, None, held=None, verdict=Verdict())
    return store(replace(recorded, rollout=rollout), out, traffic_folder)


def _read_bytes(path: Path, option: str, maximum: int) -> bytes:
    try:
        return read_limited(path, maximum)
    except OSError as error:
        raise InputError(
            f"{option} {path}", f"cannot be read ({error.strerror or error})", "Check the path"
        ) from None


def _capacity(path: Path) -> tuple[Deployed, History]:
    name = displayed_path(path)
    data = json_from(_read_bytes(path, "--capacity", LARGEST_TEXT), name, _CORRECT_IT)
    if not isinstance(data, dict):
        raise InputError(name, "is not an object", _CORRECT_IT)
    unknown = sorted(set(data) - set(_FIELDS))
    if unknown:
        raise InputError(f"{name}: {unknown[0]}", "is not a known field", f"Use {', '.join(_FIELDS)}")
    try:
        history = data.pop("history", None)
        previous = data.get("previous")
        if isinstance(previous, dict) and "billing_mode" in previous:  # a capacity alone, without a date
            data["previous"] = undated_previous(previous)
        return (
            Deployed.from_json(data, name),
            History() if history is None else history_from_json(history, f"{name}: history"),
        )
    except InputError as error:
        raise _input_file_error(error, path) from None


def _traffic(path: Path, deployed: Deployed, stated_by: str) -> Traffic:
    content = _read_bytes(path, "--from-csv", LARGEST)
    try:
        # The parser of baselines reads compressed traffic, so plain traffic is compressed first.
        traffic = read_traffic(
            path, content if content.startswith(_GZIP) else gzip.compress(content, 1, mtime=0)
        )
    except InputError as error:
        raise _input_file_error(error, path) from None
    name, dimensions = displayed_path(path), deployed.live.dimensions()
    for dimension in traffic.consumed:
        if dimension not in dimensions:
            raise InputError(
                f"{name}: {dimension.key}", f"is of an index that {stated_by} does not have", _CORRECT_IT
            )
    for dimension in dimensions:
        if dimension not in traffic.consumed:
            raise InputError(f"{name}: {dimension.key}", f"is missing, {stated_by} has it", _CORRECT_IT)
    return without_unrecorded_ends(traffic, dimensions, name)


def _input_file_error(error: InputError, path: Path) -> InputError:
    """An error of a baseline's field as an error of the input file that holds it."""
    name = displayed_path(path)
    location = error.location if error.location.startswith(name) else f"{name}: {error.location}"
    # The remedy "Record again" fits a recorded file, not a file that the user wrote.
    remedy = _CORRECT_IT if error.remedy.startswith("Record") else error.remedy
    return InputError(location, error.problem, remedy)
