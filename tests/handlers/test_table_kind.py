"""What an AWS::DynamoDB::Table brings along: units that an edit re-sends, and scaling targets of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.handlers.conditions import CONDITIONS
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import (
    INDEX,
    NOW,
    TABLE_NAME,
    Framework,
    a_change,
    a_plan,
    an_aws,
    have,
    scale,
    use,
)

ARN = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:7f:resource/dynamodb/table/"


def provisioned(table: int | AutoScaling, *, read: int = 4_000, index: int | AutoScaling = 4_800) -> Capacity:
    return Capacity.provisioned(
        read=read, write=table, indexes={"by_agent": Provisioned(read=2_000, write=index)}
    )


def scaled(low: int, high: int, seed: int) -> AutoScaling:
    return AutoScaling(low, high, 70, seed=seed)


FIXED = provisioned(5_000)
SCALED = provisioned(scaled(3_500, 9_000, 3_600))
ON_DEMAND = Capacity.on_demand(indexes={"by_agent": OnDemand()})


def of_table(
    declared: Capacity, template: Capacity, kind: TableKind = TableKind.TABLE, **more: Any
) -> GatePlan:
    plan = a_plan(declared, template, **more)
    deployed = replace(plan.deployed, structure=Structure(kind, "conversation_id (S)"))
    return replace(plan, transition=replace(plan.transition, deployed=deployed))


def refusal(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, aws: FakeAws) -> str:
    use(monkeypatch, aws)
    with pytest.raises(GateError) as refused:
        Framework(aws, "preflight", plan).run()
    return str(refused.value)


def passes(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, aws: FakeAws) -> dict[str, Any]:
    use(monkeypatch, aws)
    return Framework(aws, "preflight", plan).run()


def leave_a_target(aws: FakeAws) -> None:
    scale(aws, INDEX, "write", AutoScaling(1, 40_000, 70))


COMMAND = (
    "aws application-autoscaling deregister-scalable-target --region eu-west-1 --service-namespace dynamodb "
    f"--resource-id table/{TABLE_NAME}/index/by_agent --scalable-dimension dynamodb:index:WriteCapacityUnits"
)


@pytest.mark.parametrize("template", [ON_DEMAND, FIXED], ids=["left behind", "made by the service"])
def test_targets_when_the_change_would_create_one_that_exists_refuses_with_the_command(
    monkeypatch: pytest.MonkeyPatch, template: Capacity
) -> None:
    plan = of_table(provisioned(5_000, index=scaled(4_800, 9_000, 4_800)), template)
    aws = an_aws(plan)
    passes(monkeypatch, plan, an_aws(plan))
    leave_a_target(aws)
    text = refusal(monkeypatch, plan, aws)
    assert "by_agent, write: a scaling target exists that the change would create" in text
    assert COMMAND in text


def test_targets_when_a_return_to_provisioned_meets_one_is_refused_although_it_is_a_relief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = provisioned(5_000, index=scaled(4_800, 9_000, 4_800))
    plan = of_table(before, ON_DEMAND, previous=before)
    aws = an_aws(plan)
    assert passes(monkeypatch, plan, aws)["Judged"] == "relief"
    leave_a_target(aws)
    assert COMMAND in refusal(monkeypatch, plan, aws)
    broken = replace(plan, break_glass="orders are lost")
    assert "deregister-scalable-target" in passes(monkeypatch, broken, aws)["Warnings"]


@pytest.mark.parametrize(
    ("template", "declared", "kind"),
    [
        (SCALED, provisioned(scaled(3_500, 9_500, 3_600)), TableKind.TABLE),
        (SCALED, ON_DEMAND, TableKind.TABLE),
        (ON_DEMAND, provisioned(scaled(3_500, 9_000, 3_600)), TableKind.GLOBAL_TABLE),
    ],
    ids=["updates its own", "needs none", "is a GlobalTable"],
)
def test_targets_when_the_change_creates_none_passes(
    monkeypatch: pytest.MonkeyPatch, template: Capacity, declared: Capacity, kind: TableKind
) -> None:
    plan = of_table(declared, template, kind)
    aws = an_aws(plan)
    if template is ON_DEMAND:
        scale(aws, "table", "write", AutoScaling(1, 40_000, 70))
    assert passes(monkeypatch, plan, aws)["Warnings"] == ""


def test_nothing_new_when_the_live_units_are_those_of_the_edit_refuses_even_a_relief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = of_table(provisioned(6_000), FIXED)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 6_000  # raised by hand already
    text = refusal(monkeypatch, plan, aws)
    assert (
        "table: the live table already has the 4,000 read and 6,000 write units that the change sends" in text
    )
    assert "will not change" in text
    assert "declare one unit more" in text
    assert passes(monkeypatch, of_table(provisioned(6_001), FIXED), aws)["Judged"] == "relief"
    assert (
        passes(monkeypatch, of_table(provisioned(6_000), FIXED, TableKind.GLOBAL_TABLE), aws)["Judged"]
        == "relief"
    )


def test_nothing_new_when_the_table_was_switched_by_hand_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = of_table(FIXED, ON_DEMAND)
    aws = an_aws(plan, FIXED)
    text = refusal(monkeypatch, plan, aws)
    assert "table: the live table already has" in text
    assert "index by_agent: the live table already has" in text


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        pytest.param(
            provisioned(scaled(3_500, 9_000, 2_900)), "table, write: the change sends 2,900", id="seed"
        ),
        pytest.param(
            provisioned(scaled(2_000, 9_000, 2_000)),
            "table, write: the change sends 2,000",
            id="floor and seed",
        ),
        pytest.param(
            provisioned(scaled(3_500, 9_000, 3_600), read=4_001), None, id="the other unit, carried"
        ),
        pytest.param(provisioned(scaled(3_500, 9_000, 3_700)), None, id="a seed that carries it"),
    ],
)
def test_sent_when_an_edit_re_sends_less_than_the_live_traffic_refuses(
    monkeypatch: pytest.MonkeyPatch, declared: Capacity, expected: str | None
) -> None:
    plan = of_table(declared, SCALED)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 5_000  # where auto scaling is; the traffic is 3,000
    if expected is None:
        passes(monkeypatch, plan, aws)
        return
    text = refusal(monkeypatch, plan, aws)
    assert f"{expected} provisioned units, less than the live traffic of 3,000" in text
    elsewhere = replace(plan.deployed, structure=Structure(TableKind.GLOBAL_TABLE, "k"))
    globally = replace(plan, transition=replace(plan.transition, deployed=elsewhere))
    assert "table, write: the change sends" not in passes(monkeypatch, globally, aws)["Warnings"]


def test_sent_when_a_raise_of_the_reads_cuts_what_auto_scaling_had_reached_is_no_relief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = of_table(provisioned(scaled(3_500, 9_000, 3_600), read=5_000), SCALED)
    aws = an_aws(plan)
    assert passes(monkeypatch, plan, aws)["Judged"] == "relief"
    aws.resources["table"].units["write"] = 5_000
    assert passes(monkeypatch, plan, aws)["Judged"] == "change"


def test_way_back_when_the_edit_goes_back_judges_the_units_that_are_re_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = provisioned(scaled(2_000, 9_000, 2_500))
    plan = of_table(provisioned(scaled(2_000, 8_000, 3_600)), before)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 4_000
    text = refusal(monkeypatch, plan, aws)
    assert "table, write: a rollback would re-send 2,500 units, less than the live traffic of 3,000" in text
    unedited = of_table(provisioned(scaled(2_000, 8_000, 2_500)), before)
    assert passes(monkeypatch, unedited, aws)["Result"] == "passed"


def _own(name: str, action: str, physical: str | None, kind: str = "ScalableTarget") -> dict[str, Any]:
    more = {} if physical is None else {"PhysicalResourceId": physical}
    return a_change(name, f"AWS::ApplicationAutoScaling::{kind}", action, **more)


@pytest.mark.parametrize(
    ("change", "travels"),
    [
        (_own("WriteTarget", "Add", None), True),
        (_own("Gone", "Remove", f"table/{TABLE_NAME}|dynamodb:table:WriteCapacityUnits|dynamodb"), True),
        (_own("Gone", "Remove", f"table/{TABLE_NAME}/index/by_agent|dynamodb:index:W|dynamodb"), True),
        (_own("Gone", "Remove", f"{ARN}{TABLE_NAME}:policyName/p", "ScalingPolicy"), True),
        (_own("Gone", "Remove", f"{ARN}{TABLE_NAME}/index/by_agent:policyName/p", "ScalingPolicy"), True),
        (_own("Other", "Add", None), False),
        (_own("Other", "Remove", f"table/{TABLE_NAME}2|dynamodb:table:WriteCapacityUnits|dynamodb"), False),
        (_own("Other", "Modify", f"{ARN}{TABLE_NAME}-2:policyName/p", "ScalingPolicy"), False),
        (_own("Other", "Remove", "service/default/web|ecs:service:DesiredCount|ecs"), False),
    ],
)
def test_alone_when_auto_scaling_of_the_table_changes_too_lets_it_travel(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], travels: bool
) -> None:
    plan = of_table(provisioned(scaled(3_500, 8_500, 3_600)), SCALED)
    plan = replace(plan, travels_with=(*plan.travels_with, "WriteTarget"))
    aws = an_aws(plan)
    aws.changes.append(change)
    if travels:
        assert passes(monkeypatch, plan, aws)["Warnings"] == ""
    else:
        assert f"{change['LogicalResourceId']} (AWS::ApplicationAutoScaling" in refusal(
            monkeypatch, plan, aws
        )


def test_bake_when_fixed_units_follow_auto_scaling_waits_for_no_clean_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = of_table(FIXED, SCALED)
    aws = an_aws(plan)
    have(aws, SCALED)  # CloudFormation deletes the target when everything else is done
    aws.resources["table"].units["write"] = 4_500
    use(monkeypatch, aws)
    data = Framework(aws, "bake", plan).run()
    assert data["Warnings"] == "table, write: its auto scaling is removed only after the bake"


def _no_target(aws: FakeAws) -> None:
    aws.targets, aws.policies = [], []


def _other_bounds(aws: FakeAws) -> None:
    aws.targets[0]["MaxCapacity"] = 40_000


def _other_policy(aws: FakeAws) -> None:
    aws.policies[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] = 50.0


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (_no_target, "table, write: has no auto scaling, not 3,500 to 9,000"),
        (_other_bounds, "table, write: scales 3,500 to 40,000, not 3,500 to 9,000"),
        (_other_policy, "table, write: auto scaling steers to 50 %, not 70 %"),
    ],
)
def test_bake_when_targets_or_policies_are_not_what_was_declared_fails(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    plan = of_table(SCALED, ON_DEMAND)
    aws = an_aws(plan)
    have(aws, SCALED)
    use(monkeypatch, aws)
    assert Framework(aws, "bake", plan).run()["Warnings"] == ""
    aws.now = NOW
    wrong(aws)
    with pytest.raises(GateError, match="not what was declared") as failed:
        Framework(aws, "bake", plan).run()
    assert expected in str(failed.value)


def test_conditions_when_they_refuse_a_relief_are_those_that_the_service_would_refuse() -> None:
    assert [one.name for one in CONDITIONS if one.certain] == ["scaling targets", "nothing new"]
