"""The person at the terminal: a name for what is written down, and the answer to a question."""

from __future__ import annotations

import getpass
import os
import sys


def name() -> str:
    """The name of the user; the number where it has no name, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # which one: by version and system
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown user"


def is_there() -> bool:
    """Whether somebody can be asked: standard input is a terminal, and is not closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def agrees(question: str) -> bool:
    """Ask, and return whether the answer is yes. The end of the input, as by Ctrl-D, is not.

    Args:
        question: the question.
    """
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


__all__ = ["agrees", "is_there", "name"]
