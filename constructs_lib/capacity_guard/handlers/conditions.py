"""The conditions of Preflight in one table. Each is a function that yields the texts of what it refuses.

A condition skips a part of the live state that could not be read: the failed read is a refusal by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..capacity.reasons import Reason
from .alarm_conditions import check_alarms
from .change_set_conditions import check_alone, check_table_change, check_travelling
from .cloudformation_conditions import (
    check_nothing_new,
    check_scaling_targets,
    check_sent_units,
    check_way_back,
)
from .live_state import LiveState
from .operation_conditions import check_armed, check_identity, check_operation, check_shown_operation
from .quota_conditions import check_decrease_quota, check_switch_quota
from .table_conditions import (
    check_baseline_age,
    check_change_window,
    check_equality,
    check_replicas,
    check_status,
    check_vector_indexes,
    check_warm_time,
)
from .traffic_conditions import check_live_peak, check_rise, check_throttling


@dataclass(frozen=True)
class Condition:
    """One condition of Preflight.

    Attributes:
        name: its name in the log and in the documentation.
        check: yields the texts of what it refuses.
        reason: the code of what it refuses.
        rule: the rule whose acknowledgment turns its refusals into warnings; ``None`` if no rule checks the same.
        is_refused_by_service: whether the service would refuse the change in the middle of the operation. Such a
            condition refuses a relief too, since the relief could not succeed.
        only_warns: whether its texts are warnings.
    """

    name: str
    check: Callable[[LiveState], Iterable[str]]
    reason: Reason
    rule: str | None = None
    is_refused_by_service: bool = False
    only_warns: bool = False


CONDITIONS: tuple[Condition, ...] = (
    Condition("operation", check_operation, Reason.OPERATION_UNSAFE),
    Condition("identity", check_identity, Reason.WRONG_PLACE),
    Condition("armed", check_armed, Reason.NOT_ARMED),
    Condition("alone", check_alone, Reason.NOT_ALONE),
    Condition("table's properties", check_table_change, Reason.NOT_ALONE),
    Condition("scaling targets", check_scaling_targets, Reason.SERVICE_REFUSES, is_refused_by_service=True),
    Condition("nothing new", check_nothing_new, Reason.SERVICE_REFUSES, is_refused_by_service=True),
    Condition("vector indexes", check_vector_indexes, Reason.SERVICE_REFUSES, is_refused_by_service=True),
    Condition("replicas", check_replicas, Reason.REPLICAS),
    Condition("throttling", check_throttling, Reason.THROTTLES_NOW),
    Condition("alarms", check_alarms, Reason.ALARM_UNUSABLE),
    Condition("status", check_status, Reason.NOT_ACTIVE),
    Condition("switch quota", check_switch_quota, Reason.QUOTA_SPENT),
    Condition("decrease quota", check_decrease_quota, Reason.QUOTA_SPENT),
    Condition("sent", check_sent_units, Reason.UNITS_TOO_FEW, rule="CG5"),
    Condition("way back", check_way_back, Reason.WAY_BACK_TOO_SMALL, rule="CG7"),
    Condition("equality", check_equality, Reason.TABLE_DIFFERS),
    Condition("rise", check_rise, Reason.UNITS_TOO_FEW, rule="CG15"),
    Condition("live peak", check_live_peak, Reason.BASELINE_OUTDATED),
    Condition("window", check_change_window, Reason.OUTSIDE_WINDOW),
    Condition("baseline age", check_baseline_age, Reason.BASELINE_OUTDATED, rule="CG2"),
    Condition("warm time", check_warm_time, Reason.WARM_THROUGHPUT),
    Condition("travelling", check_travelling, Reason.NOT_ALONE, only_warns=True),
    Condition("shown operation", check_shown_operation, Reason.OPERATION_UNSAFE, only_warns=True),
)
"""Every condition, in the order in which refusals are shown, the most severe first."""


__all__ = ["CONDITIONS", "Condition"]
