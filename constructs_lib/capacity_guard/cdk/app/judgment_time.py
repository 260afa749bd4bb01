"""The judgment time: an input of the synthesis, so that the same code gives the same result on any day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from constructs import IConstruct

from ...capacity.errors import InputError
from ...capacity.plain_data import shown, time_text, utc_time
from ...capacity.settings import is_after
from ...evidence.baseline import Baseline

NOW_CONTEXT = "capacity-guard:now"
_CONTEXT_FILES = ("cdk.json", "cdk.context.json")
"""Files in the folder of the app from which the CDK CLI takes context for every synthesis (CDK Guide: context)."""
_NEAR = timedelta(days=1)
"""Without the context the judgment time is less than a day old, and a date alone is the midnight before."""


def clock_time() -> datetime:
    """The time by the clock of this machine, UTC."""
    return datetime.now(UTC)


def judgment_time(scope: IConstruct) -> datetime:
    """The time at which the rules judge, in UTC: context ``capacity-guard:now``, by default today at 00:00.

    Args:
        scope: any construct of the app.

    Raises:
        InputError: the context value is neither a date nor a time with a time zone.
    """
    return time_of_context(scope.node.try_get_context(NOW_CONTEXT))


def origin_of_time(scope: IConstruct) -> str:
    """Where the judgment time comes from, in words for the line that states it.

    Args:
        scope: any construct of the app.
    """
    if scope.node.try_get_context(NOW_CONTEXT) is None:
        return f"the midnight before now; context {NOW_CONTEXT} gives another time"
    return f"context {NOW_CONTEXT}"


def time_of_context(context: object) -> datetime:
    """The time at which the rules judge, in UTC, by the value of context ``capacity-guard:now``.

    Args:
        context: the value, ``None`` without one.

    Raises:
        InputError: the value is neither a date nor a time with a time zone.
    """
    if context is None:
        # Midnight, so that two syntheses of one day agree.
        return clock_time().replace(hour=0, minute=0, second=0, microsecond=0)
    text = shown(context) if isinstance(context, int) else str(context)
    # A date alone is its midnight in UTC.
    time = utc_time(f"{text}T00:00Z" if len(text) == len("2026-07-09") else text)
    if time is None:
        raise InputError(
            f"context {NOW_CONTEXT}",
            f"{shown(context)} is not a date and no moment with a time zone",
            "Write it like 2026-07-09 or 2026-07-09T15:40:00Z",
        )
    return time


def timely_baseline(
    scope: IConstruct, baseline: Baseline | InputError, now: datetime
) -> Baseline | InputError:
    """The baseline, unless it was recorded after the judgment time: then its age is unknown.

    Args:
        scope: any construct of the app.
        baseline: the baseline, or the error that loading it raised.
        now: the judgment time, UTC.

    Returns:
        The baseline; the error that its recording is still to come where the clock of this machine is the judgment time.

    Raises:
        InputError: the context gives a judgment time before the recording.
    """
    if isinstance(baseline, InputError) or baseline.is_new_table or not is_after(baseline.recording.at, now):
        return baseline
    recorded_at = time_text(baseline.recording.at)
    file = baseline.file or baseline.table.name
    if scope.node.try_get_context(NOW_CONTEXT) is None:
        return InputError(
            f"{file}: recorded.at", f"{recorded_at} is still to come", "Set the clock right, or record again"
        )
    raise InputError(
        f"context {NOW_CONTEXT}",
        f"{time_text(now)} is before the recording of {file}, {recorded_at}",
        "Leave it out, or give a later time",
    )


def frozen_time(now: datetime) -> str | None:
    """What is wrong with a judgment time that does not move on by itself; ``None`` for one that does, or may.

    A fixed time keeps baselines young and acknowledgments in force. The text does not name the time of the
    clock, so that syntheses with one judgment time report the same.

    Args:
        now: the judgment time, UTC.
    """
    files = [name for name in _CONTEXT_FILES if _pins(Path(name))]
    if files:
        where = f"is set in {files[0]}, so it is the same in every synthesis"
    elif abs(clock_time() - now) > _NEAR:
        where = "is more than a day from the clock of this machine"
    else:
        return None
    return (
        f"context {NOW_CONTEXT} {where}: every age of a baseline and every end of an acknowledgment is judged at "
        f"{time_text(now)}. Leave it out, or give the time of each synthesis on the command line."
    )


def _pins(file: Path) -> bool:
    """Whether a file of the CDK CLI gives the judgment time."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):  # without a readable file the CLI stops before the app runs
        return False
    if not isinstance(content, dict):
        return False
    # cdk.json has context in a field, cdk.context.json is context as a whole.
    context = content.get("context", {}) if file.name == "cdk.json" else content
    return isinstance(context, dict) and NOW_CONTEXT in context


__all__ = [
    "NOW_CONTEXT",
    "clock_time",
    "frozen_time",
    "judgment_time",
    "origin_of_time",
    "time_of_context",
    "timely_baseline",
]
