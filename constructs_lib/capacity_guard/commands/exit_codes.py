"""Exit codes of the commands: 0 done, 1 refused or rolled back, 2 bad input, 3 outcome not known (docs/exit-codes.md)."""

from __future__ import annotations

from ..capacity.errors import InputError, NotKnown, Refused

OK = 0
FOUND = 1
"""What was asked for is refused, or was rolled back; or the result is not empty: findings with an error among them, throttling
beyond the budget in a plan, or a recommended change."""
BAD_INPUT = 2
"""Bad input or a refused AWS call; argparse ends with the same code for unusable arguments."""
SOME_FAILED = 3
"""Some of several tables or files failed, the others did not."""
UNKNOWN = 3
"""What was asked for was not shown to have happened; the output says what the state is."""
INTERRUPTED = 130
"""Ended by Ctrl-C, as a shell reports it: 128 + SIGINT."""
PIPE_CLOSED = 141
"""The reader of the output ended first, as a shell reports it: 128 + SIGPIPE."""


def code_of(error: InputError) -> int:
    """The exit code of a command that ends with an error.

    Args:
        error: the error.
    """
    if isinstance(error, Refused):
        return FOUND
    return UNKNOWN if isinstance(error, NotKnown) else BAD_INPUT
