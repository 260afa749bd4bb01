"""Durations that a run draws from measured ranges, by a seed: the same seed gives the same durations.

A subclass is a frozen dataclass whose fields are seconds; each has its range in `RANGES`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Self

PREFIX = "CAPACITY_GUARD_SECONDS_"
"""The name of an environment variable is this prefix and the field's name in upper case."""
DRAW_VARIABLE = "CAPACITY_GUARD_DURATIONS"
"""Environment variable: ``quick`` or ``slow`` for the ends of the ranges, else the seed of the draw."""
DEFAULT_SEED = "1"


class DrawnDurations:
    """Durations in seconds of the rehearsal clock."""

    RANGES: ClassVar[Mapping[str, tuple[float, float]]]
    """Shortest and longest duration of each field, in seconds."""
    SHARE_OF_ZERO: ClassVar[Mapping[str, float]] = {}
    """Share of the draws in which a field is 0, where that is one of two readings."""

    @classmethod
    def quick(cls) -> Self:
        """The shortest durations that were measured."""
        return cls(**{name: low for name, (low, _) in cls.RANGES.items()})

    @classmethod
    def slow(cls) -> Self:
        """The longest durations that were measured."""
        return cls(**{name: high for name, (_, high) in cls.RANGES.items()})

    @classmethod
    def drawn(cls, seed: str) -> Self:
        """Durations drawn from the ranges, the same for the same seed."""
        values = {}
        for name, (low, high) in cls.RANGES.items():
            # one generator for each field: a further field leaves the others as they were
            draw = random.Random(f"{seed}/{name}")  # noqa: S311 (no secret)
            share = cls.SHARE_OF_ZERO.get(name)
            without = share is not None and draw.random() < share
            values[name] = 0.0 if without else round(draw.uniform(low, high), 1)
        return cls(**values)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The durations that the environment draws (see DRAW_VARIABLE), replaced by what it sets (see PREFIX).

        Raises ValueError for a value that is not a number of seconds; the message names the variable.
        """
        environment = os.environ if environment is None else environment
        draw = environment.get(DRAW_VARIABLE, DEFAULT_SEED)
        values = vars({"quick": cls.quick, "slow": cls.slow}.get(draw, lambda: cls.drawn(draw))())
        overrides: dict[str, Any] = {}
        for field in fields(cls):  # type: ignore[arg-type]
            name = PREFIX + field.name.upper()
            text = environment.get(name)
            if text is None:
                continue
            try:
                value = float(text)
            except ValueError:
                value = -1.0
            if not 0.0 <= value < float("inf"):
                raise ValueError(f"{name}={text!r} is not a duration: give a number of seconds, 0 or more")
            overrides[field.name] = value
        return cls(**{**values, **overrides})


__all__ = ["DEFAULT_SEED", "DRAW_VARIABLE", "PREFIX", "DrawnDurations"]
