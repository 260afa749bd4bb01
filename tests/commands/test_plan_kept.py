"""What a person sees of ``plan``, letter by letter (``sessions.py``)."""

from __future__ import annotations

from tests.commands.sessions import check, check_options


def test_session_shows_what_is_kept_of_it() -> None:
    check("plan")


def test_options_are_those_that_are_kept() -> None:
    check_options("plan")
