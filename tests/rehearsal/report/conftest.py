"""Raw records of a small rehearsal, for every test of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.rehearsal_records import Raw


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    return Raw(tmp_path / "raw")
