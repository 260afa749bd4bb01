"""Bake: the whole log and the whole answer of a bake, look by look."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import Rollout
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.bake import BLIND_SECONDS, DIFFERENCE_SECONDS, SETTLE_SECONDS
from capacity_guard.handlers.handover import Loud
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers.gate_log import Line, run_to_its_end
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    NOW,
    ON_DEMAND,
    a_plan,
    a_relief,
    prepare_bake,
    set_alarm_state,
)


def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    plan: GatePlan,
    change: Callable[[FakeAws], object] | None = None,
    interval: float = 300,
    **handed_over: Any,
) -> tuple[list[Line], str, timedelta]:
    """Lines of the log, the answer or the reason, and the time that it took."""
    aws, framework = prepare_bake(monkeypatch, plan)
    for name, value in handed_over.items():
        setattr(framework, name, value)
    lines, said, took = run_to_its_end("bake", (aws, framework), capsys, change, interval)
    return lines, said if isinstance(said, str) else json.dumps(said), took


def watching(judged: str = "change", *, moving: Any = (), different: Any = (), loud: Any = None) -> Line:
    return {
        "decision": "watching",
        "judged": judged,
        "since": str(NOW),
        "minutes": 10,
        "loud": loud,
        "moving": [*moving],
        "different": [*different],
    }


def passed(judged: str, *warnings: str) -> Line:
    return {"decision": "passed", "judged": judged, "warnings": [*warnings]}


def answer(judged: str, *warnings: str) -> str:
    return json.dumps(["passed", judged, "; ".join(warnings)])


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("plan", "judged"), [(a_plan(ON_DEMAND), "change"), (a_relief(), "relief")])
def test_bake_watches_until_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plan: GatePlan, judged: str
) -> None:
    lines, said, took = run(monkeypatch, capsys, plan)
    assert lines == [watching(judged), watching(judged), passed(judged)]
    assert (said, took) == (answer(judged), 10 * MINUTE)


@pytest.mark.parametrize("judged", ["not judged", "already deployed"])
def test_bake_beside_a_change_that_is_deployed_watches_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], judged: str
) -> None:
    nothing = "the change was deployed before this operation: nothing to watch"
    lines, said, took = run(monkeypatch, capsys, a_plan(ON_DEMAND), judged=judged)
    assert (lines, said, took) == ([passed(judged, nothing)], answer(judged, nothing), timedelta(0))


def test_bake_logs_what_was_loud(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    loud = Loud(NOW, ("table",), ("x",))
    lines, _, _ = run(monkeypatch, capsys, a_relief(), loud=loud)
    assert lines[0] == watching("relief", loud=loud.to_attribute())


DIFFERENT = "table, read: on-demand maximum is 5, not none"


@pytest.mark.parametrize(("interval", "looks"), [(120, 2), (121, 1)])
def test_difference_may_last_two_minutes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], interval: float, looks: int
) -> None:
    lines, said, took = run(
        monkeypatch,
        capsys,
        a_plan(ON_DEMAND),
        lambda aws: aws.resources["table"].maximum.update(read=5),
        interval=interval,
    )
    assert lines == [watching(different=[DIFFERENT])] * looks + [
        {"decision": "failed", "different": [DIFFERENT]}
    ]
    assert said == f"Bake failed, the live table is not what was declared: {DIFFERENT}"
    assert took == timedelta(seconds=interval * looks)
    assert DIFFERENCE_SECONDS == 120


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda aws: setattr(aws.resources["table"], "status", "UPDATING"), "table is UPDATING"),
        (lambda aws: setattr(aws.resources[INDEX], "status", "UPDATING"), "index by_agent is UPDATING"),
    ],
)
def test_table_may_take_its_time_to_settle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], change: Any, what: str
) -> None:
    lines, said, took = run(monkeypatch, capsys, a_plan(ON_DEMAND), change, interval=SETTLE_SECONDS)
    assert lines == [watching(moving=[what])] * 2
    assert said == f"Bake failed, not settled {2 * SETTLE_SECONDS // 60} minutes after the change: {what}"
    assert took == timedelta(seconds=2 * SETTLE_SECONDS)


def test_alarm_that_is_gone_fails_a_change_at_once_and_is_told_of_a_relief(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = f"alarm {ALARM_NAMES['table']} does not exist any more"

    def remove(aws: FakeAws) -> None:
        del aws.alarms[ALARM_NAMES["table"]]

    lines, said, took = run(monkeypatch, capsys, a_plan(ON_DEMAND), remove)
    assert lines == [{"decision": "failed", "blind": [gone]}]
    assert (said, took) == (f"Bake failed, since it cannot see: {gone}", timedelta(0))
    lines, said, took = run(monkeypatch, capsys, a_relief(), remove)
    assert lines == [watching("relief"), watching("relief"), passed("relief", gone)]
    assert (said, took) == (answer("relief", gone), 10 * MINUTE)


def test_alarm_that_cannot_be_evaluated_fails_a_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = ALARM_NAMES[INDEX]
    _, said, took = run(
        monkeypatch,
        capsys,
        a_plan(ON_DEMAND),
        lambda aws: aws.alarms[name].update(EvaluationState="EVALUATION_ERROR"),
    )
    assert said == (
        f"Bake failed, since it cannot see: alarm {name} cannot be evaluated (EVALUATION_ERROR), so its OK means nothing"
    )
    assert took == timedelta(0)


def test_alarm_without_data_fails_a_change_at_the_end_unless_it_never_had_any(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = ALARM_NAMES["table"]
    blind = f"alarm {name} is INSUFFICIENT_DATA at the end of the bake: it has seen nothing"
    lines, said, took = run(
        monkeypatch,
        capsys,
        a_plan(ON_DEMAND),
        lambda aws: set_alarm_state(aws, name, "INSUFFICIENT_DATA", NOW),
    )
    assert lines == [watching(), watching(), {"decision": "failed", "blind": [blind]}]
    assert (said, took) == (f"Bake failed, since it cannot see: {blind}", 10 * MINUTE)

    def unproven(aws: FakeAws) -> None:
        set_alarm_state(aws, name, "INSUFFICIENT_DATA", NOW)
        aws.alarms[name]["StateReason"] = "Unchecked: Initial alarm creation"

    lines, said, _ = run(monkeypatch, capsys, a_plan(ON_DEMAND), unproven)
    told = f"alarm {name} had no data, as on a table that never throttled"
    assert (lines[-1], said) == (passed("change", told), answer("change", told))


def test_warm_throughput_that_is_not_reached_fails_a_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    what = "warm throughput of index by_agent, write 4,000 to 6,240 is not reached"
    lines, said, _ = run(
        monkeypatch, capsys, a_plan(), lambda aws: aws.resources[INDEX].warm.update(write=4_000)
    )
    assert lines == [watching(different=[what]), {"decision": "failed", "different": [what]}]
    assert said == f"Bake failed, the live table is not what was declared: {what}"


DENIED = "dynamodb:DescribeTable of Conversations-XYZ was denied: the guard's role may not do it (AccessDenied: no)"


def failing(code: str, times: int = 999) -> Callable[[FakeAws], object]:
    error = client_error("DescribeTable", code, "no")
    return lambda aws: aws.fail("dynamodb:DescribeTable", *[error] * times)


def test_table_that_may_not_be_read_fails_a_change_and_is_told_of_a_relief(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    not_read = {"decision": "not read", "why": DENIED}
    lines, said, took = run(monkeypatch, capsys, a_plan(ON_DEMAND), failing("AccessDenied"))
    assert (lines, said, took) == ([not_read], f"Bake failed, since it cannot see: {DENIED}", timedelta(0))
    lines, said, took = run(monkeypatch, capsys, a_relief(), failing("AccessDenied"))
    assert lines == [not_read, not_read, not_read, passed("relief", DENIED)]
    assert (said, took) == (answer("relief", DENIED), 10 * MINUTE)


def test_table_that_cannot_be_read_for_a_while_is_asked_for_again_until_after_the_bake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, said, took = run(
        monkeypatch, capsys, a_plan(ON_DEMAND), failing("ResourceInUseException"), interval=60
    )
    assert {line["decision"] for line in lines} == {"not read"}
    assert said.startswith(
        "Bake failed, since it cannot see: dynamodb:DescribeTable of Conversations-XYZ met a"
    )
    assert took == 10 * MINUTE + timedelta(seconds=BLIND_SECONDS)
    assert BLIND_SECONDS == 300


def test_bake_that_is_shorter_than_a_difference_may_last_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def heal(aws: FakeAws) -> None:
        aws.resources["table"].maximum.update(read=5)

    plan = a_plan(ON_DEMAND, rollout=Rollout(bake_minutes=1))
    lines, said, took = run(monkeypatch, capsys, plan, heal, interval=60)
    different = {**watching(different=[DIFFERENT]), "minutes": 1}
    assert lines == [different] * 3 + [{"decision": "failed", "different": [DIFFERENT]}]
    assert took == 3 * MINUTE
    assert said == f"Bake failed, the live table is not what was declared: {DIFFERENT}"
