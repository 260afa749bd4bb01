"""Layout of printed code: on one line where it is short, else an argument a line."""

from __future__ import annotations

from collections.abc import Sequence

from ..capacity.safe_text import safe_line

_LONGEST = 88
"""Letters of a line of code, without the indentation of the block that it is pasted into."""


def call(name: str, arguments: Sequence[str], brackets: str = "()") -> str:
    """A call, or a literal after its name; a comment among the arguments keeps a line of its own.

    Args:
        name: the text before the bracket.
        arguments: code of each argument, or a comment.
        brackets: the opening and the closing bracket.
    """
    line = f"{name}{brackets[0]}{', '.join(arguments)}{brackets[1]}"
    if len(line) <= _LONGEST and "\n" not in line and not any(part.startswith("#") for part in arguments):
        return line
    inner = "".join(
        f"    {row}\n"
        for part in arguments
        for row in (part if part.startswith("#") else f"{part},").split("\n")
    )
    return f"{name}{brackets[0]}\n{inner}{brackets[1]}"


def comment(text: str) -> str:
    """A text from the code as part of a comment: on one line, whatever it holds.

    Args:
        text: the text.
    """
    return safe_line(text)


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: ``network``, ``network and watch``, ``acknowledgments, network and watch``.

    Args:
        words: one at least.
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


__all__ = ["call", "comment", "listed"]
