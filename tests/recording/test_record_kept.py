"""What is kept of the sessions of ``capacity-guard record`` (``sessions.py``)."""

from __future__ import annotations

import pytest

from tests.recording.sessions import KEPT, SESSIONS, file_of, seen


def test_sessions_are_those_that_are_kept() -> None:
    assert sorted(KEPT.glob("*.txt")) == sorted(map(file_of, SESSIONS))


@pytest.mark.parametrize("name", SESSIONS)
def test_session_shows_what_is_kept_of_it(name: str) -> None:
    kept = file_of(name).read_text(encoding="utf-8")
    assert seen(name) == kept, "if this is meant: python -m tests.recording.sessions --write"
