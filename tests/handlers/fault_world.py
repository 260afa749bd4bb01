"""Gates that pass when nothing goes wrong, how they end when something does, and what must hold then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, Rollout, Units
from capacity_guard.capacity.dimension import index_of
from capacity_guard.capacity.errors import InputError
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.handlers import clock, gate
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
    have,
    traffic,
)

INTERVAL = 60
"""Seconds between two looks."""
POLLS = 70
RAISE_SECONDS = 100
USERS_ALARM = "checkout-errors"
SHORT = Rollout(bake_minutes=2, alarms=(USERS_ALARM,))
BOTH_WARM = Capacity.on_demand(warm=Units(write=7_000), indexes={"by_agent": Units(write=6_240)})
Plan = GatePlan | UnreadPlan


@dataclass(frozen=True)
class Scenario:
    """A gate that passes when nothing goes wrong.

    Attributes:
        name: for people.
        gate: its name.
        plan: what it is told.
        world: what it finds, before CloudFormation has changed anything.
        changed: whether CloudFormation has changed the table by then.
        cure: whether it must not stand in the way.
        waits: whether it passes only when warm throughput is reached.
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
        traffic(aws, LIVE, start=aws.now, minutes=180)
        return aws

    def aws(self) -> FakeAws:
        """The AWS that the gate finds."""
        aws = self.older()
        if self.changed:
            have(aws, self.declared)
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
        # listed only since it refers to the table: no change by itself
        refers = {
            "Target": {"Attribute": "Properties", "Name": "Environment"},
            "Evaluation": "Dynamic",
            "ChangeSource": "ResourceAttribute",
            "CausingEntity": f"{TABLE}.Arn",
        }
        aws.changes.append(a_change("Reader", "AWS::Lambda::Function", "Modify", Details=[refers]))
        return aws

    return Scenario(name, gate_name, plan, world, **more)


def _a_table(plan: GatePlan) -> GatePlan:
    """The same for an AWS::DynamoDB::Table, whose scaling targets are resources of their own."""
    deployed = replace(plan.deployed, structure=Structure(TableKind.TABLE, "conversation_id (S)"))
    return replace(plan, transition=replace(plan.transition, deployed=deployed))


def _unread(kind: TableKind = TableKind.GLOBAL_TABLE) -> UnreadPlan:
    return UnreadPlan("Conversations", TABLE, None, PROVISIONED, kind, "conversations.json: is missing.")


def _scaled_elsewhere() -> FakeAws:
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
        "preflight with break-glass",
        "preflight",
        lambda: a_plan(BOTH_WARM, break_glass="orders are lost", **_with_alarm()),
        cure=True,
    ),
    _gate(
        "preflight of a Table to provisioned", "preflight", lambda: _a_table(a_plan(PROVISIONED, ON_DEMAND))
    ),
    _gate("bake of a step down", "bake", lambda: a_plan(LOWERED, rollout=SHORT), changed=True),
    _gate("bake of a switch", "bake", lambda: a_plan(ON_DEMAND, rollout=SHORT), changed=True),
    _gate("bake of a relief", "bake", lambda: a_relief(rollout=SHORT), changed=True, cure=True),
    Scenario("unread of a GlobalTable", "unread", _unread, lambda: an_aws(a_plan(WARM, PROVISIONED))),
    Scenario("unread of a Table", "unread", lambda: _unread(TableKind.TABLE), _scaled_elsewhere),
)


@dataclass(frozen=True)
class Ending:
    """How a gate ended: the data it passed with, or its reason."""

    data: Mapping[str, Any] | None
    reason: str | None


def put_on(monkeypatch: pytest.MonkeyPatch, faulty: FaultyAws) -> None:
    """Put the gates on an AWS with faults, and its clock."""
    monkeypatch.setattr(gate, "_aws", lambda: GateAws(faulty.clients()))
    monkeypatch.setattr(clock, "now", lambda: faulty.aws.now)


def framework(scenario: Scenario, aws: FakeAws) -> Framework:
    """The provider framework around a scenario's gate."""
    return Framework(aws, scenario.gate, scenario.plan(), INTERVAL)


def run(scenario: Scenario, faulty: FaultyAws) -> Ending:
    """A gate under the provider framework, each function started again where it was killed."""
    with pytest.MonkeyPatch.context() as patch:
        put_on(patch, faulty)
        around = framework(scenario, faulty.aws)
        try:
            _again(around.start)
            for _ in range(POLLS):
                data = _again(around.poll)
                if data is not None:
                    return Ending(data, None)
                faulty.aws.now += timedelta(seconds=INTERVAL)
        except (GateError, InputError) as error:
            return Ending(None, str(error))
        raise AssertionError("neither passed nor refused within its hour")


def _again(act: Callable[[], Any]) -> Any:
    for _ in range(20):
        try:
            return act()
        except Killed:
            continue
    raise AssertionError("killed twenty times")


@cache
def start_of(scenario: Scenario) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, int]]]:
    """What is written, and the warm throughput, before the gate."""
    aws = scenario.aws()
    return written(aws), warm(aws)


@cache
def good(scenario: Scenario) -> tuple[Ending, tuple[str, ...], Mapping[str, Mapping[str, int]]]:
    """How it ends when nothing goes wrong, the calls made for it, and the warm throughput in the end."""
    faulty = scenario.faulty()
    ending = run(scenario, faulty)
    assert ending.data is not None, ending.reason
    return ending, tuple(faulty.made), warm(faulty.aws)


def must_hold(scenario: Scenario, faulty: FaultyAws, ending: Ending) -> None:
    """What holds however a gate ends: no half state, no call that could lower something, one clear reason or the same
    end as without a fault."""
    written_before, warm_before = start_of(scenario)
    assert written(faulty.aws) == written_before, "something else than warm throughput was written"
    for key, units in warm(faulty.aws).items():
        wanted = scenario.declared.table.warm if key == "table" else _index_warm(scenario, key)
        for access, value in units.items():
            target = None if wanted is None else getattr(wanted, access)
            assert value in (warm_before[key][access], target), "warm throughput that nobody asked for"
    assert not [text for text in faulty.refused if "decreasing" in text or "ValidationException" in text]
    if ending.data is not None:
        expected, _, reached = good(scenario)
        assert expected.data is not None
        assert ending.data["Result"] == "passed"
        if not scenario.cure:
            assert ending.data["Judged"] == expected.data["Judged"]
        if scenario.waits:
            assert {key: one.warm for key, one in faulty.aws.resources.items()} == reached
    else:
        is_clear(ending.reason)


def is_clear(reason: str | None) -> None:
    """One sentence or more for people, within CloudFormation's limit."""
    assert reason
    assert reason == reason.strip()
    assert len(reason) <= REASON_CHARACTERS
    assert reason.split()[0] in ("Preflight", "Bake"), reason
    for trace in ("Traceback", "object at 0x", "<class"):
        assert trace not in reason


def names(reason: str, action: str) -> bool:
    """Whether a reason names a call, or the command that does the same by hand."""
    return action in reason or (action == "dynamodb:UpdateTable" and "aws dynamodb update-table" in reason)


def must_answer(scenario: Scenario, fault: Fault, ending: Ending) -> None:
    """What holds for one fault: a gate that hears of it names the call, one that was killed resumes."""
    action = good(scenario)[1][fault.at]
    if fault.kind in KILLED:
        assert ending.data is not None, f"a gate that was killed does not resume: {ending.reason}"
    if fault.kind in ERRORS and ending.reason is not None:
        assert names(ending.reason, action), f"{ending.reason} does not name {action}"
    if scenario.cure and fault.kind in ERRORS:
        assert ending.data is not None, f"stands in the way of the cure: {ending.reason}"


def _index_warm(scenario: Scenario, key: str) -> Any:
    name = index_of(key)
    assert name is not None
    return scenario.declared.of(name).warm


__all__ = [
    "SCENARIOS",
    "Ending",
    "Scenario",
    "framework",
    "good",
    "is_clear",
    "must_answer",
    "must_hold",
    "names",
    "put_on",
    "run",
]
