"""The sessions that are about the options of ``capacity-guard record``, letter by letter (``tests/recording/sessions.py``)."""

from __future__ import annotations

import pytest

from tests.commands.sessions import check_options
from tests.recording.sessions import OF_MODULE, check


@pytest.mark.parametrize("name", OF_MODULE["commands/record"])
def test_session_shows_what_is_kept_of_it(name: str) -> None:
    check(name)


def test_options_are_those_that_are_kept() -> None:
    check_options("record")
