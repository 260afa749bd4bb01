"""The conversion of the trace: a small source rebuilds a baseline, and any other source is refused."""

from __future__ import annotations

import csv
import importlib.util
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from capacity_guard.capacity import Dimension
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from stacks.settings import BASELINES

INDEX_WRITE = Dimension("by_agent", "write")


@pytest.fixture
def convert() -> ModuleType:
    spec = importlib.util.spec_from_file_location("convert_worldcup", BASELINES / "convert_worldcup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def source(path: Path, minutes: int = 20_160, busiest: int = 229_426) -> Path:
    """A stand-in for the trace: 600 requests a minute, and the busiest minute where it is in the trace."""
    first = datetime(1998, 6, 25)  # noqa: DTZ001 - the trace writes its times without a zone
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("period", "count"))
        for number in range(minutes):
            writer.writerow((first + timedelta(minutes=number), busiest if number == 18_581 else 600))
    return path


def test_convert_and_record_when_given_a_small_source_rebuild_a_baseline(
    convert: ModuleType, tmp_path: Path
) -> None:
    assert convert.main([str(source(tmp_path / "source.csv")), str(tmp_path), "--scale", "0.5"]) == 0
    out = tmp_path / "conversations.json"
    capacity = BASELINES / "capacity" / "production-cell-2.json"
    given = ["--from-csv", str(tmp_path / "traffic.csv"), "--capacity", str(capacity)]
    recorded_at = ["--recorded-at", "2026-07-09T00:00:00Z"]
    assert cli.main(["record", "--table", "T", "--out", str(out), *given, *recorded_at]) == 0
    baseline = Baseline.load(out)
    assert baseline.traffic is not None
    assert baseline.traffic.consumed[INDEX_WRITE][18_581] == 2_400 * 60
    assert baseline.traffic.consumed[INDEX_WRITE][0] == round(600 * 0.5 * 288_000 / 229_426)
    assert baseline.traffic.consumed[Dimension("by_agent", "read")][0] == 225
    assert (
        baseline.deployed
        == Baseline.load(BASELINES / "production" / "cell-2" / "conversations.json").deployed
    )


@pytest.mark.parametrize(
    ("minutes", "busiest", "more", "expected"),
    [
        (20_159, 229_426, (), "1 minutes are missing, the first is 1998-07-08 23:59"),
        (20_160, 700, (), "the busiest minute has 700 requests"),
        (20_160, 229_426, ("--scale", "0"), "--scale 0.0 is not above 0"),
    ],
)
def test_convert_when_the_source_is_another_says_so(
    convert: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    minutes: int,
    busiest: int,
    more: tuple[str, ...],
    expected: str,
) -> None:
    file = source(tmp_path / "source.csv", minutes, busiest)
    assert convert.main([str(file), str(tmp_path / "out"), *more]) == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
