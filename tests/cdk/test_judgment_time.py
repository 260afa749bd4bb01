"""The judgment time from the context of the app."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from tests.builders.guarded import app, table


@pytest.mark.parametrize("now", ["soon", "2026-07-09T15:40:00", "2026-13-01", 5])
def test_now_when_it_is_no_time_is_refused(now: object) -> None:
    with pytest.raises(InputError, match="capacity-guard:now"):
        table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-07-09", "2026-07-09T00:00:00+00:00"),
        ("2026-07-09T17:40:00+02:00", "2026-07-09T15:40:00+00:00"),
        ("2026-07-09T15:40:00Z", "2026-07-09T15:40:00+00:00"),
    ],
)
def test_now_when_given_is_that_time_in_utc(now: str, expected: str) -> None:
    guarded = table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"))
    assert guarded.now.isoformat() == expected
