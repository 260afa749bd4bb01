"""A look of a gate while services accept calls and never answer: it ends in time, decides nothing, and the next one decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from capacity_guard.capacity import TableKind
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.capacity.limits import CALL_SECONDS, LOOK_SECONDS
from capacity_guard.handlers import clock, gate
from capacity_guard.handlers.aws import GateAws
from tests.handlers.gate_world import (
    LOWERED,
    PROVISIONED,
    TABLE,
    Framework,
    a_plan,
    a_relief,
    an_aws,
    replace_clock,
    set_capacity,
)

SERVICES = ("dynamodb", "cloudwatch", "application-autoscaling", "cloudformation")


def unread() -> UnreadPlan:
    return UnreadPlan(
        "Conversations", TABLE, None, PROVISIONED, TableKind.GLOBAL_TABLE, "orders.json: is missing."
    )


class Silent:
    """A client whose calls take all their time."""

    def __init__(self, wait: Callable[[float], None]) -> None:
        self._wait = wait

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            del parameters
            self._wait(CALL_SECONDS.value)
            raise ReadTimeoutError(endpoint_url="https://service.example")

        return call


@pytest.mark.parametrize("silent", [*((name,) for name in SERVICES), SERVICES[:2], SERVICES], ids="+".join)
@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("preflight", lambda: a_plan(LOWERED)),
        ("preflight", a_relief),
        ("bake", lambda: a_plan(LOWERED)),
        ("unread", unread),
    ],
    ids=["preflight", "relief", "bake", "unread"],
)
def test_look_when_services_are_silent_ends_by_its_deadline_and_the_next_one_decides(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    plan: Callable[[], GatePlan | UnreadPlan],
    silent: tuple[str, ...],
) -> None:
    given = plan()
    aws = an_aws(a_plan(LOWERED) if isinstance(given, UnreadPlan) else given)
    if name == "bake":
        set_capacity(aws, LOWERED)
    pauses = replace_clock(monkeypatch, lambda: aws.now)
    clients: dict[str, Any] = aws.clients()
    monkeypatch.setattr(
        gate, "_aws", lambda: GateAws({**clients, **{key: Silent(pauses.append) for key in silent}})
    )
    framework = Framework(aws, name, given)
    framework.start()
    begun = clock.monotonic()
    decided = framework.poll()
    assert clock.monotonic() - begun <= LOOK_SECONDS.value + CALL_SECONDS.value
    if decided is not None:
        # it did not need the service: an unread gate reads no metric
        assert name == "unread"
        assert silent == ("cloudwatch",)
        return
    monkeypatch.setattr(gate, "_aws", lambda: GateAws(clients))
    aws.now += timedelta(seconds=60)
    assert framework.go_on()["Result"] == "passed"
