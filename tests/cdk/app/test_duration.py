"""Lengths of time for the CDK."""

from __future__ import annotations

from capacity_guard.cdk.app.duration import duration


def test_duration_has_its_seconds_and_is_created_once() -> None:
    assert duration(90).to_seconds() == 90
    assert duration(90) is duration(90)
    assert duration(91) is not duration(90)
