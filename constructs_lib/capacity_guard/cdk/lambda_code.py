"""The Lambda code of the gates: a copy of the parts of this package that need no CDK."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
PARTS = ("__init__.py", "capacity", "dynamodb", "handlers")
"""The parts that the gates need. No other part is copied: a change of the copied code is a new version of the guard,
which must not be deployed together with a transition."""


@cache
def stage_lambda_code() -> str:
    """Copy the Lambda code, once a process, to a folder with ``capacity_guard/{__init__.py,capacity,dynamodb,handlers}``.

    The package's own folder would not do: its parent may be ``site-packages``, which the CDK would read and hash for
    every stack. The CDK copies the folder again when it creates a function, so Python deletes it at exit.

    Returns:
        Path of the folder.
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


__all__ = ["PARTS", "stage_lambda_code"]
