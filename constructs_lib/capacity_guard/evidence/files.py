"""Read regular files alone, up to a size; write beside the old file, then rename; name a file; hold a folder for one run."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from ..capacity.errors import InputError
from . import files_read
from .draft import Draft

_NEAR = "; there is "
LARGEST_TEXT = 16 * 2**20
"""Largest JSON file, bytes: that of a table with 20 indexes takes about 20 KiB."""


def open_regular(path: Path, *, is_input: bool = True) -> BinaryIO:
    """Open a regular file to read it.

    A pipe, a socket or a device has no end that a reader could wait for, so it is refused. Opening a pipe that no process
    writes to would wait without end; with ``O_NONBLOCK`` it returns at once (open(2)).

    Args:
        path: the file, or a symbolic link to it.
        is_input: whether the command works with its content, so that no output may replace it.

    Raises:
        OSError: it cannot be opened, is not a regular file, or is no possible path.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, f"it is no possible path: {error}", repr(str(path))) from None
    state = os.fstat(descriptor)
    mode = state.st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a regular file", str(path))
    if is_input:
        files_read.note(state)
    return os.fdopen(descriptor, "rb")


def read_limited(path: Path, most: int) -> bytes:
    """Read a file, unless it is too large or no regular file.

    Args:
        path: the file.
        most: largest size, bytes.

    Raises:
        InputError: the file is larger.
        OSError: the file cannot be read, or is not a regular file.
    """
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise InputError(displayed_path(path), f"holds more than {most // 2**20} MiB", "Give a smaller file")
    return content


def displayed_path(path: Path) -> str:
    """A file as errors and findings name it: by its path from the working directory, where it is below that.

    They are copied into reviews, where the working directory is the repository. A name without its folder would not distinguish
    the files of a fleet.
    """
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (OSError, RuntimeError, ValueError):  # elsewhere, a loop of links, or no possible path
        return str(path)


def unreadable_text(path: Path, error: OSError) -> str:
    """Why a file cannot be read, as the rest of a clause, with near names where it is missing.

    Args:
        path: the file.
        error: what reading it raised.
    """
    near = near_text(path) if isinstance(error, FileNotFoundError) else ""
    return f"cannot be read ({error.strerror or error}){near}"


def near_text(path: Path) -> str:
    """What there is in place of a missing file, as the rest of a clause: ``; there is baselines/Orders.json``.

    Names that differ in case or by a few letters are near: a check of the spelling by eye overlooks them. Where the folder
    is missing, the folder of a near name is named.

    Args:
        path: the missing file.

    Returns:
        Up to three names; empty where no name is near.
    """
    wanted = path
    try:
        while not wanted.parent.is_dir() and wanted.parent != wanted:
            wanted = wanted.parent
        entries = [entry for entry in wanted.parent.iterdir() if not entry.name.startswith(".")]
        folders = [entry for entry in entries if entry.is_dir()]
        alike = [entry for entry in entries if entry.suffix == path.suffix] if wanted == path else folders
    except (OSError, RuntimeError, ValueError):
        return ""
    by_name: dict[str, list[Path]] = {}
    for entry in sorted(alike):
        by_name.setdefault(entry.stem.casefold(), []).append(entry)
    near = [entry for name in get_close_matches(wanted.stem.casefold(), by_name) for entry in by_name[name]]
    if not near:
        # The path may be of a folder, such as cdk.out.
        near = [entry for entry in folders if get_close_matches(wanted.name, [entry.name], cutoff=0.8)]
    found = [displayed_path(entry) for entry in near][:3]
    return _NEAR + " and ".join(found) if found else ""


def near_in(problem: str) -> str:
    """The near names in the problem of an error, empty where it has none.

    Args:
        problem: a problem that may end with ``near_text``.
    """
    return problem.partition(_NEAR)[2]


@contextmanager
def exclusive(folder: Path, option: str) -> Iterator[None]:
    """Hold a folder for one run. The operating system releases it when the process ends, however it ends.

    Args:
        folder: the folder of the run's results, which exists; its lock is the hidden file ``.lock``.
        option: the option that names it, for errors.

    Raises:
        InputError: another process holds it.
    """
    import fcntl  # not at the top: a reader of files works where locks of this kind do not exist

    with (folder / ".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{option} {folder}",
                "is in use by another run",
                "Wait until that ends, or name another folder",
            ) from None
        yield


def write_whole(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file whole or not at all: into a new file beside it, which then takes its name.

    After an error, or when the process is killed, the old file is as it was. A symbolic link stays and its target is
    replaced. Permissions of an existing file stay. A pipe or a device (``/dev/stdout``) is written to directly.

    Args:
        path: the file; its folder exists.
        content: bytes, or text that is written as UTF-8, whole or in parts.

    Raises:
        OSError: the file cannot be written.
    """
    draft = Draft(path, content)
    try:
        draft.take_name()
    finally:
        draft.discard()


__all__ = [
    "LARGEST_TEXT",
    "displayed_path",
    "exclusive",
    "near_in",
    "near_text",
    "open_regular",
    "read_limited",
    "unreadable_text",
    "write_whole",
]
