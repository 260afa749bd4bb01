"""Spreads tasks over processes, one task for each table: a replay uses one core."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import TypeVar

from ..capacity.errors import InputError
from ..evidence.files_read import files_read, note_all

T = TypeVar("T")
R = TypeVar("R")

MINIMUM_FOR_PROCESSES = 8
"""Number of tables from which processes are faster than the current process alone."""


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    task: Callable[[T], R],
    items: Sequence[T],
    parallel: int,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[R]:
    """Results of a task for each item, in the order of the items.

    Args:
        task: the task; a module-level function, since other processes look it up by name.
        items: the items.
        parallel: number of processes; with 1, or fewer than ``MINIMUM_FOR_PROCESSES`` items, the current process runs all
            tasks.
        progress: called with the number of finished items and of all, before the first and after each.

    Raises:
        InputError: another process ended one of the processes. Exceptions of the task are raised unchanged.
    """
    if progress is not None:
        progress(0, len(items))
    for done, result in enumerate(_results(task, items, parallel), start=1):
        if progress is not None:
            progress(done, len(items))
        yield result


def _results(task: Callable[[T], R], items: Sequence[T], parallel: int) -> Iterator[R]:
    if parallel == 1 or len(items) < MINIMUM_FOR_PROCESSES:
        yield from map(task, items)
        return
    ForkingPickler.register(MappingProxyType, _reduce_proxy)
    with ProcessPoolExecutor(min(parallel, len(items))) as pool:
        try:
            chunks = max(1, min(8, len(items) // (4 * parallel)))
            for result, read in pool.map(partial(_noting, task), items, chunksize=chunks):
                note_all(read)
                yield result
        except BrokenProcessPool:
            raise InputError(
                "--parallel", "a process was ended, perhaps for want of memory", "Try again with --parallel 1"
            ) from None


def _noting(task: Callable[[T], R], item: T) -> tuple[R, set[tuple[int, int]]]:
    """The result of a task, and the files that it has read."""
    with files_read() as read:
        return task(item), read


def _reduce_proxy(proxy: MappingProxyType[object, object]) -> tuple[Callable[..., object], tuple[object]]:
    return _restore_proxy, (dict(proxy),)


def _restore_proxy(data: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(data)


__all__ = ["MINIMUM_FOR_PROCESSES", "cores", "spread"]
