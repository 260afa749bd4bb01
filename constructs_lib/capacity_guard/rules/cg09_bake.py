"""CG9: a bake that is too short for its alarms, or longer than a gate can last. A relief has no Bake, and no finding."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..capacity.limits import ALARM_DELAY, GATE_SECONDS, METRIC_DELAY_LONGEST, METRIC_PERIOD
from ..capacity.settings import Margins, Rollout
from .formatting import minutes_text
from .model import Case, Figure, Finding, Level, Rule

_DELAY_SECONDS = METRIC_DELAY_LONGEST.value + ALARM_DELAY.value


def shortest_bake_minutes(rollout: Rollout) -> int:
    """Minutes after which an alarm goes to ALARM at the latest if every minute after the change throttles.

    It needs ``alarm_datapoints`` minutes. The others of its ``alarm_periods`` only make room for minutes that come late.
    """
    return math.ceil((rollout.alarm_datapoints * METRIC_PERIOD.value + _DELAY_SECONDS) / 60)


def longest_bake_minutes(margins: Margins) -> int:
    """Minutes that a gate can watch: its timeout of an hour minus the longest switch of the billing mode."""
    return GATE_SECONDS.value // 60 - margins.switch_minutes


def _condition(case: Case) -> Iterator[Finding]:
    if not case.has_bake:
        return
    bake = case.rollout.bake_minutes
    shortest, longest = shortest_bake_minutes(case.rollout), longest_bake_minutes(case.margins)
    if shortest <= bake <= longest:
        return
    datapoints = case.rollout.alarm_datapoints
    figures = [
        Figure("bake", minutes_text(bake), "Rollout.bake_minutes"),
        Figure(
            "an alarm needs",
            minutes_text(shortest),
            f"{datapoints} minutes above the threshold, {METRIC_DELAY_LONGEST.value} s until metrics are complete, "
            f"{ALARM_DELAY.value} s until the alarm has judged them",
        ),
        Figure(
            "a gate can watch",
            minutes_text(longest),
            f"{GATE_SECONDS.value:,} s less {minutes_text(case.margins.switch_minutes)} until everything has settled",
        ),
    ]
    if bake < shortest:
        title = "the bake ends before an alarm can go to ALARM"
    else:
        title = "the bake is longer than the time limit of a gate"
    if shortest <= longest:
        fix = (
            f"options=GuardOptions(rollout=Rollout(bake_minutes={shortest if bake < shortest else longest}))"
        )
    else:
        fix = _fewer_datapoints(longest)
    yield case.finding(RULE, title, figures=figures, fix=fix)


def _fewer_datapoints(longest: int) -> str:
    """The fix where the alarm needs more minutes than the longest bake has."""
    datapoints = (longest * 60 - _DELAY_SECONDS) // METRIC_PERIOD.value
    if datapoints < 1:
        return "lower Margins.switch_minutes: it leaves no time to watch"
    settings = f"bake_minutes={longest}, alarm_periods={datapoints}, alarm_datapoints={datapoints}"
    return f"options=GuardOptions(rollout=Rollout({settings}))"


RULE = Rule(
    id="CG9",
    level=Level.ERROR,
    title="Bake too short for its alarms, or longer than a gate can last",
    refuses="a bake too short for its alarms, or longer than a gate can last",
    needs="the rollout",
    condition=_condition,
)
