"""Counts the calls into the CDK's own process: they are what most of a synthesis with many tables waits for."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from jsii._kernel.providers import process


class CallCounter:
    """Counts the messages that Python sends to the CDK's process, while it is entered."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> CallCounter:
        send = process._NodeProcess.send

        def counted(node: Any, request: Any, response_type: Any) -> Any:
            self.count += 1
            return send(node, request, response_type)

        self._patch = patch.object(process._NodeProcess, "send", counted)
        self._patch.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._patch.stop()
