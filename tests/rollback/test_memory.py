"""What a process remembers: the same minutes as a new process reads, with fewer of them read again."""

from __future__ import annotations

from datetime import timedelta

from capacity_guard.handlers.live_table import read_table
from capacity_guard.rollback.memory import OVERLAP, Memory
from tests.handlers.gate_world import TABLE_NAME

from .watch_world import WatchWorld

HOUR = timedelta(hours=1)


def test_minutes_when_remembered_are_those_that_a_new_process_reads() -> None:
    world = WatchWorld()
    since = world.deployed(20 * HOUR)
    world.carry(since)
    world.throttle(900, 30)
    memory, aws = Memory(), world.calls().table
    table = read_table(aws, TABLE_NAME)
    assert memory.read(aws, table, since, world.aws.now) == Memory().read(aws, table, since, world.aws.now)
    world.pass_time(timedelta(minutes=7))
    world.throttle(40, 2)  # one of them late
    again = memory.read(aws, table, since, world.aws.now)
    assert again == Memory().read(aws, table, since, world.aws.now)
    starts = [given["StartTime"] for call, given in world.aws.calls if call == "cloudwatch:GetMetricData"]
    assert starts[0] == since.replace(second=0)
    assert starts[2] >= world.aws.now - OVERLAP - timedelta(minutes=9)


def test_minute_whose_value_is_taken_back_is_forgotten() -> None:
    world = WatchWorld()
    since = world.deployed(2 * HOUR)
    world.carry(since)
    world.throttle(30)
    memory, aws = Memory(), world.calls().table
    table = read_table(aws, TABLE_NAME)
    memory.read(aws, table, since, world.aws.now)
    world.aws.series("WriteThrottleEvents", "index/by_agent").clear()
    assert not any(memory.read(aws, table, since, world.aws.now).throttled.values())


def test_hours_that_are_published_late_and_at_once_are_read() -> None:
    world = WatchWorld()
    since = world.deployed(2 * HOUR)
    world.carry(since)
    memory, aws = Memory(), world.calls().table
    table = read_table(aws, TABLE_NAME)
    memory.read(aws, table, since, world.aws.now)
    before = world.aws.now
    world.aws.now += 11 * HOUR
    memory.read(aws, table, since, world.aws.now)
    world.aws.now += timedelta(minutes=2)
    world.carry(before)
    assert memory.read(aws, table, since, world.aws.now) == Memory().read(aws, table, since, world.aws.now)
