"""The cells of a fleet that change in the same synthesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cdk.fleet.registry import tables_of
from ..rules.wave_proof import is_unproven

if TYPE_CHECKING:
    from ..cdk.guards.guard import Guard


def changing_cells(guard: Guard) -> tuple[str, ...]:
    """Names of the cells of a guard's waves whose copies of its table are in transition, each once; reliefs do not count.

    Args:
        guard: the guard, when every guard of the app has read its table.
    """
    cell = guard.options.wave
    if cell is None:
        return ()
    names = []
    for other in tables_of(guard.place.root):
        of_other = other.options.wave
        if of_other is None or of_other.waves != cell.waves or other.reading.error is not None:
            continue
        if other.transition is not None and is_unproven(other.transition):
            names.append(of_other.name)
    return tuple(dict.fromkeys(names))


__all__ = ["changing_cells"]
