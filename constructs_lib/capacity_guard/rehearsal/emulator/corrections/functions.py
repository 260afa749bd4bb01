"""Corrections: how long a Lambda function may run."""

from __future__ import annotations

import threading
import time
from types import ModuleType
from typing import Any

from . import _ministack as ministack
from . import correction

TIMEOUT_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"

LEAST_WALL_SECONDS = 10.0
"""Wall seconds that every invocation has: starting Python and importing an SDK costs the machine's time, and thirty
times as much on the rehearsal clock, which no function on AWS has to pay."""


class _RehearsalThread(threading.Thread):
    """A thread whose `join` counts rehearsal seconds, where threading's own would count the wall's."""

    def join(self, timeout: float | None = None) -> None:
        if timeout is None:
            super().join()
            return
        rehearsal_end, wall_end = time.time() + timeout, time.monotonic() + LEAST_WALL_SECONDS
        while self.is_alive() and (time.time() < rehearsal_end or time.monotonic() < wall_end):
            # Short pieces, so that a jump of the clock ends the wait.
            super().join(0.05)


@correction("lambda.timeout", TIMEOUT_PAGE)
def count_timeouts_on_the_rehearsal_clock() -> None:
    """A function's timeout counts rehearsal seconds, but leaves it ten wall seconds to start and answer."""
    runtime: Any = ministack.module("core.lambda_runtime")
    own_threading = ModuleType("threading")
    vars(own_threading).update(vars(threading), Thread=_RehearsalThread)
    runtime.threading = own_threading
