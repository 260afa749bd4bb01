"""Scheduled actions: put, shown, deleted, and run at their times on the emulator's clock."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from capacity_guard.capacity import AutoScaling, Capacity, Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections import scheduled_actions
from capacity_guard.simulator.table_replay import simulate
from tests.builders.emulated_stack import START, eventually
from tests.builders.scaled_units import WRITES, create_table, register, writes

LEAD = 900
"""Rehearsal seconds until an action runs: more wall time than a busy machine needs for the calls before."""
TARGET = {"ServiceNamespace": "dynamodb", "ResourceId": "table/table", "ScalableDimension": WRITES}


@pytest.fixture
def scaled(emulator: Emulator) -> Emulator:
    create_table(emulator)
    register(emulator, 50, 200)
    return emulator


def put(emulator: Emulator, name: str = "night", **members: Any) -> None:
    members = {
        "Schedule": f"at({emulator.clock.now() + timedelta(seconds=LEAD):%Y-%m-%dT%H:%M:%S})",
        "ScalableTargetAction": {"MinCapacity": 20, "MaxCapacity": 40},
        **members,
    }
    emulator.client("application-autoscaling").put_scheduled_action(
        **TARGET, ScheduledActionName=name, **members
    )


def bounds(emulator: Emulator) -> tuple[int, int]:
    (target,) = emulator.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="dynamodb"
    )["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"]


def actions(emulator: Emulator, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = emulator.client("application-autoscaling").describe_scheduled_actions(
        ServiceNamespace="dynamodb", **filters
    )["ScheduledActions"]
    return found


def pass_time(
    emulator: Emulator, seconds: float = LEAD + 20, moved_to: tuple[int, int] | None = None
) -> None:
    """Let time pass, and auto scaling look; wait for bounds that are to come."""
    emulator.clock.jump(seconds)
    if moved_to is None:
        emulator.clock.sleep(60)
    else:
        assert eventually(emulator, lambda: bounds(emulator) == moved_to), bounds(emulator)


def test_action_at_its_time_moves_bounds_and_capacity_and_tells_it(scaled: Emulator) -> None:
    put(scaled)
    assert bounds(scaled) == (50, 200)

    pass_time(scaled, moved_to=(20, 40))

    assert eventually(scaled, lambda: writes(scaled) == 40)
    found = scaled.client("application-autoscaling").describe_scaling_activities(ServiceNamespace="dynamodb")
    described = {activity["Description"]: activity["StatusCode"] for activity in found["ScalingActivities"]}
    assert described["Setting min capacity to 20 and max capacity to 40"] == "Successful"


def replayed_units(start: datetime, *schedules: ScheduledAction) -> array[float]:
    """Units that the simulator gives a table with the target of ``scaled``, without metrics, minute by minute."""
    minutes, write = 240, Dimension(None, "write")
    idle = {write: array("d", [float("nan")]) * minutes}
    capacity = Capacity.provisioned(read=50, write=AutoScaling(50, 200))
    replayed = simulate(capacity, Traffic(start, idle, idle), schedules=schedules)
    return array("d", replayed.dimensions[write].limit)


def test_the_same_schedule_plays_in_the_emulator_and_in_the_simulator(scaled: Emulator) -> None:
    start = scaled.clock.now().replace(second=0, microsecond=0)
    zone, write = "Asia/Kolkata", Dimension(None, "write")  # 5 hours and a half before UTC
    played = []
    for name, minutes, low, high in (("day", 25, 120, 400), ("late", 55, 20, 90), ("night", 85, 30, 60)):
        local = start + timedelta(minutes=minutes + 330)
        schedule = f"cron({local.minute} {local.hour} {local.day} {local.month} ? {local.year})"
        put(
            scaled,
            name,
            Schedule=schedule,
            Timezone=zone,
            ScalableTargetAction={"MinCapacity": low, "MaxCapacity": high},
        )
        played.append((minutes, ScheduledAction(write, name, schedule, zone, low, high)))
    units = replayed_units(start, *(action for _, action in played))
    assert (units[24], units[25], units[55], units[85]) == (50, 120, 90, 60)

    for minutes, action in played:
        assert action.minimum is not None
        assert action.maximum is not None
        due = start + timedelta(minutes=minutes, seconds=20)
        pass_time(
            scaled, (due - scaled.clock.now()).total_seconds(), moved_to=(action.minimum, action.maximum)
        )
        assert eventually(scaled, lambda: writes(scaled) == units[minutes]), minutes  # noqa: B023


def test_action_that_sets_one_bound_leaves_the_other(scaled: Emulator) -> None:
    put(scaled, ScalableTargetAction={"MinCapacity": 150})
    pass_time(scaled, moved_to=(150, 200))

    assert eventually(scaled, lambda: writes(scaled) == 150)


def test_action_that_sets_one_bound_beyond_the_other_fails(scaled: Emulator) -> None:
    put(scaled, ScalableTargetAction={"MaxCapacity": 40})
    pass_time(scaled)

    assert bounds(scaled) == (50, 200)
    (activity,) = scaled.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace="dynamodb"
    )["ScalingActivities"]
    assert activity["StatusCode"] == "Failed"


def test_actions_when_several_are_due_run_in_the_order_of_their_times(scaled: Emulator) -> None:
    now = scaled.clock.now()
    for name, after in (("later", LEAD), ("earlier", LEAD - 40)):
        put(
            scaled,
            name,
            Schedule=f"at({now + timedelta(seconds=after):%Y-%m-%dT%H:%M:%S})",
            ScalableTargetAction={"MinCapacity": after // 10, "MaxCapacity": 300},
        )
    pass_time(scaled, moved_to=(90, 300))


@pytest.mark.slow
def test_action_while_scheduled_scaling_is_suspended_is_left_out_for_good(scaled: Emulator) -> None:
    scaling = scaled.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, SuspendedState={"ScheduledScalingSuspended": True})
    put(scaled)
    pass_time(scaled)
    scaling.register_scalable_target(**TARGET, SuspendedState={"ScheduledScalingSuspended": False})
    pass_time(scaled)

    assert bounds(scaled) == (50, 200)


def test_action_while_scaling_by_policies_is_suspended_moves_capacity(scaled: Emulator) -> None:
    suspended = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True}
    scaled.client("application-autoscaling").register_scalable_target(**TARGET, SuspendedState=suspended)
    put(scaled)
    pass_time(scaled)

    assert eventually(scaled, lambda: writes(scaled) == 40)


def test_action_when_described_has_what_was_put_and_an_update_drops_the_times_that_it_leaves_out(
    scaled: Emulator,
) -> None:
    put(
        scaled,
        Schedule="cron(0 20 * * ? *)",
        Timezone="Europe/Rome",
        StartTime=START,
        EndTime=START + timedelta(days=9),
    )
    (action,) = actions(scaled, ResourceId="table/table", ScalableDimension=WRITES)
    assert action["EndTime"] == START + timedelta(days=9)
    scaled.client("application-autoscaling").put_scheduled_action(
        **TARGET, ScheduledActionName="night", Schedule="rate(2 hours)"
    )

    (changed,) = actions(scaled, ScheduledActionNames=["night", "other"])

    assert changed["Schedule"] == "rate(2 hours)"
    assert changed["Timezone"] == "Europe/Rome"
    assert changed["ScalableTargetAction"] == {"MinCapacity": 20, "MaxCapacity": 40}
    assert "StartTime" not in changed
    assert "EndTime" not in changed
    assert {name: changed[name] for name in ("ScheduledActionARN", "CreationTime")} == {
        name: action[name] for name in ("ScheduledActionARN", "CreationTime")
    }
    assert actions(scaled, ScheduledActionNames=["other"]) == []


def test_action_when_deleted_does_not_run_and_a_second_time_is_refused(scaled: Emulator) -> None:
    put(scaled)
    scaling = scaled.client("application-autoscaling")
    scaling.delete_scheduled_action(**TARGET, ScheduledActionName="night")
    pass_time(scaled)

    assert bounds(scaled) == (50, 200)
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.delete_scheduled_action(**TARGET, ScheduledActionName="night")


def test_actions_when_their_target_is_deregistered_are_gone(scaled: Emulator) -> None:
    put(scaled)
    scaled.client("application-autoscaling").deregister_scalable_target(**TARGET)

    assert actions(scaled) == []
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scalable target registered"):
        put(scaled)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Schedule": "30 3 * * *"}, "Invalid schedule expression"),
        ({"Timezone": "Europe/Atlantis"}, "Invalid timezone"),
        ({"ScalableTargetAction": {}}, "needs a minimum or a maximum"),
        ({"ScalableTargetAction": {"MinCapacity": 0}}, "at least 1"),
        ({"ScalableTargetAction": {"MinCapacity": 5, "MaxCapacity": 4}}, "Maximum capacity cannot be less"),
        ({"StartTime": START, "EndTime": START - timedelta(days=1)}, "end time cannot be before"),
        ({"name": "night:1"}, "Invalid scheduled action name"),
    ],
)
def test_action_that_is_wrong_is_refused(scaled: Emulator, members: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
        put(scaled, **members)
    assert actions(scaled) == []


def test_action_without_a_schedule_is_refused_when_it_is_new(scaled: Emulator) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*needs a schedule"):
        scaled.client("application-autoscaling").put_scheduled_action(
            **TARGET, ScheduledActionName="night", ScalableTargetAction={"MinCapacity": 1}
        )


def test_actions_of_a_target_are_limited(scaled: Emulator) -> None:
    for number in range(scheduled_actions.MOST_ACTIONS):
        put(scaled, f"action {number}")
    put(scaled, "action 0")

    with pytest.raises(ClientError, match="LimitExceededException"):
        put(scaled, "one more")


@contextmanager
def emulator_with(variable: str, reading: str) -> Iterator[Emulator]:
    with Emulator(speed=60, start=START, settings={variable: reading}) as running:
        create_table(running)
        register(running, 50, 200)
        yield running


def switch(emulator: Emulator) -> None:
    emulator.client("dynamodb").update_table(TableName="table", BillingMode="PAY_PER_REQUEST")


def test_action_of_a_table_that_cannot_be_scaled_fails(scaled: Emulator) -> None:
    switch(scaled)
    put(scaled)
    pass_time(scaled)

    assert bounds(scaled) == (50, 200)


def test_action_of_a_table_that_cannot_be_scaled_by_the_other_reading_sets_the_bounds() -> None:
    with emulator_with(scheduled_actions.NOT_SCALABLE_VARIABLE, "later") as emulator:
        switch(emulator)
        put(emulator)
        pass_time(emulator, moved_to=(20, 40))


def test_action_whose_time_is_over_never_runs(scaled: Emulator) -> None:
    put(scaled, Schedule="at(2026-01-01T00:00:00)")
    pass_time(scaled)

    assert len(actions(scaled)) == 1
    assert bounds(scaled) == (50, 200)


def test_action_whose_time_is_over_by_the_other_reading_is_refused() -> None:
    with (
        emulator_with(scheduled_actions.PAST_VARIABLE, "refused") as emulator,
        pytest.raises(ClientError, match=r"ValidationException.*is over"),
    ):
        put(emulator, Schedule="at(2026-01-01T00:00:00)")


def test_action_that_ran_once_stays(scaled: Emulator) -> None:
    put(scaled)
    pass_time(scaled)

    assert len(actions(scaled)) == 1


def test_action_that_ran_once_by_the_other_reading_is_gone() -> None:
    with emulator_with(scheduled_actions.ONE_TIME_VARIABLE, "removed") as emulator:
        put(emulator)
        pass_time(emulator, moved_to=(20, 40))

        assert eventually(emulator, lambda: actions(emulator) == [])


def test_rate_waits_for_its_first_interval(scaled: Emulator) -> None:
    put(scaled, Schedule="rate(1 hour)")
    pass_time(scaled)
    assert bounds(scaled) == (50, 200)
    pass_time(scaled, 3_600, moved_to=(20, 40))


@pytest.mark.slow
def test_rate_by_the_other_reading_runs_when_it_is_put() -> None:
    with emulator_with(scheduled_actions.RATE_VARIABLE, "at-once") as emulator:
        put(emulator, Schedule="rate(1 hour)")
        pass_time(emulator, moved_to=(20, 40))


def test_days_are_those_of_eventbridge(scaled: Emulator) -> None:
    with pytest.raises(ClientError, match="Invalid schedule expression"):
        put(scaled, Schedule="cron(30 6 * * 2 *)")


def test_days_by_the_other_reading_are_those_of_the_older_text() -> None:
    with emulator_with(scheduled_actions.DAYS_VARIABLE, "both") as emulator:
        put(emulator, Schedule="cron(30 6 * * 2 *)")

        assert len(actions(emulator)) == 1
