"""The settings file of a cell: its declared capacity, and the one that its wave gives it next."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.plain_data import RECORD_AGAIN
from .document import Format, read_document
from .files import displayed_path, write_whole

_SCHEMA = "capacity-guard/cell"
_VERSION = 1
_REMEDY = "Correct the file: `capacity-guard docs waves` shows one"
_FORMAT = Format(
    _SCHEMA, {_VERSION: ("schema", "version", "capacity", "next")}, remedy=_REMEDY, other=f"Write {_SCHEMA}"
)


@dataclass(frozen=True)
class CellSettings:
    """The capacity of one table in one cell.

    Attributes:
        capacity: the declared capacity.
        next: the capacity that ``capacity-guard promote`` declares once it is the cell's turn; ``None`` if there is none.
    """

    capacity: Capacity
    next: Capacity | None = None

    @property
    def promoted(self) -> CellSettings:
        """The settings with the next capacity declared."""
        return self if self.next is None else replace(self, capacity=self.next, next=None)

    def text(self) -> str:
        """The file's content; the same settings always give the same bytes."""
        data = {
            "schema": _SCHEMA,
            "version": _VERSION,
            "capacity": self.capacity.to_json(),
            "next": None if self.next is None else self.next.to_json(),
        }
        return json.dumps(data, indent=2) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        try:
            write_whole(Path(path), self.text())
        except OSError as error:
            raise InputError(
                displayed_path(Path(path)), f"cannot be written ({error.strerror})", "Check its permissions"
            ) from None

    @staticmethod
    def load(path: str | Path) -> CellSettings:
        """Read a settings file.

        Raises:
            InputError: it cannot be read, or a field is wrong; the error names file and field.
        """
        path = Path(path)
        name = displayed_path(path)
        data = read_document(
            path, _FORMAT, absent="Write the cell's settings: `capacity-guard docs waves` shows some"
        )
        following = data.get("next")
        return CellSettings(
            _capacity(data.get("capacity"), f"{name}: capacity"),
            None if following is None else _capacity(following, f"{name}: next"),
        )


def _capacity(value: object, location: str) -> Capacity:
    try:
        return Capacity.from_json(value, location)
    except InputError as error:
        remedy = _REMEDY if error.remedy == RECORD_AGAIN else error.remedy
        raise InputError(error.location, error.problem, remedy) from None


__all__ = ["CellSettings"]
