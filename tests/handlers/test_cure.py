"""What Preflight takes a transition for, judged against the live table, and what that lets through both gates."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError, OnDemand, Provisioned, Units
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers import gate
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    WARM,
    Framework,
    a_change,
    a_plan,
    a_relief,
    an_aws,
    at,
    have,
    ring,
    throttle,
    use,
)

REASON = "orders are lost, incident 4711"


def table(read: int, write: int | AutoScaling, index: int | AutoScaling = 4_800) -> Capacity:
    """A provisioned capacity with 2,000 reads for the index."""
    return Capacity.provisioned(
        read=read, write=write, indexes={"by_agent": Provisioned(read=2_000, write=index)}
    )


def maxima(write: int | None) -> Capacity:
    units = None if write is None else Units(write=write)
    return Capacity.on_demand(maximum=units, indexes={"by_agent": OnDemand()})


def judged(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, live: Capacity) -> str:
    """Preflight's word on a plan while the live table has a capacity, in the middle of throttling."""
    aws = an_aws(plan, live)
    throttle(aws, "table", at(-6), 900, 900, 900)
    ring(aws, ALARM_NAMES["table"], "ALARM", at(-5))
    use(monkeypatch, aws)
    try:
        return str(Framework(aws, "preflight", plan).run()["Judged"])
    except GateError:
        return "refused"


OLD, LOW, HIGH = table(4_000, 5_000), table(4_000, 4_000), table(4_000, 9_000)
SCALED = table(4_000, AutoScaling(5_000, 8_000, 70, seed=5_000))


@pytest.mark.parametrize(
    ("recorded", "live", "declared", "expected"),
    [
        pytest.param(OLD, OLD, HIGH, "relief", id="fresh baseline, raised"),
        pytest.param(OLD, LOW, HIGH, "relief", id="lowered since it was recorded, raised"),
        pytest.param(HIGH, LOW, OLD, "relief", id="a lowering of the baseline, a raise of the live table"),
        pytest.param(LOW, OLD, OLD, "relief", id="raised by hand, the code catches up"),
        pytest.param(LOW, HIGH, OLD, "refused", id="a raise of the baseline, a lowering of the live table"),
        pytest.param(OLD, OLD, LOW, "refused", id="lowered"),
        pytest.param(OLD, OLD, table(3_999, 9_000), "refused", id="one raised, one lowered"),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(6_000, 9_000)), "relief", id="bounds raised since"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(6_000, 7_000)), "refused", id="maximum below live"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(4_500, 9_000)), "refused", id="minimum below live"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(5_500, 9_000, 80)), "refused", id="target steers later"
        ),
        pytest.param(
            OLD, SCALED, table(4_000, AutoScaling(5_500, 9_000, 50)), "relief", id="target steers sooner"
        ),
        pytest.param(maxima(1_000), maxima(1_000), maxima(3_000), "relief", id="maximum raised"),
        pytest.param(maxima(1_000), maxima(2_000), maxima(3_000), "relief", id="maximum raised meanwhile"),
        pytest.param(maxima(1_000), maxima(1_000), maxima(None), "relief", id="maximum removed"),
        pytest.param(maxima(1_000), maxima(5_000), maxima(3_000), "refused", id="maximum higher by hand"),
        pytest.param(maxima(1_000), maxima(None), maxima(3_000), "refused", id="maximum removed by hand"),
        pytest.param(OLD, OLD, ON_DEMAND, "refused", id="to on-demand"),
        pytest.param(OLD, ON_DEMAND, HIGH, "refused", id="a raise of what is on-demand by now"),
    ],
)
def test_relief_when_the_baseline_is_older_than_the_live_table_is_judged_against_the_table(
    monkeypatch: pytest.MonkeyPatch, recorded: Capacity, live: Capacity, declared: Capacity, expected: str
) -> None:
    assert judged(monkeypatch, a_plan(declared, recorded), live) == expected


def test_relief_when_it_returns_to_the_capacity_before_is_one_whatever_it_lowers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert judged(monkeypatch, a_plan(OLD, HIGH, previous=OLD), HIGH) == "relief"
    assert judged(monkeypatch, a_plan(WARM, PROVISIONED, previous=WARM), PROVISIONED) == "relief"


@pytest.mark.parametrize("created", [True, False])
def test_relief_when_an_index_comes_or_goes_is_none(monkeypatch: pytest.MonkeyPatch, created: bool) -> None:
    without = Capacity.provisioned(read=4_000, write=9_000)
    before, after = (without, HIGH) if created else (OLD, without)
    assert judged(monkeypatch, a_plan(after, before), before) == "refused"


def test_relief_when_an_index_came_since_the_baseline_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, a_plan(HIGH, Capacity.provisioned(read=4_000, write=5_000)), OLD) == "relief"


@pytest.mark.parametrize(
    "call", ["dynamodb:DescribeTable", "application-autoscaling:DescribeScalableTargets"]
)
def test_relief_when_the_live_table_cannot_be_read_goes_by_the_baseline(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    denied = client_error(call.partition(":")[2], "AccessDeniedException", "not authorized")
    plan = a_relief()
    aws = an_aws(plan)
    aws.fail(call, denied, denied)
    use(monkeypatch, aws)
    data = Framework(aws, "preflight", plan).run()
    assert data["Judged"] == "relief"
    assert "was denied" in data["Warnings"]
    plan = a_plan(LOWERED)
    aws = an_aws(plan)
    aws.fail(call, denied, denied)
    use(monkeypatch, aws)
    with pytest.raises(GateError, match="was denied"):
        Framework(aws, "preflight", plan).run()


def told(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """Let CloudFormation hand Preflight's word on to Bake."""
    real = gate.on_event

    def on_event(request: dict[str, Any]) -> dict[str, Any]:
        return real({**request, "ResourceProperties": {**request["ResourceProperties"], "Judged": word}})

    monkeypatch.setattr(gate, "on_event", on_event)


def baking(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, word: str) -> Framework:
    """A bake of a change that is through, while the index still throttles as it did before."""
    aws = an_aws(plan)
    have(aws, plan.transition.declared)
    throttle(aws, INDEX, at(-5), *([900] * 20))
    ring(aws, ALARM_NAMES[INDEX], "ALARM", at(-3))
    use(monkeypatch, aws)
    told(monkeypatch, word)
    return Framework(aws, "bake", plan)


def test_bake_when_preflight_called_it_a_relief_does_not_ask_the_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(LOWERED)
    assert not plan.transition.is_relief
    assert baking(monkeypatch, plan, "relief").run()["Judged"] == "relief"


def test_bake_when_preflight_called_it_a_change_does_not_ask_the_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_relief()
    assert plan.transition.is_relief
    with pytest.raises(GateError, match="Bake vetoed"):
        baking(monkeypatch, plan, "change").run()


def _everything(aws: FakeAws) -> None:
    aws.stack["DisableRollback"] = True
    aws.changes.append(a_change("Orders", "AWS::DynamoDB::Table", "Modify"))
    aws.resources[INDEX].units["write"] = 3_200
    for hours in (20, 15, 10, 5):
        aws.last_switch = NOW - timedelta(hours=hours)
    del aws.alarms[ALARM_NAMES["table"]]
    throttle(aws, INDEX, at(-6), 900, 900, 900)


def _blind(aws: FakeAws) -> None:
    for call in (
        "dynamodb:DescribeTable",
        "cloudwatch:DescribeAlarms",
        "cloudformation:DescribeStacks",
        "cloudformation:DescribeStackEvents",
    ):
        aws.fail(call, *([client_error(call.partition(":")[2], "AccessDeniedException", "no")] * 200))


@pytest.mark.parametrize("wrong", [_everything, _blind])
@pytest.mark.parametrize("declared", [WARM, LOWERED])
def test_break_glass_when_everything_is_wrong_warns_and_says_why_in_answer_and_log(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: Callable[[FakeAws], None],
    declared: Capacity,
) -> None:
    plan = a_plan(declared, break_glass=REASON)
    assert not plan.transition.is_relief
    aws = an_aws(plan)
    wrong(aws)
    use(monkeypatch, aws)
    data = Framework(aws, "preflight", plan).run()
    assert data["Judged"] == f"break-glass: {REASON}"
    assert data["Warnings"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["judged"] for line in lines if "judged" in line} == {f"break-glass: {REASON}"}
    assert aws.now == NOW, "it waits for nothing"


def test_break_glass_when_only_warm_throughput_rises_does_not_wait_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(WARM, ON_DEMAND, break_glass=REASON)
    aws = an_aws(plan)
    use(monkeypatch, aws)
    assert "still rising" in Framework(aws, "preflight", plan).run()["Warnings"]
    assert aws.now == NOW
    have(aws, WARM)
    assert "is not reached" in Framework(aws, "bake", plan).run()["Warnings"]


def test_break_glass_when_it_bakes_answers_for_what_was_quiet_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan(LOWERED, break_glass=REASON)
    word = f"break-glass: {REASON}"
    assert baking(monkeypatch, plan, word).run()["Judged"] == word
    assert REASON in capsys.readouterr().out
    framework = baking(monkeypatch, plan, word)
    throttle(framework.aws, "table", framework.aws.now + timedelta(minutes=1), 700, 700)
    with pytest.raises(GateError, match="table, write, 700 throttle events"):
        framework.run()


@pytest.mark.parametrize("reason", ["", "  ", 7, None, "x" * 251])
def test_plan_when_its_break_glass_has_no_reason_is_refused(reason: object) -> None:
    text = json.dumps({**json.loads(a_plan().to_property()), "break_glass": reason})
    with pytest.raises(InputError, match="gate: break_glass"):
        GatePlan.from_property(text)


def test_plan_when_the_glass_is_whole_says_nothing_of_it() -> None:
    assert "break_glass" not in a_plan().to_property()
    broken = a_plan(break_glass=REASON)
    assert GatePlan.from_property(broken.to_property()).break_glass == REASON
    assert replace(broken, break_glass=None).transition.fingerprint == broken.transition.fingerprint


def test_raised_when_compared_is_the_relief_that_these_tests_mean() -> None:
    assert a_plan(RAISED).transition.is_relief
