"""Text that is compressed for a property or a field: the base64 text of a zlib stream (RFC 1950) of UTF-8."""

from __future__ import annotations

import base64
import zlib

_LEVEL = 9


def compress_text(text: str) -> str:
    """Compress a text; ``decompress_text`` reads it."""
    return base64.b64encode(zlib.compress(text.encode(), _LEVEL)).decode()


def decompress_text(compressed: str, most: int) -> str:
    """The text that ``compress_text`` compressed.

    Args:
        compressed: the compressed text.
        most: bytes of the text at most, so that a damaged one cannot fill the memory.

    Raises:
        ValueError: it is damaged, cut, or longer; the message says which.
    """
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(base64.b64decode(compressed, validate=True), most + 1)
    except (ValueError, zlib.error) as error:
        raise ValueError(f"is damaged ({error})") from None
    if len(data) > most:
        raise ValueError(f"takes more than {most:,} bytes")
    if not stream.eof or stream.unused_data:
        raise ValueError("is cut, or something follows it")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"is damaged ({error})") from None


__all__ = ["compress_text", "decompress_text"]
