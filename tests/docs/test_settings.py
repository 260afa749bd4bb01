"""The page of settings lists every setting with its default."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from capacity_guard.capacity import Margins, Rollout
from capacity_guard.cdk.app.context_keys import KEYS
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("margin", fields(Margins), ids=lambda margin: margin.name)
def test_page_when_it_lists_margins_lists_every_one_with_its_default(margin: object) -> None:
    assert f"| `Margins.{margin.name}` | {margin.default} |" in PAGE  # type: ignore[attr-defined]


@pytest.mark.parametrize("setting", [field.name for field in fields(Rollout)])
def test_page_when_it_lists_the_rollout_lists_every_setting(setting: str) -> None:
    assert f"`Rollout.{setting}`" in PAGE or f", `{setting}`" in PAGE


def test_page_when_it_names_a_number_of_the_rollout_names_the_default() -> None:
    rollout = {field.name: field.default for field in fields(Rollout) if field.default is not MISSING}
    assert f"| `Rollout.bake_minutes` | {rollout['bake_minutes']} |" in PAGE
    expected = f"{rollout['alarm_periods']}, {rollout['alarm_datapoints']}"
    assert f"| `Rollout.alarm_periods`, `alarm_datapoints` | {expected} |" in PAGE


@pytest.mark.parametrize("key", KEYS)
def test_page_when_it_lists_context_lists_every_key(key: str) -> None:
    assert f"| `{key}` |" in PAGE
