"""Emulators that several modules of tests share; a worker starts each of them once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.drawn_durations import DRAW_VARIABLE
from tests.builders.emulated_stack import START, WITHOUT_LATENESS

QUICK = {**WITHOUT_LATENESS, DRAW_VARIABLE: "quick"}
"""Settings where tests say how a change ends, not how long it takes: each takes the shortest time that was measured."""


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator(speed=60, start=START, settings=QUICK) as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """An emulator without resources."""
    running_emulator.reset()
    return running_emulator


@pytest.fixture(scope="session")
def cloudwatch_emulator() -> Iterator[Emulator]:
    """A slower emulator, so that the wall time of a test is little time of its alarms; its metrics are kept."""
    with Emulator(speed=10, start=START, settings=WITHOUT_LATENESS) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def running_iam_emulator() -> Iterator[Emulator]:
    with Emulator(speed=60, start=START, settings=QUICK, iam=True) as emulator:
        yield emulator


@pytest.fixture
def iam_emulator(running_iam_emulator: Emulator) -> Emulator:
    """An emulator without resources that enforces IAM."""
    running_iam_emulator.reset()
    return running_iam_emulator
