"""The settings file of a cell: the same after a round trip, promoted once, wrong files refused."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Capacity, InputError, Units
from capacity_guard.evidence.cell_settings import CellSettings
from tests.builders.domain import capacities
from tests.paths import ROOT

settings = st.builds(CellSettings, capacities(), st.none() | capacities())


@given(settings)
def test_settings_when_saved_and_loaded_are_the_same_and_so_are_their_bytes(cell: CellSettings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cell.json"
        cell.save(path)
        content = path.read_bytes()
        assert CellSettings.load(path) == cell
        CellSettings.load(path).save(path)
        assert path.read_bytes() == content


@given(settings)
def test_settings_when_promoted_declare_the_next_capacity_once(cell: CellSettings) -> None:
    promoted = cell.promoted
    assert promoted.next is None
    assert promoted.capacity == (cell.capacity if cell.next is None else cell.next)
    assert promoted.promoted == promoted


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"schema": "x"}, "schema: is 'x'"),
        ({"version": 2}, "version: is 2, not 1. Install a newer"),
        ({"version": True}, "version: is True"),
        ({"more": 1}, "more: is not a known field"),
        ({"capacity": None}, "capacity: .*Correct the file"),
        ({"next": {}}, "next"),
        ({"next": 7}, "next"),
    ],
)
def test_file_when_a_field_is_wrong_is_refused(tmp_path: Path, fields: Any, error: str) -> None:
    path = tmp_path / "cell.json"
    path.write_text(json.dumps({**json.loads(CellSettings(Capacity.on_demand()).text()), **fields}))
    with pytest.raises(InputError, match=error):
        CellSettings.load(path)


@pytest.mark.parametrize("content", [None, b"\xff", b"{", b"[]"])
def test_file_when_it_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "cell.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"cell\.json"):
        CellSettings.load(path)


def test_file_when_it_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        CellSettings(Capacity.on_demand()).save(tmp_path / "missing" / "cell.json")


def test_settings_of_the_page_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "waves.md").read_text(encoding="utf-8")
    (block,) = [text for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL) if "guard/cell" in text]
    (tmp_path / "cell.json").write_text(block)
    assert CellSettings.load(tmp_path / "cell.json").next == Capacity.on_demand(warm=Units(write=1_200))
