"""The Lambda code of the gates: a copy of the parts of this package that need no CDK."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
PARTS = ("__init__.py", "capacity", "dynamodb", "handlers")
"""The parts that the gates need. No other part is copied: a change of the copied code is a new version of the guard,
which must not be deployed together with a transition."""


WATCH_PARTS = (*PARTS, "cloudformation", "watch", "rollback")
"""The parts that the function of the watch needs. It has a copy of its own: a change of these is no new version of the gates."""


@cache
def stage_lambda_code(parts: tuple[str, ...] | None = None) -> str:
    """Copy the Lambda code, once a process, to a folder with ``capacity_guard/`` and the parts in it.

    The package's own folder would not do: its parent may be ``site-packages``, which the CDK would read and hash for
    every stack. The CDK copies the folder again when it creates a function, so Python deletes it at exit.

    Args:
        parts: the parts to copy, ``None`` for those of the gates.

    Returns:
        Path of the folder.
    """
    target = Path(tempfile.mkdtemp(prefix="capacity-guard-"))
    atexit.register(shutil.rmtree, target, ignore_errors=True)
    for part in PARTS if parts is None else parts:
        source, copy = _PACKAGE / part, target / _PACKAGE.name / part
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(source, copy)
    return str(target)


__all__ = ["PARTS", "WATCH_PARTS", "stage_lambda_code"]
