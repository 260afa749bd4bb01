"""Conditions of Preflight on what CloudFormation sends to the table, in the change and in a rollback."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    OnDemand,
    Provisioned,
    Units,
)
from capacity_guard.capacity.structure import Structure, TableKind
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    PROVISIONED,
    TABLE_NAME,
    a_plan,
    an_aws,
    refused_preflight,
    register_scaling,
    run_preflight,
)
from tests.handlers.table_plans import FIXED, SCALED, plan_of_table, provisioned, scaled


@pytest.mark.parametrize(
    ("template", "declared", "expected"),
    [
        (PROVISIONED, ON_DEMAND, None),
        (
            replace(
                PROVISIONED,
                indexes={"by_agent": Provisioned(2_000, AutoScaling(4_800, 8_000, 70, seed=2_900))},
            ),
            ON_DEMAND,
            "by_agent, write: a rollback would re-send 2,900 units, less than the live traffic of 3,000",
        ),
        (
            Capacity.provisioned(read=400, write=6_400, indexes=PROVISIONED.indexes),  # type: ignore[arg-type]
            Capacity.provisioned(read=300, write=6_400, indexes=PROVISIONED.indexes),  # type: ignore[arg-type]
            "table, read: a rollback would re-send 400 units, less than the live traffic of 500",
        ),
        (  # auto-scaled units are not re-sent where the mode stays
            replace(PROVISIONED, table=Provisioned(4_000, AutoScaling(1_000, 10_000, 70, seed=6_400))),
            replace(PROVISIONED, table=Provisioned(3_000, AutoScaling(1_000, 10_000, 70, seed=6_400))),
            None,
        ),
        (
            Capacity.on_demand(maximum=Units(write=2_000), indexes={"by_agent": OnDemand()}),
            PROVISIONED,
            "table, write: a rollback would re-send 2,000 on-demand maximum, less than the live traffic of 3,000",
        ),
    ],
)
def test_way_back_when_what_is_re_sent_carries_less_than_the_live_traffic_refuses(
    monkeypatch: pytest.MonkeyPatch, template: Capacity, declared: Capacity, expected: str | None
) -> None:
    plan = a_plan(declared, template)
    aws = an_aws(plan)
    if not template.is_on_demand:
        aws.resources["table"].units["write"] = 6_400
    if expected is None:
        run_preflight(monkeypatch, plan, aws)
    else:
        assert expected in refused_preflight(monkeypatch, plan, aws)


def test_way_back_when_the_edit_goes_back_judges_the_units_that_are_re_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = provisioned(scaled(2_000, 9_000, 2_500))
    plan = plan_of_table(provisioned(scaled(2_000, 8_000, 3_600)), before)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 4_000
    text = refused_preflight(monkeypatch, plan, aws)
    assert "table, write: a rollback would re-send 2,500 units, less than the live traffic of 3,000" in text
    unedited = plan_of_table(provisioned(scaled(2_000, 8_000, 2_500)), before)
    assert run_preflight(monkeypatch, unedited, aws)["Result"] == "passed"


COMMAND = (
    "aws application-autoscaling deregister-scalable-target --region eu-west-1 --service-namespace dynamodb "
    f"--resource-id table/{TABLE_NAME}/index/by_agent --scalable-dimension dynamodb:index:WriteCapacityUnits"
)


def leave_a_target(aws: FakeAws) -> None:
    register_scaling(aws, INDEX, "write", AutoScaling(1, 40_000, 70))


@pytest.mark.parametrize("template", [ON_DEMAND, FIXED], ids=["left behind", "made by the service"])
def test_targets_when_the_change_would_create_one_that_exists_refuses_with_the_command(
    monkeypatch: pytest.MonkeyPatch, template: Capacity
) -> None:
    plan = plan_of_table(provisioned(5_000, index=scaled(4_800, 9_000, 4_800)), template)
    aws = an_aws(plan)
    run_preflight(monkeypatch, plan, an_aws(plan))
    leave_a_target(aws)
    text = refused_preflight(monkeypatch, plan, aws)
    assert "by_agent, write: a scaling target exists that the change would create" in text
    assert COMMAND in text


def test_targets_when_a_return_to_provisioned_meets_one_is_refused_although_it_is_a_relief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = provisioned(5_000, index=scaled(4_800, 9_000, 4_800))
    plan = plan_of_table(before, ON_DEMAND, previous=before)
    aws = an_aws(plan)
    assert run_preflight(monkeypatch, plan, aws)["Judged"] == "relief"
    leave_a_target(aws)
    assert COMMAND in refused_preflight(monkeypatch, plan, aws)


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
    plan = plan_of_table(declared, template, kind)
    aws = an_aws(plan)
    if template is ON_DEMAND:
        register_scaling(aws, "table", "write", AutoScaling(1, 40_000, 70))
    assert run_preflight(monkeypatch, plan, aws)["Warnings"] == ""


def test_nothing_new_when_the_live_units_are_those_of_the_edit_refuses_even_a_relief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = plan_of_table(provisioned(6_000), FIXED)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 6_000  # raised by hand already
    text = refused_preflight(monkeypatch, plan, aws)
    assert (
        "table: the live table already has the 4,000 read and 6,000 write units that the change sends" in text
    )
    assert "will not change" in text
    assert "declare one unit more" in text
    assert run_preflight(monkeypatch, plan_of_table(provisioned(6_001), FIXED), aws)["Judged"] == "relief"
    assert (
        run_preflight(monkeypatch, plan_of_table(provisioned(6_000), FIXED, TableKind.GLOBAL_TABLE), aws)[
            "Judged"
        ]
        == "relief"
    )


def test_nothing_new_when_the_table_was_switched_by_hand_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of_table(FIXED, ON_DEMAND)
    aws = an_aws(plan, FIXED)
    text = refused_preflight(monkeypatch, plan, aws)
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
    plan = plan_of_table(declared, SCALED)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 5_000  # where auto scaling is; the traffic is 3,000
    if expected is None:
        run_preflight(monkeypatch, plan, aws)
        return
    text = refused_preflight(monkeypatch, plan, aws)
    assert f"{expected} provisioned units, less than the live traffic of 3,000" in text
    elsewhere = replace(plan.deployed, structure=Structure(TableKind.GLOBAL_TABLE, "k"))
    globally = replace(plan, transition=replace(plan.transition, deployed=elsewhere))
    assert "table, write: the change sends" not in run_preflight(monkeypatch, globally, aws)["Warnings"]
