"""Settings of a transition: its stages, its margins and its acknowledgments, with all defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from .errors import InputError
from .evidence import HOURS_OF_WEEK, hour_of_week
from .hours_of_week import read_hours
from .limits import (
    ACCOUNT_QUOTA,
    ALARM_RANGE_SECONDS,
    METRIC_PERIOD,
    SCALING_REACTION_MINUTES,
    SCALING_REACTION_MINUTES_MOST,
    SWITCH_SECONDS_LONGEST,
    TABLE_QUOTA,
)
from .plain_data import shown, whole_number

# Beyond these a calculation would leave the range of floats or of dates; nothing sensible comes near.
MOST_TIMES = 1_000
"""Highest multiple of recorded traffic, and of a bill."""
_MOST_DAYS = 3_650
_MOST_MINUTES = 7 * 1_440
_MOST_UNITS = 10**15
"""Highest quota, units per second, and highest threshold, events a minute."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far the clock of a machine that records or judges may be wrong."""


@dataclass(frozen=True)
class ChangeWindow:
    """Hours of the week in which a transition may run.

    Args:
        text: spans separated by commas, for example ``Tue 08-12`` or ``Mon-Fri 02-05, Tue 08-12``; a span ends before
            its second hour. In UTC, or in a time zone of the IANA database at the end: ``Tue 08-12 Europe/Berlin``. Such a
            window is resolved to the hours in UTC that are in it in summer and winter; ``text`` is those then.

    Raises:
        InputError: a span or the zone cannot be read, or no hour is in the window all year.

    Attributes:
        given: the text as it was given, with its time zone.
    """

    text: str
    given: str = field(init=False, repr=False, compare=False)
    hours: frozenset[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError("change_window", f"{shown(self.text)} is not text", "Write it like 'Tue 08-12'")
        hours, text = read_hours(self.text, "change_window")
        object.__setattr__(self, "given", self.text)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "hours", hours)

    def __contains__(self, time: datetime) -> bool:
        return hour_of_week(time) in self.hours


STAFFED_HOURS = ChangeWindow("Mon-Thu 08-17")
"""Hours in which people are at work, by default: with a working day after them, and in UTC."""


def is_after(recorded_at: datetime, now: datetime) -> bool:
    """Whether a recording is later than a time of judgment, more than clocks differ.

    Args:
        recorded_at: time of the recording, UTC.
        now: the time of judgment, UTC. Midnight means its whole day, because a synthesis judges by the day.
    """
    is_day = now.time() == datetime.min.time()
    return recorded_at > now + (timedelta(days=1) if is_day else timedelta(0)) + CLOCK_SKEW


def hours_in(window: ChangeWindow | None) -> Iterable[int]:
    """Hours of the week in which a transition may run: every hour without a change window."""
    return range(HOURS_OF_WEEK) if window is None else sorted(window.hours)


def _check_range(name: str, value: float, minimum: float, maximum: float) -> None:
    remedy = "Correct it or leave it out"
    # Compared, never converted: a whole number may be beyond every float, and NaN is in no order.
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not minimum <= value < math.inf:
        raise InputError(name, f"{shown(value)} is not a number of at least {minimum:g}", remedy)
    if value > maximum:
        raise InputError(name, f"{shown(value)} is more than {maximum:,}", remedy)


def _check_window(name: str, value: object) -> None:
    if not isinstance(value, ChangeWindow):
        raise InputError(name, f"{shown(value)} is not a ChangeWindow", "Write ChangeWindow('Tue 08-12')")


def _check_whole_number(name: str, value: object, maximum: int) -> None:
    whole_number(value, name, maximum, remedy="Correct it or leave it out")


@dataclass(frozen=True)
class Rollout:
    """Stages of a transition.

    Args:
        bake_minutes: minutes for which the Bake gate watches the alarms after the change.
        change_window: hours of the week in which the transition may run; ``None`` means every hour.
        staffed_hours: hours of the week in which people are at work who can react, as a change window, best with their time
            zone. Findings and plans propose the quietest of them first. They restrict nothing.
        alarm_periods: evaluation periods of a rollback alarm, one minute each (N).
        alarm_datapoints: datapoints to alarm: periods above the threshold that put the alarm into ALARM (M).
        alarm_threshold: threshold of a rollback alarm, throttle events per minute; ``None`` takes the baseline's noise.
        alarms: names of further alarms that veto the transition.
    """

    bake_minutes: int = 10
    change_window: ChangeWindow | None = None
    alarm_periods: int = 5
    alarm_datapoints: int = 2
    alarm_threshold: float | None = None
    alarms: tuple[str, ...] = ()
    staffed_hours: ChangeWindow = STAFFED_HOURS

    def allowed_events(self, noise: float) -> float:
        """Throttle events a minute that do not count: ``alarm_threshold``, by default the noise.

        Args:
            noise: throttle events a minute that the recording shows as normal.
        """
        return noise if self.alarm_threshold is None else self.alarm_threshold

    def __post_init__(self) -> None:
        _check_whole_number("Rollout.bake_minutes", self.bake_minutes, _MOST_MINUTES)
        _check_whole_number("Rollout.alarm_periods", self.alarm_periods, _MOST_UNITS)
        _check_whole_number("Rollout.alarm_datapoints", self.alarm_datapoints, _MOST_UNITS)
        if self.change_window is not None:
            _check_window("Rollout.change_window", self.change_window)
        _check_window("Rollout.staffed_hours", self.staffed_hours)
        if self.alarm_threshold is not None:
            _check_range("Rollout.alarm_threshold", self.alarm_threshold, 0, _MOST_UNITS)
        most_periods = ALARM_RANGE_SECONDS.value // METRIC_PERIOD.value
        if self.alarm_periods > most_periods:
            raise InputError(
                "Rollout.alarm_periods",
                f"{self.alarm_periods} is more than a day",
                f"Ask for {most_periods} at most",
            )
        if self.alarm_datapoints > self.alarm_periods:
            raise InputError(
                "Rollout.alarm_datapoints",
                "exceeds alarm_periods",
                "Ask for at most as many as there are periods",
            )
        if isinstance(self.alarms, str):  # its letters would become the names of alarms that do not exist
            raise InputError("Rollout.alarms", f"{shown(self.alarms)} is one text", "Give a list of names")
        if not isinstance(self.alarms, Iterable):
            raise InputError("Rollout.alarms", f"{shown(self.alarms)} is not a list", "Give a list of names")
        object.__setattr__(self, "alarms", tuple(self.alarms))
        for name in self.alarms:
            if not isinstance(name, str) or not name:
                raise InputError(
                    "Rollout.alarms", f"{shown(name)} is not an alarm's name", "Give names, not constructs"
                )
            if self.alarms.count(name) > 1:
                raise InputError("Rollout.alarms", f"{shown(name)} is named twice", "Name each alarm once")

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back; without default staffed hours, so plans of gates stay as they were."""
        window = None if self.change_window is None else self.change_window.text
        data = {**asdict(self), "change_window": window, "alarms": list(self.alarms)}
        del data["staffed_hours"]
        if self.staffed_hours != STAFFED_HOURS:
            data["staffed_hours"] = self.staffed_hours.text
        return data

    @staticmethod
    def from_json(value: dict[str, Any]) -> Rollout:
        """Read what ``to_json`` wrote. Raises InputError that names the field at fault."""
        window = value["change_window"]
        change_window = None if window is None else ChangeWindow(window)
        staffed = value.get("staffed_hours", STAFFED_HOURS.text)
        names = list(value["alarms"])
        return Rollout(
            **{
                **value,
                "change_window": change_window,
                # Plans of earlier versions may name an alarm twice.
                "alarms": tuple(name for at, name in enumerate(names) if name not in names[:at]),
                "staffed_hours": ChangeWindow(staffed),
            }
        )


@dataclass(frozen=True)
class Margins:
    """Margins and limits of the rules and gates.

    Args:
        headroom: an on-demand ceiling must be at least this many times the recorded peak.
        live_peak: live traffic may be at most this many times the recorded peak when a transition starts.
        return_days: days after the last change in which a return to the capacity before it counts as a relief. A week:
            by then the capacity has carried each hour of the week, and what came before it is no longer what the traffic
            was measured against.
        baseline_oldest_days: days after which a baseline is stale.
        baseline_shortest_days: days that a baseline must cover.
        switch_minutes: longest switch of the billing mode, minutes (Guide: bp-switching-capacity-modes says "several
            minutes"; the duration for large tables is unknown).
        scaling_reaction_minutes: minutes until auto scaling has raised throughput.
        table_quota: account quota of one table or one index, units per second.
        account_quota: account quota of all tables and indexes of a Region, provisioned units per second.
        throttle_budget: share of the units of an hour that the simulated change may throttle, 0 to 1.
        hottest_share: share of the traffic of the hottest key of the table, and of each index, 0 to 1; the simulation
            limits that key to the throughput of one partition (Guide: bp-partition-key-design).
        cost_raise: share by which a change may raise the monthly bill without a warning. Live traffic may differ from the
            recording by as much when a change starts (``live_peak``), and an on-demand bill with it.

    Raises:
        InputError: a number is out of range.
    """

    headroom: float = 1.3
    live_peak: float = 1.2
    return_days: float = 7
    baseline_oldest_days: float = 14
    baseline_shortest_days: float = 7
    switch_minutes: int = SWITCH_SECONDS_LONGEST.value // 60
    scaling_reaction_minutes: int = SCALING_REACTION_MINUTES.value
    table_quota: int = TABLE_QUOTA.value
    account_quota: int = ACCOUNT_QUOTA.value
    throttle_budget: float = 0.001
    hottest_share: float = 0.0
    cost_raise: float = 0.2

    def __post_init__(self) -> None:
        _check_range("Margins.headroom", self.headroom, 1, MOST_TIMES)
        _check_range("Margins.live_peak", self.live_peak, 1, MOST_TIMES)
        _check_range("Margins.return_days", self.return_days, 0, _MOST_DAYS)
        _check_range("Margins.baseline_oldest_days", self.baseline_oldest_days, 0, _MOST_DAYS)
        _check_range("Margins.baseline_shortest_days", self.baseline_shortest_days, 0, _MOST_DAYS)
        _check_range("Margins.cost_raise", self.cost_raise, 0, MOST_TIMES)
        _check_whole_number("Margins.switch_minutes", self.switch_minutes, _MOST_MINUTES)
        _check_whole_number("Margins.scaling_reaction_minutes", self.scaling_reaction_minutes, _MOST_UNITS)
        _check_whole_number("Margins.table_quota", self.table_quota, _MOST_UNITS)
        _check_whole_number("Margins.account_quota", self.account_quota, _MOST_UNITS)
        if self.scaling_reaction_minutes > SCALING_REACTION_MINUTES_MOST:
            raise InputError(
                "Margins.scaling_reaction_minutes",
                f"{self.scaling_reaction_minutes} is more than {SCALING_REACTION_MINUTES_MOST}",
                "Give fewer minutes",
            )
        for name in ("throttle_budget", "hottest_share"):
            share = getattr(self, name)
            _check_range(f"Margins.{name}", share, 0, _MOST_UNITS)
            if share > 1:
                raise InputError(f"Margins.{name}", f"{shown(share)} is above 1", "Give a share of 1")

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``Margins(**data)`` reads back; without a default that no gate reads, so plans stay as they were."""
        data = asdict(self)
        if self.cost_raise == Margins.cost_raise:
            del data["cost_raise"]
        return data


@dataclass(frozen=True)
class Acknowledgment:
    """An accepted finding of a rule.

    Args:
        rule: id of the rule, for example ``CG4``.
        reason: why the finding is accepted; a sentence that a reviewer can judge.
        until: last day of the acknowledgment (UTC), ``None`` for no end.

    Raises:
        InputError: the id is not of the form ``CG<number>``, the reason is blank, or ``until`` is not a date.
    """

    rule: str
    reason: str
    until: date | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.rule, str) or not re.fullmatch(r"CG\d+", self.rule):
            raise InputError(
                "acknowledge: rule", f"{shown(self.rule)} is not a rule's id", "Name one like CG4"
            )
        if not isinstance(self.reason, str) or not self.reason.strip():
            raise InputError(
                f"acknowledge: {self.rule}: reason", "is empty", "Say why the finding is accepted"
            )
        if self.until is not None and (not isinstance(self.until, date) or isinstance(self.until, datetime)):
            raise InputError(
                f"acknowledge: {self.rule}: until",
                f"{shown(self.until)} is not a date",
                "Write date(2026, 12, 31), or leave it out",
            )

    def holds(self, now: datetime) -> bool:
        """Whether the acknowledgment is still valid at a time."""
        return self.until is None or now.date() <= self.until

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {"rule": self.rule, "reason": self.reason, "until": self.until and self.until.isoformat()}

    @staticmethod
    def from_json(value: dict[str, Any]) -> Acknowledgment:
        """Read what ``to_json`` wrote. Raises InputError that names the field at fault."""
        until = value["until"]
        return Acknowledgment(
            value["rule"], value["reason"], None if until is None else date.fromisoformat(until)
        )
