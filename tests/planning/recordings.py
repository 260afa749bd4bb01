"""Recordings that the tests of recommendations and of their search generate."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Dimension,
    Provisioned,
    Structure,
    TableKind,
)
from capacity_guard.evidence.baseline import Baseline
from tests.builders.cases import INDEX, baseline, deployed, flat, on_demand, provisioned, traffic

DAYS = 7.0
rates = st.integers(1, 3_000)


@st.composite
def recorded(draw: st.DrawFn) -> Baseline:
    def series() -> array[float]:
        found = flat(draw(rates), DAYS)
        first = draw(st.integers(0, len(found) - 200))
        found[first : first + 200] = array("d", [draw(rates) * 60.0]) * 200
        if draw(st.booleans()):
            found[first : first + 30] = array("d", [float("nan")]) * 30
        return found

    before = (
        on_demand() if draw(st.booleans()) else provisioned(*(draw(st.integers(1, 8_000)) for _ in range(3)))
    )
    table_kind = draw(st.sampled_from([None, *TableKind]))
    structure = (
        None if table_kind is None else Structure(table_kind, "id:S HASH", {INDEX: "agent:S HASH; ALL"})
    )
    carried = traffic(series(), series(), series())
    return baseline(replace(deployed(before), structure=structure), carried)


def days(seed: int) -> array[float]:
    """Two days with a wave, noise and some bursts, by the seed."""
    random = Random(seed)
    base, swing = random.choice([40, 300, 2_000]), random.uniform(0.3, 0.9)
    found = array(
        "d",
        [
            60 * base * max(0.02, (1 - swing * math.cos(at / 720 * math.pi)) * random.gauss(1, 0.05))
            for at in range(2 * 1_440)
        ],
    )
    for _ in range(random.randint(0, 6)):
        first, times = random.randrange(len(found) - 60), random.uniform(1.5, 4)
        for at in range(first, first + random.randint(3, 60)):
            found[at] *= times
    return found


KINDS = (None, TableKind.TABLE, TableKind.GLOBAL_TABLE)


def made_up(seed: int) -> Baseline:
    """A table with idle, rarely busy and busy dimensions, most with fixed units or auto scaling far from what they need.

    Args:
        seed: of the random numbers; its remainder by three is the resource type, see ``KINDS``.
    """
    random, kind = Random(seed), KINDS[seed % 3]

    def series() -> array[float]:
        chance = random.random()
        if chance < 0.15:
            return flat(0, DAYS)
        if chance < 0.3:
            found = flat(random.randint(1, 50), DAYS)
            found[random.randrange(10_000)] = random.choice([200, 1_000, 5_000]) * 60.0
            return found
        return array("d", (list(days(random.randrange(10**6))) * 4)[: len(flat(0, DAYS))])

    carried = traffic(series(), series(), series())

    def throughput(dimension: Dimension) -> int | AutoScaling:
        peak = max(1, math.ceil(max(carried.consumed[dimension]) / 60))
        if random.random() < 0.4:
            return max(1, int(peak * random.choice([0.3, 0.8, 1.1, 1.5, 3, 10])))
        minimum = max(1, int(peak * random.choice([0.05, 0.2, 0.5, 1.2, 3])))
        maximum = max(minimum, int(peak * random.choice([0.5, 1, 1.5, 4])))
        target = random.choice([20, 50, 70, 90])
        if kind is TableKind.TABLE:
            return AutoScaling(minimum, maximum, target, random.randint(minimum, maximum))
        return AutoScaling(minimum, maximum, target, random.choice([None, minimum, maximum]))

    if random.random() < 0.2:
        before = on_demand()
    else:
        found = {dimension: throughput(dimension) for dimension in carried.consumed}
        table, index = (
            Provisioned(found[Dimension(name, "read")], found[Dimension(name, "write")])
            for name in (None, INDEX)
        )
        before = Capacity.provisioned(read=table.read, write=table.write, indexes={INDEX: index})
    structure = None if kind is None else Structure(kind, "id:S HASH", {INDEX: "agent:S HASH; ALL"})
    live = before if before.is_on_demand else _without_seeds(before)
    return baseline(replace(deployed(before, live=live), structure=structure), carried)


def _without_seeds(capacity: Capacity) -> Capacity:
    """The capacity of the live table: seeds stand in templates alone."""

    def bare(resource: Provisioned) -> Provisioned:
        read, write = (
            replace(throughput, seed=None) if isinstance(throughput, AutoScaling) else throughput
            for throughput in (resource.read, resource.write)
        )
        return Provisioned(read, write)

    table, *indexes = [resource for _, resource in capacity.resources() if isinstance(resource, Provisioned)]
    return replace(
        capacity, table=bare(table), indexes=dict(zip(capacity.indexes, map(bare, indexes), strict=True))
    )
