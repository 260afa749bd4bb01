"""What is worked out once for a construct, and kept as long as it lives: on its Python object, so two apps share nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from constructs import IConstruct

Kept = TypeVar("Kept")
_KEPT = "_capacity_guard_kept"


def kept_of(owner: IConstruct, key: Hashable, make: Callable[[], Kept]) -> Kept:
    """What is kept of a construct under a key.

    Args:
        owner: the construct, for example the root of an app.
        key: what it is for; it begins with the function that asks.
        make: makes it where nothing is kept yet.
    """
    kept: dict[Hashable, object] = vars(owner).setdefault(_KEPT, {})
    if key not in kept:
        kept[key] = make()
    return cast(Kept, kept[key])


__all__ = ["kept_of"]
