"""JSON that is read strictly."""

from __future__ import annotations

import json

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
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "'b' is there twice"),
        (b'{"a": "\\ud800"}', "is not JSON"),
        (b"[" * 100_000, "is nested more than 64 levels deep"),
        (b'{"a":' * 65 + b"{}" + b"}" * 65, "is nested more than 64 levels deep"),
        (b'{"a": 1e999}', "1e999 is too large a number"),
        (b'{"a": 1e40}', "1e40 is too large a number"),
        (b"9" * 400, "9 is too large a number"),
        (b"9" * 6_000, "9 is too large a number"),
        (b"-" + b"9" * 6_000, "-9"),
    ],
    ids=[
        "empty",
        "cut off",
        "not UTF-8",
        "NaN",
        "infinity",
        "a field twice",
        "half a character",
        "nested",
        "nested a little",
        "beyond",
        "large",
        "400 digits",
        "6,000 digits",
        "6,000 digits below zero",
    ],
)
def test_json_when_it_is_wrong_expects_an_error_with_file_and_remedy(content: bytes, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        json_from(content, "f.json", "Record again")
    assert raised.value.location == ("f.json: a" if b"1e" in content else "f.json")
    assert raised.value.remedy == "Record again"
    assert problem in raised.value.problem


def test_json_when_a_number_is_too_large_expects_the_field() -> None:
    content = json.dumps({"a": [1, {"b": [[-(10**41)], 2]}], "c": 10**39}).encode()
    with pytest.raises(InputError) as raised:
        json_from(content, "f.json", "Record again")
    assert raised.value.location == "f.json: a[1].b[0][0]"
    with pytest.raises(InputError, match="1e50 is too large a number") as raised:
        json_from(b'{"a": 1e50, "b": {"c": 1e60}}', "f.json", "Record again")
    assert raised.value.location == "f.json: a"
    assert json_from(f'{{"a": -{"9" * 40}}}'.encode(), "f.json", "r") == {"a": -int("9" * 40)}
    assert json_from(b'{"c": 1e39, "d": 123456789012345678901234567890123456789}', "f.json", "r")


def test_json_when_a_field_of_very_many_is_given_twice_expects_the_error_with_few_comparisons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A reader that copies all earlier fields for each field makes a dictionary a field; this counts them.
    made = 0

    class Counted(dict[str, object]):
        def __init__(self, *arguments: object) -> None:
            nonlocal made
            made += 1
            super().__init__(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("capacity_guard.evidence.strict_json.dict", Counted, raising=False)
    content = b"{" + b",".join(b'"%d":1' % number for number in range(3_000)) + b',"2999":2}'
    with pytest.raises(InputError, match="'2999' is there twice"):
        json_from(content, "f.json", "r")
    assert made == 1
