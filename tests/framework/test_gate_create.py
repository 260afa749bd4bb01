"""Whole gates behind the provider framework's own code and behind the fast one: CloudFormation receives the same."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.capacity import TableKind
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.handlers import gate
from tests.builders.guarded import WARM as GUARDED_WARM
from tests.builders.guarded import app, table
from tests.fakes.gate_aws import FakeAws, client_error
from tests.framework.fast import FastFramework
from tests.framework.framework import Framework, waiter_retries
from tests.framework.outcome import RESPONSE, FunctionDied, LambdaFailure, Outcome
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    INDEX,
    LOWERED,
    PROVISIONED,
    TABLE,
    a_plan,
    a_relief,
    an_aws,
    at,
    replace_aws,
    set_capacity,
    throttle,
)
from tests.handlers.gate_world import Framework as Gate

LOOKS = 237
"""Looks of a gate with the default times: one at once, and one each 15 of 3,540 seconds."""


@dataclass(frozen=True)
class Case:
    """A gate, the AWS that it finds, and how its Create ends."""

    name: str
    gate: str
    status: str
    says: str
    plan: Callable[[], GatePlan | UnreadPlan] = lambda: a_plan(LOWERED)
    wrong: Callable[[FakeAws], object] = lambda aws: None

    def aws(self) -> FakeAws:
        plan = self.plan()
        if isinstance(plan, UnreadPlan):
            aws = an_aws(a_plan(LOWERED, PROVISIONED))
        else:
            aws = an_aws(plan)
            if self.gate == "bake":
                set_capacity(aws, plan.transition.declared)
        self.wrong(aws)
        return aws


def unread() -> UnreadPlan:
    return UnreadPlan(
        "Conversations", TABLE, None, PROVISIONED, TableKind.GLOBAL_TABLE, "orders.json: is missing."
    )


def silent(looks: int) -> Callable[[FakeAws], object]:
    """CloudWatch throttles the reads of alarms in so many looks."""
    error = client_error("DescribeAlarms", "Throttling", "Rate exceeded")
    return lambda aws: aws.fail("cloudwatch:DescribeAlarms", *[error] * (5 * looks))


def throttling(aws: FakeAws) -> None:
    throttle(aws, INDEX, at(2), 900, 900, 900)


CASES = (
    Case("preflight of a step down", "preflight", "SUCCESS", "change"),
    Case("preflight that waits for warm throughput", "preflight", "SUCCESS", "change", a_plan),
    Case("preflight of a relief", "preflight", "SUCCESS", "relief", a_relief),
    Case(
        "preflight of what somebody did by hand",
        "preflight",
        "SUCCESS",
        "relief",
        wrong=lambda aws: set_capacity(aws, LOWERED),
    ),
    Case(
        "preflight that refuses",
        "preflight",
        "FAILED",
        "rollback is disabled",
        wrong=wrong_states.rollback_disabled,
    ),
    Case("preflight that cannot see for a while", "preflight", "SUCCESS", "change", wrong=silent(9)),
    Case(
        "preflight that can never see",
        "preflight",
        "FAILED",
        "cloudwatch:DescribeAlarms was throttled",
        wrong=silent(LOOKS),
    ),
    Case("relief that can never see", "preflight", "SUCCESS", "relief", a_relief, silent(LOOKS)),
    Case("bake", "bake", "SUCCESS", "change"),
    Case("bake that vetoes", "bake", "FAILED", "Bake vetoed", wrong=throttling),
    Case("bake that cannot see for a while", "bake", "SUCCESS", "change", wrong=silent(9)),
    Case(
        "bake that can never see",
        "bake",
        "FAILED",
        "cloudwatch:DescribeAlarms was throttled",
        wrong=silent(LOOKS),
    ),
    Case("unread", "unread", "SUCCESS", "change", unread),
    Case(
        "unread that refuses",
        "unread",
        "FAILED",
        "cannot be used and the capacity may change",
        unread,
        lambda aws: set_capacity(aws, LOWERED),
    ),
)


def create(
    make: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
    is_complete: Callable[[dict[str, Any]], Any] = gate.is_complete,
) -> tuple[Outcome, FakeAws]:
    """Send the Create of a case."""
    aws = case.aws()
    replace_aws(monkeypatch, aws)

    def wait() -> None:
        aws.now += timedelta(seconds=15)

    framework = make(gate.on_event, is_complete, attempts=LOOKS, each_wait=wait)
    return framework.request(Gate(aws, case.gate, case.plan()).request()), aws


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_create_of_a_gate_ends_alike_in_both_frameworks(
    monkeypatch: pytest.MonkeyPatch, node: subprocess.Popen[str], case: Case
) -> None:
    real, aws = create(lambda *users, **more: Framework(node, *users, **more), monkeypatch, case)
    fast, same = create(FastFramework, monkeypatch, case)
    assert real.status == case.status, real.reason
    assert case.says in (real.data["Judged"] if case.status == "SUCCESS" else real.reason)
    assert real.response_bytes < RESPONSE
    assert (fast.status, fast.data, fast.physical_id, fast.polls) == (
        real.status,
        real.data,
        real.physical_id,
        real.polls,
    )
    # the framework's reason is an Error's stack: its name, the message, where it came from
    assert real.reason.removeprefix("Error: ") == fast.reason
    assert (aws.now, aws.calls) == (same.now, same.calls)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (FunctionDied("Task timed out after 120.00 seconds"), "FAILED"),
        (LambdaFailure("Rate Exceeded."), "FAILED"),
    ],
)
@pytest.mark.parametrize("name", ["preflight of a relief", "bake"])
def test_create_of_a_gate_when_one_look_dies_fails_whatever_the_gate_would_say(
    monkeypatch: pytest.MonkeyPatch, node: subprocess.Popen[str], name: str, failure: Exception, status: str
) -> None:
    """The risk that stays, in docs/gates.md: so what is known as a relief has no Bake, and break-glass no gate."""
    (case,) = (case for case in CASES if case.name == name)

    def dying(event: dict[str, Any]) -> Any:
        raise failure

    outcome, _ = create(lambda *users, **more: Framework(node, *users, **more), monkeypatch, case, dying)
    assert outcome.status == status
    assert str(failure) in outcome.reason


def test_waiter_of_the_guard_makes_as_many_looks_as_the_tests() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, capacity=GUARDED_WARM)
    template = made.synth().get_stack_by_name("S").template
    assert waiter_retries(template) + 1 == LOOKS == 3_540 // 15 + 1
