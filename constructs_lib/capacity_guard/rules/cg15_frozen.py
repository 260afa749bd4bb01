"""CG15: recorded traffic above what is provisioned while the mode switches to on-demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.limits import BURST_SECONDS
from ..capacity.transition import Change
from .formatting import minutes_text, rate_text, utc_text
from .model import Case, Figure, Finding, Level, Rule
from .prepared import prepared, prepared_text
from .quiet_hours import quiet_hours
from .switch_freeze import (
    FreezeExcess,
    FreezeLoad,
    find_excesses,
    is_moved_today,
    load_by_hour,
    measure_load,
)


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.deployed is None:
        return
    dimensions = transition.having(Change.TO_ON_DEMAND)
    excesses = find_excesses(case, dimensions)
    loads = [load for d in dimensions if excesses and (load := measure_load(case, d)) is not None]
    for dimension, excess in excesses.items():
        yield case.finding(
            RULE,
            "while the billing mode switches, it provides less than was recorded at this hour",
            dimension=dimension,
            figures=_figures(case, transition.deployed, dimension, excess),
            fix=_fix(case, dimension, loads),
            deployments=(prepared(case), transition.declared),
        )


def _figures(case: Case, deployed: Deployed, dimension: Dimension, excess: FreezeExcess) -> Iterator[Figure]:
    window = case.rollout.change_window
    allowed = "no change window: any hour counts" if window is None else f"change window {window.text}"
    yield Figure(
        "recorded", rate_text(excess.peak.units, dimension), f"{utc_text(excess.peak.at)}; {allowed}"
    )
    yield Figure(
        "provisioned",
        rate_text(excess.provisioned, dimension),
        f"{'simulated for that minute' if is_moved_today(deployed, dimension) else 'today'}; "
        f"auto scaling is paused for up to {minutes_text(case.margins.switch_minutes)}",
    )
    yield Figure("above it", f"{excess.unserved:,.0f} {dimension.access}s", "in the longest switch")
    yield Figure(
        "burst, not counted",
        f"{BURST_SECONDS.value * excess.provisioned:,} {dimension.access}s",
        f"{BURST_SECONDS.value} s of saved burst; if the switch keeps it, "
        + (
            "it carries the excess"
            if excess.after_burst == 0
            else f"{excess.after_burst:,.0f} are still throttled"
        ),
    )


def _fix(case: Case, dimension: Dimension, loads: Sequence[FreezeLoad]) -> str:
    if case.dialect == "template":
        return prepared_text(case, dimension.index)  # no gate would hold the change to its window
    return "\n".join((prepared_text(case, dimension.index), *_windows(case, loads)))


def _windows(case: Case, loads: Sequence[FreezeLoad]) -> Iterator[str]:
    """The hours to propose, those with people at work first."""
    quiet = quiet_hours(load_by_hour(loads), case.rollout.staffed_hours)
    if quiet.any is None:
        yield "no hour of the week is quiet enough for a change window"
        return
    if quiet.staffed is not None:
        yield f"or change in the quietest staffed hours: {_window_code(quiet.staffed)}"
    if quiet.staffed is None:
        none = f"no staffed hour ({case.rollout.staffed_hours.text} UTC) is quiet enough"
        yield f"or in the quietest hours of all, {none}: {_window_code(quiet.any)}"
    elif quiet.any != quiet.staffed:
        yield f"or in the quietest hours of all: {_window_code(quiet.any)}"


def _window_code(window: str) -> str:
    return f'options=GuardOptions(rollout=Rollout(change_window=ChangeWindow("{window}")))'


RULE = Rule(
    id="CG15",
    level=Level.ERROR,
    title="Recorded traffic above what is provisioned while the mode switches",
    refuses="a switch to on-demand in hours whose traffic exceeds what stays provisioned meanwhile",
    needs="traffic, what is provisioned",
    condition=_condition,
)
