"""The timeout of a function counts rehearsal seconds."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from capacity_guard.rehearsal.emulator.corrections import functions


def test_function_when_it_hangs_beyond_its_timeout_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "LEAST_WALL_SECONDS", 0.0)
    answered = threading.Event()
    runtime = SimpleNamespace(threading=threading)
    monkeypatch.setattr(functions.ministack, "module", lambda name: runtime)
    functions.count_timeouts_on_the_rehearsal_clock()
    reader = runtime.threading.Thread(target=answered.wait, daemon=True)
    reader.start()
    reader.join(timeout=0.01)
    assert reader.is_alive()
    answered.set()
    reader.join(timeout=3_600)
    assert not reader.is_alive()
