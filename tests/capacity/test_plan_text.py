"""The text of a plan: compressed, read back, and refused when it is anything else."""

from __future__ import annotations

import base64
import json
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import InputError
from capacity_guard.capacity.plan_text import PLAN_BYTES, pack_plan, unpack_plan

BASE64 = string.ascii_letters + string.digits + "+/="
JSON = st.dictionaries(st.text(), st.lists(st.integers() | st.text() | st.none())).map(json.dumps)
PACKED = pack_plan(json.dumps({"rise": list(range(168))}))


def refusal(text: str) -> str:
    with pytest.raises(InputError) as raised:
        unpack_plan(text)
    assert raised.value.location == "gate: Plan"
    assert raised.value.remedy == "Synthesize and deploy again"
    return raised.value.problem


@given(JSON)
def test_text_when_packed_and_unpacked_is_the_same(text: str) -> None:
    assert unpack_plan(pack_plan(text)) == text
    assert pack_plan(text) == pack_plan(text)


def test_text_when_packed_holds_nothing_that_json_or_a_template_escapes() -> None:
    packed = pack_plan(json.dumps({"ä": '\n\\"${Token[a.1]}'}))
    assert set(packed.removeprefix("z1:")) <= set(BASE64)


def test_text_of_this_version_when_any_later_version_reads_it_is_the_plan() -> None:
    """Gates of a stack are updated with plans of other versions, so these bytes stay readable."""
    assert unpack_plan("z1:eNqrVipJTMpJVbJScs7PK0stKk4syczPK1aqBQBy/wkx") == '{"table":"Conversations"}'


@given(JSON)
def test_text_when_a_version_before_wrote_it_is_read_as_it_is(text: str) -> None:
    assert unpack_plan(text) == text


@given(st.text())
def test_text_when_it_is_something_else_is_read_or_one_clear_error(text: str) -> None:
    for altered in (text, "z1:" + text):
        try:
            unpack_plan(altered)
        except InputError as error:
            assert error.location == "gate: Plan"  # noqa: PT017 - most texts are refused, JSON is not


@given(st.integers(4, len(PACKED) - 1))
def test_text_when_it_is_cut_is_refused(length: int) -> None:
    assert "cannot be read" in refusal(PACKED[:length])


@given(st.integers(3, len(PACKED) - 4), st.sampled_from(BASE64[:-1]))
def test_text_when_a_character_differs_is_refused_or_read_as_it_was(position: int, other: str) -> None:
    """The stream ends with a checksum of the text."""
    altered = PACKED[:position] + other + PACKED[position + 1 :]
    if altered != PACKED:
        assert "cannot be read" in refusal(altered)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "begins with ''"),
        ("z2:eJyrVg", "begins with 'z2', which this version of the library does not know"),
        ("not json", "begins with 'not json'"),
        ("z1:", "is cut"),
        ("z1:ä", "is damaged"),
        ("z1:eJyr*g==", "is damaged"),
        ("z1:" + base64.b64encode(b"no stream").decode(), "is damaged"),
        ("z1:" + base64.b64encode(zlib.compress(b"{}") + b"more").decode(), "something follows it"),
        ("z1:" + base64.b64encode(zlib.compress(b"\xff{}")).decode(), "is damaged"),
    ],
)
def test_text_when_it_is_damaged_is_refused_with_its_fault(text: str, problem: str) -> None:
    assert problem in refusal(text)


def test_text_when_it_grows_without_end_is_refused_before_it_fills_the_memory() -> None:
    bomb = base64.b64encode(zlib.compress(b" " * 200_000_000)).decode()
    assert len(bomb) < 300_000
    assert refusal("z1:" + bomb).endswith("takes more than 1,000,000 bytes)")


def test_text_when_it_takes_as_many_bytes_as_a_gate_reads_is_read() -> None:
    assert unpack_plan(pack_plan("{" * PLAN_BYTES)) == "{" * PLAN_BYTES
    assert "takes more than 1,000,000 bytes" in refusal(pack_plan("{" * (PLAN_BYTES + 1)))
