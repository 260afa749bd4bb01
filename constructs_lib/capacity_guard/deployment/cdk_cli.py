"""The CDK CLI as a process: it has the terminal of this one, so its questions and its output are those that people know."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..capacity.errors import InputError

_STOP_SECONDS = 2
"""Seconds that the CLI has to end after Ctrl-C, which the terminal sends to it too."""


@dataclass(frozen=True)
class CdkCli:
    """The CDK CLI of an app.

    Attributes:
        command: how it is started.
        folder: where it runs.
    """

    command: tuple[str, ...]
    folder: Path

    @staticmethod
    def find(folder: Path) -> CdkCli:
        """The CLI that the app has installed, else the one of ``PATH``, as ``npx cdk`` does.

        Args:
            folder: where the app is.

        Raises:
            InputError: there is none.
        """
        for parent in (folder, *folder.parents):
            installed = parent / "node_modules" / ".bin" / "cdk"
            if installed.exists():
                return CdkCli((str(installed),), folder)
        on_path = shutil.which("cdk")
        if on_path is None:
            raise InputError("cdk", "is not installed", "Run: npm install --save-dev aws-cdk")
        return CdkCli((on_path,), folder)

    def run(self, words: Sequence[str]) -> int:
        """Run it to its end.

        Args:
            words: its arguments.

        Returns:
            Its exit code.
        """
        run = self.start(words)
        try:
            while (code := run.wait(3_600)) is None:
                pass
            return code
        except KeyboardInterrupt:
            run.stop()
            raise

    def start(self, words: Sequence[str]) -> Running:
        """Start it.

        Args:
            words: its arguments.

        Raises:
            InputError: it cannot be started.
        """
        try:
            return Running(subprocess.Popen([*self.command, *words], cwd=self.folder))
        except OSError as error:
            raise InputError(
                self.command[0], f"cannot be started ({error})", "Install Node and the CDK CLI"
            ) from None


class Running:
    """A run of the CLI.

    Args:
        process: its process.
        stop_seconds: seconds that it has to end.
    """

    def __init__(self, process: subprocess.Popen[bytes], stop_seconds: float = _STOP_SECONDS) -> None:
        self._process, self._stop_seconds = process, stop_seconds

    def wait(self, seconds: float) -> int | None:
        """Wait for its end.

        Args:
            seconds: longest time.

        Returns:
            Its exit code; ``None`` if it runs on.
        """
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """End it. CloudFormation continues."""
        for end in (None, self._process.terminate, self._process.kill):
            if end is not None:
                end()
            with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                self._process.wait(self._stop_seconds)
                return


__all__ = ["CdkCli", "Running"]
