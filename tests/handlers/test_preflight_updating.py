"""Preflight waits, for a bounded time, for an update of the table that may be auto scaling's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from capacity_guard.capacity import ChangeWindow, Rollout
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.messages import GateError
from capacity_guard.handlers.preflight import UPDATING_SECONDS, UPDATING_SECONDS_AFTER_RAISE
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import (
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    WARM,
    Framework,
    a_plan,
    a_relief,
    prepare_preflight,
)

READINGS = {"table": ("table",), "index alone": (INDEX,), "both": ("table", INDEX)}
"""DescribeTable while units change: of a table its status, of an index that of the index alone (quirks: DDB-TABLE-058, -134,
-159). Which of them auto scaling shows where it moves both, no source tells."""


def updating(aws: FakeAws, keys: tuple[str, ...], status: str = "UPDATING") -> None:
    for key, resource in aws.resources.items():
        resource.status = status if key in keys else "ACTIVE"


def looks(framework: Framework, each: Callable[[], None]) -> int:
    """Looks of a Preflight until it passes."""
    framework.start()
    count = 1
    while framework.poll() is None:
        framework.aws.now += timedelta(seconds=framework.interval)
        each()
        count += 1
        assert count < 300
    return count


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("seconds", [1, 6, 60, UPDATING_SECONDS - 1])
@pytest.mark.parametrize("plan", [a_plan(LOWERED), a_plan(ON_DEMAND)], ids=["lower", "to on-demand"])
def test_preflight_when_an_update_ends_in_time_passes(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan, seconds: int, reading: str
) -> None:
    aws, framework = prepare_preflight(monkeypatch, plan)

    def move() -> None:
        updating(aws, READINGS[reading] if aws.now - NOW < timedelta(seconds=seconds) else ())

    move()
    assert looks(framework, move) == 1 + -(-seconds // framework.interval)


@pytest.mark.parametrize("reading", READINGS)
def test_preflight_when_an_update_does_not_end_refuses_after_the_bound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reading: str
) -> None:
    aws, framework = prepare_preflight(monkeypatch, a_plan(LOWERED))
    updating(aws, READINGS[reading])
    with pytest.raises(GateError, match="is UPDATING, not ACTIVE: wait until its change has ended"):
        looks(framework, lambda: None)
    assert aws.now - NOW == timedelta(seconds=UPDATING_SECONDS)
    assert capsys.readouterr().out.count("waiting for an update") == UPDATING_SECONDS // framework.interval


@pytest.mark.parametrize("key", ["table", INDEX])
@pytest.mark.parametrize(
    "status", ["CREATING", "DELETING", "ARCHIVING", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"]
)
def test_preflight_when_the_status_is_of_no_update_refuses_at_once(
    monkeypatch: pytest.MonkeyPatch, status: str, key: str
) -> None:
    aws, framework = prepare_preflight(monkeypatch, a_plan(LOWERED))
    updating(aws, ("table", INDEX))
    aws.resources[key].status = status
    with pytest.raises(GateError, match=f"is {status}, not ACTIVE"):
        looks(framework, lambda: None)
    assert aws.now == NOW


def test_preflight_when_something_else_is_refused_too_does_not_wait_to_say_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rollout = Rollout(change_window=ChangeWindow("Sun 06-10"))
    aws, framework = prepare_preflight(monkeypatch, a_plan(LOWERED, rollout=rollout))
    updating(aws, ("table",))
    with pytest.raises(GateError, match=r"2 reasons(.|\n)*is UPDATING(.|\n)*outside the change window"):
        looks(framework, lambda: None)
    assert aws.now == NOW


def test_relief_when_the_table_is_updating_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_preflight(monkeypatch, a_relief())
    updating(aws, ("table",))
    assert looks(framework, lambda: None) == 1


def test_warm_throughput_that_somebody_else_raises_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_preflight(monkeypatch, a_plan(LOWERED))
    updating(aws, ("table",))
    aws.resources["table"].warm_status = "UPDATING"
    with pytest.raises(GateError, match="warm throughput of table is being raised"):
        looks(framework, lambda: None)
    assert aws.now == NOW


@pytest.mark.parametrize("reading", READINGS)
def test_recheck_after_a_raise_when_auto_scaling_updates_waits_too(
    monkeypatch: pytest.MonkeyPatch, reading: str
) -> None:
    """The raise takes minutes, and no look knows when the update began."""
    aws, framework = prepare_preflight(monkeypatch, a_plan(WARM))
    framework.start()
    assert framework.poll() is None
    aws.now += timedelta(seconds=480)
    updating(aws, READINGS[reading])
    assert framework.poll() is None
    aws.now += timedelta(seconds=15)
    updating(aws, ())
    assert framework.poll() is not None


def test_recheck_after_a_raise_when_the_update_does_not_end_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_preflight(monkeypatch, a_plan(WARM))
    framework.start()
    assert framework.poll() is None
    aws.now += timedelta(seconds=UPDATING_SECONDS_AFTER_RAISE)
    updating(aws, ("table",))
    with pytest.raises(GateError, match="table is UPDATING"):
        framework.poll()
