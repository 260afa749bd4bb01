"""A file that is written beside another one, to take its name: several files change together, or none does."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


class Draft:
    """The new content of a file, complete and on disk, while the file is as it was.

    A symbolic link stays and its target is replaced. Permissions of an existing file stay. A pipe or a device
    (``/dev/stdout``) has no draft: it is written to at once.

    Args:
        path: the file; its folder exists.
        content: bytes, or text that is written as UTF-8, whole or in parts.

    Raises:
        OSError: the draft cannot be written; nothing is left of it.
    """

    def __init__(self, path: Path, content: str | bytes | Iterable[str]) -> None:
        self._target = resolved(path)
        self._draft: Path | None = None
        self._before: Path | None = None
        try:
            mode = self._target.stat().st_mode
        except FileNotFoundError:
            mode = None
        self._existed = mode is not None
        if mode is not None and not stat.S_ISREG(mode):
            with self._target.open("wb") as output:
                _write(output, content)
            return
        self._draft = self._beside()
        try:
            with self._draft.open("xb") as output:
                _write(output, content)
            if mode is not None:
                self._draft.chmod(stat.S_IMODE(mode))
        except BaseException:
            self.discard()
            raise

    def take_name(self, *, for_restore: bool = False) -> None:
        """Replace the file.

        Args:
            for_restore: keep the old file beside it until ``discard``, so that ``restore`` works.

        Raises:
            OSError: it cannot be replaced, and is as it was.
        """
        if self._draft is None:
            return
        if for_restore and self._existed:
            before = self._beside()
            # Not every file system has hard links; without one the old file cannot be restored.
            with suppress(OSError):
                os.link(self._target, before)
                self._before = before
        self._draft.replace(self._target)
        self._draft = None

    def restore(self) -> None:
        """Undo ``take_name(for_restore=True)``: the file is as it was before, where its file system allows that."""
        with suppress(OSError):
            if self._before is not None:
                self._before.replace(self._target)
                self._before = None
            elif not self._existed:
                self._target.unlink()

    def discard(self) -> None:
        """Remove what is left beside the file."""
        for path in (self._draft, self._before):
            if path is not None:
                with suppress(OSError):
                    path.unlink()
        self._draft = self._before = None

    def _beside(self) -> Path:
        # A name of its own length: that of the file may already be the longest.
        return self._target.with_name(f".{secrets.token_hex(8)}.part")


def resolved(path: Path) -> Path:
    """A path without symbolic links.

    Args:
        path: the path; the file need not exist.

    Raises:
        OSError: its links go in a circle.
    """
    try:
        return path.resolve()
    except RuntimeError:  # Python 3.11 and 3.12
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None


def _write(output: BinaryIO, content: str | bytes | Iterable[str]) -> None:
    if isinstance(content, bytes):
        output.write(content)
        return
    for part in (content,) if isinstance(content, str) else content:
        output.write(part.encode())


__all__ = ["Draft", "resolved"]
