"""Every call of every gate fails in every way: forward a gate stops with a clear reason or resumes, and leaves no half state."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib.capacity import Capacity, OnDemand, Provisioned, Rollout, Units
from constructs_lib.capacity.errors import InputError
from constructs_lib.capacity.gate_plan import GatePlan
from constructs_lib.handlers import clock, gate
from constructs_lib.handlers.aws import Aws
from constructs_lib.handlers.wording import REASON_CHARACTERS, GateError
from tests.fakes.gate_aws import FakeAws
from tests.handlers.faulty import KILLED, KINDS, Fault, FaultyAws, Killed
from tests.handlers.gate_world import (
    LOWERED,
    WARM,
    Framework,
    a_plan,
    a_relief,
    an_aws,
    have,
    traffic,
)

POLLS = 60
INTERVAL = 60
"""Seconds between two looks: an hour of polls."""
SHORT = Rollout(bake_minutes=4)


@dataclass(frozen=True)
class Scenario:
    """A gate that passes when nothing goes wrong."""

    name: str
    gate: str
    plan: Callable[[], GatePlan]
    changed: bool
    """Whether CloudFormation has changed the table already."""

    def aws(self, page: int = 100) -> FakeAws:
        plan = self.plan()
        aws = an_aws(plan)
        if self.changed:
            have(aws, plan.transition.declared)
        aws.page = page
        aws.raise_seconds = 100
        return aws


SCENARIOS = (
    Scenario("preflight of a switch with a pre-warm", "preflight", lambda: a_plan(WARM), False),
    Scenario("preflight of a step down", "preflight", lambda: a_plan(LOWERED), False),
    Scenario("preflight of a relief", "preflight", a_relief, False),
    Scenario("bake of a step down", "bake", lambda: a_plan(LOWERED, rollout=SHORT), True),
    Scenario("bake of a relief", "bake", lambda: a_relief(rollout=SHORT), True),
)


@dataclass
class Ending:
    """How a gate ended: the data it passed with, or its reason."""

    data: dict[str, Any] | None
    reason: str | None


def run(scenario: Scenario, faulty: FaultyAws, monkeypatch: pytest.MonkeyPatch) -> Ending:
    """A gate under the provider framework, started again where it was killed."""
    monkeypatch.setattr(gate, "_aws", lambda: Aws(faulty.clients()))
    monkeypatch.setattr(clock, "now", lambda: faulty.aws.now)
    framework = Framework(faulty.aws, scenario.gate, scenario.plan(), INTERVAL)
    try:
        _again(framework.start)
        for _ in range(POLLS):
            data = _again(framework.poll)
            if data is not None:
                return Ending(data, None)
            faulty.aws.now += timedelta(seconds=INTERVAL)
    except (GateError, InputError) as error:
        return Ending(None, str(error))
    raise AssertionError("neither passed nor refused within its hour")


def _again(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Killed:
        return act()


def state(aws: FakeAws) -> dict[str, Any]:
    """All of the table but its warm throughput."""
    return {
        "mode": aws.mode,
        "units": {key: dict(one.units) for key, one in aws.resources.items()},
        "maximum": {key: dict(one.maximum) for key, one in aws.resources.items()},
        "targets": copy.deepcopy(aws.targets),
        "policies": copy.deepcopy(aws.policies),
    }


def warm(aws: FakeAws) -> dict[str, dict[str, int]]:
    """Warm throughput once every raise under way has ended."""
    return {key: {**one.warm, **(one.rising_to or {})} for key, one in aws.resources.items()}


def calls_of(scenario: Scenario) -> list[str]:
    """The calls of a run in which nothing goes wrong, in their order."""
    with pytest.MonkeyPatch.context() as patch:
        faulty = FaultyAws(scenario.aws())
        assert run(scenario, faulty, patch).data is not None
        return faulty.made


def cases() -> Iterator[Any]:
    """Every distinct call of every scenario's good run: the first of its kind in each, and the last."""
    for scenario in SCENARIOS:
        made = calls_of(scenario)
        first = {action: position for position, action in reversed(list(enumerate(made)))}
        last = {action: position for position, action in enumerate(made)}
        for position in sorted({*first.values(), *last.values()}):
            for kind in KINDS:
                # A function that is killed at every call is CloudFormation's time limit, and old answers end.
                for lasting in (False,) if kind in (*KILLED, "stale") else (False, True):
                    name = f"{scenario.name}-{kind}-{position}-{made[position]}{'-for-good' * lasting}"
                    yield pytest.param(scenario, Fault(kind, position, lasting), id=name)


@pytest.mark.parametrize(("scenario", "fault"), list(cases()))
def test_gate_when_a_call_fails_expects_a_reason_or_the_same_end(
    scenario: Scenario, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = FaultyAws(scenario.aws(), fault)
    before, warm_before = state(faulty.aws), warm(faulty.aws)
    ending = run(scenario, faulty, monkeypatch)
    assert state(faulty.aws) == before
    declared = scenario.plan().transition.declared
    for key, units in warm(faulty.aws).items():
        wanted = declared.table.warm if key == "table" else declared.of(key.removeprefix("index/")).warm
        for access, value in units.items():
            target = None if wanted is None else getattr(wanted, access)
            assert value in (warm_before[key][access], target), "warm throughput that nobody asked for"
    if ending.reason is not None:
        assert len(ending.reason) <= REASON_CHARACTERS
        assert ending.reason.strip()
        assert "Traceback" not in ending.reason
    if fault.kind in KILLED:
        assert ending.data is not None, f"a gate that was killed does not resume: {ending.reason}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", ["denied", "malformed"])
def test_gate_when_it_is_blind_for_good_expects_no_pass_unless_it_is_a_relief(
    scenario: Scenario, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate that cannot see the table fails closed; the cure goes through."""
    at = calls_of(scenario).index("describe_table")
    ending = run(scenario, FaultyAws(scenario.aws(), Fault(kind, at, lasting=True)), monkeypatch)
    if "relief" in scenario.name:
        assert ending.data is not None, ending.reason
    else:
        assert ending.reason is not None
        assert "DescribeTable" in ending.reason


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_gate_when_every_answer_comes_an_entry_a_page_expects_the_same_end(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(scenario, FaultyAws(scenario.aws()), monkeypatch)
    paged = run(scenario, FaultyAws(scenario.aws(page=1)), monkeypatch)
    assert paged == whole


@pytest.mark.parametrize("count", [0, 1, 2, 19, 20])
def test_preflight_when_a_table_has_up_to_twenty_indexes_expects_each_warmed_once(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"index_{number}" for number in range(count)]
    template = Capacity.provisioned(
        read=2_000, write=6_400, indexes={name: Provisioned(read=2_000, write=4_000) for name in names}
    )
    declared = Capacity.on_demand(
        warm=Units(write=7_000), indexes={name: OnDemand(warm=Units(write=5_000)) for name in names}
    )
    scenario = Scenario("many indexes", "preflight", lambda: a_plan(declared, template), False)
    faulty = FaultyAws(scenario.aws())
    traffic(faulty.aws, {dimension.key: 50 for dimension in template.dimensions()})
    ending = run(scenario, faulty, monkeypatch)
    assert ending.data is not None, ending.reason
    assert faulty.made.count("update_table") == count + 1
    assert all(units["write"] >= 5_000 for units in warm(faulty.aws).values())


def test_preflight_when_started_twice_at_once_expects_one_raise_and_two_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = SCENARIOS[0]
    faulty = FaultyAws(scenario.aws())
    monkeypatch.setattr(gate, "_aws", lambda: Aws(faulty.clients()))
    monkeypatch.setattr(clock, "now", lambda: faulty.aws.now)
    both = [Framework(faulty.aws, scenario.gate, scenario.plan(), INTERVAL) for _ in range(2)]
    for one in both:
        one.start()
    ended: list[dict[str, Any] | None] = [None, None]
    for _ in range(POLLS):
        ended = [data or one.poll() for data, one in zip(ended, both, strict=True)]
        if all(ended):
            break
        faulty.aws.now += timedelta(seconds=INTERVAL)
    assert all(ended)
    writes = [str(sorted(one.items())) for one in faulty.aws.writes()]
    assert len(writes) == len(set(writes)), "the same raise was asked for twice"


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
@pytest.mark.parametrize("name", ["preflight", "bake", "unread", "unknown"])
def test_gate_when_the_way_back_runs_expects_no_call_at_all(
    request_type: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_aws", lambda: pytest.fail("a call on the way back"))
    event = {
        "RequestType": request_type,
        "StackId": "s",
        "PhysicalResourceId": "gate-1",
        "ResourceProperties": {"Gate": name, "Plan": "not even a plan"},
    }
    assert gate.on_event(event) == {"PhysicalResourceId": "gate-1"}
    assert gate.is_complete(event) == {"IsComplete": True}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 120)), min_size=1, max_size=6),
    scenario=st.sampled_from(SCENARIOS),
)
def test_gate_when_faults_come_at_random_expects_no_half_state(
    faults: list[tuple[str, int]], scenario: Scenario
) -> None:
    class Several(Fault):
        def hits(self, position: int, action: str) -> bool:
            found = next((kind for kind, at in faults if at == position), None)
            self.kind = found or ""
            return found is not None

    with pytest.MonkeyPatch.context() as patch:
        faulty = FaultyAws(scenario.aws(), Several("", -1))
        before = state(faulty.aws)
        try:
            ending = run(scenario, faulty, patch)
        except Killed:  # killed again where it was started again: CloudFormation's time limit ends it
            ending = Ending(None, "killed twice")
        assert state(faulty.aws) == before
        assert ending.data is not None or ending.reason


def test_faults_when_counted_expect_every_call_of_the_gates() -> None:
    """The good runs together make each call that the guard's role allows."""
    made = {action for scenario in SCENARIOS for action in calls_of(scenario)}
    assert made == {
        "describe_table",
        "update_table",
        "describe_alarms",
        "get_metric_data",
        "describe_stacks",
        "describe_stack_events",
        "describe_stack_resource",
        "describe_change_set",
        "describe_scalable_targets",
        "describe_scaling_policies",
    }
