"""Text of others (a construct's id, a table's name, a reason) on one line of a terminal or of a CI log."""

from __future__ import annotations

import re

# Controls (ESC begins a terminal's commands), ends of lines of every kind, and marks that change the direction of text.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# GitHub's runner takes a line that begins with "::" for a command, and "##[" anywhere in a line
# (actions/runner, src/Runner.Common/ActionCommand.cs: TryParseV2, TryParse); Azure Pipelines takes "##vso[", TeamCity
# "##teamcity[" at its start.
_COMMAND_AT_START = re.compile(r"\A(\s*):(?=:)")
# A terminal's width may put these at the start of a line.
_COMMAND_BY_NAME = re.compile(
    r":(?=:(add-|debug|echo|endgroup|error|group|internal-|notice|remove-|save-|set-|stop-|warning))",
    re.IGNORECASE,
)
_COMMAND_ANYWHERE = re.compile(r"#(?=#(vso|teamcity)?\[)")


def visible(text: str) -> str:
    """A text with each control, line end and mark of direction written as in Python's strings (``\\x1b``, ``\\n``).

    Args:
        text: any text.
    """
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def safe_line(text: str) -> str:
    """A text on one line, without characters or words that a terminal or a CI system takes for a command.

    Each such character is written as in Python's strings (``\\x1b``, ``\\n``); all other text is unchanged.

    Args:
        text: any text.
    """
    shown = _COMMAND_BY_NAME.sub(r"\\x3a", _COMMAND_AT_START.sub(r"\1\\x3a", visible(text)))
    return _COMMAND_ANYWHERE.sub(r"\\x23", shown)


def safe_lines(text: str) -> list[str]:
    """Each line of a text, as ``safe_line`` writes it. Lines end at line feeds alone.

    Args:
        text: any text of one or more lines.
    """
    return [safe_line(line) for line in text.split("\n")]


def safe_json(text: str) -> str:
    """JSON without words that a terminal or a CI system takes for a command; a reader of it gets the same values.

    Args:
        text: JSON as ``json.dumps`` writes it, with every other control escaped.
    """
    shown = _COMMAND_BY_NAME.sub(r"\\u003a", text.replace("\x7f", r"\u007f"))
    return _COMMAND_ANYWHERE.sub(r"\\u0023", shown)


__all__ = ["safe_json", "safe_line", "safe_lines", "visible"]
