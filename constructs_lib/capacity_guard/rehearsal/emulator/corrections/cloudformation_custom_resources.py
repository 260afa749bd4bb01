"""Corrections of the emulated CloudFormation: how long a custom resource may take."""

from __future__ import annotations

import threading
import time

from . import correction, ministack
from .cloudformation_engine import GUIDE


class _RehearsalEvent(threading.Event):
    """An event whose `wait` counts seconds of the rehearsal clock instead of the wall clock."""

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None:
            return super().wait()
        end = time.time() + timeout
        while time.time() < end:
            # Waits in short pieces, so that a jump of the clock ends the wait.
            if super().wait(0.05):
                return True
        return self.is_set()


@correction("cloudformation.service-timeout", f"{GUIDE}/crpg-ref-requesttypes.html (ServiceTimeout, seconds)")
def count_service_timeout_on_the_rehearsal_clock() -> None:
    """ServiceTimeout of a custom resource counts rehearsal seconds."""
    custom_resource = ministack.module("services.cloudformation.custom_resource")

    def register_token(token: str) -> threading.Event:
        event = _RehearsalEvent()
        with custom_resource._lock:
            custom_resource._pending[token] = {"event": event, "result": None}
        return event

    custom_resource.register_token = register_token
