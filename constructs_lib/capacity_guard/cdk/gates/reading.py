"""``Reading``: what a guard has read of its table in the template of the stack."""

from __future__ import annotations

from dataclasses import dataclass

from ...capacity.capacity import Capacity
from ...capacity.errors import InputError
from ...cloudformation.declared_capacity import DeclaredCapacity
from .unread_declaration import UnreadDeclaration


@dataclass(frozen=True)
class Reading:
    """What a guard has read of its table in the template of the stack; nothing before the template was read.

    Attributes:
        declared: what the template states; ``None`` where it cannot be read.
        capacity: the single capacity that it declares, with what the code declares beside the template.
        code_capacity: the capacity that the code of a ``GuardedTable`` declares, where the template states another one.
        error: why the capacity could not be read, or the table not be guarded. What was read before the error is kept.
        declaration: what may state a capacity that cannot be read; ``None`` where there is no gate for it.
    """

    declared: DeclaredCapacity | None = None
    capacity: Capacity | None = None
    code_capacity: Capacity | None = None
    error: InputError | None = None
    declaration: UnreadDeclaration | None = None

    @property
    def is_done(self) -> bool:
        """Whether the guard has tried to read its table."""
        return self.declared is not None or self.error is not None


__all__ = ["Reading"]
