"""The line of the user's code that creates a construct: findings name it."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from pathlib import Path
from types import FrameType

_LIBRARY = str(Path(__file__).resolve().parents[2])
# By name: a vendored copy (`pip install --target`) is beside the user's code, not in site-packages.
_MACHINERY = frozenset({"aws_cdk", "cdk_nag", "constructs", "jsii"})


def caller() -> tuple[str, int] | None:
    """The file and line that create a construct of this library, from Python's call stack.

    It is the first frame outside this library, the CDK, the standard library and installed packages. If every frame is
    installed (an app that is a package), it is the first frame outside this library and the CDK. A class in the user's
    code that wraps a construct of this library is the user's code.

    Returns:
        The path relative to the working directory, with forward slashes, so that it is the same in every checkout; and
        the line, from 1. ``None`` if no frame comes from a file (an interactive session).
    """
    first_installed: tuple[str, int] | None = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file, line = frame.f_code.co_filename, frame.f_lineno
        if _is_outside(file, str(frame.f_globals.get("__name__", ""))):
            if not _is_installed(file):
                return relative(file), line
            first_installed = first_installed or (file, line)
        frame = frame.f_back
    return None if first_installed is None else (relative(first_installed[0]), first_installed[1])


def is_users_file(file: str, module: str) -> bool:
    """Whether a module is the user's code: outside this library, the CDK, the standard library and installed packages.

    Args:
        file: its file.
        module: its name.
    """
    return _is_outside(file, module) and not _is_installed(file)


def _is_outside(file: str, module: str) -> bool:
    # "<string>", "<stdin>" and "<frozen importlib._bootstrap>" are no files.
    package = module.partition(".")[0]
    return not file.startswith("<") and package not in _MACHINERY and not _is_below(file, _LIBRARY)


def _is_installed(file: str) -> bool:
    return any(_is_below(file, folder) for folder in _installed_folders())


@cache
def _installed_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({str(Path(paths[name])) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


@cache
def _is_below(file: str, folder: str) -> bool:
    return os.path.abspath(file).startswith(folder + os.sep)  # noqa: PTH100 - called for every frame


def relative(file: str) -> str:
    """The path of a file relative to the working directory, with forward slashes."""
    try:
        return Path(os.path.relpath(file)).as_posix()
    except ValueError:
        # Another drive than the working directory (Windows).
        return Path(file).as_posix()


__all__ = ["caller", "is_users_file", "relative"]
