"""Picture and table of states in the docs are those of the code."""

from __future__ import annotations

from capacity_guard.watch.states import State
from tests.watch import pictures


def test_picture_when_compared_is_that_of_the_code() -> None:
    assert pictures.PICTURE.read_text(encoding="utf-8") == pictures.picture()


def test_page_when_compared_has_the_table_of_the_code() -> None:
    text = pictures.PAGE.read_text(encoding="utf-8")
    assert text == pictures.page(text)
    assert all(f"**{state.value}**" in text for state in State)
