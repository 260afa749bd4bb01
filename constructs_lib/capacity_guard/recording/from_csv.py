"""Makes a baseline from two files: traffic as a plain CSV, and the deployed capacity as JSON."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..capacity.deployed import Deployed
from ..capacity.errors import InputError
from ..evidence.baseline import LARGEST_TEXT, Baseline
from ..evidence.provenance import History, Recording, TableIdentity, history_from_json
from ..evidence.strict_json import json_from
from ..evidence.traffic import LARGEST, Traffic, read_limited, read_traffic
from .record import BY
from .store import check_out, predecessor, store, succeed, trimmed

_CSV = "Correct it; docs/recording.md shows the format"
_GZIP = b"\x1f\x8b"
_FIELDS = ("template", "live", "units", "warm", "previous", "structure", "history")


def record_csv(
    csv: Path,
    capacity: Path,
    identity: TableIdentity,
    out: Path,
    *,
    recorded_at: datetime | None = None,
    note: str | None = None,
) -> Baseline:
    """Make a baseline from files. The same input gives the same bytes, if ``recorded_at`` is given.

    Args:
        csv: traffic: ``minute,table/read,table/write,index/<name>/read,...``, units per MINUTE; plain or gzip.
        capacity: deployed capacity: ``template``, ``live``, ``units``, ``warm`` as in a baseline, units per second;
            optional ``previous`` and ``history``.
        identity: which table it is about.
        out: the JSON file; the traffic goes beside it as ``.csv.gz``.
        recorded_at: when the traffic was recorded, UTC; ``None`` means now.
        note: what a reader of the file should know.

    Returns:
        The baseline, loaded from its files.

    Raises:
        InputError: one line naming file and field, and the remedy; nothing is written then.
    """
    check_out(out)
    old = predecessor(out, identity)
    deployed, history = _capacity(capacity)
    traffic = _traffic(csv, deployed)
    for option, file in (("--from-csv", csv), ("--capacity", capacity)):
        if file.resolve() in (out.resolve(), out.with_suffix(".csv.gz").resolve()):
            raise InputError(f"--out {out}", f"would overwrite {option} {file}", "Give another path")
    at = recorded_at or datetime.now(UTC).replace(microsecond=0)
    if traffic.end - timedelta(minutes=1) > at:
        raise InputError(
            "--recorded-at",
            f"is before the end of the traffic, {traffic.end:%Y-%m-%dT%H:%MZ}",
            "Give a later moment",
        )
    baseline = Baseline(identity, Recording(at, BY, f"file {csv.name}", note), deployed, traffic, history)
    return store(succeed(baseline, old), out)


def _bytes(path: Path, option: str, most: int) -> bytes:
    try:
        return read_limited(path, most)
    except OSError as error:
        raise InputError(
            f"{option} {path}", f"cannot be read ({error.strerror or error})", "Check the path"
        ) from None


def _capacity(path: Path) -> tuple[Deployed, History]:
    data = json_from(_bytes(path, "--capacity", LARGEST_TEXT), path.name, _CSV)
    if not isinstance(data, dict):
        raise InputError(path.name, "is no object", _CSV)
    unknown = sorted(set(data) - set(_FIELDS))
    if unknown:
        raise InputError(f"{path.name}: {unknown[0]}", "is not a known field", f"Use {', '.join(_FIELDS)}")
    try:
        history = data.pop("history", None)
        return (
            Deployed.from_json(data, path.name),
            History() if history is None else history_from_json(history, f"{path.name}: history"),
        )
    except InputError as error:
        location = (
            error.location if error.location.startswith(path.name) else f"{path.name}: {error.location}"
        )
        raise InputError(location, error.problem, _own_remedy(error)) from None


def _traffic(path: Path, deployed: Deployed) -> Traffic:
    content = _bytes(path, "--from-csv", LARGEST)
    try:
        # One parser for both forms: the loader of baselines reads the compressed one.
        traffic = read_traffic(
            path, content if content.startswith(_GZIP) else gzip.compress(content, 1, mtime=0)
        )
    except InputError as error:
        location = (
            error.location if error.location.startswith(path.name) else f"{path.name}: {error.location}"
        )
        raise InputError(location, error.problem, _own_remedy(error)) from None
    dimensions = deployed.live.dimensions()
    for dimension in traffic.consumed:
        if dimension not in dimensions:
            raise InputError(f"{path.name}: {dimension.key}", "is no dimension of the live capacity", _CSV)
    for dimension in dimensions:
        if dimension not in traffic.consumed:
            raise InputError(f"{path.name}: {dimension.key}", "is missing, the live capacity has it", _CSV)
    return trimmed(traffic, dimensions, path.name)


def _own_remedy(error: InputError) -> str:
    # "Record again" is advice for a recorded file; this one is somebody's own.
    return _CSV if error.remedy.startswith("Record") else error.remedy
