"""CG9: a bake that is too short for its alarms, or longer than a gate can last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import Margins, Rollout
from capacity_guard.evidence.baseline import NewTable
from capacity_guard.rules import Case
from tests.builders.cases import case, findings, on_demand, provisioned
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import pasted


def bake_of(minutes: int, periods: int = 5, datapoints: int = 2) -> Case:
    rollout = Rollout(bake_minutes=minutes, alarm_periods=periods, alarm_datapoints=datapoints)
    return case(on_demand(), rollout=rollout)


def bake_with_switch(minutes: int, switch: int, datapoints: int = 5) -> Case:
    margins = Margins(switch_minutes=switch)
    return replace(bake_of(minutes, 15, datapoints), margins=margins)


EXAMPLES = (
    compliant("as it is set by default", lambda: bake_of(10)),
    refused("ends before an alarm can speak", lambda: bake_of(6)),
    refused("many minutes above the threshold", lambda: bake_of(10, 15, 6)),
    silent("many minutes, of which two are enough", lambda: bake_of(10, 15)),
    refused("longer than a gate lasts", lambda: bake_of(51)),
    silent("as short as the alarm allows", lambda: bake_of(7)),
    silent("as long as the gate lasts", lambda: bake_of(50)),
    silent(
        "a relief, which has no Bake",
        lambda: case(provisioned(table_write=20_000), rollout=Rollout(bake_minutes=1)),
    ),
    silent("break-glass, which has no gate", lambda: replace(bake_of(6), break_glass="orders are lost")),
    silent(
        "a table that does not exist yet",
        lambda: case(on_demand(), NewTable("conversations"), rollout=Rollout(bake_minutes=1)),
    ),
)

OTHERS = (
    other("a switch that leaves few minutes", lambda: bake_with_switch(10, 52)),
    other("a switch that leaves one minute of throttling", lambda: bake_with_switch(10, 54)),
    other("a switch that leaves no minute", lambda: bake_with_switch(10, 55)),
    other("a switch that lasts an hour", lambda: bake_with_switch(3, 60)),
    other("a short bake and many datapoints", lambda: bake_with_switch(3, 50, 6)),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_bake_when_its_fix_is_set_expects_silence(example: Example) -> None:
    judged = example.make()
    (finding,) = findings(judged, "CG9")
    printed = pasted(finding.fix)["rollout"]
    rollout = replace(judged.rollout, bake_minutes=printed.bake_minutes)
    assert findings(replace(judged, rollout=rollout), "CG9") == []
