"""The in-memory fake agrees with every row."""

from __future__ import annotations

import pytest

from tests.conformance.fake_system import FakeSystem
from tests.conformance.rows import Row, rows_for
from tests.conformance.runner import run


@pytest.mark.parametrize("row", rows_for("fake"), ids=lambda row: row.id)
def test_row_when_put_to_the_fake_holds(row: Row) -> None:
    run(row, FakeSystem())
