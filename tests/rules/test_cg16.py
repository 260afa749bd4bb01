"""CG16: a baseline that already throttles, so that throttling does not show the effect of the change."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from capacity_guard.capacity import Rollout
from capacity_guard.rules import Case
from tests.builders.cases import findings, throttled_index
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import fix_lines, pasted

OR_NORMAL = "or decide that this is normal: "


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
