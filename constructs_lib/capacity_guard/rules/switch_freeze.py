"""Shared by CG7, CG14 and CG15: throughput that is frozen while the billing mode switches to on-demand.

While the mode switches, the table serves what was provisioned when the switch started (Guide:
bp-switching-capacity-modes), and auto scaling cannot act. A rollback re-sends what the deployed template states, not
what auto scaling had reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import truediv

from ..capacity.capacity import AutoScaling, Provisioned, Throughput
from ..capacity.deployed import Deployed
from ..capacity.dimension import ACCESSES, Dimension
from ..capacity.evidence import HOURS_OF_WEEK, Peak
from ..capacity.settings import hours_in
from ..capacity.structure import TableKind
from ..evidence.digest import hours_of_week
from ..simulator.provisioned_check import provisioned_by_minute, shortage
from .fix_code import capacity_code
from .formatting import DAYS_OF_WEEK
from .model import Case
from .rounding import round_up

_LONGEST_WINDOW_HOURS = 4


@dataclass(frozen=True)
class FreezeLoad:
    """Recorded load on the frozen throughput of one dimension, for each hour of the week in which a switch may start.

    Attributes:
        highest_share: for each hour of the week, the highest recorded load until the end of the longest switch, as a
            share of what is provisioned at the start; ``None`` where nothing was recorded.
        worst_start: for each hour of the week, the position of the recorded minute that starts with that share.
        needed: for each hour of the week, units per second that carry every start in it; 0 where what is provisioned
            carries every start.
        provisioned: units per second provisioned in each recorded minute.
    """

    highest_share: tuple[float | None, ...]
    worst_start: tuple[int, ...]
    needed: tuple[int, ...]
    provisioned: Sequence[int]


@dataclass(frozen=True)
class FreezeExcess:
    """The worst recorded excess over the frozen throughput of one dimension in the change window.

    Attributes:
        peak: busiest minute while the mode switches.
        provisioned: units per second provisioned when the switch starts.
        needed: units per second that carry every start in the change window.
        unserved: units above what is provisioned until the longest switch has ended.
        after_burst: units of these that full burst capacity does not carry.
    """

    peak: Peak
    provisioned: int
    needed: int
    unserved: float
    after_burst: float


def measure_load(case: Case, dimension: Dimension) -> FreezeLoad | None:
    """Recorded load on a dimension if its throughput were frozen; ``None`` if it is not provisioned, or not recorded."""
    baseline = case.recorded
    if baseline is None or baseline.deployed is None or baseline.traffic is None:
        return None
    series = baseline.traffic.consumed.get(dimension)
    throughput = _effective_throughput(baseline.deployed, dimension)
    if series is None or throughput is None:
        return None
    provisioned = provisioned_by_minute(series, throughput, case.margins.scaling_reaction_minutes)
    ahead = baseline.traffic.highest_ahead(dimension, case.margins.switch_minutes)
    ratios = list(map(truediv, ahead, provisioned))
    highest_share: list[float | None] = [None] * HOURS_OF_WEEK
    worst_start = [0] * HOURS_OF_WEEK
    needed = [0] * HOURS_OF_WEEK
    for hour, minutes in hours_of_week(baseline.traffic):
        in_hour = ratios[minutes.start : minutes.stop]
        highest = max(in_hour)
        share = round(highest / 60, 9)  # floating-point error must not turn an equal value into an excess
        before = highest_share[hour]
        if highest >= 0 and (before is None or share > before):
            highest_share[hour], worst_start[hour] = share, minutes.start + in_hour.index(highest)
        if share > 1:
            exceeding = max(ahead[minute] for minute in minutes if ahead[minute] > provisioned[minute] * 60)
            needed[hour] = max(needed[hour], round_up(exceeding / 60))
    return FreezeLoad(tuple(highest_share), tuple(worst_start), tuple(needed), provisioned)


def _effective_throughput(deployed: Deployed, dimension: Dimension) -> Throughput | None:
    """The live range of auto scaling, or the provisioned units where auto scaling cannot change them."""
    if dimension.index is not None and dimension.index not in deployed.live.indexes:
        return None
    throughput = deployed.live.throughput(dimension)
    if isinstance(throughput, AutoScaling) and throughput.minimum != throughput.maximum:
        return throughput
    return deployed.provisioned_now(dimension)


def find_excess(case: Case, dimension: Dimension, load: FreezeLoad) -> FreezeExcess | None:
    """The worst excess in the change window; ``None`` if what is provisioned carries the recorded traffic."""
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    traffic = case.recorded.traffic
    hours = [hour for hour in hours_in(case.rollout.change_window) if (load.highest_share[hour] or 0) > 1]
    if not hours:
        return None
    worst_hour = max(hours, key=lambda hour: load.highest_share[hour] or 0)
    start = load.worst_start[worst_hour]
    series = traffic.consumed[dimension][start : start + case.margins.switch_minutes + 1]
    provisioned = load.provisioned[start]
    recorded = [units for units in series if units == units]
    highest = max(recorded)
    short = shortage(series, [provisioned] * len(series))
    return FreezeExcess(
        Peak(highest / 60, traffic.minute(start + list(series).index(highest))),
        provisioned,
        max(load.needed[hour] for hour in hours),
        sum(max(0.0, units - provisioned * 60) for units in recorded),
        0.0 if short is None else short.units,
    )


def find_excesses(case: Case, dimensions: Iterable[Dimension]) -> dict[Dimension, FreezeExcess]:
    """The worst excess in the change window of each dimension that has one."""
    excesses = {}
    for dimension in dimensions:
        load = measure_load(case, dimension)
        excess = None if load is None else find_excess(case, dimension, load)
        if excess is not None:
            excesses[dimension] = excess
    return excesses


def deploy_first_code(
    case: Case, deployed: Deployed, index: str | None, excesses: Mapping[Dimension, FreezeExcess]
) -> str:
    """The code of ``deploy_first``."""
    return capacity_code(index, deploy_first(case, deployed, index, excesses), case.dialect)


def deploy_first(
    case: Case, deployed: Deployed, index: str | None, excesses: Mapping[Dimension, FreezeExcess]
) -> Provisioned:
    """A provisioned capacity of one table or index to deploy before a switch to on-demand.

    Its minimum carries the recorded traffic during the switch, its seed carries it after a rollback.

    Args:
        case: the case of the switch.
        deployed: the deployed capacity.
        index: name of the index, ``None`` for the table.
        excesses: the excess of each dimension whose frozen throughput is too low.
    """
    template = deployed.template.of(index)
    assert isinstance(template, Provisioned)
    dimensions = tuple(Dimension(index, access) for access in ACCESSES)
    read, write = (_prepared(case, deployed, dimension, excesses) for dimension in dimensions)
    transition = case.transition
    if (transition is None or transition.may_be(TableKind.TABLE)) and (
        _template_units(read),
        _template_units(write),
    ) != (
        _template_units(template.read),
        _template_units(template.write),
    ):
        read, write = (
            _seeded_above(throughput, deployed.provisioned_now(dimension))
            for throughput, dimension in zip((read, write), dimensions, strict=True)
        )
    return replace(template, read=read, write=write, warm=None)


def _template_units(throughput: Throughput) -> int | None:
    return throughput.seed if isinstance(throughput, AutoScaling) else throughput


def _seeded_above(throughput: Throughput, provisioned_now: int | None) -> Throughput:
    """Auto scaling of a Table whose seed is above what is provisioned now; fixed units unchanged.

    The seed is the ProvisionedThroughput of a Table's template. CloudFormation sends it for reads and writes when
    either changes: a lower value would cut what auto scaling has reached, and the service refuses an equal one
    (aws/aws-cdk issue 15318).
    """
    if not isinstance(throughput, AutoScaling) or provisioned_now is None:
        return throughput
    seed = max(throughput.seed or 1, provisioned_now + 1)
    return replace(throughput, seed=seed, maximum=max(throughput.maximum, seed))


def _prepared(
    case: Case, deployed: Deployed, dimension: Dimension, excesses: Mapping[Dimension, FreezeExcess]
) -> Throughput:
    throughput = deployed.template.throughput(dimension)
    assert throughput is not None
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    after_rollback = 1 if peak is None else round_up(peak.units)
    during_switch = excesses[dimension].needed if dimension in excesses else 1
    if not isinstance(throughput, AutoScaling):
        return max(throughput, after_rollback, during_switch)
    minimum = max(throughput.minimum, during_switch)
    seed = max(minimum, after_rollback, throughput.seed or 1)
    return replace(throughput, minimum=minimum, maximum=max(throughput.maximum, seed), seed=seed)


def quiet_window(loads: Sequence[FreezeLoad]) -> str | None:
    """The quietest change window of up to four hours of one day in which every dimension carries its recorded traffic.

    Returns:
        The window as ``ChangeWindow`` reads it, the longest that there is; ``None`` if there is none.
    """
    shares_by_hour = [[load.highest_share[hour] for load in loads] for hour in range(HOURS_OF_WEEK)]
    highest_by_hour = [
        max((share for share in shares if share is not None), default=0.0) if None not in shares else None
        for shares in shares_by_hour
    ]
    for length in range(_LONGEST_WINDOW_HOURS, 0, -1):
        windows = list(_windows(highest_by_hour, length))
        if windows:
            _, start = min(windows)
            day, hour = divmod(start, 24)
            return f"{DAYS_OF_WEEK[day]} {hour:02}-{hour + length:02}"
    return None


def _windows(highest_by_hour: Sequence[float | None], length: int) -> Iterator[tuple[float, int]]:
    """Highest share and first hour of the week of each window of ``length`` hours of one day that carries its traffic."""
    for start in range(HOURS_OF_WEEK):
        shares = highest_by_hour[start : start + length]
        carried = [share for share in shares if share is not None and share <= 1]
        if start % 24 + length <= 24 and len(carried) == length:
            yield max(carried), start


__all__ = [
    "FreezeExcess",
    "FreezeLoad",
    "deploy_first",
    "deploy_first_code",
    "find_excess",
    "find_excesses",
    "measure_load",
    "quiet_window",
]
