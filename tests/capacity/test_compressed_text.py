"""Compressed text: the same after a round trip, and refused where it is damaged, cut or too long."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity.compressed_text import compress_text, decompress_text


@given(st.text())
def test_text_when_compressed_and_decompressed_is_the_same(text: str) -> None:
    assert decompress_text(compress_text(text), len(text.encode())) == text


def compressed(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("!", "is damaged"),
        (compressed(b"no stream"), "is damaged"),
        (compressed(zlib.compress(b"\xff")), "is damaged"),
        (compressed(zlib.compress(b"abcdefgh")[:-3]), "is cut, or something follows it"),
        (compressed(zlib.compress(b"abc") + b"more"), "is cut, or something follows it"),
        (compressed(zlib.compress(b"a" * 10)), "takes more than 9 bytes"),
    ],
)
def test_text_that_nothing_compressed_says_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decompress_text(text, 9)
