"""CG15: recorded traffic exceeds what is provisioned while the mode switches to on-demand."""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.capacity import AutoScaling
from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.limits import BURST_SECONDS
from ..capacity.transition import Change
from .formatting import minutes, rate, utc_text
from .model import Case, Figure, Finding, Level, Rule
from .switch_freeze import Excess, Frozen, armed_code, excess, frozen, quiet_window


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.deployed is None or not transition.switches_to_on_demand:
        return
    dimensions = transition.having(Change.TO_ON_DEMAND)
    met = {d: one for d in dimensions if (one := frozen(case, d)) is not None}
    exceeded = {d: worst for d, one in met.items() if (worst := excess(case, d, one)) is not None}
    for dimension, worst in exceeded.items():
        yield case.finding(
            RULE,
            "while the mode switches it is frozen below what it has carried at this hour",
            dimension=dimension,
            figures=_figures(case, transition.deployed, dimension, worst),
            fix=_fix(case, transition.deployed, dimension, exceeded, met),
        )


def _figures(case: Case, deployed: Deployed, dimension: Dimension, worst: Excess) -> Iterator[Figure]:
    window = case.rollout.change_window
    allowed = "no change window: any hour counts" if window is None else f"change window {window.text}"
    yield Figure("recorded", rate(worst.peak.units, dimension), f"{utc_text(worst.peak.at)}; {allowed}")
    live = deployed.live.throughput(dimension)
    moves = isinstance(live, AutoScaling) and live.minimum != live.maximum
    yield Figure(
        "provisioned",
        rate(worst.provisioned, dimension),
        f"{'reckoned for that minute' if moves else 'today'}; "
        f"auto scaling stands still for up to {minutes(case.margins.switch_minutes)}",
    )
    yield Figure("above it", f"{worst.unserved:,.0f} {dimension.access}s", "in the longest switch")
    carried = worst.after_burst == 0
    yield Figure(
        "burst, not counted",
        f"{BURST_SECONDS.value * worst.provisioned:,} {dimension.access}s",
        f"{BURST_SECONDS.value} s, if a switch leaves them: "
        + ("they would carry it" if carried else f"{worst.after_burst:,.0f} would still be throttled"),
    )


def _fix(
    case: Case,
    deployed: Deployed,
    dimension: Dimension,
    met: dict[Dimension, Excess],
    all_met: dict[Dimension, Frozen],
) -> str:
    window = quiet_window(list(all_met.values()))
    quiet = (
        "no hour of the week is quiet enough for a change window"
        if window is None
        else f'or change in a quiet hour: rollout=Rollout(change_window=ChangeWindow("{window}"))'
    )
    return f"deploy first, then record again: {armed_code(case, deployed, dimension.index, met)}\n{quiet}"


RULE = Rule(
    "CG15", Level.ERROR, "Recorded traffic above what is provisioned while the mode switches", _condition
)
