"""The traffic file: read when its series are needed, and at once where the recorder's digest does not fit."""

from __future__ import annotations

import gzip
import hashlib
import json
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError, Margins
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.evidence import traffic_file
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.digest import digest
from capacity_guard.evidence.stored_digest import stored_text
from capacity_guard.evidence.traffic import Traffic, read_traffic
from capacity_guard.evidence.traffic_columns import read_columns
from tests.builders.cases import TABLE_WRITE, baseline, traffic

QUIET = traffic()
NOISY = replace(
    QUIET, throttled={**QUIET.throttled, TABLE_WRITE: array("d", [7.0]) * len(QUIET.throttled[TABLE_WRITE])}
)
RECORDED = baseline(carried=NOISY)
EMPTY = gzip.compress(b"")
SWITCH_MINUTES = Margins().switch_minutes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "conversations.json"
    RECORDED.save(path)
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The traffic files that were read."""
    read: list[Path] = []

    def counted(path: Path, content: bytes) -> Traffic:
        read.append(path)
        return read_traffic(path, content)

    monkeypatch.setattr(traffic_file, "read_traffic", counted)
    return read


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_what_a_table_without_a_transition_needs_expects_no_reading(file: Path, reads: list[Path]) -> None:
    loaded = Baseline.load(file)
    assert loaded.traffic is not None
    assert RECORDED.traffic is not None
    assert loaded.traffic.minutes == RECORDED.traffic.minutes
    assert loaded.traffic.end == RECORDED.traffic.end
    assert loaded.traffic.gaps() == 0
    assert loaded.noise("table") == RECORDED.noise("table") > 0
    assert loaded.evidence(SWITCH_MINUTES) == digest(RECORDED.traffic, SWITCH_MINUTES)
    assert reads == []


def test_series_expect_one_reading(file: Path, reads: list[Path]) -> None:
    loaded = Baseline.load(file)
    assert loaded.traffic == RECORDED.traffic
    assert RECORDED.traffic == loaded.traffic
    assert loaded.traffic != 7
    assert len(reads) == 1


def test_digest_of_another_switch_expects_it_from_the_series(file: Path, reads: list[Path]) -> None:
    assert RECORDED.traffic is not None
    assert Baseline.load(file).evidence(90) == digest(RECORDED.traffic, 90)
    assert len(reads) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["traffic"].pop("digest"),
        lambda data: data["traffic"].update(digest="d0:"),
        lambda data: data["traffic"].pop("holes"),
    ],
)
def test_baseline_whose_digest_does_not_decide_expects_the_same_result(
    file: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    edit(file, change)
    loaded = Baseline.load(file)
    assert replace(loaded, file="") == replace(RECORDED, file="")
    assert RECORDED.traffic is not None
    assert loaded.evidence(SWITCH_MINUTES) == digest(RECORDED.traffic, SWITCH_MINUTES)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda data: data["traffic"].update(minutes=7), "traffic.minutes"),
        (lambda data: data["traffic"].update(gaps=7), "traffic.gaps"),
        (lambda data: data["traffic"].update(holes=[{"from": "", "to": "", "minutes": 1}]), "traffic.holes"),
        (lambda data: data["traffic"].update(to="2026-07-01T00:00Z"), "traffic.to"),
        (lambda data: data["traffic"].update({"from": "2026-07-01T00:00Z"}), "traffic.from"),
        (lambda data: data["traffic"].update(digest=7), "traffic.digest"),
        (lambda data: data["traffic"].update(sha256="ab" * 32), "traffic.sha256"),
        (lambda data: data["deployed"]["live"]["indexes"].pop("by_agent"), "by_agent"),
    ],
)
def test_description_or_table_that_the_traffic_does_not_have_expects_the_error_that_names_it(
    file: Path, change: Callable[[dict[str, Any]], object], named: str
) -> None:
    edit(file, change)
    with pytest.raises(InputError) as caught:
        Baseline.load(file)
    assert named in str(caught.value)


def test_forged_digest_of_a_file_that_is_no_traffic_expects_the_error_when_it_is_needed(file: Path) -> None:
    assert RECORDED.traffic is not None
    content = b"no traffic"
    sha256 = hashlib.sha256(content).hexdigest()
    file.with_suffix(".csv.gz").write_bytes(content)
    text = stored_text(RECORDED.traffic, [], sha256, SWITCH_MINUTES)
    edit(file, lambda data: data["traffic"].update(sha256=sha256, digest=text))
    loaded = Baseline.load(file)
    assert loaded.traffic is not None
    with pytest.raises(InputError, match="is not a compressed CSV"):
        _ = loaded.traffic.consumed


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda json, csv: csv.unlink(), "fleet/orders.json: traffic.file"),
        (lambda json, csv: csv.write_bytes(b"no gzip"), "fleet/orders.json: traffic.sha256"),
        (lambda json, csv: edit(json, lambda data: data["traffic"].update(minutes=1)), "fleet/orders.json: traffic.minutes"),
        (lambda json, csv: edit(json, lambda data: data["traffic"].update(extra=1)), "fleet/orders.json: traffic.extra"),
        (lambda json, csv: replace_content(json, csv, b"no gzip"), "fleet/orders.csv.gz"),
        (lambda json, csv: replace_content(json, csv, EMPTY), "fleet/orders.csv.gz: line 1"),
    ],
)  # fmt: skip
def test_an_error_expects_the_file_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path, Path], object], place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "fleet" / "orders.json"
    RECORDED.save(path)
    spoil(path, path.with_suffix(".csv.gz"))
    with pytest.raises(InputError) as raised:
        Baseline.load(path)
    assert raised.value.location == place
    if "sha256" in place or place.endswith("file"):
        assert "fleet/orders.csv.gz" in raised.value.problem


def replace_content(path: Path, traffic_path: Path, content: bytes) -> None:
    """Another traffic file, with its checksum in the baseline and without a digest."""
    traffic_path.write_bytes(content)

    def describe(data: dict[str, Any]) -> None:
        data["traffic"]["sha256"] = hashlib.sha256(content).hexdigest()
        del data["traffic"]["digest"]

    edit(path, describe)


def test_some_dimensions_are_read_without_the_others(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    recorded = baseline()
    recorded.save(file)
    loaded = Baseline.load(file).traffic
    assert isinstance(loaded, traffic_file.TrafficInFile)
    whole = Baseline.load(file).traffic
    assert whole is not None
    dimensions = list(whole.consumed)
    for wanted in (dimensions[:1], dimensions[1:], [], dimensions[:1]):
        some = loaded.only(wanted)
        assert list(some.consumed) == wanted
        assert some.start == whole.start
        assert all(list(some.consumed[d]) == list(whole.consumed[d]) for d in wanted)
        assert all(list(some.throttled[d]) == list(whole.throttled[d]) for d in wanted)
    assert "_whole" not in vars(loaded)
    assert list(loaded.only(dimensions).consumed) == dimensions
    assert "_whole" in vars(loaded)
    assert list(loaded.only(dimensions[:1]).consumed) == dimensions[:1]


def test_no_dimension_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "t.json"
    baseline().save(file)
    read: list[list[Dimension]] = []

    def counted(*given: Any) -> Traffic:
        read.append(list(given[2]))
        return read_columns(*given)

    monkeypatch.setattr(traffic_file, "read_columns", counted)
    loaded = Baseline.load(file).traffic
    assert isinstance(loaded, traffic_file.TrafficInFile)
    first, second, third, *_ = loaded.stored.noise
    for wanted in ([first, second], [second], [second, first], [second, third], [third, first]):
        assert list(loaded.only(wanted).consumed) == wanted
    assert read == [[first, second], [third]]
    assert loaded.only([third]).times(2)[third] is loaded.only([first, third]).times(2)[third]
