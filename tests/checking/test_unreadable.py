"""The finding on a table that cannot be read."""

from capacity_guard.capacity.errors import InputError
from capacity_guard.checking.unreadable import unreadable_finding
from capacity_guard.rules import Figure, Level

ERROR = InputError("S: Orders", "is malformed", "Correct the template")


def test_table_that_cannot_be_read_is_an_error_with_the_place_and_the_remedy() -> None:
    found = unreadable_finding("Orders", ERROR)
    assert (found.rule, found.level, found.fix) == ("CG18", Level.ERROR, "Correct the template")
    assert found.figures == (Figure("template", "S: Orders", "is malformed"),)
    assert unreadable_finding("Orders", ERROR, level=Level.WARN).level is Level.WARN


def test_break_glass_lowers_it_and_gives_the_reason() -> None:
    found = unreadable_finding("Orders", ERROR, "incident 7")
    assert (found.level, found.acknowledged) == (Level.WARN, "break-glass: incident 7")
