"""What CG7 and CG15 share: a table frozen while its mode switches, and what must be deployed before that.

While the mode switches, the table serves what it was provisioned for at that moment (Guide:
bp-switching-capacity-modes) and auto scaling cannot act. On the way back a rollback re-sends what the template
states, not what auto scaling had reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import truediv

from ..capacity.capacity import AutoScaling, Provisioned, Throughput
from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK, Peak
from ..capacity.settings import hours_in
from ..capacity.structure import TableKind
from ..evidence.digest import highest_ahead, hours_of_week
from ..simulator.provisioned_check import provisioned_by_minute, shortage
from .formatting import capacity_code, whole
from .model import Case


@dataclass(frozen=True)
class Frozen:
    """What a switch to on-demand would meet in one dimension, for each hour of the week in which it may start.

    Attributes:
        load: by hour of the week, the largest share of what is provisioned at the start that is met until the end
            of the longest switch; ``None`` where nothing was recorded.
        starts: the position of the start with that share.
        needed: units per second that would carry every start of that hour which meets more than is provisioned; 0
            where all of them are carried.
        provisioned: units per second provisioned in each recorded minute.
    """

    load: tuple[float | None, ...]
    starts: tuple[int, ...]
    needed: tuple[int, ...]
    provisioned: Sequence[int]


@dataclass(frozen=True)
class Excess:
    """The worst that a switch meets in the hours in which it may start.

    Attributes:
        peak: busiest minute while the mode switches.
        provisioned: units per second provisioned when the switch starts.
        needed: units per second that would carry every start in these hours.
        unserved: units above what is provisioned until the longest switch has ended.
        after_burst: units of these that a full bucket would not carry.
    """

    peak: Peak
    provisioned: int
    needed: int
    unserved: float
    after_burst: float


def frozen(case: Case, dimension: Dimension) -> Frozen | None:
    """What a switch would meet; ``None`` if the dimension is not provisioned, or nothing was recorded."""
    baseline = case.recorded
    if baseline is None or baseline.deployed is None or baseline.traffic is None:
        return None
    series = baseline.traffic.consumed.get(dimension)
    throughput = _moving(baseline.deployed, dimension)
    if series is None or throughput is None:
        return None
    provisioned = provisioned_by_minute(series, throughput, case.margins.scaling_reaction_minutes)
    ahead = highest_ahead(series, case.margins.switch_minutes)
    shares = list(map(truediv, ahead, provisioned))
    load: list[float | None] = [None] * HOURS_OF_WEEK
    starts = [0] * HOURS_OF_WEEK
    needed = [0] * HOURS_OF_WEEK
    for hour, span in hours_of_week(baseline.traffic):
        part = shares[span.start : span.stop]
        highest = max(part)
        share = round(highest / 60, 9)  # the dust of floating point must not turn an equal into an excess
        before = load[hour]
        if highest >= 0 and (before is None or share > before):
            load[hour], starts[hour] = share, span.start + part.index(highest)
        if share > 1:
            exceeding = max(ahead[i] for i in span if ahead[i] > provisioned[i] * 60)
            needed[hour] = max(needed[hour], whole(exceeding / 60))
    return Frozen(tuple(load), tuple(starts), tuple(needed), provisioned)


def _moving(deployed: Deployed, dimension: Dimension) -> Throughput | None:
    """What bounds a dimension now: the live scaling range, or the units that do not move."""
    if dimension.index is not None and dimension.index not in deployed.live.indexes:
        return None
    throughput = deployed.live.throughput(dimension)
    if isinstance(throughput, AutoScaling) and throughput.minimum != throughput.maximum:
        return throughput
    return deployed.provisioned_now(dimension)


def excess(case: Case, dimension: Dimension, met: Frozen) -> Excess | None:
    """The worst in the change window, ``None`` if recorded traffic fits into what is provisioned."""
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    traffic = case.recorded.traffic
    hours = [h for h in hours_in(case.rollout.change_window) if (met.load[h] or 0) > 1]
    if not hours:
        return None
    worst = max(hours, key=lambda h: met.load[h] or 0)
    start = met.starts[worst]
    series = traffic.consumed[dimension][start : start + case.margins.switch_minutes + 1]
    provisioned = met.provisioned[start]
    known = [v for v in series if v == v]
    highest = max(known)
    left = shortage(series, [provisioned] * len(series))
    return Excess(
        Peak(highest / 60, traffic.minute(start + list(series).index(highest))),
        provisioned,
        max(met.needed[h] for h in hours),
        sum(max(0.0, v - provisioned * 60) for v in known),
        0.0 if left is None else left.units,
    )


def armed_code(case: Case, deployed: Deployed, index: str | None, met: dict[Dimension, Excess]) -> str:
    """Capacity of one resource to deploy before a switch to on-demand: floor for the switch, seed for the way back."""
    template = deployed.template.of(index)
    assert isinstance(template, Provisioned)
    dimensions = (Dimension(index, "read"), Dimension(index, "write"))
    read, write = (_armed(case, deployed, one, met) for one in dimensions)
    if deployed.kind is TableKind.TABLE and (_seed(read), _seed(write)) != (
        _seed(template.read),
        _seed(template.write),
    ):
        read, write = (
            _above(t, deployed.provisioned_now(d)) for t, d in zip((read, write), dimensions, strict=True)
        )
    return capacity_code(index, replace(template, read=read, write=write, warm=None), case.dialect)


def _seed(throughput: Throughput) -> int | None:
    return throughput.seed if isinstance(throughput, AutoScaling) else throughput


def _above(throughput: Throughput, now: int | None) -> Throughput:
    """A throughput of a Table whose seed does not cut what auto scaling has reached.

    The seed is the template's ProvisionedThroughput there, which is sent for reads and writes when either changes; sent
    equal to what the table has, the service refuses it (aws/aws-cdk issue 15318).
    """
    if not isinstance(throughput, AutoScaling) or now is None:
        return throughput
    seed = max(throughput.seed or 1, now + 1)
    return replace(throughput, seed=seed, maximum=max(throughput.maximum, seed))


def _armed(case: Case, deployed: Deployed, dimension: Dimension, met: dict[Dimension, Excess]) -> Throughput:
    throughput = deployed.template.throughput(dimension)
    assert throughput is not None
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    back = 1 if peak is None else whole(peak.units)
    floor = met[dimension].needed if dimension in met else 1
    if not isinstance(throughput, AutoScaling):
        return max(throughput, back, floor)
    minimum = max(throughput.minimum, floor)
    seed = max(minimum, back, throughput.seed or 1)
    return replace(throughput, minimum=minimum, maximum=max(throughput.maximum, seed), seed=seed)


def quiet_window(met: Sequence[Frozen]) -> str | None:
    """The quietest span of up to four hours of one day in which every dimension fits, ``None`` if there is none."""
    loads = [[one.load[hour] for one in met] for hour in range(HOURS_OF_WEEK)]
    worst = [
        max((v for v in here if v is not None), default=0.0) if None not in here else None for here in loads
    ]
    for length in (4, 3, 2, 1):
        spans = list(_fitting(worst, length))
        if spans:
            _, start = min(spans)
            day, hour = divmod(start, 24)
            return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day]} {hour:02}-{hour + length:02}"
    return None


def _fitting(worst: Sequence[float | None], length: int) -> Iterator[tuple[float, int]]:
    for start in range(HOURS_OF_WEEK):
        span = worst[start : start + length]
        known = [v for v in span if v is not None and v <= 1]
        if start % 24 + length <= 24 and len(known) == length:
            yield max(known), start


__all__ = ["Excess", "Frozen", "armed_code", "excess", "frozen", "quiet_window"]
