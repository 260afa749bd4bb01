"""The sessions of the command line that are about ``journal``, letter by letter (``sessions.py``)."""

from __future__ import annotations

import pytest

from tests.recording.sessions import OF_MODULE, check


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("name", OF_MODULE["journal"])
def test_session_shows_what_is_kept_of_it(name: str) -> None:
    check(name)
