"""The in-memory fake agrees with every row."""

from __future__ import annotations

import pytest

from tests.conformance.fake_system import FakeSystem
from tests.conformance.rows import Row, rows_for
from tests.conformance.runner import run
from tests.fakes.dynamodb_seconds import QUICK, SLOW, Seconds


@pytest.mark.parametrize("row", rows_for("fake"), ids=lambda row: row.id)
def test_row_when_put_to_the_fake_holds(row: Row) -> None:
    run(row, FakeSystem())


def _takes_time(row: Row) -> bool:
    return "seconds" in row.expect or any(step.keys() & {"after", "settled", "table"} for step in row.state)


@pytest.mark.parametrize("seconds", [QUICK, SLOW], ids=["quick", "slow"])
@pytest.mark.parametrize("row", [*filter(_takes_time, rows_for("fake"))], ids=lambda row: row.id)
def test_row_when_the_changes_are_as_quick_or_as_slow_as_was_measured_holds(
    row: Row, seconds: Seconds
) -> None:
    run(row, FakeSystem(seconds))
