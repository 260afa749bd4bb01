"""The code of the guard's functions: a copy of the parts of this package that need no CDK."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
PARTS = ("__init__.py", "capacity", "dynamodb", "handlers")
"""What the gates need, whole: a change of any other part is no new version of the guard, with which no transition travels."""


@cache
def staged_code() -> str:
    """Folder with ``capacity_guard/{__init__.py,capacity,dynamodb,handlers}``, copied once a process.

    A copy and not the package's own folder: that one may be a whole ``site-packages``, which the CDK would walk and
    hash for every stack. The CDK copies the folder again when a function is made, so it can go when Python ends.
    """
    target = Path(tempfile.mkdtemp(prefix="capacity-guard-"))
    atexit.register(shutil.rmtree, target, ignore_errors=True)
    for part in PARTS:
        source, copy = _PACKAGE / part, target / _PACKAGE.name / part
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(source, copy)
    return str(target)


__all__ = ["PARTS", "staged_code"]
