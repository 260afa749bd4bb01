"""The dimension: reads or writes of a table or of one of its indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .errors import InputError
from .plain_data import shown

Access = Literal["read", "write"]
ACCESSES: tuple[Access, Access] = ("read", "write")
TABLE = "table"
"""Resource key of the table itself."""


def resource_key(index: str | None) -> str:
    """``table`` for the table itself, ``index/<name>`` for an index (an index may have the name "table")."""
    return TABLE if index is None else f"index/{index}"


def index_of(key: str) -> str | None:
    """Name of the index of a resource key, ``None`` for the table."""
    return None if key == TABLE else key.removeprefix("index/")


def resource_label(index: str | None) -> str:
    """Name of a table (``table``) or of an index in messages. An index called ``table`` is ``index table``.

    Args:
        index: name of the index, ``None`` for the table.
    """
    return f"index {TABLE}" if index == TABLE else index or TABLE


@dataclass(frozen=True, order=True)
class Dimension:
    """Reads or writes of the table (``index=None``) or of one global secondary index."""

    index: str | None
    access: Access

    @property
    def resource(self) -> str:
        """``table`` or ``index/<name>``."""
        return resource_key(self.index)

    @property
    def key(self) -> str:
        """Name in files, which never changes: ``table/write``, ``index/by_agent/read``."""
        return f"{self.resource}/{self.access}"

    @property
    def label(self) -> str:
        """Name in messages: ``table, write`` or ``by_agent, read``."""
        return f"{resource_label(self.index)}, {self.access}"

    @staticmethod
    def parse(key: str) -> Dimension:
        """The dimension of a key.

        Args:
            key: for example ``table/write``.

        Raises:
            InputError: the key is neither ``table/...`` nor ``index/<name>/...`` with ``read`` or ``write``.
        """
        resource, _, access = key.rpartition("/")
        if access in ACCESSES and (
            resource == TABLE or (resource.startswith("index/") and len(resource) > 6)
        ):
            return Dimension(index_of(resource), "read" if access == "read" else "write")
        raise InputError(
            key, "is not a dimension", "Write table/read, table/write or index/<name>/read|write"
        )


def checked_indexes(value: Any, location: str) -> Mapping[str, Any]:
    """What was given for the indexes of a table, by name; empty for ``None``.

    Args:
        value: the value.
        location: the place that the error names.

    Raises:
        InputError: it is no dictionary, or a key is not a name.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(location, f"{shown(value)} is not a dictionary", 'Write {"<index name>": capacity}')
    for name in value:
        if not isinstance(name, str) or not name:
            raise InputError(location, f"{shown(name)} is not the name of an index", "Give its name as text")
    return value


def unknown_index(location: str, existing: Iterable[str], problem: str) -> InputError:
    """The error for the name of an index that a table does not have: it says which ones may be written instead.

    Args:
        location: the place that the error names.
        existing: the indexes that the table has.
        problem: what is wrong, as a clause.
    """
    names = ", ".join(existing)
    remedy = f"Use one of its indexes: {names}" if names else "Leave it out: the table has no index"
    return InputError(location, problem, remedy)


__all__ = [
    "ACCESSES",
    "TABLE",
    "Access",
    "Dimension",
    "checked_indexes",
    "index_of",
    "resource_key",
    "resource_label",
    "unknown_index",
]
