"""What became of a change, as its baseline states it: read from the Bake, the hold, and the traffic since."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, Dimension, Margins, Provisioned, Rollout
from capacity_guard.capacity.evidence import MINUTE
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.hold import hold_name
from capacity_guard.capacity.transition import Change
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.rollout_state import Outcome, RolloutState
from capacity_guard.recording.rollout import Verdict, quiet_minutes, rollout_state
from tests.builders.cases import START, TABLE_WRITE, baseline, deployed, flat, provisioned, traffic
from tests.fakes.recording_aws import END, GLOBAL_TABLE, NAME, NOW, STACK, Services, declared_table

BUSIEST = END - timedelta(hours=20)
BAKED_AT = END - timedelta(hours=22)
"""Before the busiest minute, so that its hour of the day has passed since the change."""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "orders.json"


def run(out: Path, *more: str) -> int:
    return cli.main(["record", "--table", NAME, "--out", str(out), "--days", "1", *more])


def state_of(out: Path) -> RolloutState:
    rollout = Baseline.load(out).rollout
    assert rollout is not None
    return rollout


def change(
    services: Services,
    out: Path,
    *,
    watched: bool = True,
    hold: str = "none",
    baked_at: datetime = BAKED_AT,
) -> str:
    """The table's writes are lowered from 400 to 300: its stack has the Bake that passed. Returns the fingerprint."""
    services.own(GLOBAL_TABLE, declared_table(writes=400))
    services.load(value=1_200.0)
    for key, points in services.series.items():
        services.series[key] = {**points, BUSIEST: 1_500.0}
    assert run(out) == 0
    before = Baseline.load(out)
    evidence = before.evidence(Margins().switch_minutes)
    assert before.deployed is not None
    assert evidence is not None
    was = before.deployed.template
    assert isinstance(was.table, Provisioned)
    declared = replace(was, table=replace(was.table, write=replace(was.table.write, minimum=300)))
    transition = before.transition_to(declared)
    plan = GatePlan(
        "Orders", "Table", None, transition, evidence, NOW, None, None, Rollout(), Margins(), {}, ()
    )
    fingerprint = transition.fingerprint
    bake = {
        "Type": "Custom::CapacityGuardBake",
        "Properties": {"Fingerprint": fingerprint, "Plan": plan.to_property()},
    }
    template: dict[str, Any] = {"Resources": {"Bake": bake}}
    if watched:
        name = hold_name(STACK, "Table")
        template["Parameters"] = {"Held": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}}
        template["Conditions"] = {"IsHeld": {"Fn::Equals": [{"Ref": "Held"}, fingerprint]}}
        value = fingerprint if hold == "held" else hold
        services.parameters = [{"ParameterKey": "Held", "ParameterValue": name, "ResolvedValue": value}]
    services.own(GLOBAL_TABLE, declared_table(writes=300), **template)
    services.stack_resources.append(
        {
            "StackName": STACK,
            "LogicalResourceId": "Bake",
            "PhysicalResourceId": "bake",
            "ResourceType": "Custom::CapacityGuardBake",
            "ResourceStatus": "CREATE_COMPLETE",
            "Timestamp": baked_at,
        }
    )
    return fingerprint


@pytest.mark.parametrize("watched", [True, False])
def test_record_when_the_bake_has_passed_expects_baked_with_its_quiet_minutes(
    services: Services, out: Path, watched: bool
) -> None:
    fingerprint = change(services, out, watched=watched)
    assert run(out) == 0
    found = state_of(out)
    assert (found.outcome, found.fingerprint, found.baked_at) == (Outcome.BAKED, fingerprint, BAKED_AT)
    assert found.changes[TABLE_WRITE] is Change.LOWER
    assert found.quiet_minutes == 22 * 60
    assert run(out) == 0
    assert state_of(out) == found


@pytest.mark.slow
def test_record_when_the_change_is_settled_says_so_and_keeps_it_when_it_is_recorded_again(
    services: Services, out: Path
) -> None:
    fingerprint = change(services, out)
    assert run(out) == 0
    assert run(out, "--settled") == 0
    found = state_of(out)
    assert (found.outcome, found.fingerprint, found.reason) == (Outcome.SETTLED, fingerprint, None)
    deployed_then = Baseline.load(out).deployed
    for more in ((), ("--settled",)):
        assert run(out, *more) == 0
        assert state_of(out) == found
        assert Baseline.load(out).deployed == deployed_then


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    ("hours", "more", "problem"),
    [
        (22, (), None),
        (21, (), None),
        (11, (), "write: its busiest hour of the day passes"),
        (1, ("--later-wave",), "its busiest hour of the day passes"),
    ],
)
def test_settled_when_the_traffic_since_the_change_shows_something_else_is_refused(
    services: Services,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    hours: int,
    more: tuple[str, ...],
    problem: str | None,
) -> None:
    change(services, out, baked_at=END - timedelta(hours=hours))
    written = out.read_bytes()
    assert run(out, "--settled", *more) == (0 if problem is None else 1)
    if problem is not None:
        error = capsys.readouterr().err
        assert problem in error
        assert "accept the change without that proof: --accepted REASON" in error
        assert out.read_bytes() == written
        assert run(out, "--accepted", "nobody uses this cell yet") == 0


def test_settled_when_the_table_throttles_since_the_change_is_refused(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(services, out)
    events = {END - timedelta(minutes=minute): 600.0 for minute in range(30, 20, -1)}
    services.series["WriteThrottleEvents", None] = events
    assert run(out, "--settled") == 1
    assert "throttling vetoes it: table" in capsys.readouterr().err


def test_settled_when_the_bake_has_not_passed_is_refused(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(services, out)
    services.stack_resources[-1]["ResourceStatus"] = "CREATE_IN_PROGRESS"
    assert run(out, "--settled") == 1
    assert "its Bake has not passed" in capsys.readouterr().err


def test_record_when_the_gates_are_gone_keeps_the_state(services: Services, out: Path) -> None:
    change(services, out)
    assert run(out, "--settled") == 0
    found = state_of(out)
    services.own(GLOBAL_TABLE, declared_table(writes=300))
    assert run(out) == 0
    assert state_of(out) == found


def test_record_when_the_capacity_then_falls_without_gates_drops_the_state(
    services: Services, out: Path
) -> None:
    """The proof was of another capacity."""
    change(services, out)
    assert run(out, "--settled") == 0
    services.own(GLOBAL_TABLE, declared_table(writes=100))
    assert run(out) == 0
    assert Baseline.load(out).rollout is None


def test_record_when_the_change_is_accepted_keeps_the_reason(services: Services, out: Path) -> None:
    change(services, out)
    assert run(out, "--accepted", "a cell for tests: no load comes") == 0
    found = state_of(out)
    assert (found.outcome, found.reason) == (Outcome.ACCEPTED, "a cell for tests: no load comes")


def test_record_when_the_change_is_held_says_so(services: Services, out: Path) -> None:
    fingerprint = change(services, out, hold="held")
    assert run(out) == 0
    found = state_of(out)
    assert (found.outcome, found.fingerprint) == (Outcome.HELD, fingerprint)
    assert found.quiet_minutes == 0


@pytest.mark.parametrize("option", [["--settled"], ["--accepted", "it is fine"]])
def test_record_when_a_held_change_is_said_to_be_proved_refuses(
    services: Services, out: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    change(services, out, hold="held")
    assert run(out, *option) == 1
    assert "and it is held" in capsys.readouterr().err


def given_up(services: Services, out: Path) -> None:
    """A change is rolled back, recorded as held, and then taken out of the code."""
    change(services, out, hold="held")
    assert run(out) == 0
    services.own(GLOBAL_TABLE, declared_table(writes=400))


def test_held_change_when_it_is_given_up_stays_held_until_a_person_accepts_the_cell_as_it_is(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(services, out)
    assert run(out) == 0
    assert state_of(out).outcome is Outcome.HELD
    assert run(out, "--settled") == 2
    assert "was rolled back, and none was deployed since" in capsys.readouterr().err
    assert run(out, "--accepted", "this cell stays as it is") == 0
    found = state_of(out)
    assert (found.outcome, found.reason) == (Outcome.ACCEPTED, "this cell stays as it is")
    assert found.changes == {}


def test_record_when_the_bake_is_still_running_expects_no_state(services: Services, out: Path) -> None:
    change(services, out)
    services.stack_resources[-1]["ResourceStatus"] = "CREATE_IN_PROGRESS"
    assert run(out) == 0
    assert Baseline.load(out).rollout is None


def test_record_when_the_bake_has_a_plan_of_another_version_takes_the_change_from_the_baseline(
    services: Services, out: Path
) -> None:
    fingerprint = change(services, out, watched=False)
    services.template["Resources"]["Bake"]["Properties"]["Plan"] = "{}"
    assert run(out) == 0
    found = state_of(out)
    assert (found.outcome, found.fingerprint) == (Outcome.BAKED, fingerprint)
    assert found.changes[TABLE_WRITE] is Change.LOWER


def test_accepted_when_the_baseline_knows_the_capacity_before_names_the_change_of_then(
    services: Services, out: Path
) -> None:
    """A cell that changed before baselines stated what became of a change."""
    services.own(GLOBAL_TABLE, declared_table(writes=400))
    assert run(out) == 0
    services.own(GLOBAL_TABLE, declared_table(writes=300))
    assert run(out) == 0
    assert Baseline.load(out).rollout is None
    assert run(out, "--accepted", "changed in June, no throttling since") == 0
    assert state_of(out).changes[TABLE_WRITE] is Change.LOWER


def test_accepted_when_no_change_is_known_is_refused(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services.own(GLOBAL_TABLE, declared_table(writes=400))
    assert run(out, "--accepted", "it is fine") == 2
    assert "is about no change" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--accepted", " "], "has no reason"),
        (["--accepted", "fine", "--settled"], "contradict each other"),
        (["--later-wave"], "says nothing without --settled"),
        (["--accepted", "fine", "--from-csv", "t.csv"], "says nothing with --from-csv"),
    ],
)
def test_accepted_when_it_is_given_wrongly_is_refused(
    out: Path, options: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(out, *options) == 2
    assert error in capsys.readouterr().err


def test_state_when_recorded_from_files_stays() -> None:
    settled = RolloutState(Outcome.SETTLED, "0123456789", {TABLE_WRITE: Change.LOWER}, START)
    old = replace(baseline(), rollout=settled)
    assert rollout_state(baseline(), old, None, held=None, verdict=Verdict()) == settled


def throttled(events: dict[int, float], dimension: Dimension = TABLE_WRITE, days: float = 1) -> Any:
    """A day of traffic with throttle events in some minutes."""
    recorded = traffic(flat(100, days), flat(100, days))
    series = array("d", recorded.throttled[dimension])
    for minute, count in events.items():
        series[minute] = count
    return replace(recorded, throttled={**recorded.throttled, dimension: series})


@pytest.mark.parametrize(
    ("events", "since", "expected"),
    [
        ({}, START, 1440),
        ({}, START - timedelta(days=3), 1440),
        ({}, START + timedelta(seconds=1), 1439),
        ({}, START + timedelta(days=3), 0),
        ({}, None, 0),
        ({5: 1.0}, START, 1434),
        ({5: 1.0}, START + 6 * MINUTE, 1434),
        ({1439: 1.0}, START, 0),
        ({5: float("nan")}, START, 1440),
    ],
)
def test_quiet_minutes_are_those_in_a_row_up_to_the_end(
    events: dict[int, float], since: Any, expected: int
) -> None:
    assert quiet_minutes(throttled(events), since, {}) == expected


@pytest.mark.parametrize(("noise", "expected"), [({"table": 1.0}, 1440), ({"index/by_agent": 1.0}, 1434)])
def test_noise_of_the_same_resource_does_not_end_them(noise: dict[str, float], expected: int) -> None:
    assert quiet_minutes(throttled({5: 1.0}), START, noise) == expected


def test_minute_that_was_not_recorded_is_no_proof() -> None:
    recorded = traffic(flat(100, 1), flat(100, 1))
    consumed = {}
    for dimension, series in recorded.consumed.items():
        consumed[dimension] = array("d", series)
        consumed[dimension][7] = float("nan")
    assert quiet_minutes(replace(recorded, consumed=consumed), START, {}) == 1439


def test_return_by_hand_drops_the_state() -> None:
    settled = RolloutState(Outcome.SETTLED, "0123456789", {TABLE_WRITE: Change.TO_ON_DEMAND}, START)
    old = replace(baseline(deployed(Capacity.on_demand().for_indexes(["by_agent"], "c"))), rollout=settled)
    new = baseline(deployed(provisioned()))
    assert rollout_state(new, old, None, held=None, verdict=Verdict()) is None
