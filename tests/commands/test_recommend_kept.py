"""What a person sees of ``recommend``, letter by letter (``sessions.py``)."""

from __future__ import annotations

import pytest

from tests.commands.sessions import check, check_options


@pytest.mark.slow
def test_session_shows_what_is_kept_of_it() -> None:
    check("recommend")


def test_options_are_those_that_are_kept() -> None:
    check_options("recommend")
