"""Series times a factor: each worked out once, when it is asked for."""

from __future__ import annotations

from array import array

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.evidence.multiplied import Multiplied

READ, WRITE = Dimension(None, "read"), Dimension(None, "write")


def test_series_is_multiplied_when_it_is_asked_for_and_once() -> None:
    kept: dict[tuple[float, Dimension], object] = {}
    series = {READ: array("d", [1.0, 2.0]), WRITE: array("d", [3.0, 4.0])}
    made = Multiplied(series, 1.5, kept)  # type: ignore[arg-type]
    assert (list(made), len(made), kept) == ([READ, WRITE], 2, {})
    assert list(made[READ]) == [1.5, 3.0]
    assert list(kept) == [(1.5, READ)]
    assert made[READ] is Multiplied(series, 1.5, kept)[READ]  # type: ignore[arg-type]
    assert list(Multiplied(series, 2.0, kept)[READ]) == [2.0, 4.0]  # type: ignore[arg-type]
