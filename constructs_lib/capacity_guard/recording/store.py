"""Puts a new baseline in place of an old one: carries over what must stay, all or nothing."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import shutil
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from ..evidence.provenance import TableIdentity
from ..evidence.traffic import Traffic


def check_out(out: Path) -> None:
    """Whether a baseline can be written to a path; called first, so that nobody waits for nothing.

    Raises:
        InputError: it does not end in ``.json``, is a folder, lies in none that can be written to, or something else
            than traffic lies where the traffic goes.
    """
    option = f"--out {out}"
    try:
        if out.suffix != ".json" or out.is_dir():
            raise InputError(
                option, "is no file name ending in .json", "Give one, for example baselines/orders.json"
            )
        traffic = out.with_suffix(".csv.gz")
        stray = _there(traffic) and not _there(out)
    except OSError as error:
        raise _unwritable(option, error) from None
    check_folder(option, out.parent)
    if stray and not _begins_as_traffic(traffic):
        raise InputError(
            option, f"would overwrite {traffic.name}, which is no traffic", "Give another path, or move it"
        )


def check_folder(option: str, folder: Path) -> None:
    """Whether a folder can be written to, or made.

    Args:
        option: which option names it, for errors.
        folder: its path.

    Raises:
        InputError: it is no folder, lies under none, or is not ours to write to.
    """
    try:
        there = next(one for one in (folder, *folder.parents) if _there(one))
        if not there.is_dir():
            raise InputError(option, f"cannot be written ({there} is no folder)", "Give another path")
        if not os.access(there, os.W_OK | os.X_OK):
            raise InputError(option, f"cannot be written ({there} is not writable)", "Give another path")
    except OSError as error:
        raise _unwritable(option, error) from None


def _there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _begins_as_traffic(file: Path) -> bool:
    # A first recording that was killed between its two files leaves the traffic alone.
    try:
        with gzip.open(file) as content:
            return content.read(7) == b"minute,"
    except (OSError, EOFError, zlib.error):
        return False


def _unwritable(option: str, error: OSError) -> InputError:
    return InputError(option, f"cannot be written ({error.strerror or error})", "Give another path")


def short(name: str) -> str:
    """A name that leaves room for endings in a file's name: a longer one is cut, and told apart by its hash."""
    letters = os.fsencode(name)
    if len(letters) <= 200:
        return name
    return f"{os.fsdecode(letters[:200])}-{hashlib.sha256(letters).hexdigest()[:8]}"


def hidden(out: Path, ending: str) -> Path:
    """Where something that belongs to an output lies while it is made: beside it, and hidden."""
    return out.with_name(f".{short(out.stem)}.{ending}")


def predecessor(out: Path, identity: TableIdentity) -> Baseline | None:
    """The baseline that a path holds, ``None`` if there is no file.

    Args:
        out: the JSON file.
        identity: the table that is recorded.

    Its traffic is not looked at: nothing of that is handed on, and a recording that was killed between its two files
    leaves traffic that does not fit.

    Raises:
        InputError: it is damaged (its attempt number would be lost), or is about another table.
    """
    if not out.exists():
        return None
    try:
        old = Baseline.load(out, traffic=False)
    except InputError as error:
        raise InputError(
            f"--out {out}",
            f"exists and is no sound baseline ({error.location}: {error.problem})",
            "Restore it from version control, or delete it",
        ) from None
    if not _same(old.table, identity):
        raise InputError(
            f"--out {out}",
            f"is the baseline of another table ({_named(old.table)})",
            "Give another --out, or delete it",
        )
    return old


def _named(table: TableIdentity) -> str:
    return ", ".join(one for one in (table.name, table.stack, table.account, table.region) if one)


def _same(old: TableIdentity, new: TableIdentity) -> bool:
    if old.account and new.account and old.account != new.account:
        return False
    if old.region and new.region and old.region != new.region:
        return False
    if old.name == new.name:
        return True
    # A baseline written before the first deployment does not know the generated name, but it knows the stack.
    logical = old.logical_id is None or new.logical_id is None or old.logical_id == new.logical_id
    return old.stack is not None and old.stack == new.stack and logical


def succeed(new: Baseline, old: Baseline | None) -> Baseline:
    """The new baseline with what the old one hands on.

    The attempt number stays. The template's capacity before the last change is kept as ``deployed.previous``, which
    makes returning to it a relief.
    """
    if old is None:
        return new
    new = replace(new, attempt=old.attempt)
    if old.deployed is None or new.deployed is None:
        return new
    changed = old.deployed.template != new.deployed.template
    previous = old.deployed.template if changed else old.deployed.previous
    return replace(new, deployed=replace(new.deployed, previous=new.deployed.previous or previous))


def trimmed(traffic: Traffic, dimensions: Iterable[Dimension], location: str) -> Traffic:
    """Traffic without unrecorded minutes at its ends; gaps inside stay. Series in the order of the dimensions.

    Args:
        traffic: as recorded.
        dimensions: the dimensions of the table.
        location: what holds the traffic, for errors.

    Raises:
        InputError: no minute holds a value.
    """
    rows = zip(*traffic.consumed.values(), strict=True)
    known = [number for number, row in enumerate(rows) if not all(map(math.isnan, row))]
    if not known:
        raise InputError(
            location, "holds no consumed units in these days", "Check the table's name, Region and days"
        )
    kept = slice(known[0], known[-1] + 1)
    order = tuple(dimensions)
    return Traffic(
        traffic.minute(known[0]),
        {dimension: traffic.consumed[dimension][kept] for dimension in order},
        {dimension: traffic.throttled[dimension][kept] for dimension in order},
    )


def store(baseline: Baseline, out: Path) -> Baseline:
    """Write a baseline, check it by loading it, and only then put both files in place.

    Args:
        baseline: what to write.
        out: the JSON file; the traffic goes beside it.

    Returns:
        The baseline as loaded from its files.

    Raises:
        InputError: it does not pass the loader, or the files cannot be written; the old files are then as they were.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = hidden(out, "recording-draft")
        shutil.rmtree(folder, ignore_errors=True)  # a killed recording may have left one
        folder.mkdir()
        try:
            draft = folder / out.name
            baseline.save(draft)
            Baseline.load(draft)
            # The traffic first: a reader in between sees a checksum that does not fit, never half a recording.
            for file in (draft.with_suffix(".csv.gz"), draft):
                file.replace(out.parent / file.name)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise _unwritable(f"--out {out}", error) from None
    return Baseline.load(out)
