"""``Watch`` is a public name and takes keywords alone."""

from __future__ import annotations

import pytest

import capacity_guard
from capacity_guard import GuardOptions
from capacity_guard.cdk.watch import Watch


def test_watch_is_public_and_an_option() -> None:
    assert capacity_guard.Watch is Watch
    assert GuardOptions(watch=Watch()).watch == Watch()
    assert GuardOptions().watch is None


def test_watch_when_given_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        Watch("rollback")  # type: ignore[call-arg]
