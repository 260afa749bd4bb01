"""``Waves``: the order in which the cells of a fleet change their capacity."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.plain_data import number_between, shown
from ..capacity.safe_text import visible
from .baseline import Baseline
from .cell_settings import CellSettings
from .document import Format, read_document
from .files import displayed_path

CELL = "{cell}"
"""Placeholder for the name of a cell in a pattern of files."""
_SCHEMA = "capacity-guard/waves"
_FORMAT = Format(
    _SCHEMA,
    {1: ("schema", "version", "waves", "baselines", "settings", "quiet_hours")},
    remedy="Correct the file: `capacity-guard docs waves` shows one",
    other=f"Write {_SCHEMA}",
)
_MOST_QUIET_HOURS = 14 * 24
"""A recording covers no more."""


@dataclass(frozen=True)
class Waves:
    """The cells of a fleet in the order in which they change their capacity: one cell first, then about twice as many each time.

    A cell is one environment with its own copy of a table: a stage, an account, a Region, or a share of the customers. CG19
    refuses a change of a cell before the cells of all earlier waves have proved theirs. It reads that from their baselines.

    Args:
        waves: names of the cells of each wave, the first wave first.
        baselines: where the baseline of this table is in each cell: a pattern like ``"baselines/{cell}/Orders.json"``, or a
            file, or a baseline, by name of the cell.
        settings: where the declared capacity of each cell is, for ``WaveCell.capacity`` and ``capacity-guard promote``: a
            pattern like ``"cells/{cell}.json"``; ``None`` where the code declares the capacity.
        quiet_hours: hours without throttling after a Bake that are enough instead of load; ``None`` demands that a change has
            settled, or that a person accepts it.

    Raises:
        InputError: a wave is empty, a cell is named twice, or a pattern does not hold ``{cell}``.
    """

    waves: Sequence[Sequence[str]]
    baselines: str | Path | Mapping[str, Baseline | InputError | str | Path] = field(kw_only=True)
    settings: str | Path | None = field(default=None, kw_only=True)
    quiet_hours: float | None = field(default=None, kw_only=True)
    _read: dict[str, Baseline | InputError] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "waves", _checked_waves(self.waves))
        for name in ("baselines", "settings"):
            value = getattr(self, name)
            if isinstance(value, (str, Path)) and CELL not in str(value):
                raise InputError(
                    f"Waves.{name}",
                    f"{shown(str(value))} names the same file for each cell",
                    f"Write {CELL} in place of the name of the cell",
                )
            if not isinstance(value, (str, Path, Mapping, type(None))) or (
                isinstance(value, Mapping) and name == "settings"
            ):
                raise InputError(f"Waves.{name}", f"is {type(value).__name__}", f'Write "cells/{CELL}.json"')
        if isinstance(self.baselines, Mapping):
            for cell in self.cells:
                if cell not in self.baselines:
                    raise InputError("Waves.baselines", f"has none of {cell}", "Give a file for each cell")
            given = [self.baselines[cell] for cell in self.cells]
            files = [os.path.normpath(file) for file in given if isinstance(file, (str, Path))]
            alike = _alike(files)
            twice = next(
                (file for file in files if files.count(file) > 1), None if alike is None else alike[1]
            )
            if twice is not None:
                # A cell would prove a change by its own baseline.
                raise InputError(
                    "Waves.baselines",
                    f"gives {shown(twice)} to two cells",
                    "Give each cell the file of its own table",
                )
        elif self.baselines is None:
            raise InputError(
                "Waves.baselines", "is missing", f'Write baselines="baselines/{CELL}/Orders.json"'
            )
        if self.quiet_hours is not None:
            number_between(self.quiet_hours, "Waves.quiet_hours", 1, _MOST_QUIET_HOURS)

    @staticmethod
    def load(path: str | Path) -> Waves:
        """Read waves from a JSON file, which ``capacity-guard promote`` reads too.

        Args:
            path: the file; its patterns are relative to its folder.

        Raises:
            InputError: it cannot be read, or a field is wrong.
        """
        path = Path(path)
        name = displayed_path(path)
        data = read_document(path, _FORMAT, absent="Write the waves: `capacity-guard docs waves` shows some")
        patterns: dict[str, Path | None] = {}
        for pattern in ("baselines", "settings"):
            value = data.get(pattern)
            if value is None and pattern == "settings":
                continue
            if not isinstance(value, str) or not value.strip():
                problem = "is missing" if value is None else f"is {shown(value)}"
                raise InputError(f"{name}: {pattern}", problem, f'Write "{pattern}/{CELL}.json"')
            patterns[pattern] = path.parent / value
        waves = data.get("waves")
        if not isinstance(waves, list):
            raise InputError(f"{name}: waves", "is not a list", 'Write [["cell-1"], ["cell-2", "cell-3"]]')
        try:
            return Waves(waves, quiet_hours=data.get("quiet_hours"), **patterns)  # type: ignore[arg-type]
        except InputError as error:
            raise InputError(f"{name}: {error.location}", error.problem, error.remedy) from None

    @property
    def cells(self) -> tuple[str, ...]:
        """Names of all cells, in the order of their waves."""
        return tuple(cell for wave in self.waves for cell in wave)

    def cell(self, name: str) -> WaveCell:
        """One cell, for ``GuardOptions(wave=...)``.

        Raises:
            InputError: no wave has it.
        """
        if name not in self.cells:
            raise InputError("Waves", f"have no cell {shown(name)}", f"Use one of {', '.join(self.cells)}")
        return WaveCell(self, name)

    def baseline_file(self, cell: str) -> str:
        """The file of a cell's baseline; ``""`` where a baseline was given instead of a file."""
        if isinstance(self.baselines, (str, Path)):
            return str(self.baselines).replace(CELL, cell)
        given = self.baselines[cell]
        return str(given) if isinstance(given, (str, Path)) else getattr(given, "file", "")

    def baseline(self, cell: str) -> Baseline | InputError:
        """The baseline of a cell without its traffic, or the error that was raised when it was loaded. It is read once."""
        if cell not in self._read:
            given = None if isinstance(self.baselines, (str, Path)) else self.baselines[cell]
            if isinstance(given, (Baseline, InputError)):
                self._read[cell] = given
            else:
                try:
                    self._read[cell] = Baseline.load(self.baseline_file(cell), traffic=False)
                except InputError as error:
                    self._read[cell] = error
        return self._read[cell]

    def settings_file(self, cell: str) -> Path:
        """The file with the declared capacity of a cell.

        Raises:
            InputError: the waves name none.
        """
        if self.settings is None:
            raise InputError("Waves.settings", "is missing", f'Write settings="cells/{CELL}.json"')
        return Path(str(self.settings).replace(CELL, cell))

    def width_problem(self, position: int) -> str | None:
        """What is wrong with the number of cells of a wave; ``None`` if one cell comes first, then about twice as many at most.

        Args:
            position: position of the wave, from 0.
        """
        width = len(self.waves[position])
        widest = max((len(wave) for wave in self.waves[:position]), default=0)
        if position == 0:
            return (
                f"the first wave has {width} cells, so nothing is proved before {width} change"
                if width > 1
                else None
            )
        most = 2 * widest + 1
        return f"it has {width} cells, the widest wave before has {widest}" if width > most else None


@dataclass(frozen=True)
class WaveCell:
    """One cell of a fleet that changes in waves.

    Attributes:
        waves: the waves.
        name: name of the cell.
    """

    waves: Waves
    name: str

    @property
    def position(self) -> int:
        """Position of its wave, from 0."""
        return next(place for place, wave in enumerate(self.waves.waves) if self.name in wave)

    @property
    def earlier(self) -> tuple[str, ...]:
        """Names of the cells of all earlier waves."""
        return tuple(cell for wave in self.waves.waves[: self.position] for cell in wave)

    @property
    def capacity(self) -> Capacity:
        """The declared capacity in the cell's settings file.

        Raises:
            InputError: the waves name no settings, or the file cannot be read.
        """
        return CellSettings.load(self.waves.settings_file(self.name)).capacity


def _alike(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two different names that differ by case or Unicode form alone."""
    seen: dict[str, str] = {}
    for name in names:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
        other = seen.setdefault(folded, name)
        if other != name:
            return other, name
    return None


def _checked_waves(waves: object) -> tuple[tuple[str, ...], ...]:
    remedy = 'Write [["cell-1"], ["cell-2", "cell-3"]]'
    if isinstance(waves, str) or not isinstance(waves, Iterable):
        raise InputError("Waves", f"are {shown(waves)}", remedy)
    checked = []
    for number, wave in enumerate(waves, start=1):
        if isinstance(wave, str) or not isinstance(wave, Iterable):
            raise InputError("Waves", f"wave {number} is {shown(wave)}, not a list of cells", remedy)
        cells = tuple(wave)
        for cell in cells:
            if (
                not isinstance(cell, str)
                or not cell.strip()
                or set(cell) & {"/", "\\"}
                or cell in (".", "..")
                or visible(cell) != cell
            ):
                raise InputError("Waves", f"{shown(cell)} is not a name of a cell", remedy)
        if not cells:
            raise InputError("Waves", f"wave {number} is empty", "Take it out")
        checked.append(cells)
    names = [cell for wave in checked for cell in wave]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError("Waves", f"{twice} is in them twice", "Name each cell once")
    alike = _alike(names)
    if alike is not None:
        # Their files are one file where names of files are compared without case or Unicode form.
        raise InputError(
            "Waves",
            f"have cells {shown(alike[0])} and {shown(alike[1])}, whose names differ by case or Unicode form alone",
            "Give one of them another name",
        )
    if not names:
        raise InputError("Waves", "have no cell", remedy)
    return tuple(checked)


__all__ = ["CELL", "WaveCell", "Waves"]
