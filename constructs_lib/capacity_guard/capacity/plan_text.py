"""The text of a plan as a property holds it: compressed, since services limit what carries it.

``z1:`` and the base64 text of a zlib stream (RFC 1950) of the JSON in UTF-8. The same zlib makes the same bytes of the same JSON;
another implementation (zlib-ng) may make others. Then the gate's property differs, and its Update answers at once. Earlier
versions wrote the JSON itself, which is still read.
"""

from __future__ import annotations

from .compressed_text import compress_text, decompress_text
from .errors import InputError

PLAN_BYTES = 1_000_000
"""Bytes of a plan that a gate reads, decompressed: a damaged text cannot fill the memory of the function (256 MB). The plan of a
table with 20 indexes takes about 30,000."""
_PREFIX = "z1:"
_JSON_BEGINS = ("{", "[")
_LOCATION = "gate: Plan"
_REMEDY = "Synthesize and deploy again"


def pack_plan(text: str) -> str:
    """Compress the JSON of a plan; ``unpack_plan`` reads it.

    Args:
        text: the JSON.
    """
    return _PREFIX + compress_text(text)


def unpack_plan(text: str) -> str:
    """The JSON that ``pack_plan`` compressed, or that an older version wrote without compression.

    Raises:
        InputError: the text is damaged, cut, of another version, or longer than ``PLAN_BYTES`` once it is decompressed.
    """
    if text.lstrip().startswith(_JSON_BEGINS):
        return text
    if not text.startswith(_PREFIX):
        start = text[:12].partition(":")[0]
        raise _unreadable(f"begins with {start!r}, which this version of the library does not know")
    try:
        return decompress_text(text[len(_PREFIX) :], PLAN_BYTES)
    except ValueError as error:
        raise _unreadable(str(error)) from None


def _unreadable(problem: str) -> InputError:
    return InputError(_LOCATION, f"cannot be read (it {problem})", _REMEDY)


__all__ = ["PLAN_BYTES", "pack_plan", "unpack_plan"]
