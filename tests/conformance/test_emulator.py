"""The emulator with its corrections agrees with every row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from capacity_guard.rehearsal.emulator.launcher import Emulator
from tests.builders.emulated_stack import WITHOUT_LATENESS
from tests.conformance.emulator_system import START, EmulatorSystem
from tests.conformance.rows import Row, rows_for
from tests.conformance.runner import RowError, run


@pytest.fixture(scope="module")
def system() -> Iterator[EmulatorSystem]:
    with Emulator(speed=1, start=START, settings=WITHOUT_LATENESS) as running:
        yield EmulatorSystem(running)


@pytest.mark.sampled(every=62)
@pytest.mark.parametrize("row", rows_for("emulator"), ids=lambda row: row.id)
def test_row_when_put_to_the_emulator_holds(row: Row, system: EmulatorSystem) -> None:
    system.clear()
    try:
        run(row, system)
    except RowError:
        # The shortest of the service's changes take a second, and a busy machine may stand still for longer between two
        # calls. A row that the emulator really disagrees with fails again.
        run(row, system)
