"""The judgment time: an input of the synthesis, so that the same code gives the same result on any day."""

from __future__ import annotations

from datetime import UTC, datetime

from constructs import IConstruct

from ..capacity.errors import InputError
from ..capacity.plain_data import shown, time_text, utc_time
from ..capacity.settings import is_after
from ..evidence.baseline import Baseline

NOW_CONTEXT = "capacity-guard:now"


def judgment_time(scope: IConstruct) -> datetime:
    """The time at which the rules judge, in UTC: context ``capacity-guard:now``, by default today at 00:00.

    Args:
        scope: any construct of the app.

    Raises:
        InputError: the context value is neither a date nor a time with a time zone.
    """
    context = scope.node.try_get_context(NOW_CONTEXT)
    if context is None:
        # Midnight, so that two syntheses of one day agree.
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    text = shown(context) if isinstance(context, int) else str(context)
    # A date alone is its midnight in UTC.
    time = utc_time(f"{text}T00:00Z" if len(text) == len("2026-07-09") else text)
    if time is None:
        raise InputError(
            f"context {NOW_CONTEXT}",
            f"{shown(context)} is no date and no moment with a time zone",
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


__all__ = ["NOW_CONTEXT", "judgment_time", "timely_baseline"]
