"""Whether the traffic that ``record --settled`` has read shows that a change has settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..capacity.dimension import Dimension
from ..capacity.evidence import MINUTE
from ..evidence.traffic import Traffic
from ..recording.rollout import Bake
from ..watch.judgment import Minutes, judge
from ..watch.options import WatchOptions
from ..watch.settling import Verdict


def why_not_settled(bake: Bake, traffic: Traffic, *, is_later_wave: bool) -> str | None:
    """Why a change has not settled, in words; ``None`` if it has.

    Args:
        bake: the change's Bake, which has passed, with what was recorded before it and the settings of its watch. The minutes of
            the Bake do not count, so the answer errs on the safe side.
        traffic: the traffic recorded now.
        is_later_wave: whether another cell has settled before, beside what the settings say.

    Raises:
        InputError: the settings of its watch cannot be read.
    """
    plan, since = bake.plan, bake.passed_at
    assert plan is not None
    assert since is not None
    options = WatchOptions.from_property(bake.watch)
    judgment = judge(
        plan,
        _minutes(traffic, traffic.consumed, since),
        _minutes(traffic, traffic.throttled, since),
        changed_at=since,
        complete_until=traffic.end,
        settings=options.settings,
        is_first_wave=not (is_later_wave or options.later_wave),
    )
    if judgment.vetoed:
        return f"throttling vetoes it: {', '.join(judgment.vetoed)}"
    if judgment.progress.verdict is Verdict.SETTLED:
        return None
    missing = [
        f"{dimension.label}: {'; '.join(found.missing)}"
        for dimension, found in judgment.progress.dimensions.items()
        if not found.is_settled
    ]
    return ", ".join(missing) or f"not before {judgment.progress.shortest_ends:%a %d %b %H:%M} UTC"


def _minutes(traffic: Traffic, series: Mapping[Dimension, Sequence[float]], since: datetime) -> Minutes:
    """The recorded minutes since a time, by their start; gaps are left out."""
    first = max(0, -((traffic.start - since) // MINUTE))
    return {
        dimension: {
            traffic.minute(position): values[position]
            for position in range(first, len(values))
            if values[position] == values[position]  # only NaN, a gap, differs from itself
        }
        for dimension, values in series.items()
    }


__all__ = ["why_not_settled"]
