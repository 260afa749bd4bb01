"""Events are put in their order, ten a call, and what fails is told in the log and tried again later."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.rollback.publisher import PAUSE, Publisher
from tests.handlers.gate_world import NOW

from .scenes import sent_events
from .watch_world import Bus


def events(count: int) -> list[tuple[str, dict[str, Any]]]:
    kind, detail = sent_events("taken_back_and_restored")[0]
    return [(kind, {**detail, "id": str(number)}) for number in range(count)]


def test_events_are_put_ten_at_a_time_in_their_order() -> None:
    bus = Bus()
    assert Publisher(bus).put(events(23), NOW)
    assert [entry["detail"]["id"] for entry in bus.entries] == [str(number) for number in range(23)]
    assert Publisher(bus).put([], NOW)


@pytest.mark.parametrize("way", ["refuses", "fails"])
def test_bus_that_does_not_accept_is_told_and_left_alone_for_a_while(
    way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bus = Bus()
    setattr(bus, way, True)
    publisher = Publisher(bus)
    assert not publisher.put(events(12), NOW)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["decision"], line["count"]) == ("events not put", 12)
    assert "events:PutEvents" in line["why"]
    setattr(bus, way, False)
    assert not publisher.put(events(1), NOW + PAUSE - timedelta(seconds=1))
    assert publisher.put([], NOW)
    assert publisher.put(events(1), NOW + PAUSE)
    assert len(bus.entries) == 1


def test_answer_that_cannot_be_read_counts_as_not_put() -> None:
    class Odd:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {}

    assert not Publisher(Odd()).put(events(1), NOW)
