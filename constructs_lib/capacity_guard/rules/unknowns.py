"""What no source states, and what it changes: the range of a replay, and the assumption that decides most of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..capacity.dimension import Dimension
from ..capacity.settings import hours_in
from ..capacity.transition import Transition
from ..evidence.traffic import Traffic
from ..simulator.parameters import Parameters
from ..simulator.worst_hour import Trial, WorstHour, possible_starts, worst_hours
from .model import Case, Figure

_WORDS: Mapping[str, Callable[[float, float, float], str]] = {
    "reaction_minutes": lambda best, worst, judged: (
        f"how fast auto scaling raises, in {best:g} to {worst:g} minutes; judged with {judged:g}"
    ),
    "peak_second": lambda best, worst, judged: (
        f"the busiest second of a minute, {best:g} to {worst:g} times its mean; judged with {judged:g}"
    ),
    "returning": lambda best, worst, judged: (
        f"the throttled units that are retried a minute later, {best * 100:.0f} to {worst * 100:.0f} %; "
        f"judged with {judged * 100:.0f} %"
    ),
    "growth_minutes": lambda best, worst, judged: (
        f"how fast an on-demand ceiling grows, after {best:g} to {worst:g} minutes; judged with {judged:g}"
    ),
    "burst_kept": lambda best, worst, judged: (
        f"the saved burst that a switch leaves, {best * 100:.0f} to {worst * 100:.0f} %; judged with {judged * 100:.0f} %"
    ),
}


@dataclass(frozen=True)
class ThrottledRange:
    """Units throttled over the range of the simulator's parameters.

    Attributes:
        low, high: the fewest and the most.
        decided_by: the parameter that changes them most by itself; ``None`` where none changes anything.
        trial: the trial whose parameters the verdict uses.
    """

    low: float
    high: float
    decided_by: str | None
    trial: Trial

    def figure(self) -> Figure:
        """The range with what decides between its ends, and the value that the verdict uses."""
        value = f"{self.low:,.0f} to {self.high:,.0f}"
        if self.decided_by is None:
            return Figure("best/worst case", value, "nothing that is unknown changes it")
        best, worst = self.trial.parameters.range()
        values = (getattr(each, self.decided_by) for each in (best, worst, self.trial.parameters))
        note = f"decided most by {_WORDS[self.decided_by](*values)} (capacity-guard docs simulator)"
        return Figure("best/worst case", value, note)


def throttled_range(
    case: Case, transition: Transition, traffic: Traffic, dimension: Dimension, hour: WorstHour, trial: Trial
) -> ThrottledRange:
    """The range of a replay that throttles, and the parameter that decides most of it.

    Each parameter is replayed at its best and at its worst value, with the others as the verdict has them.

    Args:
        case: the judged case.
        transition: its transition.
        traffic: the recording.
        dimension: the dimension that throttles.
        hour: its worst hour.
        trial: the trial of that hour.
    """
    of_dimension = traffic.only([dimension])
    possible = possible_starts(transition, of_dimension, case.margins, case.runner, trial.factor)

    def units(parameters: Parameters) -> float:
        if hour.started is not None and possible is not None:
            window = hours_in(case.rollout.change_window)
            return possible.most(parameters, window, [dimension])[dimension]
        variant = Trial(trial.factor, parameters)
        return worst_hours(transition, of_dimension, variant, case.margins, case.runner)[dimension].throttled

    best, worst = trial.parameters.range()
    both = units(best), units(worst)
    spreads = {}
    for name in _WORDS:
        ends = {getattr(best, name), getattr(worst, name)}
        if len(ends) == 2:
            found = [units(replace(trial.parameters, **{name: value})) for value in ends]
            spreads[name] = max(found) - min(found)
    decided_by = max(spreads, key=lambda name: spreads[name], default=None)
    return ThrottledRange(
        min(hour.throttled, *both),
        max(hour.throttled, *both),
        decided_by if decided_by is not None and spreads[decided_by] >= 1 else None,
        trial,
    )


__all__ = ["ThrottledRange", "throttled_range"]
