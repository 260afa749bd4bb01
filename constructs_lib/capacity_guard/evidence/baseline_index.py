"""Which table each baseline of a folder was recorded of. Of a file only the beginning is read, where a recording states it."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..capacity.errors import InputError
from .files import LARGEST_TEXT, open_regular
from .provenance import TableIdentity, identity_from_json
from .strict_json import json_from

_HEAD_BYTES = 4096
"""Bytes that hold schema, version, kind and table of a recorded baseline: four short names and an account id."""
_MARK = b'"capacity-guard/baseline"'
_FIRST_FIELD = re.compile(r"\s*\{\s*")
_BETWEEN = re.compile(r"\s*[,:]\s*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class IndexedBaseline:
    """A baseline of a folder.

    Attributes:
        file: its path.
        table: the table that it was recorded of; ``None`` if the file is damaged.
    """

    file: Path
    table: TableIdentity | None


def baselines_in(folder: Path, *, deep: bool = True) -> tuple[IndexedBaseline, ...]:
    """The baselines of a folder, in the order of their paths.

    Hidden files and folders are left out: a recording keeps its drafts in them. JSON files that are no baselines are left
    out, and pipes, sockets and devices. A file of up to 4 KiB that is not JSON is listed: it may be what is left of a baseline.
    A file that has not changed is read once in a process.

    Args:
        folder: the folder; one that does not exist holds none.
        deep: whether to look into its folders.
    """
    found = []
    for directory, folders, files in os.walk(folder):
        folders[:] = [] if not deep else [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.endswith(".json") and not name.startswith("."):
                path = Path(directory, name)
                listed, table = _table_of(path)
                if listed:
                    found.append(IndexedBaseline(path, table))
    return tuple(sorted(found, key=lambda baseline: baseline.file.parts))


def is_baseline(file: Path) -> bool:
    """Whether a file is a baseline, or holds what is left of one: a conflict of a merge before its first line, for example.

    Args:
        file: the file, which may not exist.
    """
    if not file.is_file():
        return False
    if _table_of(file)[1] is not None:
        return True
    try:
        with open_regular(file, is_input=False) as content:
            return _MARK in content.read(_HEAD_BYTES)
    except OSError:
        return False


def _table_of(path: Path) -> tuple[bool, TableIdentity | None]:
    """Whether a file is a baseline, and of which table; a damaged one is of ``None``."""
    try:
        state = path.stat()
    except OSError:
        return True, None
    if not stat.S_ISREG(state.st_mode):
        return False, None
    return _read(str(path.absolute()), state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=100_000)
def _read(path: str, _modified: int, size: int, _inode: int) -> tuple[bool, TableIdentity | None]:
    try:
        with open_regular(Path(path), is_input=False) as file:
            content = file.read(_HEAD_BYTES)
            value = _table_in_head(content)
            if value is None:
                content += file.read(LARGEST_TEXT)
                if _MARK not in content and size > _HEAD_BYTES:
                    return False, None
                data = json_from(content, path, "")
                if not isinstance(data, dict) or data.get("schema") != "capacity-guard/baseline":
                    return False, None
                value = data.get("table")
        return True, identity_from_json(value, path)
    except (OSError, InputError):
        return True, None


def _table_in_head(content: bytes) -> Any:
    """The field ``table`` of a file that begins like a recorded baseline; ``None`` if it has to be read whole."""
    head = content.decode(errors="replace")
    start = _FIRST_FIELD.match(head)
    if start is None or _MARK not in content:
        return None
    position = start.end()
    try:
        while True:
            name, position = _DECODER.raw_decode(head, position)
            position = _after_separator(head, position)
            value, position = _DECODER.raw_decode(head, position)
            if name == "table":
                return value
            position = _after_separator(head, position)
    except (ValueError, RecursionError):
        return None


def _after_separator(head: str, position: int) -> int:
    separator = _BETWEEN.match(head, position)
    if separator is None:
        raise ValueError
    return separator.end()


__all__ = ["IndexedBaseline", "baselines_in", "is_baseline"]
