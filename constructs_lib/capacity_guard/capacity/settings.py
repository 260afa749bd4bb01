"""How a transition is carried out, and by what margins it is judged: every default in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from .errors import InputError
from .evidence import HOURS_OF_WEEK, hour_of_week
from .limits import (
    ACCOUNT_QUOTA,
    ALARM_RANGE_SECONDS,
    METRIC_PERIOD,
    SCALING_REACTION_MINUTES,
    SCALING_REACTION_MINUTES_MOST,
    SWITCH_SECONDS_LONGEST,
    TABLE_QUOTA,
)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d{2})-(\d{2})")


@dataclass(frozen=True)
class ChangeWindow:
    """Hours of the week, in UTC, in which a transition may run.

    Args:
        text: spans separated by commas, for example ``Sun 06-10`` or ``Mon-Fri 02-05, Sun 06-10``; the end hour is
            not part of a span.

    Raises:
        InputError: a span cannot be read.
    """

    text: str
    hours: frozenset[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError("change_window", f"{self.text!r} is no text", "Write it like 'Sun 06-10'")
        hours: set[int] = set()
        for span in self.text.split(","):
            match = _WINDOW.fullmatch(span.strip().lower())
            first, last, start, end = match.groups() if match else ("", None, "0", "0")
            last = last or first
            if first not in _DAYS or last not in _DAYS or not 0 <= int(start) < int(end) <= 24:
                raise InputError(
                    "change_window", f"{span.strip()!r} is no span of hours", "Write it like 'Sun 06-10'"
                )
            days = (_DAYS.index(last) - _DAYS.index(first)) % 7
            for day in range(_DAYS.index(first), _DAYS.index(first) + days + 1):
                hours.update(day % 7 * 24 + hour for hour in range(int(start), int(end)))
        object.__setattr__(self, "hours", frozenset(hours))

    def __contains__(self, moment: datetime) -> bool:
        return hour_of_week(moment) in self.hours


def hours_in(window: ChangeWindow | None) -> Iterable[int]:
    """The hours of the week in which a transition may run: all of them where no window is declared."""
    return range(HOURS_OF_WEEK) if window is None else sorted(window.hours)


def _at_least(name: str, value: float, low: float) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value < float("inf"):
        raise InputError(name, f"{value!r} is not a number of at least {low:g}", "Correct it or leave it out")


def _whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(name, f"{value!r} is not a whole number of at least 1", "Correct it or leave it out")


@dataclass(frozen=True)
class Rollout:
    """Stages of a transition.

    Args:
        bake_minutes: minutes that the gate watches after the change.
        change_window: hours of the week in which the transition may run; ``None`` means every hour.
        alarm_periods: one-minute periods that a rollback alarm looks at (N).
        alarm_datapoints: periods of these above the noise that raise it (M).
        alarm_threshold: throttle events a minute above which a period counts; ``None`` takes the baseline's noise.
        alarms: names of further alarms that veto the transition.
    """

    bake_minutes: int = 10
    change_window: ChangeWindow | None = None
    alarm_periods: int = 3
    alarm_datapoints: int = 2
    alarm_threshold: float | None = None
    alarms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _whole("Rollout.bake_minutes", self.bake_minutes)
        _whole("Rollout.alarm_periods", self.alarm_periods)
        _whole("Rollout.alarm_datapoints", self.alarm_datapoints)
        if self.change_window is not None and not isinstance(self.change_window, ChangeWindow):
            raise InputError(
                "Rollout.change_window",
                f"{self.change_window!r} is no ChangeWindow",
                "Write ChangeWindow('Sun 06-10')",
            )
        if self.alarm_threshold is not None:
            _at_least("Rollout.alarm_threshold", self.alarm_threshold, 0)
        longest = ALARM_RANGE_SECONDS.value // METRIC_PERIOD.value
        if self.alarm_periods > longest:
            raise InputError(
                "Rollout.alarm_periods",
                f"{self.alarm_periods} is more than a day",
                f"Ask for {longest} at most",
            )
        if self.alarm_datapoints > self.alarm_periods:
            raise InputError(
                "Rollout.alarm_datapoints",
                "exceeds alarm_periods",
                "Ask for at most as many as there are periods",
            )
        if isinstance(self.alarms, str):  # a tuple of its letters would name alarms that never fire
            raise InputError("Rollout.alarms", f"{self.alarms!r} is one text", "Give a list of names")
        object.__setattr__(self, "alarms", tuple(self.alarms))
        for name in self.alarms:
            if not isinstance(name, str) or not name:
                raise InputError(
                    "Rollout.alarms", f"{name!r} is not an alarm's name", "Give names, not constructs"
                )

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        window = None if self.change_window is None else self.change_window.text
        return {**asdict(self), "change_window": window, "alarms": list(self.alarms)}

    @staticmethod
    def from_json(value: dict[str, Any]) -> Rollout:
        """What ``to_json`` gave; raises InputError naming the field at fault."""
        window = value["change_window"]
        given = {**value, "change_window": None if window is None else ChangeWindow(window)}
        return Rollout(**{**given, "alarms": tuple(value["alarms"])})


@dataclass(frozen=True)
class Margins:
    """The margins and limits that rules and gates judge by.

    Args:
        headroom: times the recorded peak that an on-demand ceiling must serve.
        live_peak: times the recorded peak that live traffic may reach at most when a transition starts.
        baseline_oldest_days: days after which a baseline is stale.
        baseline_shortest_days: days that a baseline must cover.
        switch_minutes: longest switch of the billing mode to reckon with, minutes
            (Guide: bp-switching-capacity-modes says "several minutes"; the seconds of large tables are unknown).
        scaling_reaction_minutes: minutes until auto scaling has raised throughput.
        table_quota: most units per second that the account allows one table or one index.
        account_quota: most provisioned units per second that the account allows all tables and indexes of a Region.
        throttle_budget: share of the units of an hour that the simulated change may throttle, 0 to 1.
        hottest_share: share of the traffic that the hottest key of the table, and of each index, takes, 0 to 1; the
            simulated partition of that key serves no more than one partition does (Guide: bp-partition-key-design).

    Raises:
        InputError: a number is out of range.
    """

    headroom: float = 1.3
    live_peak: float = 1.2
    baseline_oldest_days: float = 14
    baseline_shortest_days: float = 7
    switch_minutes: int = SWITCH_SECONDS_LONGEST.value // 60
    scaling_reaction_minutes: int = SCALING_REACTION_MINUTES.value
    table_quota: int = TABLE_QUOTA.value
    account_quota: int = ACCOUNT_QUOTA.value
    throttle_budget: float = 0.001
    hottest_share: float = 0.0

    def __post_init__(self) -> None:
        _at_least("Margins.headroom", self.headroom, 1)
        _at_least("Margins.live_peak", self.live_peak, 1)
        _at_least("Margins.baseline_oldest_days", self.baseline_oldest_days, 0)
        _at_least("Margins.baseline_shortest_days", self.baseline_shortest_days, 0)
        _whole("Margins.switch_minutes", self.switch_minutes)
        _whole("Margins.scaling_reaction_minutes", self.scaling_reaction_minutes)
        _whole("Margins.table_quota", self.table_quota)
        _whole("Margins.account_quota", self.account_quota)
        if self.scaling_reaction_minutes > SCALING_REACTION_MINUTES_MOST:
            raise InputError(
                "Margins.scaling_reaction_minutes",
                f"{self.scaling_reaction_minutes} is more than {SCALING_REACTION_MINUTES_MOST}",
                "Give fewer minutes",
            )
        for name in ("throttle_budget", "hottest_share"):
            share = getattr(self, name)
            _at_least(f"Margins.{name}", share, 0)
            if share > 1:
                raise InputError(f"Margins.{name}", f"{share!r} is above 1", "Give a share of 1")

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return asdict(self)


@dataclass(frozen=True)
class Acknowledgment:
    """A finding that somebody accepts.

    Args:
        rule: id of the rule, for example ``CG4``.
        reason: why it is accepted; a sentence that a reviewer can judge.
        until: last day on which it holds, ``None`` for no end.

    Raises:
        InputError: the id is not of the form ``CG<number>`` or there is no reason.
    """

    rule: str
    reason: str
    until: date | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.rule, str) or not re.fullmatch(r"CG\d+", self.rule):
            raise InputError("acknowledge: rule", f"{self.rule!r} is not a rule's id", "Name one like CG4")
        if not isinstance(self.reason, str) or not self.reason.strip():
            raise InputError(
                f"acknowledge: {self.rule}: reason", "is empty", "Say why the finding is accepted"
            )
        if self.until is not None and (not isinstance(self.until, date) or isinstance(self.until, datetime)):
            raise InputError(
                f"acknowledge: {self.rule}: until",
                f"{self.until!r} is no date",
                "Write date(2026, 12, 31), or leave it out",
            )

    def holds(self, now: datetime) -> bool:
        """Whether it still holds at a moment."""
        return self.until is None or now.date() <= self.until

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {"rule": self.rule, "reason": self.reason, "until": self.until and self.until.isoformat()}

    @staticmethod
    def from_json(value: dict[str, Any]) -> Acknowledgment:
        """What ``to_json`` gave; raises InputError naming the field at fault."""
        until = value["until"]
        return Acknowledgment(
            value["rule"], value["reason"], None if until is None else date.fromisoformat(until)
        )
