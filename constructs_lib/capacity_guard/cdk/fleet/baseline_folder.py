"""``BaselineFolder``: the baselines of a fleet, which one is that of a table, and whether a table without one should have one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...capacity.errors import InputError
from ...evidence.baseline_index import IndexedBaseline, baselines_in
from ...evidence.files import displayed_path
from ...evidence.provenance import TableIdentity, is_generated_name


@dataclass(frozen=True)
class SoughtTable:
    """A table whose baseline is sought, by what the code knows of it.

    Attributes:
        stack: name of its stack; of a nested stack that of its parent and its construct id.
        account: account of the stack, ``None`` where it is not known at synthesis.
        region: Region of the stack, ``None`` where it is not known at synthesis.
        logical_id: logical id of its resource.
        construct_id: its construct id.
        repeats: whether another table of the stack has the same construct id.
        name: asks for the name that the code gives the table; ``None`` if CloudFormation names it.
        generated_stack: pattern of the names that CloudFormation gives its stack, if that is a nested one.
    """

    stack: str
    account: str | None
    region: str | None
    logical_id: str
    construct_id: str
    repeats: bool
    name: Callable[[], str | None]
    generated_stack: str | None = None

    @property
    def file_name(self) -> str:
        """The name of its file in the folder of its stack: its construct id, or the logical id where that repeats."""
        return f"{self.logical_id if self.repeats else self.construct_id}.json"

    def is_here(self, table: TableIdentity) -> bool:
        """Whether a recorded table can be in the account and Region of the stack."""
        return (table.account is None or self.account in (None, table.account)) and (
            table.region is None or self.region in (None, table.region)
        )

    def is_in(self, stack: str | None) -> bool:
        """Whether a recorded stack is that of the table."""
        if stack is None or self.generated_stack is None:
            return stack == self.stack
        return re.fullmatch(self.generated_stack, stack) is not None

    def is_called(self, name: str) -> bool:
        """Whether a table of this name is this one: the code gives the name, or CloudFormation gives names like it."""
        return is_generated_name(name, self.stack, self.logical_id) or name == self.name()


class BaselineFolder:
    """The folder of the baselines of ``GuardEveryTable`` and ``ReportEveryTable``.

    A baseline says of which table it was recorded: account, Region, stack and logical id. So it may have any name, in any
    folder below this one. A file that does not know these is found by the recorded name of the table, or by its own
    path, ``<folder>/<stack name>/<construct id>.json`` or ``<logical id>.json``.

    Args:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, table: SoughtTable) -> Path | InputError | None:
        """The file with the baseline of a table.

        Args:
            table: the table.

        Returns:
            The file, ``None`` if there is none, or an error if several are of this table.
        """
        found = [
            baseline
            for baseline in self._of_table(table)
            if baseline.table is not None and table.is_here(baseline.table)
        ]
        by_path = self._files_by_path(table)
        for baseline in self._of_unknown_tables:
            recorded = baseline.table
            name = baseline.file.stem if recorded is None else recorded.name
            if (recorded is None or table.is_here(recorded)) and (
                baseline.file in by_path or table.is_called(name)
            ):
                found.append(baseline)
        if not found:
            found = self._recorded_as_another(table, by_path)
        if len(found) > 1:
            return _several(found)
        return found[0].file if found else None

    def _of_table(self, table: SoughtTable) -> Sequence[IndexedBaseline]:
        """The baselines that state its stack and logical id. CloudFormation chooses the name of a nested stack."""
        if table.generated_stack is None:
            return self._of_known_tables.get((table.stack, table.logical_id), ())
        return [
            baseline
            for (stack, logical_id), of_table in self._of_known_tables.items()
            if logical_id == table.logical_id and table.is_in(stack)
            for baseline in of_table
        ]

    def _recorded_as_another(self, table: SoughtTable, by_path: Sequence[Path]) -> list[IndexedBaseline]:
        """The file that is meant for a table and states another one, for example because its logical id was changed after the
        recording: CG2 says so."""
        for baseline in self._baselines:
            recorded = baseline.table
            if baseline.file in by_path or (
                recorded is not None
                and (recorded.stack is None or table.is_in(recorded.stack))
                and table.is_here(recorded)
                and recorded.name == table.name()
            ):
                return [baseline]
        return []

    def _files_by_path(self, table: SoughtTable) -> list[Path]:
        names = [table.logical_id] if table.repeats else [table.construct_id, table.logical_id]
        return [self._folder / table.stack / f"{name}.json" for name in names]

    def file_to_record(self, table: SoughtTable) -> Path:
        """The file that a table without a baseline should get, as a message names it.

        Args:
            table: the table.
        """
        return self._folder / table.stack / table.file_name

    def why_expected(self, table: SoughtTable) -> str | None:
        """Why a table that has no baseline here should have one; ``None`` if its stack was never recorded.

        A missing file does not say whether the table never had one, or it was deleted or renamed. Other files of the stack do.

        Args:
            table: the table.
        """
        if not self._folder.is_dir():
            return f"the folder {self._folder.as_posix()} does not exist"
        beside = self._folder / table.stack
        if beside.is_dir() and any(path.suffix in (".json", ".gz") for path in beside.iterdir()):
            return f"there are other files in {beside.as_posix()}"
        for baseline in self._baselines:
            if (
                baseline.table is not None
                and baseline.table.stack == table.stack
                and table.is_here(baseline.table)
            ):
                return f"{baseline.file.as_posix()} was recorded of a table of this stack"
        return None

    def of_known_tables(self) -> list[IndexedBaseline]:
        """The baselines that state stack and logical id of their table."""
        return [baseline for of_table in self._of_known_tables.values() for baseline in of_table]

    @cached_property
    def _of_known_tables(self) -> Mapping[tuple[str, str], Sequence[IndexedBaseline]]:
        """The baselines that state stack and logical id of their table, by these."""
        known: dict[tuple[str, str], list[IndexedBaseline]] = {}
        for baseline in self._baselines:
            table = baseline.table
            if table is not None and table.stack is not None and table.logical_id is not None:
                known.setdefault((table.stack, table.logical_id), []).append(baseline)
        return known

    @cached_property
    def _of_unknown_tables(self) -> Sequence[IndexedBaseline]:
        """The baselines that are damaged, or do not state stack and logical id of their table."""
        return [
            baseline
            for baseline in self._baselines
            if baseline.table is None or baseline.table.stack is None or baseline.table.logical_id is None
        ]

    @cached_property
    def _baselines(self) -> Sequence[IndexedBaseline]:
        return baselines_in(self._folder)


def _several(found: Sequence[IndexedBaseline]) -> InputError:
    accounts = {(baseline.table.account, baseline.table.region) for baseline in found if baseline.table}
    places = sorted({" ".join(filter(None, place)) for place in accounts if any(place)})
    remedy = "Keep the newest and delete the others"
    if len(places) > 1:
        remedy = (
            f"Give the stack its account and Region, env=Environment(...): they differ ({', '.join(places)})"
        )
    return InputError(
        " and ".join(displayed_path(baseline.file) for baseline in found),
        "are each the baseline of this table",
        remedy,
    )


__all__ = ["BaselineFolder", "SoughtTable"]
