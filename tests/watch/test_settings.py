"""Settings of the watch: defaults with sources, ranges, and what versions read of each other."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.watch.settings import SOURCES, WatchSettings
from tests.paths import ROOT


def test_setting_when_it_has_a_default_has_a_source() -> None:
    assert set(SOURCES) == {field.name for field in fields(WatchSettings)}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("value", [-1, True, "3", None, math.nan, math.inf, 10**400])
def test_setting_when_it_is_out_of_range_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(InputError) as raised:
        WatchSettings(**{name: value})
    assert raised.value.location == f"WatchSettings.{name}"


@pytest.mark.parametrize(
    ("given", "location"),
    [
        ({"fast_minutes": 4}, "fast_minutes"),
        ({"slow_last_minutes": 361}, "slow_last_minutes"),
        ({"most_days": 0.4}, "most_days"),
    ],
)
def test_settings_when_they_contradict_each_other_are_refused(given: dict[str, Any], location: str) -> None:
    with pytest.raises(InputError) as raised:
        WatchSettings(**given)
    assert raised.value.location == f"WatchSettings.{location}"


def test_settings_when_written_are_read_by_earlier_and_later_versions() -> None:
    settings = WatchSettings(loaded_minutes=20, most_days=3)
    assert WatchSettings.from_json({**settings.to_json(), "a later setting": 1}) == settings
    assert WatchSettings.from_json({"loaded_minutes": 20, "most_days": 3}) == settings


def test_page_when_it_lists_settings_lists_each_with_default_and_source() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for setting in fields(WatchSettings):
        assert f"| `{setting.name}` | {setting.default:g} | {SOURCES[setting.name]} |" in page


def test_figures_that_the_rules_of_the_watch_stand_on_are_defaults() -> None:
    settings = WatchSettings()
    assert (settings.loaded_minutes, settings.loaded_share) == (50, 0.5)
    assert (settings.high_minutes, settings.high_share) == (3, 0.8)
    assert (settings.first_wave_hours, settings.later_wave_hours, settings.most_days) == (12, 2, 7)
    assert (settings.slow_times, settings.slow_hours, settings.slow_last_minutes) == (6, 6, 30)
    assert (settings.blind_looks, settings.fast_minutes, settings.fast_of_minutes) == (4, 2, 3)
    assert settings.quiet_peak == 1
