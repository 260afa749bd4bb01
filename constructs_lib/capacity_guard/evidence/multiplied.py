"""Recorded series times a factor, worked out when they are asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence

from ..capacity.dimension import Dimension


class Multiplied(Mapping[Dimension, Sequence[float]]):
    """Series times a factor.

    Args:
        series: units per minute, by dimension; NaN is a gap.
        factor: the factor.
        kept: what was worked out before, by factor and dimension, and what will be.
    """

    def __init__(
        self,
        series: Mapping[Dimension, Sequence[float]],
        factor: float,
        kept: dict[tuple[float, Dimension], Sequence[float]],
    ) -> None:
        self._series, self._factor, self._kept = series, factor, kept

    def __getitem__(self, dimension: Dimension) -> Sequence[float]:
        key = self._factor, dimension
        if key not in self._kept:
            factor = self._factor
            self._kept[key] = array("d", [units * factor for units in self._series[dimension]])
        return self._kept[key]

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)


__all__ = ["Multiplied"]
