"""What is kept of the sessions of the command line (``sessions.py``)."""

from __future__ import annotations

import pytest

from tests.commands.sessions import KEPT, SESSIONS, seen


@pytest.mark.parametrize("name", SESSIONS)
def test_session_shows_what_is_kept_of_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    kept = (KEPT / f"{name}.txt").read_text(encoding="utf-8")
    assert seen(name) == kept, "if this is meant: COLUMNS=100 python -m tests.commands.sessions --write"
