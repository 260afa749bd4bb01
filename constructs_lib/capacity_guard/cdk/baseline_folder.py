"""``BaselineFolder``: the baselines of a fleet, and whether a table without one is expected to have one."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from ..capacity.errors import InputError
from ..evidence.baseline import Baseline


class BaselineFolder:
    """The folder of the baselines of ``GuardEveryTable``: ``<folder>/<stack name>/<table>.json``.

    Args:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def why_expected(self, stack: str) -> str | None:
        """Why a table of a stack that has no baseline here should have one; ``None`` if its stack was never recorded.

        A missing file does not say whether the table never had one, or it was deleted or renamed. Other files of the stack do.

        Args:
            stack: name of the stack, as folder.
        """
        if not self._folder.is_dir():
            return f"the folder {self._folder.as_posix()} does not exist"
        beside = self._folder / stack
        if beside.is_dir() and any(path.suffix in (".json", ".gz") for path in beside.iterdir()):
            return f"other files stand in {beside.as_posix()}"
        file = self._recorded_stacks.get(stack)
        return None if file is None else f"{file.as_posix()} was recorded of a table of this stack"

    @cached_property
    def _recorded_stacks(self) -> dict[str, Path]:
        """A baseline of each stack that one was recorded of, by the name of the stack."""
        found: dict[str, Path] = {}
        for path in sorted(self._folder.rglob("*.json")):
            try:
                identity = Baseline.load(path, traffic=False).table
            except InputError:
                continue
            if identity.stack is not None:
                found.setdefault(identity.stack, path)
        return found


__all__ = ["BaselineFolder"]
