"""JSON that is read strictly."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.evidence.strict_json import json_from


def test_json_when_it_is_valid_expects_its_data() -> None:
    assert json_from('{"a": [1, null, "é"], "b": {"a": 2}}'.encode(), "f.json", "r") == {
        "a": [1, None, "é"],
        "b": {"a": 2},
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "'b' stands there twice"),
        (b'{"a": "\\ud800"}', "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
    ],
    ids=["empty", "cut off", "not UTF-8", "NaN", "infinity", "a field twice", "half a character", "nested"],
)
def test_json_when_it_is_wrong_expects_an_error_with_file_and_remedy(content: bytes, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        json_from(content, "f.json", "Record again")
    assert (raised.value.location, raised.value.remedy) == ("f.json", "Record again")
    assert problem in raised.value.problem
