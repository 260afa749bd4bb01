"""Live traffic: consumed units and throttle events of the last minutes or hours."""

from __future__ import annotations

from datetime import timedelta

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_table import read_table
from capacity_guard.handlers.live_traffic import LiveTraffic, floor_minute, read_traffic
from tests.handlers.gate_world import (
    INDEX,
    NOW,
    TABLE_NAME,
    a_plan,
    an_aws,
    at,
    set_traffic,
)

WRITE = Dimension("by_agent", "write")


def test_traffic_when_read_has_the_current_minutes_and_the_peak() -> None:
    fake = an_aws(a_plan())
    set_traffic(fake, {WRITE.key: 4_500}, start=NOW - timedelta(hours=1), minutes=1)
    set_traffic(fake, {WRITE.key: 3_200}, start=NOW - timedelta(minutes=6), minutes=1)
    aws = GateAws(fake.clients())
    traffic = read_traffic(aws, read_table(aws, TABLE_NAME), NOW - timedelta(hours=3), NOW)
    assert traffic.peak(WRITE) == 4_500
    assert traffic.current(WRITE) == 3_200
    assert traffic.resources == ["table", INDEX]
    assert traffic.current_from == traffic.complete_until - timedelta(minutes=5)


def test_traffic_when_no_current_minute_is_known_is_the_peak_or_unknown() -> None:
    early = floor_minute(NOW - timedelta(hours=2))
    traffic = LiveTraffic(NOW, {WRITE: {early: 6_000.0}}, {})
    assert traffic.current(WRITE) == 100
    assert traffic.current(Dimension(None, "read")) is None
    assert traffic.peak(Dimension(None, "read")) is None


def test_events_when_reads_and_writes_throttle_are_added_per_minute() -> None:
    first, second = at(-6), at(-5)
    throttled = {
        Dimension("by_agent", "read"): {first: 7.0},
        WRITE: {first: 5.0, second: 2.0},
        Dimension(None, "write"): {second: 100.0},
    }
    traffic = LiveTraffic(NOW, {}, throttled)
    assert traffic.events(INDEX, first) == {first: 12.0, second: 2.0}
    assert traffic.events(INDEX, second) == {second: 2.0}
    assert traffic.most_throttled_access(INDEX, first) == "read"
    assert traffic.most_throttled_access(INDEX, second) == "write"
