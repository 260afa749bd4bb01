"""CG16: a baseline that already throttles, so that throttling does not show the effect of the change."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace

import pytest

from capacity_guard.capacity import Rollout
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.rules import Case
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.table_replay import settled
from tests.builders.cases import (
    DAYS,
    DIMENSIONS,
    INDEX_WRITE,
    START,
    baseline,
    case,
    deployed,
    findings,
    flat,
    provisioned,
    throttled_index,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import fix_lines, pasted

OR_NORMAL = "or accept it as normal: "


def everything_throttled() -> Case:
    judged = throttled_index(403)
    assert judged.recorded is not None
    carried = judged.recorded.traffic
    assert carried is not None
    quiet = [0.0] * (carried.minutes - 700)
    throttled = {
        dimension: array("d", [number + 3.0] * 300 + [number * 7.0] * 400 + quiet)
        for number, dimension in enumerate(carried.throttled)
    }
    recorded = replace(judged.recorded, traffic=replace(carried, throttled=throttled))
    return replace(judged, baseline=recorded)


def throttled_with_gaps() -> Case:
    judged = everything_throttled()
    assert judged.recorded is not None
    carried = judged.recorded.traffic
    assert carried is not None
    throttled = {dimension: array("d", events) for dimension, events in carried.throttled.items()}
    for events in throttled.values():
        events[350:450] = array("d", [float("nan")] * 100)
    recorded = replace(judged.recorded, traffic=replace(carried, throttled=throttled))
    return replace(judged, baseline=recorded)


EXAMPLES = (
    compliant("quiet", lambda: throttled_index(0)),
    refused("throttles in two minutes of a hundred", lambda: throttled_index(403)),
    silent("a few minutes of a fortnight", lambda: throttled_index(200)),
    silent(
        "a level that somebody decided",
        lambda: replace(throttled_index(403), rollout=Rollout(alarm_threshold=25)),
    ),
)

OTHERS = (
    other("reads and writes of table and index", lambda: everything_throttled()),
    other("a gap in what was throttled", lambda: throttled_with_gaps()),
    other("exactly a hundredth of the minutes", lambda: throttled_index(201)),
    other("one minute more than a hundredth", lambda: throttled_index(202)),
    other("a fraction of an event", lambda: throttled_index(403, 24.25)),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_noise_when_it_is_decided_to_be_normal_expects_silence(example: Example) -> None:
    judged = example.make()
    (code,) = fix_lines(findings(judged, "CG16"), OR_NORMAL)
    decided = replace(judged, rollout=pasted(code)["rollout"])
    assert findings(decided, "CG16") == []
    assert findings(decided, "CG8") == []


def replayed_noise(returning: float) -> Case:
    """A table whose recorded events come from its own traffic: each evening throttles as the simulator replays it."""
    day = flat(300, 1)
    day[1_200:1_245] = array("d", [60 * 900.0]) * 45
    consumed = dict.fromkeys(DIMENSIONS, day * DAYS)
    replayed = run(
        settled(500, consumed[INDEX_WRITE]), consumed[INDEX_WRITE], 1_000, Parameters(returning=returning)
    )
    events = {**{d: flat(0) for d in DIMENSIONS}, INDEX_WRITE: array("d", map(math.ceil, replayed.throttled))}
    served = {**consumed, INDEX_WRITE: replayed.served}
    was = deployed(provisioned(index_write=500))
    return case(provisioned(index_write=1_500), baseline(was, Traffic(START, served, events)))


@pytest.mark.parametrize("returning", [0.0, 0.43])
def test_noise_of_traffic_that_throttles_every_evening_is_what_the_evenings_show(returning: float) -> None:
    """45 minutes of 1,440 throttle: more than one in a hundred, whose level the rule states with its worst minute."""
    judged = replayed_noise(returning)
    assert judged.recorded is not None
    assert judged.recorded.traffic is not None
    events = judged.recorded.traffic.throttled[INDEX_WRITE]
    assert 0.01 < sum(1 for units in events if units) / len(events) < 0.04
    (finding,) = findings(judged, "CG16")
    figures = {figure.label: figure.value for figure in finding.figures}
    assert figures["throttled minutes"] == f"{sum(1 for units in events if units):,}"
    assert figures["worst minute"] == f"{max(events):,.0f} events"
    threshold = int(figures["noise"].split()[0].replace(",", ""))
    assert (
        sum(1 for units in events if units > threshold)
        <= len(events) / 100
        < sum(1 for units in events if units >= threshold)
    )


def test_noise_of_today_is_no_fault_of_the_change_that_mends_it() -> None:
    """The same evenings, and enough units: CG14 counts nothing that today's capacity throttles, and CG16 alone speaks."""
    judged = replayed_noise(0.43)
    assert findings(judged, "CG14") == []
    lowered = replace(judged, declared=provisioned(index_write=400))
    assert INDEX_WRITE in {finding.dimension for finding in findings(lowered, "CG14")}


def test_template_without_alarms_accepts_the_noise_by_an_acknowledgment() -> None:
    noisy = throttled_index(403)
    assert "alarm_threshold" in findings(noisy, "CG16")[0].fix
    fix = findings(replace(noisy, dialect="template"), "CG16")[0].fix
    assert fix.endswith("--settings FILE.json with an acknowledgment of CG16")
