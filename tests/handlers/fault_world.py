"""Scenarios in which a gate passes without faults, how a gate ends with faults, and what must be true then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, OnDemand, Rollout, Units
from capacity_guard.capacity.dimension import index_of
from capacity_guard.capacity.errors import InputError
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.handlers import gate
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.messages import REASON_CHARACTERS, GateError
from tests.fakes.gate_aws import FakeAws
from tests.handlers.faulty import ERRORS, KILLED, Fault, FaultyAws, Killed, warm, written
from tests.handlers.gate_world import (
    INDEX,
    LIVE,
    LOWERED,
    ON_DEMAND,
    PROVISIONED,
    TABLE,
    WARM,
    Framework,
    a_change,
    a_plan,
    a_relief,
    a_user_alarm,
    an_aws,
    replace_clock,
    set_capacity,
    set_traffic,
)

INTERVAL = 60
"""Seconds between two polls."""
POLLS = 70
RAISE_SECONDS = 100
USERS_ALARM = "checkout-errors"
SHORT = Rollout(bake_minutes=2, alarms=(USERS_ALARM,))
BOTH_WARM = Capacity.on_demand(
    warm=Units(write=7_000), indexes={"by_agent": OnDemand(warm=Units(write=6_240))}
)
Plan = GatePlan | UnreadPlan


@dataclass(frozen=True)
class Scenario:
    """A gate that passes without faults.

    Attributes:
        name: name of the scenario.
        gate: name of the gate.
        plan: makes the plan of the gate.
        world: makes the AWS before CloudFormation has changed anything.
        changed: whether CloudFormation has changed the table before the gate runs.
        cure: whether the transition is a relief.
        waits: whether the gate passes only when warm throughput is reached.
    """

    name: str
    gate: str
    plan: Callable[[], Plan]
    world: Callable[[], FakeAws]
    changed: bool = False
    cure: bool = False
    waits: bool = False

    def __str__(self) -> str:
        return self.name

    def older(self) -> FakeAws:
        """The AWS before CloudFormation changed the table."""
        aws = self.world()
        aws.alarms[USERS_ALARM] = a_user_alarm(USERS_ALARM)
        aws.raise_seconds = RAISE_SECONDS
        set_traffic(aws, LIVE, start=aws.now, minutes=180)
        return aws

    def aws(self) -> FakeAws:
        """The AWS that the gate finds."""
        aws = self.older()
        if self.changed:
            set_capacity(aws, self.declared)
        return aws

    def faulty(self, *faults: Fault) -> FaultyAws:
        """The AWS that the gate finds, with faults."""
        return FaultyAws(self.aws(), self.older, faults)

    @property
    def declared(self) -> Capacity:
        plan = self.plan()
        return plan.declared if isinstance(plan, UnreadPlan) else plan.transition.declared


def _gate(name: str, gate_name: str, plan: Callable[[], GatePlan], **more: Any) -> Scenario:
    def world() -> FakeAws:
        aws = an_aws(plan())
        # in the change set only since it refers to the table
        reference = {
            "Target": {"Attribute": "Properties", "Name": "Environment"},
            "Evaluation": "Dynamic",
            "ChangeSource": "ResourceAttribute",
            "CausingEntity": f"{TABLE}.Arn",
        }
        aws.changes.append(a_change("Reader", "AWS::Lambda::Function", "Modify", Details=[reference]))
        return aws

    return Scenario(name, gate_name, plan, world, **more)


def _a_table(plan: GatePlan) -> GatePlan:
    """The same plan for an AWS::DynamoDB::Table, which has separate resources for its scaling targets."""
    deployed = replace(plan.deployed, structure=Structure(TableKind.TABLE, "conversation_id (S)"))
    return replace(plan, transition=replace(plan.transition, deployed=deployed))


def _unread(kind: TableKind = TableKind.GLOBAL_TABLE) -> UnreadPlan:
    return UnreadPlan("Conversations", TABLE, None, PROVISIONED, kind, "conversations.json: is missing.")


def _moved_by_auto_scaling() -> FakeAws:
    aws = an_aws(a_plan(WARM, PROVISIONED))
    aws.resources[INDEX].units["write"] = 7_000
    detail = {"Target": {"Attribute": "Properties", "Name": "Tags"}, "Evaluation": "Static"}
    aws.changes = [a_change(TABLE, "AWS::DynamoDB::Table", "Modify", Details=[detail])]
    return aws


def _with_alarm(**more: Any) -> dict[str, Any]:
    return {"rollout": Rollout(alarms=(USERS_ALARM,)), **more}


SCENARIOS = (
    _gate(
        "preflight of a switch with a pre-warm",
        "preflight",
        lambda: a_plan(BOTH_WARM, **_with_alarm()),
        waits=True,
    ),
    _gate("preflight of a step down", "preflight", lambda: a_plan(LOWERED)),
    _gate("preflight of a relief", "preflight", lambda: a_relief(**_with_alarm()), cure=True),
    _gate(
        "preflight of a Table to provisioned", "preflight", lambda: _a_table(a_plan(PROVISIONED, ON_DEMAND))
    ),
    _gate("bake of a step down", "bake", lambda: a_plan(LOWERED, rollout=SHORT), changed=True),
    _gate("bake of a switch", "bake", lambda: a_plan(ON_DEMAND, rollout=SHORT), changed=True),
    _gate("bake of a relief", "bake", lambda: a_relief(rollout=SHORT), changed=True, cure=True),
    Scenario("unread of a GlobalTable", "unread", _unread, lambda: an_aws(a_plan(WARM, PROVISIONED))),
    Scenario("unread of a Table", "unread", lambda: _unread(TableKind.TABLE), _moved_by_auto_scaling),
)


@dataclass(frozen=True)
class Ending:
    """How a gate ended: with the data of its answer, or with a reason."""

    data: Mapping[str, Any] | None
    reason: str | None


def replace_aws_with_faults(monkeypatch: pytest.MonkeyPatch, faulty: FaultyAws) -> None:
    """Let the gates use an AWS with faults and its clock."""
    monkeypatch.setattr(gate, "_aws", lambda: GateAws(faulty.clients()))
    replace_clock(monkeypatch, lambda: faulty.aws.now)


def framework(scenario: Scenario, aws: FakeAws) -> Framework:
    """The provider framework around a scenario's gate."""
    return Framework(aws, scenario.gate, scenario.plan(), INTERVAL)


def run(scenario: Scenario, faulty: FaultyAws) -> Ending:
    """Run a gate in the provider framework, whose own function may die with the gate's: then the same look is made again."""
    with pytest.MonkeyPatch.context() as patch:
        replace_aws_with_faults(patch, faulty)
        around = framework(scenario, faulty.aws)
        try:
            _retry_killed(around.start)
            for _ in range(POLLS):
                data = _retry_killed(around.poll)
                if data is not None:
                    return Ending(data, None)
                faulty.aws.now += timedelta(seconds=INTERVAL)
        except (GateError, InputError) as error:
            return Ending(None, str(error))
        raise AssertionError("neither passed nor refused within its hour")


def _retry_killed(act: Callable[[], Any]) -> Any:
    """Run again what ended with the framework's own function (``tests/framework``: a framework that dies in a look)."""
    for _ in range(20):
        try:
            return act()
        except Killed:
            continue
    raise AssertionError("killed twenty times")


@cache
def before_the_gate(scenario: Scenario) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, int]]]:
    """What is written to AWS, and the warm throughput, before the gate runs."""
    aws = scenario.aws()
    return written(aws), warm(aws)


@cache
def without_faults(scenario: Scenario) -> tuple[Ending, tuple[str, ...], Mapping[str, Mapping[str, int]]]:
    """How a gate ends without faults, the calls that it makes, and the warm throughput at the end."""
    faulty = scenario.faulty()
    ending = run(scenario, faulty)
    assert ending.data is not None, ending.reason
    return ending, tuple(faulty.made), warm(faulty.aws)


def assert_invariants(scenario: Scenario, faulty: FaultyAws, ending: Ending) -> None:
    """Assert what is true however a gate ends: it wrote only warm throughput and lowered nothing, and it ended with a
    clear reason or as without faults."""
    written_before, warm_before = before_the_gate(scenario)
    assert written(faulty.aws) == written_before, "something else than warm throughput was written"
    for key, units in warm(faulty.aws).items():
        declared = scenario.declared.table.warm if key == "table" else _index_warm(scenario, key)
        for access, value in units.items():
            target = None if declared is None else getattr(declared, access)
            assert value in (warm_before[key][access], target), "warm throughput that is not declared"
    assert not [text for text in faulty.refused if "decreasing" in text or "ValidationException" in text]
    if ending.data is not None:
        expected, _, reached = without_faults(scenario)
        assert expected.data is not None
        assert ending.data["Result"] == "passed"
        if not scenario.cure:
            assert ending.data["Judged"] == expected.data["Judged"]
        if scenario.waits:
            assert {key: resource.warm for key, resource in faulty.aws.resources.items()} == reached
    else:
        assert_clear(ending.reason)


def assert_clear(reason: str | None) -> None:
    """Assert that a reason is text for people, within the limit of CloudFormation."""
    assert reason
    assert reason == reason.strip()
    assert len(reason) <= REASON_CHARACTERS
    assert reason.split()[0] in ("Preflight", "Bake"), reason
    for trace in ("Traceback", "object at 0x", "<class"):
        assert trace not in reason


def names(reason: str, action: str) -> bool:
    """Whether a reason names a call, or the command for the same raise."""
    return action in reason or (action == "dynamodb:UpdateTable" and "aws dynamodb update-table" in reason)


def assert_answer(scenario: Scenario, fault: Fault, ending: Ending) -> None:
    """Assert the reaction to one fault: a reason names the failed call, and a gate that was killed resumes."""
    action = without_faults(scenario)[1][fault.at]
    if fault.kind in KILLED:
        assert ending.data is not None, f"a gate that was killed does not resume: {ending.reason}"
    if fault.kind in ERRORS and ending.reason is not None:
        assert names(ending.reason, action), f"{ending.reason} does not name {action}"
    if scenario.cure and fault.kind in ERRORS:
        assert ending.data is not None, f"refuses a relief or break-glass: {ending.reason}"


def _index_warm(scenario: Scenario, key: str) -> Any:
    name = index_of(key)
    assert name is not None
    return scenario.declared.of(name).warm


__all__ = [
    "SCENARIOS",
    "Ending",
    "Scenario",
    "assert_answer",
    "assert_clear",
    "assert_invariants",
    "framework",
    "names",
    "replace_aws_with_faults",
    "run",
    "without_faults",
]
