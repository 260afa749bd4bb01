"""What tests that synthesize in their own process share: the clock, and how they read standard error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from capacity_guard.capacity.plain_data import utc_time
from capacity_guard.cdk.app import judgment_time
from tests.builders.guarded import NOW


@pytest.fixture(scope="session", autouse=True)
def machine_clock() -> Iterator[None]:
    """Let the clock of the machine stand at the judgment time of the tests, so that nothing warns of a difference."""
    time = utc_time(NOW)
    assert time is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judgment_time, "clock_time", lambda: time)
        yield


@pytest.fixture
def capfd() -> None:
    """Refuse the fixture of pytest here.

    A thread of jsii copies what the CDK's process says to standard error, whenever that arrives. ``capfd`` reads its
    file from the start; if the thread writes just then, text of this process is lost. ``capsys`` has no position to move.
    """
    pytest.fail("use capsys: a thread of jsii writes while capfd reads")


__all__ = ["capfd", "machine_clock"]
