"""The environments of the example app: which exist, what a change alters, and that they match their baselines."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard import Baseline, InputError
from stacks.settings import CHANGED, CHANGES, ENVIRONMENTS, INDEX, Settings, environments


def test_environments_when_chosen_are_those_in_order() -> None:
    names = [settings.name for settings in environments(only="production-cell-1, dev")]
    assert names == ["dev", "production-cell-1"]


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_environments_when_changed_differ_in_the_first_cell_alone(change: str) -> None:
    changed = {
        settings.name
        for settings, committed in zip(environments(change=change), ENVIRONMENTS, strict=True)
        if settings != committed
    }
    assert changed == {CHANGED}


def test_environments_when_a_change_is_unknown_are_refused() -> None:
    with pytest.raises(InputError, match="incident, fixed, switch, provisioned"):
        environments(change="fix")


@pytest.mark.parametrize(
    "settings",
    [settings for settings in ENVIRONMENTS if isinstance(settings.baseline, Path)],
    ids=lambda settings: settings.name,
)
def test_environment_declares_what_its_baseline_says_is_deployed(settings: Settings) -> None:
    assert isinstance(settings.baseline, Path)
    baseline = Baseline.load(settings.baseline)
    assert baseline.table.stack == settings.stack_name
    assert baseline.transition_to(settings.capacity.for_indexes([INDEX], "test")).is_empty
