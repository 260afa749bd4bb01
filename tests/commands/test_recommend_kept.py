"""What a person sees of ``recommend``, letter by letter (``sessions.py``)."""

from __future__ import annotations

from tests.commands.sessions import check


def test_session_shows_what_is_kept_of_it() -> None:
    check("recommend")
