"""Hypothesis strategies for the tests of capacity and evidence."""

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

# The same examples in every run, and no deadline that a busy machine could miss.
settings.register_profile("domain", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("domain")

INDEXES = ("by_agent", "table")
"""Two indexes; one has the name that resource keys use for the table itself."""
numbers = st.integers(1, 50_000)
units = st.builds(Units, st.none() | numbers, st.none() | numbers)
given_units = units.filter(lambda value: value != Units())
times = st.integers(0, 4 * 365 * 1440).map(lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + minute * MINUTE)


@st.composite
def auto_scaling(draw: st.DrawFn) -> AutoScaling:
    minimum, seed, maximum = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return AutoScaling(minimum, maximum, draw(st.integers(20, 90)), draw(st.sampled_from([None, seed])))


throughputs = numbers | auto_scaling()
provisioned_resources = st.builds(Provisioned, throughputs, throughputs, st.none() | given_units)
on_demand_resources = st.builds(OnDemand, st.none() | given_units, st.none() | given_units)


@st.composite
def capacities(draw: st.DrawFn, indexes: tuple[str, ...] = INDEXES) -> Capacity:
    if draw(st.booleans()):
        on_demand = draw(on_demand_resources)
        return Capacity.on_demand(
            warm=on_demand.warm,
            maximum=on_demand.maximum,
            indexes={name: draw(on_demand_resources) for name in indexes},
        )
    provisioned = draw(provisioned_resources)
    return Capacity.provisioned(
        read=provisioned.read,
        write=provisioned.write,
        warm=provisioned.warm,
        indexes={name: draw(provisioned_resources) for name in indexes},
    )


structure_texts = st.sampled_from(["id:S HASH", "agent_id:S HASH, sent_at:N RANGE; ALL", "é"])
structures = st.builds(
    Structure,
    st.sampled_from(TableKind),
    structure_texts,
    st.dictionaries(st.sampled_from(INDEXES), structure_texts),
    st.none() | st.just("NEW_IMAGE"),
    st.lists(st.sampled_from(["eu-west-1", "us-east-1"]), unique=True).map(tuple),
    st.none() | st.just("0f4a.zip"),
    st.dictionaries(st.just("by_meaning"), structure_texts),
    st.none() | st.just({"TableClass": "0f12aa"}),
    st.none() | st.just({"us-east-1": "0f12aa"}),
)


@st.composite
def deployments(draw: st.DrawFn) -> Deployed:
    template = draw(capacities())
    keys = [key for key, _ in template.resources()]
    units_by_resource = st.dictionaries(st.sampled_from(keys), units)
    previous = draw(st.none() | capacities())
    return Deployed(
        template,
        template,
        {} if template.is_on_demand else draw(units_by_resource),
        draw(units_by_resource),
        previous,
        draw(st.none() | structures),
        None if previous is None else draw(st.none() | st.just(datetime(2026, 1, 1, tzinfo=UTC))),
    )


transitions = st.builds(
    Transition, st.just("conversations"), st.none() | deployments(), capacities(), st.integers(1, 9)
)
transitions_of_deployed_tables = transitions.filter(lambda transition: transition.deployed is not None)

DIMENSIONS = tuple(Dimension(index, access) for index in (None, *INDEXES) for access in ACCESSES)
units_per_minute = st.integers(0, 10**7).map(float) | st.floats(0, 1e7, allow_nan=False).map(
    lambda units: round(units, 3)
)
minutes = st.lists(units_per_minute | st.just(float("nan")), min_size=1, max_size=200)


@st.composite
def traffics(draw: st.DrawFn, dimensions: tuple[Dimension, ...] = DIMENSIONS) -> Traffic:
    length = draw(st.integers(1, 40))
    consumed, throttled = {}, {}
    for dimension in dimensions:
        series = draw(st.lists(units_per_minute | st.just(float("nan")), min_size=length, max_size=length))
        # The first and the last minute are recorded: a file has no row for a minute without a value.
        series[0], series[-1] = 60.0, 60.0
        consumed[dimension] = array("d", series)
        throttled[dimension] = array(
            "d", draw(st.lists(st.integers(0, 99), min_size=length, max_size=length))
        )
    return Traffic(draw(times), consumed, throttled)


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
        History(draw(st.none() | times), draw(counts)),
        draw(st.integers(1, 9)),
    )
