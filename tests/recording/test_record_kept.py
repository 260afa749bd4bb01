"""The sessions of the command line that are about ``record``, letter by letter (``sessions.py``)."""

from __future__ import annotations

import pytest

from tests.recording.sessions import KEPT, OF_MODULE, SESSIONS, check, file_of


@pytest.mark.parametrize("name", OF_MODULE["record"])
def test_session_shows_what_is_kept_of_it(name: str) -> None:
    check(name)


def test_sessions_are_those_that_are_kept_each_of_one_module() -> None:
    assert sorted(KEPT.glob("*.txt")) == sorted(map(file_of, SESSIONS))
    assert sorted(name for names in OF_MODULE.values() for name in names) == sorted(SESSIONS)
