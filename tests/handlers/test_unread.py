"""The gate of a table whose baseline cannot be read: it passes only what does not change the capacity."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import (
    Capacity,
    Units,
)
from capacity_guard.capacity.gate_plan import UnreadPlan, capacity_hash
from capacity_guard.capacity.structure import TableKind
from capacity_guard.handlers import gate
from capacity_guard.handlers.calls import ATTEMPTS
from capacity_guard.handlers.messages import (
    GateError,
)
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    INDEX,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    STACK_ID,
    TABLE,
    WARM,
    Framework,
    a_change,
    a_plan,
    an_aws,
    replace_aws,
)
from tests.handlers.unread_plans import PROBLEM, a_plan_unread


def live(capacity: Capacity = PROVISIONED) -> FakeAws:
    return an_aws(a_plan(WARM, capacity))


def create(monkeypatch: pytest.MonkeyPatch, aws: FakeAws, plan: UnreadPlan) -> dict[str, Any]:
    """CloudFormation's Create, through the provider framework."""
    replace_aws(monkeypatch, aws)
    request = {
        "RequestType": "Create",
        "StackId": STACK_ID,
        "ResourceProperties": {
            "Gate": "unread",
            "Fingerprint": "0123456789" if plan.declared is None else capacity_hash(plan.declared),
            "Plan": plan.to_property(),
        },
    }
    started = json.loads(json.dumps(gate.on_event(request)))
    answer = gate.is_complete({**request, **started})
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


def test_unread_when_a_table_of_that_name_stands_outside_the_stack_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = live()
    name = aws.physical.pop(TABLE)
    declared = Capacity.on_demand(maximum=Units(write=900), indexes=ON_DEMAND.indexes)  # type: ignore[arg-type]
    assert create(monkeypatch, aws, a_plan_unread(declared, table_name=name))["Result"] == "passed"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("dynamodb:DescribeTable", "AccessDeniedException"),
        ("application-autoscaling:DescribeScalableTargets", "ValidationException"),
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


def edit_of(name: str) -> Callable[[FakeAws], None]:
    def wrong(aws: FakeAws) -> None:
        target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}
        aws.changes = [
            a_change(TABLE, "AWS::DynamoDB::Table", "Modify", Details=[{"Target": target}]),
            a_change("Other", "AWS::DynamoDB::Table", "Modify", Details=[{"Target": target}]),
        ]

    return wrong


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            edit_of("ProvisionedThroughput"),
            "ProvisionedThroughput of ConversationsTable9A1B changes, which sends units",
        ),
        (edit_of("GlobalSecondaryIndexes"), "GlobalSecondaryIndexes of ConversationsTable9A1B changes"),
        (edit_of("Tags"), None),
        (wrong_states.no_change_set, "no change set"),
        (wrong_states.earlier_change_set, "no change set"),
        (wrong_states.drift_reverted, "deploy without --revert-drift"),
    ],
)
def test_unread_when_a_table_has_other_units_than_its_template_refuses_an_edit_of_its_units(
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


def test_unread_when_it_cannot_see_is_asked_again_and_then_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = live()
    error = client_error("DescribeTable", "ThrottlingException", "Rate exceeded")
    aws.fail("dynamodb:DescribeTable", *[error] * ATTEMPTS)
    replace_aws(monkeypatch, aws)
    assert Framework(aws, "unread", a_plan_unread()).run()["Result"] == "passed"
    assert aws.now == NOW + timedelta(seconds=15)
    aws.fail("dynamodb:DescribeTable", *[error] * 2_000)
    with pytest.raises(GateError, match="dynamodb:DescribeTable of Conversations-XYZ was throttled"):
        Framework(aws, "unread", a_plan_unread()).run()
    assert aws.now - NOW > timedelta(minutes=55)


SCALING = "AWS::ApplicationAutoScaling::ScalableTarget"


def edited(logical_id: str, kind: str = "AWS::DynamoDB::Table", action: str = "Modify", **fields: Any) -> Any:
    name = fields.pop("name", "ProvisionedThroughput")
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}
    return a_change(logical_id, kind, action, Details=[{"Target": target}], **fields)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], None),
        ([edited(TABLE, name="Tags")], None),
        ([edited(TABLE, name="TimeToLiveSpecification")], None),
        ([edited("Another")], None),
        ([edited("OtherTarget", SCALING)], None),
        ([edited(TABLE)], "ProvisionedThroughput of ConversationsTable9A1B changes"),
        ([edited(TABLE, name="BillingMode")], "BillingMode of ConversationsTable9A1B changes"),
        ([edited(TABLE, name="GlobalSecondaryIndexes")], "GlobalSecondaryIndexes of"),
        ([edited(TABLE, action="Remove")], "everything \\(Remove\\) of"),
        ([edited("Target", SCALING)], "Target \\(AWS::ApplicationAutoScaling::ScalableTarget\\) changes"),
        (
            [edited("Target", SCALING, "Add")],
            "Target \\(AWS::ApplicationAutoScaling::ScalableTarget\\) changes",
        ),
    ],
)
def test_unread_when_the_template_cannot_be_read_refuses_an_edit_of_the_capacity_alone(
    monkeypatch: pytest.MonkeyPatch, changes: list[Any], expected: str | None
) -> None:
    aws = live()
    aws.changes = changes
    plan = a_plan_unread(None, problem="Units cannot be read.", scaling=("Target",))
    if expected is None:
        data = create(monkeypatch, aws, plan)
        assert data["Warnings"] == "the capacity in the template cannot be read: Units cannot be read."
        assert aws.writes() == []
        return
    with pytest.raises(GateError, match=expected) as refused:
        create(monkeypatch, aws, plan)
    assert str(refused.value).startswith(
        "Preflight refused, since the capacity in the template cannot be read and the capacity may change:"
    )
    assert "Units cannot be read." in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (wrong_states.no_change_set, "no change set, so it is unknown what it edits"),
        (wrong_states.earlier_change_set, "no change set"),
        (wrong_states.drift_reverted, "deploy without --revert-drift"),
    ],
)
def test_unread_when_the_template_cannot_be_read_needs_the_change_set_of_its_operation(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    aws = live()
    wrong(aws)
    with pytest.raises(GateError, match=expected):
        create(monkeypatch, aws, a_plan_unread(None))


def test_unread_when_neither_template_nor_table_is_there_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = live()
    del aws.physical[TABLE]
    wrong_states.no_change_set(aws)
    assert create(monkeypatch, aws, a_plan_unread(None))["Result"] == "passed"
