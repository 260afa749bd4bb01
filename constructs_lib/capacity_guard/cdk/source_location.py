"""Where in the user's code a construct is made: the line that a finding is shown on."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from pathlib import Path

_LIBRARY = str(Path(__file__).resolve().parent.parent)
# By name too: a vendored copy (`pip install --target`) lies beside the user's code, not in site-packages.
_MACHINERY = frozenset({"aws_cdk", "cdk_nag", "constructs", "jsii"})


def caller() -> tuple[str, int] | None:
    """The file and line that are making a construct of this library, as far as Python knows.

    It is the first frame outside this library, the CDK, the standard library and installed packages; where every frame
    is installed (an app that is a package), the first one outside this library and the CDK. A class of the user's own
    around a construct of this library is the user's code.

    Returns:
        The path relative to the working directory, with forward slashes, so that every checkout gives the same; and
        the line, from 1. ``None`` where no frame comes from a file (an interactive session).
    """
    installed_one: tuple[str, int] | None = None
    frame = sys._getframe(1)
    while frame is not None:
        file, line = frame.f_code.co_filename, frame.f_lineno
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        # "<string>", "<stdin>", "<frozen importlib._bootstrap>" are no files.
        if not file.startswith("<") and package not in _MACHINERY and not _is_below(file, _LIBRARY):
            if not any(_is_below(file, folder) for folder in _installed()):
                return _shown(file), line
            installed_one = installed_one or (file, line)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None if installed_one is None else (_shown(installed_one[0]), installed_one[1])


@cache
def _installed() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({str(Path(paths[name])) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def _is_below(file: str, folder: str) -> bool:
    return os.path.abspath(file).startswith(folder + os.sep)  # noqa: PTH100 - called for every frame


def _shown(file: str) -> str:
    try:
        return Path(os.path.relpath(file)).as_posix()
    except ValueError:
        # Another drive than the working directory (Windows).
        return Path(file).as_posix()


__all__ = ["caller"]
