"""Corrections: how long a Lambda function may run."""

from __future__ import annotations

import threading
import time
from types import ModuleType
from typing import Any

from . import correction, ministack

TIMEOUT_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"

LEAST_WALL_SECONDS = 10.0
"""Wall seconds that every invocation has at least. Starting Python and importing an SDK takes wall time, which is
thirty times as long on the rehearsal clock; a function on AWS does not have this delay."""


class _RehearsalThread(threading.Thread):
    """A thread whose `join` counts seconds of the rehearsal clock instead of the wall clock."""

    def join(self, timeout: float | None = None) -> None:
        if timeout is None:
            super().join()
            return
        rehearsal_end, wall_end = time.time() + timeout, time.monotonic() + LEAST_WALL_SECONDS
        while self.is_alive() and (time.time() < rehearsal_end or time.monotonic() < wall_end):
            # Waits in short pieces, so that a jump of the clock ends the wait.
            super().join(0.05)


@correction("lambda.timeout", TIMEOUT_PAGE)
def count_timeouts_on_the_rehearsal_clock() -> None:
    """A function's timeout counts rehearsal seconds, but is never shorter than ten wall seconds."""
    runtime: Any = ministack.module("core.lambda_runtime")
    own_threading = ModuleType("threading")
    vars(own_threading).update(vars(threading), Thread=_RehearsalThread)
    runtime.threading = own_threading
