"""Fixtures of all modules of this room."""

from __future__ import annotations

from tests.builders.synthesis_fixtures import capfd, machine_clock

__all__ = ["capfd", "machine_clock"]
