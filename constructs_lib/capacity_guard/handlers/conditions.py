"""The conditions of Preflight: each a small function that yields what it refuses, with figures.

They are listed at the end in the order in which their refusals are shown, the gravest first. A part that could not
be read is skipped here: it is a refusal by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .alarm_conditions import alarms
from .cloudformation_conditions import forward, nothing_new, targets_in_the_way, way_back
from .live import Live
from .operation_conditions import alone, armed, identity, operation
from .quota_conditions import decrease_quota, switch_quota
from .table_conditions import baseline_age, equality, status, warm_time, window
from .traffic_conditions import live_peak, rise, throttling


@dataclass(frozen=True)
class Condition:
    """One condition of Preflight.

    Attributes:
        name: for the log and the documentation.
        refusals: yields what it refuses.
        passing: whether it may change within minutes, so that it is judged again right before the change.
        rule: the rule whose acknowledgment makes its refusals warnings; ``None`` for what only the live table tells.
        certain: whether the service would refuse it anyway, in the middle of the operation: then it refuses a relief
            too, which could not come through.
    """

    name: str
    refusals: Callable[[Live], Iterable[str]]
    passing: bool = False
    rule: str | None = None
    certain: bool = False


CONDITIONS: tuple[Condition, ...] = (
    Condition("operation", operation),
    Condition("identity", identity),
    Condition("armed", armed),
    Condition("alone", alone),
    Condition("scaling targets", targets_in_the_way, certain=True),
    Condition("nothing new", nothing_new, certain=True),
    Condition("throttling", throttling, passing=True),
    Condition("alarms", alarms, passing=True),
    Condition("status", status, passing=True),
    Condition("switch quota", switch_quota),
    Condition("decrease quota", decrease_quota),
    Condition("sent", forward, rule="CG5"),
    Condition("way back", way_back, rule="CG7"),
    Condition("equality", equality),
    Condition("rise", rise, passing=True, rule="CG15"),
    Condition("live peak", live_peak),
    Condition("window", window, passing=True),
    Condition("baseline age", baseline_age, rule="CG2"),
    Condition("warm time", warm_time),
)
"""Every condition, in the order in which refusals are shown."""


__all__ = [
    "CONDITIONS",
    "Condition",
]
