"""The digest of the recorder: the same as one computed from the traffic, and ignored where it does not fit."""

from __future__ import annotations

import base64
import json
import zlib
from array import array
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Dimension
from capacity_guard.evidence.digest import digest, noise_of
from capacity_guard.evidence.stored_digest import read_stored, stored_text
from capacity_guard.evidence.traffic import Traffic
from tests.builders.domain import traffics

WRITE = Dimension(None, "write")
START = datetime(2026, 7, 4, 16, 31, tzinfo=UTC)
SHA = "ab" * 32
TRAFFIC = Traffic(
    START, {WRITE: array("d", [60.0, 90.5, 1 / 3, 60.0])}, {WRITE: array("d", [0.0, 7.0, 0.0, 0.0])}
)


def text_of(**changed: Any) -> str:
    """The text of TRAFFIC with changed fields, compressed like that of the recorder."""
    return packed({**unpacked(stored_text(TRAFFIC, [], SHA, 20)), **changed})


def packed(data: object) -> str:
    return "d1:" + base64.b64encode(zlib.compress(json.dumps(data).encode())).decode()


def unpacked(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text.removeprefix("d1:"))))
    return data


@pytest.mark.slow
@given(traffics(), st.integers(1, 40))
def test_digest_when_stored_and_read_expects_that_of_the_traffic(traffic: Traffic, switch: int) -> None:
    stored = read_stored(stored_text(traffic, [], SHA, switch), SHA)
    assert stored is not None
    assert stored.evidence() == digest(traffic, switch)
    assert stored.noise == {dimension: noise_of(events) for dimension, events in traffic.throttled.items()}
    assert (stored.start, stored.end, stored.minutes) == (traffic.start, traffic.end, traffic.minutes)
    assert (stored.gaps, stored.switch_minutes) == (traffic.gaps(), switch)


def test_digest_of_numbers_that_are_no_sums_of_three_decimals_expects_them_exactly() -> None:
    stored = read_stored(stored_text(TRAFFIC, [], SHA, 1), SHA)
    assert stored is not None
    assert stored.evidence() == digest(TRAFFIC, 1)


def test_digest_of_another_file_expects_none() -> None:
    assert read_stored(stored_text(TRAFFIC, [], SHA, 20), "cd" * 32) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d2:" + stored_text(TRAFFIC, [], SHA, 20)[3:],
        stored_text(TRAFFIC, [], SHA, 20)[:-40],
        stored_text(TRAFFIC, [], SHA, 20) + "!",
        "d1:" + base64.b64encode(b"no stream").decode(),
        "d1:" + base64.b64encode(zlib.compress(b"{}") + b"more").decode(),
        "d1:" + base64.b64encode(zlib.compress(b" " * 2**22)).decode(),
        packed([]),
        packed({}),
        text_of(minutes=True),
        text_of(minutes=-1),
        text_of(gaps=0.5),
        text_of(holes=None),
        text_of(**{"from": "yesterday"}),
        text_of(dimensions=[]),
        text_of(dimensions={"nowhere": {}}),
        text_of(dimensions={"table/write": {"noise": -1}}),
        text_of(dimensions={"table/write": {"noise": "7"}}),
    ],
)
def test_text_that_is_damaged_or_of_another_version_expects_none(text: str) -> None:
    assert read_stored(text, SHA) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("by_hour", [None] * 167),
        ("by_hour", [[60]] * 168),
        ("by_hour", [[60, -1]] * 168),
        ("by_hour", [[60, 10**30]] * 168),
        ("rise", [0] * 169),
        ("rise", [None] * 168),
        ("rise", ["nan"] * 168),
        ("peak", [-60, 0]),
        ("peak", "60"),
    ],
)
def test_values_by_hour_that_nothing_wrote_expect_no_evidence(name: str, value: object) -> None:
    dimensions = unpacked(stored_text(TRAFFIC, [], SHA, 20))["dimensions"]
    dimensions["table/write"][name] = value
    stored = read_stored(text_of(dimensions=dimensions), SHA)
    assert stored is not None
    assert stored.evidence() is None
