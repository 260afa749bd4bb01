"""Synthesis in these tests runs without the CDK's built-in template validation (3 s a process) unless a test asks for it."""

from __future__ import annotations

import gc
import os
from collections import Counter

import pytest

# read when a synthesis runs; set before the first import of aws_cdk, which starts the CDK's own process
os.environ.setdefault("CDK_VALIDATION", "false")
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")


def pytest_collectstart() -> None:
    """Search for no garbage while tests load: all of it stays, and going through it again took a third of the time."""
    gc.disable()


def mark_what_is_not_sampled(items: list[pytest.Item]) -> None:
    """Mark as slow what ``make test`` leaves out of a sampled test: all but its first case and every nth after it."""
    seen: Counter[str] = Counter()
    for item in items:
        sampled = item.get_closest_marker("sampled")
        if sampled is None:
            continue
        test = item.nodeid.partition("[")[0]
        if seen[test] % sampled.kwargs["every"]:
            item.add_marker("slow")
        seen[test] += 1


@pytest.hookimpl(tryfirst=True)  # before pytest selects by markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Know the slow cases, and start the long end-to-end paths first: started last, they leave the other worker without work."""
    mark_what_is_not_sampled(items)
    items.sort(key=lambda item: item.get_closest_marker("smoke") is None)


def pytest_collection_finish() -> None:
    """Search for garbage among what the tests make, and not among what was loaded for them."""
    gc.enable()
    gc.freeze()
