"""Records many tables in parallel: the failure of one table does not lose the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread

from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from .aws import CallFailed


@dataclass(frozen=True)
class TableResult:
    """The result of one table: its baseline, or the error."""

    name: str
    result: Baseline | InputError


def record_fleet(
    names: Sequence[str],
    record: Callable[[str], Baseline],
    parallel: int,
    done: Callable[[TableResult], None],
    stop: Event,
) -> None:
    """Record tables in parallel.

    Args:
        names: names of the tables.
        record: records one table. Its ``InputError`` ends that table alone, unless every other call fails the same way.
        parallel: tables at a time.
        done: called with the result of each table when it ends.
        stop: set when no more calls may be made; ``record`` then ends at its next call.

    Raises:
        CallFailed: a call of a table failed in a way in which every call fails.
        KeyboardInterrupt: the recording was interrupted. The tables that were being recorded have ended, unless a second
            interrupt came.
    """
    waiting: SimpleQueue[str] = SimpleQueue()
    ended: SimpleQueue[TableResult | BaseException] = SimpleQueue()
    for name in names:
        waiting.put(name)

    def work() -> None:
        while not stop.is_set():
            try:
                name = waiting.get_nowait()
            except Empty:
                return
            try:
                ended.put(TableResult(name, record(name)))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for results
                affects_all = isinstance(error, CallFailed) and error.affects_every_call
                if isinstance(error, InputError) and not affects_all:
                    ended.put(TableResult(name, error))
                else:
                    # First the error, then the stop: the stop makes the other threads fail too.
                    ended.put(error)
                    stop.set()

    # Not a thread pool: at exit the interpreter waits for the threads of a pool, even after an interrupt.
    threads = [Thread(target=work, daemon=True) for _ in range(min(parallel, len(names)))]
    for thread in threads:
        thread.start()
    try:
        for _ in names:
            result = ended.get()
            if isinstance(result, BaseException):
                raise result
            done(result)
    except BaseException:
        stop.set()  # an interrupt of this thread has not set it
        for thread in threads:
            thread.join()
        while not ended.empty():
            result = ended.get()
            if isinstance(result, TableResult) and isinstance(result.result, Baseline):
                done(result)
        raise


__all__ = ["TableResult", "record_fleet"]
