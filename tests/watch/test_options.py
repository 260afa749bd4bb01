"""The options of a watch in the template: written, read again, also by another version."""

from __future__ import annotations

import json

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.settings import WatchSettings

GIVEN = WatchOptions("page", True, WatchSettings(loaded_minutes=7, slow_hours=3))


def test_options_when_written_are_read_again() -> None:
    assert WatchOptions.from_property(GIVEN.to_property()) == GIVEN
    assert WatchOptions.from_property(WatchOptions().to_property()) == WatchOptions()


def test_defaults_when_written_are_left_out() -> None:
    assert WatchOptions().to_property() == '{"on_veto":"rollback"}'


def test_gate_of_a_version_without_options_has_the_defaults() -> None:
    assert WatchOptions.from_property(None) == WatchOptions()


def test_options_of_a_later_version_are_read_without_what_is_unknown() -> None:
    data = json.loads(GIVEN.to_property())
    data["settings"]["of_tomorrow"] = 1
    assert WatchOptions.from_property(json.dumps({**data, "of_tomorrow": {}})) == GIVEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        7,
        '{"on_veto":"explode"}',
        '{"later_wave":"yes"}',
        '{"settings":[]}',
        '{"settings":{"slow_hours":0}}',
    ],
)
def test_options_when_unreadable_are_an_error(text: object) -> None:
    with pytest.raises(InputError):
        WatchOptions.from_property(text)
