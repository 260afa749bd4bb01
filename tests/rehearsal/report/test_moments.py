"""The times that the reports look for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.rehearsal.report.moments import (
    first_event,
    first_restored,
    seconds_between,
    whole_seconds,
)
from capacity_guard.rehearsal.report.records import Records
from tests.builders.rehearsal_records import START, Raw, at


def test_first_event_when_several_match_is_the_earliest_and_when_none_does_names_it(raw: Raw) -> None:
    records = Records.load(raw.write())
    first = first_event(records.events, "a bake", lambda event: event.is_gate("Bake"))
    assert first.at.isoformat() == at(16)
    with pytest.raises(InputError, match="holds no dragon"):
        first_event(records.events, "dragon", lambda event: False)


def test_first_restored_when_the_table_is_updating_or_differs_is_later_or_none(raw: Raw) -> None:
    records = Records.load(raw.write())
    before = records.table_at(START + timedelta(minutes=60)).capacity()
    until = START + timedelta(minutes=80)
    found = first_restored(records, before, START + timedelta(minutes=62), until)
    assert found == START + timedelta(minutes=71)
    assert (
        first_restored(records, before, START + timedelta(minutes=62), found - timedelta(seconds=1)) is None
    )
    assert first_restored(records, {**before, "billing_mode": "other"}, START) is None


def test_seconds_between_two_times_are_rounded_to_a_tenth() -> None:
    assert seconds_between(START, START + timedelta(seconds=61.24)) == 61.2


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((310.6, 8.6, 5.3), (311, 8, 6)),
        ((240.4, -0.2, 8.0), (240, 0, 8)),
        ((0.5, 0.5, 0.5), (1, 0, 1)),
        ((69.1, -6.0, 240.4), (69, -6, 241)),
    ],
)
def test_whole_seconds_of_parts_add_up_to_the_rounded_sum(
    parts: tuple[float, ...], whole: tuple[float, ...]
) -> None:
    assert whole_seconds(*parts) == whole
    assert abs(sum(whole_seconds(*parts)) - sum(parts)) <= 0.5
