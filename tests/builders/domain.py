"""Hypothesis strategies for the domain's tests."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Deployed,
    Dimension,
    OnDemand,
    Provisioned,
    Structure,
    TableKind,
    Transition,
    Units,
)
from capacity_guard.capacity.dimension import ACCESSES
from capacity_guard.capacity.evidence import MINUTE
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.provenance import History, Recording, TableIdentity
from capacity_guard.evidence.traffic import Traffic

# The same examples at every run, and no clock that a busy machine could fail by.
settings.register_profile("domain", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("domain")

INDEXES = ("by_agent", "table")
"""Two indexes; one bears the name that resource keys give to the table itself."""
numbers = st.integers(1, 50_000)
units = st.builds(Units, st.none() | numbers, st.none() | numbers)
moments = st.integers(0, 4 * 365 * 1440).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + minute * MINUTE
)


@st.composite
def auto_scaling(draw: st.DrawFn) -> AutoScaling:
    low, seed, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return AutoScaling(low, high, draw(st.integers(20, 90)), draw(st.sampled_from([None, seed])))


throughputs = numbers | auto_scaling()
provisioned_resources = st.builds(Provisioned, throughputs, throughputs, st.none() | units)
on_demand_resources = st.builds(OnDemand, st.none() | units, st.none() | units)


@st.composite
def capacities(draw: st.DrawFn, indexes: tuple[str, ...] = INDEXES) -> Capacity:
    if draw(st.booleans()):
        table, each = draw(on_demand_resources), {n: draw(on_demand_resources) for n in indexes}
        return Capacity.on_demand(warm=table.warm, maximum=table.maximum, indexes=each)
    here, of_indexes = draw(provisioned_resources), {n: draw(provisioned_resources) for n in indexes}
    return Capacity.provisioned(read=here.read, write=here.write, warm=here.warm, indexes=of_indexes)


texts = st.sampled_from(["id:S HASH", "agent_id:S HASH, sent_at:N RANGE; ALL", "é"])
structures = st.builds(
    Structure,
    st.sampled_from(TableKind),
    texts,
    st.dictionaries(st.sampled_from(INDEXES), texts),
    st.none() | st.just("NEW_IMAGE"),
    st.lists(st.sampled_from(["eu-west-1", "us-east-1"]), unique=True).map(tuple),
    st.none() | st.just("0f4a.zip"),
)


@st.composite
def deployments(draw: st.DrawFn) -> Deployed:
    template = draw(capacities())
    keys = [key for key, _ in template.resources()]
    measured = st.dictionaries(st.sampled_from(keys), units)
    now = {} if template.is_on_demand else draw(measured)
    return Deployed(
        template, template, now, draw(measured), draw(st.none() | capacities()), draw(st.none() | structures)
    )


transitions = st.builds(
    Transition, st.just("conversations"), st.none() | deployments(), capacities(), st.integers(1, 9)
)
in_place = transitions.filter(lambda t: t.deployed is not None)

DIMENSIONS = tuple(Dimension(i, a) for i in (None, *INDEXES) for a in ACCESSES)
values = st.integers(0, 10**7).map(float) | st.floats(0, 1e7, allow_nan=False).map(lambda v: round(v, 3))
minutes = st.lists(values | st.just(float("nan")), min_size=1, max_size=200)


@st.composite
def traffics(draw: st.DrawFn, dimensions: tuple[Dimension, ...] = DIMENSIONS) -> Traffic:
    length = draw(st.integers(1, 40))
    consumed, throttled = {}, {}
    for dimension in dimensions:
        series = draw(st.lists(values | st.just(float("nan")), min_size=length, max_size=length))
        # The first and the last minute are recorded: a file has no row for a minute without any value.
        series[0], series[-1] = 60.0, 60.0
        consumed[dimension] = array("d", series)
        throttled[dimension] = array(
            "d", draw(st.lists(st.integers(0, 99), min_size=length, max_size=length))
        )
    return Traffic(draw(moments), consumed, throttled)


@st.composite
def baselines(draw: st.DrawFn) -> Baseline:
    deployed = draw(deployments())
    traffic = draw(traffics(deployed.live.dimensions()))
    counts = st.dictionaries(
        st.sampled_from([key for key, _ in deployed.live.resources()]), st.integers(0, 27)
    )
    return Baseline(
        TableIdentity(
            "conversations",
            draw(st.none() | st.just("111122223333")),
            draw(st.none() | st.just("eu-west-1")),
            draw(st.none() | st.just("Chat")),
        ),
        Recording(traffic.end + timedelta(hours=1), "test", "strategy", draw(st.none() | st.just("a note"))),
        deployed,
        traffic,
        History(draw(st.none() | moments), draw(counts)),
        draw(st.integers(1, 9)),
    )
