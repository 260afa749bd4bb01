"""The gate before a table whose baseline cannot be read: it lets through what changes no capacity."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, InputError, Units
from capacity_guard.capacity.gate_plan import UnreadPlan, capacity_hash
from capacity_guard.capacity.structure import TableKind
from capacity_guard.handlers import gate
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    STACK_ID,
    TABLE,
    TABLE_NAME,
    WARM,
    a_change,
    a_plan,
    an_aws,
    use,
)

PROBLEM = "conversations.json: is missing. Record it with: capacity-guard record --table NAME."


def a_plan_unread(declared: Capacity = PROVISIONED, **changes: Any) -> UnreadPlan:
    given: dict[str, Any] = {
        "table": "Conversations",
        "logical_id": TABLE,
        "table_name": None,
        "declared": declared,
        "kind": TableKind.GLOBAL_TABLE,
        "problem": PROBLEM,
        **changes,
    }
    return UnreadPlan(**given)


def live(capacity: Capacity = PROVISIONED) -> FakeAws:
    return an_aws(a_plan(WARM, capacity))


def create(monkeypatch: pytest.MonkeyPatch, aws: FakeAws, plan: UnreadPlan) -> dict[str, Any]:
    """CloudFormation's Create, through the provider framework."""
    use(monkeypatch, aws)
    request = {
        "RequestType": "Create",
        "StackId": STACK_ID,
        "ResourceProperties": {
            "Gate": "unread",
            "Fingerprint": capacity_hash(plan.declared),
            "Plan": plan.to_property(),
        },
    }
    begun = json.loads(json.dumps(gate.on_event(request)))
    answer = gate.is_complete({**request, **begun})
    assert answer["IsComplete"]
    return dict(answer["Data"])


def test_unread_when_the_live_table_has_the_declared_capacity_passes_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = live()
    aws.resources[INDEX].units["write"] = 7_000  # auto scaling has moved it within its bounds
    data = create(monkeypatch, aws, a_plan_unread())
    assert data["Judged"] == "change"
    assert data["Warnings"] == f"the baseline cannot be used: {PROBLEM}"
    assert {call for call, _ in aws.calls} == {
        "cloudformation:DescribeStackResource",
        "dynamodb:DescribeTable",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
    }
    assert aws.writes() == []


@pytest.mark.parametrize("declared", [RAISED, ON_DEMAND], ids=["raised", "to on-demand"])
def test_unread_when_the_live_table_has_another_capacity_refuses(
    monkeypatch: pytest.MonkeyPatch, declared: Capacity
) -> None:
    with pytest.raises(GateError) as refused:
        create(monkeypatch, live(), a_plan_unread(declared))
    text = str(refused.value)
    assert text.startswith(
        "Preflight refused, since the baseline cannot be used and the capacity may change:"
    )
    assert PROBLEM in text
    assert len(text) <= 900


def test_unread_when_a_maximum_differs_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GateError, match="on-demand maximum is none, not 900"):
        create(
            monkeypatch,
            live(ON_DEMAND),
            a_plan_unread(Capacity.on_demand(maximum=Units(write=900), indexes=ON_DEMAND.indexes)),  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("name", [None, "never-made"])
def test_unread_when_the_table_does_not_exist_yet_passes(
    monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    aws = live()
    aws.guarded = name or aws.guarded
    del aws.physical[TABLE]
    assert create(monkeypatch, aws, a_plan_unread(table_name=name))["Result"] == "passed"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("dynamodb:DescribeTable", "AccessDeniedException"),
        ("application-autoscaling:DescribeScalableTargets", "ThrottlingException"),
        ("cloudformation:DescribeStackResource", "AccessDenied"),
    ],
)
def test_unread_when_a_call_fails_refuses_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, call: str, code: str
) -> None:
    aws = live()
    aws.fail(call, client_error(call.partition(":")[2], code, "no"))
    with pytest.raises(GateError, match=call):
        create(monkeypatch, aws, a_plan_unread())


def test_unread_when_the_glass_is_broken_lets_the_change_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = create(monkeypatch, live(), a_plan_unread(ON_DEMAND, break_glass="orders are lost"))
    assert data["Judged"] == "break-glass: orders are lost"
    assert "billing mode is PROVISIONED, not PAY_PER_REQUEST" in data["Warnings"]
    assert "orders are lost" in capsys.readouterr().out


def _edit(name: str) -> Callable[[FakeAws], None]:
    def wrong(aws: FakeAws) -> None:
        target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}
        aws.changes = [
            a_change(TABLE, "AWS::DynamoDB::Table", "Modify", Details=[{"Target": target}]),
            a_change("Other", "AWS::DynamoDB::Table", "Modify", Details=[{"Target": target}]),
        ]

    return wrong


def _direct(aws: FakeAws) -> None:
    del aws.stack["ChangeSetId"]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            _edit("ProvisionedThroughput"),
            "ProvisionedThroughput of ConversationsTable9A1B changes, which sends units",
        ),
        (_edit("GlobalSecondaryIndexes"), "GlobalSecondaryIndexes of ConversationsTable9A1B changes"),
        (_edit("Tags"), None),
        (_direct, "no change set"),
    ],
)
def test_unread_when_a_table_is_scaled_elsewhere_refuses_an_edit_of_its_units(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str | None
) -> None:
    plan = a_plan_unread(kind=TableKind.TABLE)
    aws = live()
    wrong(aws)
    assert create(monkeypatch, aws, plan)["Result"] == "passed", "the units are those of the template"
    aws.resources["table"].units["write"] = 7_000
    if expected is None:
        assert create(monkeypatch, aws, plan)["Result"] == "passed"
        return
    with pytest.raises(GateError, match=expected):
        create(monkeypatch, aws, plan)
    assert create(monkeypatch, aws, a_plan_unread())["Result"] == "passed", "a GlobalTable is sent nothing"


def test_unread_plan_when_written_and_read_is_the_same() -> None:
    for plan in (a_plan_unread(), a_plan_unread(table_name=TABLE_NAME, break_glass="lost")):
        assert UnreadPlan.from_property(plan.to_property()) == plan


@pytest.mark.parametrize(
    "change",
    [{"kind": "AWS::S3::Bucket"}, {"declared": {}}, {"break_glass": ""}, {"table": None}],
)
def test_unread_plan_when_it_is_malformed_is_refused(change: dict[str, Any]) -> None:
    data = {**json.loads(a_plan_unread().to_property()), **change}
    if change == {"table": None}:
        del data["table"]
    with pytest.raises(InputError, match="gate: "):
        UnreadPlan.from_property(json.dumps(data))
    with pytest.raises(InputError, match="gate: Plan"):
        UnreadPlan.from_property("{not json")


def test_hash_when_the_capacity_differs_differs() -> None:
    assert len({capacity_hash(one) for one in (PROVISIONED, RAISED, ON_DEMAND, WARM)}) == 4
    assert capacity_hash(PROVISIONED) == capacity_hash(Capacity.from_json(PROVISIONED.to_json(), "x"))
