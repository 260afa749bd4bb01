"""Exit codes, which scripts and workflows of users compare."""

from __future__ import annotations

from capacity_guard.commands import exit_codes


def test_exit_codes_never_change() -> None:
    assert (exit_codes.OK, exit_codes.FOUND, exit_codes.BAD_INPUT) == (0, 1, 2)
    assert (exit_codes.SOME_FAILED, exit_codes.INTERRUPTED) == (3, 130)
    assert exit_codes.PIPE_CLOSED == 141
