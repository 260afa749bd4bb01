"""Waves: checked when they are made, read from a file with patterns relative to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, InputError
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.cell_settings import CellSettings
from capacity_guard.evidence.waves import Waves
from tests.builders.cases import baseline
from tests.paths import ROOT

FILES = "baselines/{cell}/orders.json"


@pytest.mark.parametrize(
    ("waves", "error"),
    [
        ([], "have no cell"),
        ([[]], "wave 1 is empty"),
        ([["a"], []], "wave 2 is empty"),
        ([["a"], ["b", "a"]], "a is in them twice"),
        ([["cell-1"], ["Cell-1"]], "differ by case or Unicode form alone"),
        ([["caf\u00e9"], ["cafe\u0301"]], "differ by case or Unicode form alone"),
        ("abc", "are 'abc'"),
        (["a", "b"], "wave 1 is 'a'"),
        ([["a"], 7], "wave 2 is 7"),
        ([[1]], "1 is not a name"),
        ([["a/b"]], "is not a name"),
        ([[".."]], "is not a name"),
        ([[" "]], "is not a name"),
        ([["a\0b"]], "is not a name"),
        ([["a\n::error::"]], "is not a name"),
        ([["\ud800"]], "is not a name"),
        (7, "are 7"),
    ],
)
def test_waves_when_they_are_wrong_are_refused(waves: Any, error: str) -> None:
    with pytest.raises(InputError, match=error):
        Waves(waves, baselines=FILES)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"baselines": "baselines/orders.json"}, "names the same file for each cell"),
        ({"baselines": FILES, "settings": "cells.json"}, "names the same file for each cell"),
        ({"baselines": {"a": "a.json"}}, "has none of b"),
        ({"baselines": {"a": "x.json", "b": Path("x.json")}}, "gives 'x.json' to two cells"),
        ({"baselines": {"a": "x.json", "b": "./x.json"}}, "gives 'x.json' to two cells"),
        ({"baselines": {"a": Path("c/x.json"), "b": "c//d/../x.json"}}, "gives 'c/x.json' to two cells"),
        ({"baselines": None}, "is missing"),
        ({"baselines": 7}, "is int"),
        ({"baselines": FILES, "settings": {"a": "a.json"}}, "is dict"),
        ({"baselines": FILES, "quiet_hours": 0}, "is not a number"),
        ({"baselines": FILES, "quiet_hours": 337}, "is not a number"),
        ({"baselines": FILES, "quiet_hours": True}, "is not a number"),
    ],
)
def test_settings_of_waves_when_they_are_wrong_are_refused(given: Any, error: str) -> None:
    with pytest.raises(InputError, match=error):
        Waves([["a"], ["b"]], **given)


def test_cell_knows_the_cells_of_all_earlier_waves() -> None:
    waves = Waves([["a"], ["b", "c"], ["d"]], baselines=FILES)
    assert waves.cells == ("a", "b", "c", "d")
    assert [(waves.cell(name).position, waves.cell(name).earlier) for name in waves.cells] == [
        (0, ()),
        (1, ("a",)),
        (1, ("a",)),
        (2, ("a", "b", "c")),
    ]
    with pytest.raises(InputError, match=r"have no cell 'e'.*Use one of a, b, c, d"):
        waves.cell("e")


@pytest.mark.parametrize(
    ("widths", "wide"),
    [
        ((1, 2, 4, 8), []),
        ((1, 3, 7), []),
        ((1, 4), [1]),
        ((2, 2), [0]),
        ((1, 1, 2), []),
        ((1, 2, 1, 5, 12), [4]),
    ],
)
def test_wave_when_it_is_more_than_about_twice_as_wide_is_named(widths: Any, wide: list[int]) -> None:
    cells = [[f"{wave}-{number}" for number in range(width)] for wave, width in enumerate(widths)]
    waves = Waves(cells, baselines=FILES)
    assert [at for at in range(len(widths)) if waves.width_problem(at) is not None] == wide


def test_baseline_is_read_once_and_without_its_traffic(tmp_path: Path) -> None:
    baseline().save(tmp_path / "a.json")
    waves = Waves([["a"], ["b"]], baselines=tmp_path / "{cell}.json")
    found = waves.baseline("a")
    assert isinstance(found, Baseline)
    assert found.traffic is None
    (tmp_path / "a.json").unlink()
    assert waves.baseline("a") is found
    missing = waves.baseline("b")
    assert isinstance(missing, InputError)
    assert missing.problem == "is missing"


def write(folder: Path, **fields: Any) -> Path:
    data = {
        "schema": "capacity-guard/waves",
        "version": 1,
        "waves": [["a"], ["b", "c"]],
        "baselines": "baselines/{cell}.json",
        "settings": "cells/{cell}.json",
        **fields,
    }
    path = folder / "waves.json"
    path.write_text(json.dumps({name: value for name, value in data.items() if value is not ...}))
    return path


def test_file_when_loaded_has_patterns_relative_to_its_folder(tmp_path: Path) -> None:
    waves = Waves.load(write(tmp_path, quiet_hours=24))
    assert waves == Waves(
        [["a"], ["b", "c"]],
        baselines=tmp_path / "baselines/{cell}.json",
        settings=tmp_path / "cells/{cell}.json",
        quiet_hours=24,
    )
    assert waves.settings_file("b") == tmp_path / "cells" / "b.json"
    assert Waves.load(write(tmp_path, settings=...)).settings is None


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"schema": "x"}, "waves.json: schema: is 'x'"),
        ({"version": 2}, "waves.json: version: is 2, not 1. Install a newer"),
        ({"version": True}, "version: is True"),
        ({"waves": ...}, "waves: is not a list"),
        ({"waves": [["a"], ["a"]]}, "waves.json: Waves: a is in them twice"),
        ({"baselines": ...}, "baselines: is missing"),
        ({"baselines": 7}, "baselines: is 7"),
        ({"settings": "cells.json"}, "names the same file"),
        ({"quiet_hours": "a day"}, "is not a number"),
        ({"more": 1}, "more: is not a known field"),
    ],
)
def test_file_when_a_field_is_wrong_is_refused(tmp_path: Path, fields: Any, error: str) -> None:
    with pytest.raises(InputError, match=error):
        Waves.load(write(tmp_path, **fields))


@pytest.mark.parametrize("content", [None, b"\xff", b"{", b"[]"])
def test_file_when_it_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "waves.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"waves\.json"):
        Waves.load(path)


def test_capacity_of_a_cell_is_that_of_its_settings(tmp_path: Path) -> None:
    waves = Waves.load(write(tmp_path))
    (tmp_path / "cells").mkdir()
    CellSettings(Capacity.on_demand()).save(tmp_path / "cells" / "b.json")
    assert waves.cell("b").capacity == Capacity.on_demand()
    with pytest.raises(InputError, match=r"c\.json: is missing"):
        _ = waves.cell("c").capacity
    with pytest.raises(InputError, match=r"Waves\.settings: is missing"):
        _ = Waves([["a"]], baselines=FILES).cell("a").capacity


def test_waves_of_the_page_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "waves.md").read_text(encoding="utf-8")
    (block,) = [text for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL) if "guard/waves" in text]
    (tmp_path / "waves.json").write_text(block)
    assert Waves.load(tmp_path / "waves.json").cells == ("cell-1", "cell-2", "cell-3")
