"""A table or one of its indexes, read or written: the unit of all evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import InputError

Access = Literal["read", "write"]


ACCESSES: tuple[Access, Access] = ("read", "write")


TABLE = "table"


def resource_key(index: str | None) -> str:
    """``table`` for the table itself, ``index/<name>`` for an index (an index may itself be called "table")."""
    return TABLE if index is None else f"index/{index}"


def index_of(key: str) -> str | None:
    """The index that a resource key names, ``None`` for the table."""
    return None if key == TABLE else key.removeprefix("index/")


@dataclass(frozen=True, order=True)
class Dimension:
    """The unit of all evidence: the table (``index=None``) or one global secondary index, read or write."""

    index: str | None
    access: Access

    @property
    def resource(self) -> str:
        """``table`` or ``index/<name>``."""
        return resource_key(self.index)

    @property
    def key(self) -> str:
        """Stable name in files: ``table/write``, ``index/by_agent/read``."""
        return f"{self.resource}/{self.access}"

    @property
    def label(self) -> str:
        """The same for people: ``table, write`` or ``by_agent, read``."""
        return f"{self.index or 'table'}, {self.access}"

    @staticmethod
    def parse(key: str) -> Dimension:
        """The dimension that a key names.

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


__all__ = ["ACCESSES", "TABLE", "Access", "Dimension", "index_of", "resource_key"]
