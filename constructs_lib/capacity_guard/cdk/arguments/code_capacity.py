"""``CodeCapacity``: what code declares of a capacity beside the table's template, which states no warm throughput."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...capacity.capacity import Capacity, Units
from ...capacity.dimension import index_of, resource_key, unknown_index
from .billing import stated


@dataclass(frozen=True)
class CodeCapacity:
    """What the code of a guard declares: warm throughput, and for a ``GuardedTable`` the whole capacity.

    Attributes:
        warm: warm throughput by resource key, in units per second.
        whole: the capacity of table and indexes; ``None`` where the table's own code declares it.
    """

    warm: Mapping[str, Units] = field(default_factory=dict)
    whole: Capacity | None = None

    @staticmethod
    def of(capacity: Capacity) -> CodeCapacity:
        """The declaration of a ``GuardedTable``.

        Args:
            capacity: its capacity, with an entry for each index.
        """
        resources = {resource_key(name): capacity.of(name) for name in (None, *capacity.indexes)}
        warm = {key: part.warm for key, part in resources.items() if part.warm is not None}
        return CodeCapacity(warm, capacity)

    def complete(self, template: Capacity, location: str) -> Capacity:
        """The capacity that a template states, with the warm throughput of the code.

        Where the template states what the code of a ``GuardedTable`` declares, the result is what the code says: a template has
        fixed writes of a GlobalTable as auto scaling.

        Args:
            template: the capacity that the template states.
            location: the guard, for errors.

        Raises:
            InputError: the guard beside a table declares warm throughput for an index that the table does not have.
        """
        warm = self._with_warm(template, location)
        if self.whole is not None and warm == self._with_warm(stated(self.whole), location):
            return self.whole
        return warm

    def _with_warm(self, template: Capacity, location: str) -> Capacity:
        indexes, table = dict(template.indexes), template.table
        for key, units in self.warm.items():
            name = index_of(key)
            if name is None:
                table = replace(table, warm=units)
            elif name in indexes:
                indexes[name] = replace(indexes[name], warm=units)
            elif self.whole is None:
                raise unknown_index(f'{location}: warm["{name}"]', indexes, "is not an index of this table")
        return replace(template, table=table, indexes=indexes)


__all__ = ["CodeCapacity"]
