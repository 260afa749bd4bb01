"""CG20: a change that raises the monthly bill of the table."""

from __future__ import annotations

import math
import random
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Acknowledgment, AutoScaling, Capacity, Margins, Provisioned, Units
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.planning.money import money
from capacity_guard.planning.replays import TableReplays
from capacity_guard.pricing.prices import prices_of
from capacity_guard.pricing.recorded_cost import hours
from capacity_guard.rules import Case, Finding, Level
from capacity_guard.rules.cg20_cost import RULE, _bounds, _raise_text
from capacity_guard.simulator.engine import runner
from tests.builders.cases import (
    INDEX,
    baseline,
    case,
    deployed,
    findings,
    flat,
    on_demand,
    provisioned,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent

SCALED = AutoScaling(1_000, 2_000)
TINY = Capacity.provisioned(read=1, write=1, indexes={INDEX: Provisioned(read=1, write=1)})


def to_on_demand(**given: Any) -> Case:
    """A busy table that leaves provisioned mode: 900 of 1,000 units all day."""
    busy = flat(900)
    return case(on_demand(), baseline(carried=traffic(busy, busy, busy)), **given)


EXAMPLES = (
    compliant("a quiet table to on-demand", lambda: case(on_demand())),
    compliant("lowered", lambda: case(provisioned(500))),
    refused("a busy table to on-demand", to_on_demand),
    refused("a raised minimum", lambda: case(provisioned(3_000))),
    silent("a raise within the share", lambda: case(provisioned(1_100))),
    silent("a share that the code allows", lambda: case(provisioned(3_000), margins=Margins(cost_raise=2))),
    silent("a maximum of auto scaling that the traffic does not reach", lambda: _scaled(4_000)),
    silent("nothing changes", lambda: case(provisioned())),
    silent("a new table", lambda: case(on_demand(), NewTable("conversations"))),
)

OTHERS = (
    other("acknowledged", lambda: to_on_demand(acknowledgments=(Acknowledgment("CG20", "the sale"),))),
    other(
        "with a raise of warm throughput",
        lambda: replace(to_on_demand(), declared=on_demand(warm=Units(write=50_000))),
    ),
    other("without a sourced price", lambda: to_on_demand(region="eu-north-1")),
    other("of an idle table", lambda: _from_idle()),
    other("in a template", lambda: to_on_demand(dialect="template", logical_id="Orders")),
)


def _scaled(maximum: int) -> Case:
    was = provisioned(SCALED, SCALED)
    return case(provisioned(replace(SCALED, maximum=maximum), SCALED), baseline(deployed(was)))


def _from_idle(**given: Any) -> Case:
    """An on-demand table without traffic, which pays nothing, becomes provisioned."""
    idle = flat(0)
    recorded = baseline(deployed(on_demand()), traffic(idle, idle, idle))
    return case(provisioned(), recorded, **given)


def told(judged: Case) -> Finding:
    (finding,) = findings(judged, "CG20")
    return finding


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_raise_is_a_warning_and_its_fix_accepts_it(example: Example) -> None:
    judged = example.make()
    finding = told(judged)
    assert finding.level is Level.WARN
    assert finding.fix.startswith("see what the cheapest capacity costs: capacity-guard recommend baselines/")
    share = float(finding.fix.rpartition("cost_raise=")[2].rstrip(")"))
    assert findings(replace(judged, margins=Margins(cost_raise=share)), "CG20") == []
    assert findings(replace(judged, margins=Margins(cost_raise=share - 0.02)), "CG20")


@pytest.mark.parametrize(("units", "accepts"), [(9_000, "cost_raise=899"), (39_000, "acknowledge(")])
def test_fix_of_a_raise_beyond_what_the_setting_takes_is_an_acknowledgment(units: int, accepts: str) -> None:
    """A number that is rounded, or that ``Margins`` refuses, would never end the warning."""
    judged = case(provisioned(units, units, units), baseline(deployed(provisioned(10, 10, 10))))
    accepting = told(judged).fix.splitlines()[1]
    assert accepts in accepting
    if "cost_raise=" in accepting:
        share = float(accepting.rpartition("cost_raise=")[2].rstrip(")"))
        assert findings(replace(judged, margins=Margins(cost_raise=share)), "CG20") == []


def test_figures_are_those_of_plan() -> None:
    for judged in (to_on_demand(), case(provisioned(3_000)), _scaled_up()):
        assert judged.recorded is not None
        assert judged.recorded.traffic is not None
        assert judged.transition is not None
        replays = TableReplays(
            judged.transition, judged.recorded.traffic, judged.margins, judged.rollout, runner()
        )
        planned = money(replays, prices_of("eu-west-1"))
        assert planned.before is not None
        today, declared, *_ = told(judged).figures
        for figure, amount in ((today, planned.before), (declared, planned.after)):
            assert f"{amount.low * 730:,.2f}" in figure.value
            assert f"{amount.high * 730:,.2f}" in figure.value


def _scaled_up() -> Case:
    was = provisioned(SCALED, SCALED)
    return case(provisioned(AutoScaling(2_000, 4_000), SCALED), baseline(deployed(was)))


def test_raise_of_warm_throughput_is_charged_at_an_unknown_price_and_never_at_zero() -> None:
    finding = told(replace(to_on_demand(), declared=on_demand(warm=Units(write=50_000))))
    charged = finding.figures[-1]
    assert (charged.label, charged.value) == ("charged once", "unknown")
    assert charged.note == "warm throughput raised by 46,000 units/s; no source has its price"


def test_raise_from_nothing_is_acknowledged_since_no_share_allows_it() -> None:
    finding = told(_from_idle())
    assert finding.figures[2].value == "from nothing"
    assert 'acknowledge(table, "CG20"' in finding.fix
    assert '"rule": "CG20"' in told(_from_idle(dialect="template", logical_id="Orders")).fix


def test_region_without_prices_names_the_one_whose_prices_are_taken() -> None:
    assert "us-east-1 in place of eu-north-1" in told(to_on_demand(region="eu-north-1")).figures[1].note


def test_bill_of_a_raise_in_an_incident_is_a_warning() -> None:
    judged = case(provisioned(3_000))
    assert judged.is_relief
    assert told(judged).level is Level.WARN


def test_raise_of_a_few_dollars_is_not_told_whatever_its_share() -> None:
    doubled = replace(TINY, table=Provisioned(read=2, write=4))
    assert findings(case(doubled, baseline(deployed(TINY))), "CG20") == []
    thousand = Capacity.provisioned(read=1_000, write=1_000, indexes=dict(TINY.indexes))
    assert findings(case(thousand, baseline(deployed(TINY))), "CG20")


class Unread:
    """Traffic that must not be read."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the traffic's {name} was read")


@pytest.mark.parametrize(
    "declared", [provisioned(1_100), provisioned(500), provisioned(AutoScaling(500, 9_000))]
)
def test_bound_that_decides_needs_no_traffic(declared: Capacity) -> None:
    judged = case(declared)
    assert isinstance(judged.baseline, Baseline)
    assert judged.in_transition
    assert judged.evidence is not None
    unread = replace(judged, baseline=replace(judged.baseline, traffic=Unread()))  # type: ignore[arg-type]
    unread.__dict__["evidence"] = judged.evidence
    assert list(RULE.condition(unread)) == []


@pytest.mark.parametrize("seed", range(6))
def test_cost_of_recorded_traffic_is_within_its_bounds(seed: int) -> None:
    chance = random.Random(seed)
    level, series = 50.0, array("d")
    for _ in range(14 * 1440):
        level = min(4_000.0, max(0.0, level * chance.choice((0.6, 0.9, 1.0, 1.1, 1.6)) + chance.random()))
        series.append(level * 60)
    target = chance.choice((20, 50, 70, 90))
    scaled = AutoScaling(chance.choice((1, 40, 500)), chance.choice((600, 5_000, 30_000)), target)
    judged = case(provisioned(scaled, scaled), baseline(carried=traffic(series, series, series)))
    assert judged.recorded is not None
    assert judged.recorded.traffic is not None
    prices = prices_of("eu-west-1")
    for capacity in (judged.declared, on_demand()):
        bound = _bounds(judged, capacity, prices, ())
        for cost in hours(capacity, judged.recorded.traffic, prices):
            assert bound.low <= cost.low <= cost.high <= bound.high


def test_baseline_file_is_read_once_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    busy = flat(900)
    baseline(carried=traffic(busy, busy, busy)).save(path)
    judged = case(on_demand(), Baseline.load(path))
    assert told(judged).figures[0].note == "14 days recorded"


@pytest.mark.parametrize(
    ("times", "text"),
    [
        (1.2043, "1.204 times"),
        (1.25, "1.25 times"),
        (1.20000001, "1.200000 times"),
        (math.inf, "from nothing"),
    ],
)
def test_raise_is_shown_above_the_limit_that_it_exceeds(times: float, text: str) -> None:
    assert _raise_text(times, 1.2) == text
