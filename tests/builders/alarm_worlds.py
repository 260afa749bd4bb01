"""What a table or an index publishes around ten throttled minutes, and the readings of CloudWatch to judge alarms under."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

METRIC_NAMES = {
    "read_throttle": "ReadThrottleEvents",
    "write_throttle": "WriteThrottleEvents",
    "read_consumed": "ConsumedReadCapacityUnits",
    "write_consumed": "ConsumedWriteCapacityUnits",
}
FIRST, THROTTLED, QUIET_AGAIN, END = 1_000, 1_010, 1_020, 1_036
"""Minutes since 1970: the alarm's first evaluation, the first throttled minute, the first quiet one after it, the end."""
DELAYS = (30, 105, 180)
"""Seconds from the end of a minute to its points: the least, the middle and the most that sources name."""

Series = Mapping[int, float]
World = Mapping[str, Series]

_ALL = range(FIRST - 20, END)
_THROTTLE = dict.fromkeys(range(THROTTLED, QUIET_AGAIN), 50.0)
_BUSY, _ZERO = dict.fromkeys(_ALL, 500.0), dict.fromkeys(_ALL, 0.0)
_SINCE_THROTTLED = dict.fromkeys(range(THROTTLED, END), 500.0)

THROTTLING: Mapping[str, World] = {
    "provisioned, writes": {
        "read_consumed": _BUSY,
        "write_consumed": _BUSY,
        "write_throttle": _THROTTLE,
    },
    "provisioned, both": {
        "read_consumed": _BUSY,
        "write_consumed": _BUSY,
        "read_throttle": _THROTTLE,
        "write_throttle": _THROTTLE,
    },
    "on-demand, reads beyond the double peak": {
        "read_consumed": {minute: 500.0 + 10 * (minute - FIRST) for minute in _ALL},
        "write_consumed": _ZERO,
        "read_throttle": _THROTTLE,
    },
    "index never read": {"write_consumed": _BUSY, "write_throttle": _THROTTLE},
    "idle table that publishes zeros": {
        "read_consumed": _ZERO,
        "write_consumed": _ZERO,
        "read_throttle": _THROTTLE,
    },
    "idle table that publishes nothing": {"read_throttle": _THROTTLE},
    "new table": {
        "read_consumed": _SINCE_THROTTLED,
        "write_consumed": _SINCE_THROTTLED,
        "write_throttle": _THROTTLE,
    },
}
QUIET: Mapping[str, World] = {
    "noise": {
        "read_consumed": _BUSY,
        "write_consumed": _BUSY,
        "read_throttle": dict.fromkeys(_ALL, 2.0),
        "write_throttle": dict.fromkeys(_ALL, 3.0),
    },
    "one minute": {
        "read_consumed": _BUSY,
        "write_consumed": _BUSY,
        "write_throttle": {THROTTLED: 50.0},
    },
    "two minutes far apart": {
        "read_consumed": _BUSY,
        "write_consumed": _BUSY,
        "write_throttle": {THROTTLED: 50.0, THROTTLED + 6: 50.0},
    },
    "nothing": {},
}
NOISE = 5.0
"""Threshold of the alarms: the events of a minute in the world ``noise``."""


def arrivals(world: World, delay: float) -> Iterator[tuple[float, str, int, float]]:
    """When each point can be seen (seconds since 1970), its metric, its minute (since 1970) and its value; in order."""
    found = [
        ((minute + 1) * 60 + delay, name, minute, value)
        for name, series in world.items()
        for minute, value in series.items()
    ]
    return iter(sorted(found))


def fired_and_cleared(states: Callable[[], Iterator[tuple[float, str]]]) -> tuple[float | None, float | None]:
    """Seconds from the start of the first throttled minute to ALARM, and from the end of the last to OK after it."""
    fired = cleared = None
    for time, state in states():
        if fired is None and state == "ALARM":
            fired = time - THROTTLED * 60
        if fired is not None and cleared is None and time >= QUIET_AGAIN * 60 and state == "OK":
            cleared = time - QUIET_AGAIN * 60
    return fired, cleared
