"""Synthesis in these tests runs without the CDK's built-in template validation (3 s a process) unless a test asks for it."""

from __future__ import annotations

import gc
import os

import pytest

# read when a synthesis runs; set before the first import of aws_cdk, which starts the CDK's own process
os.environ.setdefault("CDK_VALIDATION", "false")
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")


def pytest_collectstart() -> None:
    """Search for no garbage while tests load: all of it stays, and going through it again took a third of the time."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long end-to-end paths first: started last, they leave the other worker without work."""
    items.sort(key=lambda item: item.get_closest_marker("smoke") is None)


def pytest_collection_finish() -> None:
    """Search for garbage among what the tests make, and not among what was loaded for them."""
    gc.enable()
    gc.freeze()
