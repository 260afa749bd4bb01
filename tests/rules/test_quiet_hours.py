"""The hours to propose for a change: those with people at work first, then the quietest of all."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import ChangeWindow
from capacity_guard.capacity.evidence import HOURS_OF_WEEK
from capacity_guard.capacity.settings import STAFFED_HOURS
from capacity_guard.rules.quiet_hours import QuietHours, quiet_hours

SUNDAY = 6 * 24
TUESDAY = 24


def loads(quiet: dict[int, float], elsewhere: float | None = None) -> list[float | None]:
    """Loads of some hours of the week; in every other one a change does not fit, or it has another."""
    return [quiet.get(hour, elsewhere) for hour in range(HOURS_OF_WEEK)]


def found(load_by_hour: list[float | None], staffed: str = "Mon-Thu 08-17") -> QuietHours:
    return quiet_hours(load_by_hour, ChangeWindow(staffed))


def test_staffed_hours_by_default_expects_monday_to_thursday_before_the_evening() -> None:
    assert ChangeWindow("Mon-Thu 08-17") == STAFFED_HOURS
    assert len(STAFFED_HOURS.hours) == 4 * 9


def test_hours_when_a_night_is_quieter_expects_the_quietest_staffed_ones_beside_it() -> None:
    week = loads({TUESDAY + hour: 0.4 for hour in range(9, 13)} | {SUNDAY + h: 0.1 for h in range(2, 6)}, 0.9)
    assert found(week) == QuietHours("Tue 09-13", "Sun 02-06")


def test_hours_when_the_quietest_of_all_is_staffed_expects_the_same_twice() -> None:
    assert found(loads({TUESDAY + hour: 0.1 for hour in range(8, 12)}, 0.9)) == QuietHours(
        "Tue 08-12", "Tue 08-12"
    )


@pytest.mark.parametrize("hour", [7, 17])
def test_hours_when_only_one_beside_the_staffed_ones_fits_expects_none_staffed(hour: int) -> None:
    assert found(loads({TUESDAY + hour: 0.1})) == QuietHours(None, f"Tue {hour:02}-{hour + 1:02}")


@pytest.mark.parametrize("hour", [8, 16])
def test_hours_when_the_first_or_the_last_staffed_one_alone_fits_expects_it(hour: int) -> None:
    assert found(loads({TUESDAY + hour: 0.1})).staffed == f"Tue {hour:02}-{hour + 1:02}"


def test_hours_when_staffed_in_a_time_zone_expects_them_in_utc() -> None:
    week = loads({TUESDAY + hour: 0.1 for hour in range(24)})
    assert found(week, "Tue 08-10 Europe/Berlin") == QuietHours("Tue 07-08", "Tue 00-04")
    assert found(week, "Tue 08-12 Asia/Tokyo") == QuietHours("Tue 00-03", "Tue 00-04")


def test_hours_when_a_staffed_night_spans_midnight_expects_a_window_of_one_day() -> None:
    week = loads(dict.fromkeys(range(22, 27), 0.1))
    assert found(week, "Mon-Tue 00-24") == QuietHours("Tue 00-03", "Tue 00-03")


def test_hours_when_none_fits_expects_none() -> None:
    assert found(loads({})) == QuietHours(None, None)


def test_hours_when_several_fit_expects_the_longest_and_then_the_quietest() -> None:
    week = loads(
        {SUNDAY + h: 0.9 for h in range(6, 10)} | {SUNDAY + h: 0.5 for h in range(12, 16)} | {3: 0.0}
    )
    assert found(week).any == "Sun 12-16"
