"""One task a table, spread over processes: replays keep one core busy each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import TypeVar

from ..capacity.errors import InputError

T = TypeVar("T")
R = TypeVar("R")

FEW = 8
"""Tables from which on it pays to start processes."""


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(task: Callable[[T], R], items: Sequence[T], parallel: int) -> Iterator[R]:
    """Results of a task for each item, in their order.

    Args:
        task: what to do; a function of a module, since another process looks it up by name.
        items: what to do it with.
        parallel: processes; 1 does everything in this one, as fewer than ``FEW`` items do.

    Raises:
        InputError: a process was ended from outside. What the task raises is raised here.
    """
    if parallel == 1 or len(items) < FEW:
        yield from map(task, items)
        return
    ForkingPickler.register(MappingProxyType, _reduced)
    with ProcessPoolExecutor(min(parallel, len(items))) as pool:
        try:
            yield from pool.map(task, items, chunksize=max(1, min(8, len(items) // (4 * parallel))))
        except BrokenProcessPool:
            raise InputError(
                "--parallel", "a process was ended, perhaps for want of memory", "Try again with --parallel 1"
            ) from None


def _reduced(proxy: MappingProxyType[object, object]) -> tuple[Callable[..., object], tuple[object]]:
    return _proxy, (dict(proxy),)


def _proxy(of: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(of)


__all__ = ["FEW", "cores", "spread"]
