"""Traffic that lies elsewhere, found by its checksum: the digest in the baseline stands for it as far as it goes."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.traffic_file import TRAFFIC_FOLDER, TrafficAbsent
from tests.builders.cases import baseline


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Path]:
    """A baseline, and the folder with its traffic."""
    path, folder = tmp_path / "git" / "orders.json", tmp_path / "elsewhere"
    baseline().save(path, traffic_folder=folder)
    return path, folder


def test_traffic_lies_under_its_checksum_and_the_digest_beside_the_capacity(saved: tuple[Path, Path]) -> None:
    path, folder = saved
    (file,) = folder.iterdir()
    described = json.loads(path.read_text())["traffic"]
    assert file.name == described["file"] == f"{described['sha256']}.csv.gz"
    assert described["elsewhere"] is True
    schema = resources.files("capacity_guard.evidence") / "schemas" / "baseline-2.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(json.loads(path.read_text()))
    assert [each.name for each in path.parent.iterdir()] == ["orders.json"]
    assert "elsewhere" not in json.loads(saved_beside(path.parent).read_text())["traffic"]


def saved_beside(folder: Path) -> Path:
    baseline().save(folder / "beside.json")
    return folder / "beside.json"


@pytest.mark.parametrize("by", ["argument", "environment", "beside"])
def test_traffic_that_was_fetched_is_read_and_checked(
    by: str, saved: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = saved
    (file,) = folder.iterdir()
    if by == "environment":
        monkeypatch.setenv(TRAFFIC_FOLDER, str(folder))
    if by == "beside":
        file = file.rename(path.with_name(file.name))
    given = folder if by == "argument" else None
    loaded = Baseline.load(path, traffic_folder=given)
    assert loaded.traffic == baseline().traffic
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(InputError, match="does not fit"):
        Baseline.load(path, traffic_folder=given)


def test_digest_stands_for_traffic_that_is_not_here_until_minutes_are_needed(
    saved: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = saved
    monkeypatch.delenv(TRAFFIC_FOLDER, raising=False)
    whole = Baseline.load(path, traffic_folder=folder)
    loaded = Baseline.load(path)
    assert loaded.traffic is not None
    assert loaded.evidence(10) == whole.evidence(10)
    assert (loaded.traffic.minutes, loaded.traffic.gaps(), loaded.noise("table")) == (
        whole.traffic.minutes,  # type: ignore[union-attr]
        0,
        whole.noise("table"),
    )
    for ask in (
        lambda: loaded.traffic.consumed,  # type: ignore[union-attr]
        lambda: loaded.traffic.only([Dimension(None, "read")]),  # type: ignore[union-attr]
        lambda: loaded.evidence(30),
    ):
        with pytest.raises(TrafficAbsent) as raised:
            ask()
        assert raised.value.problem.startswith("is in another folder, and ")
        assert f"set {TRAFFIC_FOLDER}=FOLDER" in raised.value.remedy


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"digest": "d1:damaged"}, "is in another folder"),
        ({"minutes": 7}, "is in another folder"),
        ({"elsewhere": "yes"}, "traffic.elsewhere: is 'yes'. Use true, or leave it out"),
        ({"elsewhere": False}, "cannot be read"),
    ],
)
def test_absent_traffic_without_a_digest_that_fits_is_an_error(
    changes: dict[str, object], said: str, saved: tuple[Path, Path]
) -> None:
    path, _ = saved
    data = json.loads(path.read_text())
    data["traffic"].update(changes)
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=said):
        Baseline.load(path)
