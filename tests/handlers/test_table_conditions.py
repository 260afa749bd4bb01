"""Conditions of Preflight on the live table, the baseline and the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    ChangeWindow,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.handlers.messages import (
    GateError,
)
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    a_plan,
    a_relief,
    an_aws,
    prepare_preflight,
    refused_preflight,
    register_scaling,
    run_preflight,
)
from tests.handlers.wrong_states import Wrong, expect_refusal, expect_warning

WRONG: wrong_states.Cases = [
    ("index moving", wrong_states.index_not_active, "index by_agent is UPDATING, not ACTIVE"),
    ("table moving", wrong_states.table_not_active, "table is UPDATING, not ACTIVE"),
    ("other minimum", wrong_states.other_minimum, "table, write: scales 5 to 10,000, not 6,400 to 10,000"),
    ("no policy", wrong_states.no_scaling_policy, "table, write: auto scaling steers to no target, not 70 %"),
    ("no scaling", wrong_states.no_scaling_targets, "table, write: has no auto scaling, not 6,400 to 10,000"),
    ("replica", wrong_states.replica_elsewhere, "the table has replicas in us-east-1, which no veto watches"),
    ("vector index", wrong_states.vector_index_added, "vector index by_meaning is not expected"),
    ("suspended", wrong_states.scaling_suspended, "table, write: its auto scaling is suspended"),
    ("index gone", wrong_states.index_missing, "index by_agent does not exist"),
    ("index more", wrong_states.index_added, "index by_day is not expected"),
]


HIGHER_LIVE: wrong_states.Cases = [
    ("other target", wrong_states.other_target, "table, write: auto scaling steers to 50 %, not 70 %"),
    (
        "scaled where fixed",
        wrong_states.scaled_where_fixed,
        "table, read: is auto scaled, not fixed at 4,000",
    ),
    ("other fixed units", wrong_states.other_fixed_units, "table, read: provisioned 4,500, not 4,000"),
]
"""Wrong for a relief in another way: the live table has more than it declares (``test_classification``)."""


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [case[1:] for case in (*WRONG, *HIGHER_LIVE)],
    ids=[case[0] for case in (*WRONG, *HIGHER_LIVE)],
)
def test_table_when_one_thing_is_wrong_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_refusal(monkeypatch, wrong, expected)


@pytest.mark.parametrize(("wrong", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_table_when_a_relief_meets_the_same_warns_and_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    expect_warning(monkeypatch, wrong, expected)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("baseline is 14.5 days old, 14 are allowed", {"recorded_at": NOW - timedelta(days=14.5)}),
        ("still to come, so its age is unknown", {"recorded_at": NOW + timedelta(minutes=6)}),
        ("still to come, so its age is unknown", {"recorded_at": NOW + timedelta(days=365 * 70)}),
        (
            "it is Thu 16:00 UTC, outside the change window Sun 06-10",
            {"rollout": Rollout(change_window=ChangeWindow("Sun 06-10"))},
        ),
    ],
)
def test_time_when_the_plan_does_not_allow_it_refuses(
    monkeypatch: pytest.MonkeyPatch, part: str, changes: dict[str, Any]
) -> None:
    plan = a_plan(**changes)
    assert part in refused_preflight(monkeypatch, plan, an_aws(plan))
    relief = a_relief(**changes)
    assert part in run_preflight(monkeypatch, relief, an_aws(relief))["Warnings"]


def test_time_when_inside_the_change_window_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND, rollout=Rollout(change_window=ChangeWindow("Mon-Fri 15-17")))
    assert run_preflight(monkeypatch, plan, an_aws(plan))["Warnings"] == ""


def test_equality_when_auto_scaling_has_moved_units_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 9_000
    run_preflight(monkeypatch, plan, aws)


def test_equality_when_scaled_units_do_not_carry_the_traffic_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(LOWERED)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 2_900
    assert "table, write: 2,900 provisioned, less than the live traffic of 3,000" in refused_preflight(
        monkeypatch, plan, aws
    )


def test_equality_when_an_on_demand_maximum_differs_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(PROVISIONED, ON_DEMAND)
    aws = an_aws(plan)
    aws.resources[INDEX].maximum["write"] = 5_000
    assert "by_agent, write: on-demand maximum is 5,000, not none" in refused_preflight(
        monkeypatch, plan, aws
    )


def test_equality_when_a_removed_maximum_still_shows_minus_one_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(PROVISIONED, ON_DEMAND)
    aws = an_aws(plan)
    aws.resources[INDEX].maximum["write"] = -1
    run_preflight(monkeypatch, plan, aws)


def test_equality_when_bounds_are_equal_ignores_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    template = replace(PROVISIONED, table=Provisioned(4_000, AutoScaling(6_400, 6_400, 70, seed=6_400)))
    plan = a_plan(ON_DEMAND, template)
    aws = an_aws(plan)
    aws.policies = [policy for policy in aws.policies if policy["ResourceId"] != f"table/{aws.name}"]
    run_preflight(monkeypatch, plan, aws)


def test_status_when_another_caller_raises_what_is_not_declared_refuses_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.resources["table"].warm_status = "UPDATING"
    with pytest.raises(GateError, match="warm throughput of table is being raised, not ACTIVE"):
        preflight.run()
    assert aws.writes() == []


def test_warm_time_when_a_raise_cannot_fit_into_a_gates_hour_is_refused_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(Capacity.on_demand(warm=Units(write=130_000), indexes={"by_agent": OnDemand()}))
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.resources["table"].warm = {"read": 5, "write": 5}
    with pytest.raises(GateError) as refused:
        preflight.run()
    assert "table, write 5 to 130,000 would take about 68 minutes, longer than a gate lasts" in str(
        refused.value
    )
    assert "aws dynamodb update-table --region eu-west-1 --table-name Conversations-XYZ" in str(refused.value)
    assert "--warm-throughput WriteUnitsPerSecond=130000" in str(refused.value)
    assert aws.writes() == []


def test_vector_index_when_the_table_becomes_provisioned_is_refused_for_a_relief_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(PROVISIONED, ON_DEMAND, previous=PROVISIONED)
    aws = an_aws(plan)
    wrong_states.vector_index_added(aws)
    assert "which exist in on-demand mode only: delete them first" in refused_preflight(
        monkeypatch, plan, aws
    )


def test_vector_index_that_the_sdk_does_not_show_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(Capacity.on_demand(maximum=Units(write=9_000), indexes={"by_agent": OnDemand()}), ON_DEMAND)
    structure = plan.deployed.structure
    assert structure is not None
    deployed = replace(plan.deployed, structure=replace(structure, vector_indexes={"one": "x", "two": "y"}))
    plan = replace(plan, transition=replace(plan.transition, deployed=deployed))
    aws = an_aws(plan)
    run_preflight(monkeypatch, plan, aws)
    aws = an_aws(plan)
    aws.table.more = {"VectorIndexes": [{"IndexName": "one", "IndexStatus": "ACTIVE"}]}
    assert "vector index two does not exist" in refused_preflight(monkeypatch, plan, aws)


def test_bounds_of_a_recorded_schedule_are_equal_to_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(LOWERED)
    write = Dimension(None, "write")
    actions = (ScheduledAction(write, "night", "cron(0 16 * * ? *)", None, 5, None),)
    scheduled = replace(plan.deployed, schedules=actions)
    aws = an_aws(plan)
    wrong_states.other_minimum(aws)
    assert "scales 5 to 10,000" in refused_preflight(monkeypatch, plan, aws)
    plan = replace(plan, transition=replace(plan.transition, deployed=scheduled))
    aws = an_aws(plan)
    wrong_states.other_minimum(aws)
    assert run_preflight(monkeypatch, plan, aws)["Result"] == "passed"


@pytest.mark.parametrize("bounds", [None, (6_400, 9_000), (6_400, 6_400)])
def test_equality_when_a_scaling_target_has_no_policy_compares_the_fixed_units(
    monkeypatch: pytest.MonkeyPatch, bounds: tuple[int, int] | None
) -> None:
    fixed = replace(PROVISIONED, table=Provisioned(4_000, 6_400))
    plan = a_plan(ON_DEMAND, fixed)
    aws = an_aws(plan)
    if bounds is not None:  # as scheduled scaling leaves it
        register_scaling(aws, "table", "write", AutoScaling(*bounds))
        aws.policies.pop()
    assert run_preflight(monkeypatch, plan, aws)["Judged"] == "change"
    aws.resources["table"].units["write"] = 6_500
    text = refused_preflight(monkeypatch, plan, aws)
    assert "table, write: provisioned 6,500, not 6,400" in text
