"""``capacity-guard pause``: how long, and its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.commands.main import main
from capacity_guard.commands.pause import read_duration
from capacity_guard.watch.states import State
from tests.handlers.gate_world import TABLE_NAME
from tests.rollback.watch_world import FINGERPRINT, WatchWorld

from .test_accept import world  # noqa: F401 - fixture

Captured = pytest.CaptureFixture[str]
COMMAND = ["pause", TABLE_NAME, "--reason", "a client misbehaves"]


def test_watch_when_paused_says_until_when(world: WatchWorld, capsys: Captured) -> None:  # noqa: F811
    assert main([*COMMAND, "--for", "4h"]) == 0
    until = world.aws.now + timedelta(hours=4)
    assert f"change {FINGERPRINT} is paused until {until:%Y-%m-%d %H:%M} UTC" in capsys.readouterr().out
    assert world.journal.paused_until == until
    assert world.journal.state is State.WATCHING
    assert main([*COMMAND, "--end"]) == 0
    assert "is not paused" in capsys.readouterr().out
    assert world.journal.paused_until is None


@pytest.mark.parametrize(
    ("text", "minutes"), [("4h", 240), ("90m", 90), ("1d12h", 2_160), (" 1H30M ", 90), ("7d", 10_080)]
)
def test_duration_when_read_is_a_time(text: str, minutes: int) -> None:
    assert read_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "4", "0m", "-1h", "8d", "7d1m", "h", "30m4h", "four hours", "1w", "٤h"])
def test_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a time of 1 minute to 7 days"):
        read_duration(text)


def test_pause_without_a_length_is_refused(world: WatchWorld) -> None:  # noqa: F811
    with pytest.raises(SystemExit) as ended:
        main(COMMAND)
    assert ended.value.code == 2
    assert main([*COMMAND, "--for", "ever"]) == 2
    assert not world.journals.items
