"""Replaces an old baseline by a new one: carries over what must stay, and writes both files or none."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import shutil
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import MINUTE
from ..evidence.baseline import Baseline
from ..evidence.baseline_index import baselines_in
from ..evidence.files import displayed_path, open_regular
from ..evidence.provenance import TableIdentity
from ..evidence.traffic import Traffic


def check_out(out: Path) -> None:
    """Check that a baseline can be written to a path. Called before a recording reads anything.

    Args:
        out: the JSON file.

    Raises:
        InputError: the path does not end in ``.json``, is a folder or a symbolic link, is in a folder that cannot be written
            to, or the file for the traffic exists and holds something else.
    """
    option = f"--out {out}"
    try:
        if out.suffix != ".json" or out.is_dir():
            raise InputError(
                option, "is not a file name ending in .json", "Give one, for example baselines/Orders.json"
            )
        if out.is_symlink():
            raise InputError(
                option,
                "is a symbolic link, and a recording replaces files",
                "Name the file that it points to",
            )
        traffic = out.with_suffix(".csv.gz")
        traffic_alone = _exists(traffic) and not _exists(out)
    except OSError as error:
        raise _unwritable(option, error) from None
    check_folder(option, out.parent)
    if traffic_alone and not _starts_like_traffic(traffic):
        raise InputError(
            option,
            f"would overwrite {displayed_path(traffic)}, which is no traffic",
            "Give another path, or move it",
        )


def check_folder(option: str, folder: Path) -> None:
    """Check that a folder can be written to, or created.

    Args:
        option: the option that names it, for errors.
        folder: its path.

    Raises:
        InputError: the path or its nearest existing parent is not a folder, or is not writable.
    """
    try:
        existing = next(path for path in (folder, *folder.parents) if _exists(path))
        if not existing.is_dir():
            raise InputError(option, f"cannot be written ({existing} is not a folder)", "Give another path")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise InputError(option, f"cannot be written ({existing} is not writable)", "Give another path")
    except OSError as error:
        raise _unwritable(option, error) from None


def _exists(path: Path) -> bool:
    """Whether a path exists. An error other than its absence is raised, in every version of Python."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _starts_like_traffic(file: Path) -> bool:
    # A first recording that was killed after its first file leaves the traffic without a description.
    try:
        with open_regular(file) as compressed, gzip.open(compressed) as content:
            return content.read(7) == b"minute,"
    except (OSError, EOFError, zlib.error):
        return False


def _unwritable(option: str, error: OSError) -> InputError:
    return InputError(option, f"cannot be written ({error.strerror or error})", "Give another path")


def short_file_name(name: str) -> str:
    """A name that leaves room for suffixes in a file name: at most 200 bytes, or the first 200 bytes and a hash."""
    encoded = os.fsencode(name)
    if len(encoded) <= 200:
        return name
    return f"{os.fsdecode(encoded[:200])}-{hashlib.sha256(encoded).hexdigest()[:8]}"


def fleet_files(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """The file of each table of a fleet: the one in the folder that was recorded of it before, otherwise ``<name>.json``.

    Args:
        folder: the folder of the baselines; its own folders are not looked into, they may be of other accounts.
        names: names of the tables.
    """
    recorded: dict[str, list[Path]] = {}
    for baseline in baselines_in(folder, deep=False):
        if baseline.table is not None:
            recorded.setdefault(baseline.table.name, []).append(baseline.file)
    files = {}
    for name in names:
        own = folder / f"{short_file_name(name)}.json"
        before = recorded.get(name, [own])
        files[name] = own if own in before else before[0]
    return files


def hidden_path(out: Path, ending: str) -> Path:
    """The path of a temporary file or folder of an output: hidden, in the same folder.

    Args:
        out: the output.
        ending: what the temporary file is, as the last part of its name.
    """
    return out.with_name(f".{short_file_name(out.stem)}.{ending}")


def read_predecessor(out: Path, identity: TableIdentity) -> Baseline | None:
    """The baseline at a path, ``None`` if there is no file.

    Its traffic is not read: nothing of it is carried over, and a recording that was killed between its two files leaves
    traffic that does not fit.

    Args:
        out: the JSON file.
        identity: the table that is recorded.

    Raises:
        InputError: the baseline is damaged (its attempt number would be lost), or is about another table.
    """
    if not out.exists():
        return None
    try:
        old = Baseline.load(out, traffic=False)
    except InputError as error:
        raise InputError(
            f"--out {out}",
            f"exists and is not a sound baseline ({error.location}: {error.problem})",
            "Restore it from version control, or delete it",
        ) from None
    if not _same_table(old.table, identity):
        raise InputError(
            f"--out {out}",
            f"is the baseline of another table ({_description(old.table)})",
            "Give another --out, or delete it",
        )
    return old


def _description(table: TableIdentity) -> str:
    return ", ".join(part for part in (table.name, table.stack, table.account, table.region) if part)


def _same_table(old: TableIdentity, new: TableIdentity) -> bool:
    if old.account and new.account and old.account != new.account:
        return False
    if old.region and new.region and old.region != new.region:
        return False
    if old.name == new.name:
        return True
    # A baseline written before the first deployment has the stack, but not the generated name.
    same_id = old.logical_id is None or new.logical_id is None or old.logical_id == new.logical_id
    return old.stack is not None and old.stack == new.stack and same_id


def carry_over(new: Baseline, old: Baseline | None) -> Baseline:
    """The new baseline with values of the old one.

    The attempt number stays. The template's capacity before the last change becomes ``deployed.previous``, which makes a
    return to it a relief for a while. It was replaced at the time of the new recording, if not earlier. A note names the former
    table where the new one has another name: CloudFormation replaced it, or its generated name was not known before.

    Args:
        new: the baseline just recorded.
        old: the baseline that it replaces, ``None`` if it is the first.
    """
    if old is None:
        return new
    new = replace(new, attempt=old.attempt)
    if old.table.name != new.table.name:
        notes = filter(None, (new.recording.note, f"the baseline before was of {old.table.name}"))
        new = replace(new, recording=replace(new.recording, note="; ".join(notes)))
    if old.deployed is None or new.deployed is None:
        return new
    changed = old.deployed.template != new.deployed.template
    if new.deployed.previous is not None:
        return new
    previous = old.deployed.template if changed else old.deployed.previous
    replaced_at = new.recording.at if changed else old.deployed.replaced_at
    return replace(new, deployed=replace(new.deployed, previous=previous, replaced_at=replaced_at))


def without_unrecorded_ends(
    traffic: Traffic,
    dimensions: Iterable[Dimension],
    location: str,
    *,
    created_at: datetime | None = None,
) -> Traffic:
    """Traffic without the unrecorded minutes at its start and end; gaps inside stay. Orders the series.

    A table that was created in these days may have no traffic yet: all minutes since then are gaps.

    Args:
        traffic: the recorded traffic.
        dimensions: the dimensions of the table, in the order of the result.
        location: source of the traffic, for errors.
        created_at: when the table was created, UTC; ``None`` if it is not known.

    Raises:
        InputError: no minute holds a value, and the table was not created in these days.
    """
    rows = zip(*traffic.consumed.values(), strict=True)
    recorded = [position for position, row in enumerate(rows) if not all(map(math.isnan, row))]
    if recorded:
        kept = slice(recorded[0], recorded[-1] + 1)
    elif created_at is not None and created_at >= traffic.start:
        # At least one minute: a table may be younger than the metrics that are left out.
        kept = slice(min(int((created_at - traffic.start) / MINUTE), traffic.minutes - 1), traffic.minutes)
    else:
        raise InputError(
            location, "holds no consumed units in these days", "Check the table's name, Region and days"
        )
    order = tuple(dimensions)
    return Traffic(
        traffic.minute(kept.start),
        {dimension: traffic.consumed[dimension][kept] for dimension in order},
        {dimension: traffic.throttled[dimension][kept] for dimension in order},
    )


def store(baseline: Baseline, out: Path, traffic_folder: Path | None = None) -> Baseline:
    """Write a baseline to a draft, check the draft by loading it, then move both files into place.

    Args:
        baseline: the baseline to write.
        out: the JSON file; the traffic is written beside it.
        traffic_folder: where the traffic is written instead, as ``<checksum>.csv.gz``; that of an earlier recording beside the
            JSON file is then deleted.

    Returns:
        The baseline as loaded from its files.

    Raises:
        InputError: the loader refuses it, or the files cannot be written; the old files are then unchanged.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = hidden_path(out, "recording-draft")
        shutil.rmtree(folder, ignore_errors=True)  # a killed recording may have left its draft
        folder.mkdir()
        try:
            draft = folder / out.name
            baseline.save(draft, traffic_folder=traffic_folder)
            Baseline.load(draft, traffic_folder=traffic_folder)
            # The traffic first: a reader in between finds a checksum that does not fit, never half a recording.
            if traffic_folder is None:
                draft.with_suffix(".csv.gz").replace(out.with_suffix(".csv.gz"))
            draft.replace(out)
            if traffic_folder is not None:
                out.with_suffix(".csv.gz").unlink(missing_ok=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise _unwritable(f"--out {out}", error) from None
    return Baseline.load(out, traffic_folder=traffic_folder)
