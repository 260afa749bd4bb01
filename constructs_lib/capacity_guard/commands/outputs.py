"""The files that a command writes: checked before its work, kept apart from its inputs, and written all or none."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.safe_text import safe_line
from ..evidence.baseline_index import is_baseline
from ..evidence.draft import Draft, resolved
from ..evidence.files_read import was_read

if TYPE_CHECKING:
    import argparse

STANDARD_OUTPUT = "-"
_TRAFFIC = ".csv.gz"
_ASSEMBLY_FILES = ("capacity-guard.json", "cdk.out", "manifest.json", "tree.json")
_ASSEMBLY_ENDINGS = (".assets.json", ".template.json")
_SUMMARY = "GITHUB_STEP_SUMMARY"

_NO_FOLDER, _FULL = (
    "Name a file in a folder that exists",
    "Make room on its disk, or name a file on another one",
)
_REMEDIES = {errno.ENOENT: _NO_FOLDER, errno.ENOTDIR: _NO_FOLDER, errno.ENOSPC: _FULL, errno.EDQUOT: _FULL}
"""What helps against an error of the file system."""


class Outputs:
    """The outputs of one run of a command.

    Args:
        arguments: the parsed options.
        names: names of the options that name an output: ``json`` of ``--json``.

    Raises:
        InputError: an output cannot be written, is an input of the command, or is another output too.
    """

    def __init__(self, arguments: argparse.Namespace, *names: str) -> None:
        given = {name: getattr(arguments, name) for name in names}
        self._files = {
            name: Path(file) for name, file in given.items() if file not in (None, STANDARD_OUTPUT)
        }
        inputs = {option: value for option, value in vars(arguments).items() if option not in names}
        named = [path for value in inputs.values() for path in _paths(value)]
        for number, (name, file) in enumerate(self._files.items()):
            try:
                _refuse_unwritable(file)
            except OSError as error:
                raise self._unwritable(name, error) from None
            if _is_stream(file):
                raise InputError(
                    self._place(name),
                    "is where standard output or standard error is sent",
                    "Name another file",
                )
            if _is_source(file) or any(_is_same(file, path) for path in named):
                raise self._is_input(name)
            for other in list(self._files)[:number]:
                if _are_one(file, self._files[other]):
                    raise InputError(
                        self._place(name), f"is the file of --{other} too", "Name a file for each of them"
                    )

    @contextmanager
    def written(self, contents: Mapping[str, Iterable[str]]) -> Iterator[None]:
        """Write all outputs, or none: they take their names when the context ends, where the command prints its text.

        Where the reader of the text ends first (``head``), they are written too.

        Args:
            contents: the text of each output, in parts, by the name of its option.

        Raises:
            InputError: an output is a file that was read, or one cannot be written; every file is as it was then.
        """
        for name, file in self._files.items():
            if was_read(file):
                raise self._is_input(name)
        drafts: dict[str, Draft] = {}
        try:
            # Devices last: what is written to them cannot be taken back.
            for name in sorted(self._files, key=lambda name: _is_special(self._files[name])):
                try:
                    drafts[name] = Draft(self._files[name], _after_summary(self._files[name], contents[name]))
                except OSError as error:
                    raise self._unwritable(name, error) from None
            try:
                yield
            except BrokenPipeError:
                self._take_names(drafts)
                raise
            self._take_names(drafts)
        finally:
            for draft in drafts.values():
                draft.discard()

    def _take_names(self, drafts: Mapping[str, Draft]) -> None:
        taken: list[Draft] = []
        for name, draft in drafts.items():
            try:
                draft.take_name(for_restore=len(drafts) > 1)
            except OSError as error:
                for before in taken:
                    before.restore()
                raise self._unwritable(name, error) from None
            taken.append(draft)
        for file in self._files.values():
            if not _is_special(file):
                report_written(file)

    def _place(self, name: str) -> str:
        return f"--{name} {self._files[name]}"

    def _is_input(self, name: str) -> InputError:
        problem = "would replace a baseline, a file of a cloud assembly or a file that this command reads"
        return InputError(self._place(name), problem, "Name another file")

    def _unwritable(self, name: str, error: OSError) -> InputError:
        remedy = _REMEDIES.get(error.errno or 0, "Name another file")
        return InputError(self._place(name), f"cannot be written ({error.strerror})", remedy)


def report_written(file: Path) -> None:
    """Print that a command has written a file: on standard error, so that standard output contains what was asked for alone.

    Args:
        file: the file, as the option names it.
    """
    print(safe_line(f"wrote {file}"), file=sys.stderr)


def _after_summary(file: Path, content: Iterable[str]) -> Iterable[str]:
    """The content of an output; that of the summary of a step comes after what other commands wrote there.

    The file of the environment variable belongs to the whole step (GitHub Docs, workflow-commands: adding a job summary).

    Raises:
        OSError: the summary cannot be read.
    """
    summary = os.environ.get(_SUMMARY)
    if not summary or not _is_same(file, Path(summary)):
        return content
    before = file.read_bytes().decode(errors="replace")
    return [before, "\n" if before else "", *content]


def _paths(value: object) -> Iterator[Path]:
    """Paths that an option names."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Path):
            yield item


def _is_same(first: Path, second: Path) -> bool:
    """Whether two paths are of one file that holds something; a device is never an input that is replaced."""
    try:
        return first.is_file() and first.samefile(second)
    except (OSError, ValueError):
        return False


def _is_source(file: Path) -> bool:
    """Whether an existing file is a baseline, its traffic, or a part of a cloud assembly, whatever the command reads."""
    if not file.is_file():
        return False
    if file.name.endswith(_TRAFFIC):
        return is_baseline(file.with_name(f"{file.name.removesuffix(_TRAFFIC)}.json"))
    # The CDK writes the file cdk.out into each assembly (aws-cdk-lib/cx-api: CloudAssemblyBuilder).
    is_part = file.name in _ASSEMBLY_FILES or file.name.endswith(_ASSEMBLY_ENDINGS)
    return is_baseline(file) or (is_part and file.with_name("cdk.out").is_file())


def _are_one(first: Path, second: Path) -> bool:
    """Whether two outputs would be one file; texts follow each other in a device."""
    return _is_same(first, second) or (not first.exists() and resolved(first) == resolved(second))


def _is_stream(file: Path) -> bool:
    """Whether standard output or standard error is sent to a file: a new file in its place would lose the text."""
    if not file.is_file():
        return False
    state = file.stat()
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(state, os.fstat(descriptor)):
                return True
    return False


def _is_special(file: Path) -> bool:
    return file.exists() and not file.is_file()


def _refuse_unwritable(file: Path) -> None:
    """Refuse what is known before the work: a folder, or a folder that is missing or closed.

    Raises:
        OSError: the file cannot be written.
    """
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if _is_special(file):
        return
    folder = resolved(file).parent
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


__all__ = ["STANDARD_OUTPUT", "Outputs", "report_written"]
