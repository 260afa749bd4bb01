"""CG2: there is no baseline to judge by: missing, unreadable, stale, short, or of another table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta

from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from .formatting import days, utc_text
from .model import Case, Figure, Finding, Level, Rule

_HOUR = 60
"""Minutes that may be missing from the shortest recording: a gap of an hour does not spoil a week."""


def _condition(case: Case) -> Iterator[Finding]:
    baseline = case.baseline
    if isinstance(baseline, InputError):
        yield case.finding(
            RULE,
            "its baseline cannot be used, so nobody knows what a change would do",
            figures=[Figure("baseline", baseline.location, baseline.problem)],
            fix=baseline.remedy,
        )
        return
    if baseline.is_new_table:
        return  # nothing is deployed that could have been recorded
    yield from _of_another_table(case, baseline)
    yield from _stale(case, baseline)
    yield from _short(case, baseline)


def _of_another_table(case: Case, baseline: Baseline) -> Iterator[Finding]:
    """Compared only where both sides are known: at synthesis account and Region may be unresolved."""
    table = baseline.table
    compared = (
        ("account", table.account, case.account),
        ("Region", table.region, case.region),
        ("stack", table.stack, case.stack),
        ("logical id", table.logical_id, case.logical_id),
        ("name", table.name, case.table_name),
    )
    differing = [(what, of, here) for what, of, here in compared if of is not None and here not in (None, of)]
    if differing:
        figures = [
            Figure(what, str(of), f"in the baseline; the code says {here}") for what, of, here in differing
        ]
        yield case.finding(
            RULE, "its baseline is of another table", figures=figures, fix=_record(baseline, case.table_name)
        )


def _stale(case: Case, baseline: Baseline) -> Iterator[Finding]:
    recorded = baseline.recording.at
    if baseline.traffic is not None:
        recorded = min(recorded, baseline.traffic.end)
    oldest = case.margins.baseline_oldest_days
    if case.now - recorded > timedelta(days=oldest):
        age = math.ceil((case.now - recorded) / timedelta(days=0.1)) / 10  # never shown as the oldest allowed
        yield case.finding(
            RULE,
            "its baseline is too old to judge a change by",
            figures=[
                Figure("recorded until", utc_text(recorded), baseline.file),
                Figure("age", days(age), f"at {utc_text(case.now)}"),
                Figure("oldest", days(oldest)),
            ],
            fix=_record(baseline),
        )


def _short(case: Case, baseline: Baseline) -> Iterator[Finding]:
    traffic = baseline.traffic
    if traffic is None:
        return
    shortest = case.margins.baseline_shortest_days
    recorded = traffic.minutes - traffic.gaps()
    if recorded < shortest * 1440 - _HOUR:
        yield case.finding(
            RULE,
            "its baseline covers too little time to know a week's peaks",
            figures=[
                Figure(
                    "recorded",
                    days(recorded / 1440),
                    f"{traffic.gaps():,} of {traffic.minutes:,} minutes missing",
                ),
                Figure("shortest", days(shortest)),
            ],
            fix=_record(baseline),
        )


def _record(baseline: Baseline, name: str | None = None) -> str:
    out = f" --out {baseline.file}" if baseline.file else " --out FILE"
    return f"capacity-guard record --table {name or baseline.table.name}{out}"


RULE = Rule("CG2", Level.ERROR, "Baseline missing, unreadable, stale, short, or of another table", _condition)
