"""The hold: Bake writes it before it fails, Preflight refuses what is held, and its resource creates it once."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers import gate
from capacity_guard.handlers.hold import PERMISSION_SECONDS
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws
from tests.fakes.models import client_error
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    STACK_ID,
    TABLE,
    Framework,
    a_plan,
    an_aws,
    prepare_bake,
    prepare_preflight,
    replace_aws,
)

HOLD = f"/capacity-guard/Conversations-production/{TABLE}"
OTHER = "0123456789"


def held(aws: FakeAws) -> str | None:
    """The value of the hold; ``None`` if there is none."""
    parameter = aws.ssm.parameters.get(HOLD)
    return None if parameter is None else str(parameter["Value"])


def put(aws: FakeAws, value: str) -> None:
    aws.ssm.put_parameter({"Name": HOLD, "Value": value, "Overwrite": True})


def denied(operation: str) -> Exception:
    return client_error(operation, "AccessDeniedException", "is not authorized to perform: ssm", 400)


def throttle(aws: FakeAws) -> None:
    """Throttle the index in every minute until now."""
    aws.put("WriteThrottleEvents", INDEX, aws.now, 5_000)


def vetoed_bake(monkeypatch: pytest.MonkeyPatch, plan: GatePlan) -> tuple[FakeAws, Framework]:
    aws, bake = prepare_bake(monkeypatch, plan)
    bake.hold = HOLD
    return aws, bake


def test_bake_when_it_vetoes_holds_the_change_first(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, bake = vetoed_bake(monkeypatch, a_plan())
    put(aws, "none")
    with pytest.raises(GateError, match="Bake vetoed"):
        bake.run(lambda: throttle(aws))
    assert held(aws) == bake.fingerprint


def test_bake_when_the_table_differs_holds_the_change(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, bake = vetoed_bake(monkeypatch, a_plan())
    aws.mode = "PROVISIONED"
    with pytest.raises(GateError, match="Bake failed"):
        bake.run()
    assert held(aws) == bake.fingerprint


def test_bake_when_it_passes_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, bake = vetoed_bake(monkeypatch, a_plan())
    put(aws, OTHER)
    bake.run()
    assert held(aws) == OTHER


def test_bake_when_it_cannot_hold_the_change_fails_all_the_same_and_says_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, bake = vetoed_bake(monkeypatch, a_plan())
    aws.fail("ssm:PutParameter", denied("PutParameter"))
    with pytest.raises(GateError) as failed:
        bake.run(lambda: throttle(aws))
    assert str(failed.value).startswith("Bake vetoed: ")
    assert "The change could not be held, so the next deployment tries it again: ssm:PutParameter" in str(
        failed.value
    )
    assert len(str(failed.value)) <= 1_000


def test_bake_without_a_watch_asks_systems_manager_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, bake = prepare_bake(monkeypatch, a_plan())
    with pytest.raises(GateError, match="Bake vetoed"):
        bake.run(lambda: throttle(aws))
    assert not [call for call, _ in aws.calls if call.startswith("ssm:")]


def test_preflight_when_its_change_is_held_refuses_and_names_the_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, preflight = prepare_preflight(monkeypatch, a_plan())
    preflight.hold = HOLD
    put(aws, preflight.fingerprint)
    with pytest.raises(GateError) as refused:
        preflight.run()
    text = str(refused.value)
    assert text.startswith("Preflight refused (nothing was changed): this change (")
    assert "capacity-guard retry BASELINE.json" in text
    assert not aws.writes()


def test_preflight_when_another_change_or_none_is_held_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("none", OTHER):
        aws, preflight = prepare_preflight(monkeypatch, a_plan())
        preflight.hold = HOLD
        put(aws, value)
        assert preflight.run()["Result"] == "passed"


def test_preflight_when_the_hold_is_gone_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    _, preflight = prepare_preflight(monkeypatch, a_plan())
    preflight.hold = HOLD
    assert preflight.run()["Result"] == "passed"


def test_attempt_when_it_is_raised_passes_though_the_former_one_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dataclasses import replace

    first = a_plan()
    second = replace(first, transition=replace(first.transition, attempt=2))
    aws, preflight = prepare_preflight(monkeypatch, second)
    preflight.hold = HOLD
    put(aws, first.transition.fingerprint)
    assert preflight.run()["Result"] == "passed"


def test_preflight_when_the_hold_cannot_be_read_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, preflight = prepare_preflight(monkeypatch, a_plan())
    preflight.hold = HOLD
    aws.fail("ssm:GetParameter", *[denied("GetParameter")] * 50)
    with pytest.raises(GateError, match=r"ssm:GetParameter of .* was denied"):
        preflight.run()


def test_preflight_when_systems_manager_is_slow_for_a_while_asks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, preflight = prepare_preflight(monkeypatch, a_plan())
    preflight.hold = HOLD
    put(aws, "none")
    slow = client_error("GetParameter", "ThrottlingException", "Rate exceeded", 400)
    aws.fail("ssm:GetParameter", *[slow] * 6)
    preflight.start()
    assert preflight.poll() is None
    assert preflight.go_on()["Result"] == "passed"


@pytest.mark.parametrize("name", [5, "", "no-slash", ["/a"]])
def test_gate_when_its_hold_is_no_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    from capacity_guard.capacity import InputError

    _, preflight = prepare_preflight(monkeypatch, a_plan())
    preflight.hold = name
    preflight.start()
    with pytest.raises(InputError, match="gate: Hold"):
        preflight.poll()


def event(request_type: str, **more: Any) -> dict[str, Any]:
    """A request for the hold's own resource."""
    return {
        "RequestType": request_type,
        "StackId": STACK_ID,
        "ResourceProperties": {"ServiceToken": "arn", "Gate": "hold", "Hold": HOLD},
        **more,
    }


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    made = an_aws(a_plan(), ON_DEMAND)
    replace_aws(monkeypatch, made)
    return made


def created(given: dict[str, Any]) -> dict[str, Any]:
    return gate.is_complete({**given, **gate.on_event(given)})


def test_hold_when_it_is_created_holds_nothing_and_is_named_by_its_parameter(aws: FakeAws) -> None:
    assert gate.on_event(event("Create"))["PhysicalResourceId"] == HOLD
    assert created(event("Create")) == {"IsComplete": True}
    assert held(aws) == "none"


def test_hold_when_it_exists_is_never_overwritten(aws: FakeAws) -> None:
    put(aws, OTHER)
    assert created(event("Create")) == {"IsComplete": True}
    assert held(aws) == OTHER


def test_hold_when_its_permission_is_new_is_asked_again_and_then_fails(aws: FakeAws) -> None:
    aws.fail("ssm:PutParameter", *[denied("PutParameter")] * 99)
    given = event("Create")
    given |= gate.on_event(given)
    assert gate.is_complete(given) == {"IsComplete": False}
    aws.forward(PERMISSION_SECONDS)
    with pytest.raises(GateError, match="The hold could not be created: ssm:PutParameter"):
        gate.is_complete(given)


def test_hold_when_its_name_changes_is_created_anew_under_it(aws: FakeAws) -> None:
    former = HOLD.replace(TABLE, "Former")
    assert gate.on_event(event("Update", PhysicalResourceId=former)) == {"PhysicalResourceId": HOLD}
    assert gate.is_complete(event("Update", PhysicalResourceId=HOLD)) == {"IsComplete": True}
    assert held(aws) == "none"


def test_hold_when_it_is_deleted_takes_its_parameter_with_it(aws: FakeAws) -> None:
    put(aws, OTHER)
    deleted = event("Delete", PhysicalResourceId=HOLD)
    assert gate.on_event(deleted) == {"PhysicalResourceId": HOLD}
    assert gate.is_complete(deleted) == {"IsComplete": True}
    assert held(aws) is None
    assert gate.is_complete(deleted) == {"IsComplete": True}


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_hold_when_systems_manager_denies_never_blocks_a_rollback(aws: FakeAws, request_type: str) -> None:
    for operation in ("PutParameter", "DeleteParameter"):
        aws.fail(f"ssm:{operation}", *[denied(operation)] * 99)
    given = event(request_type, PhysicalResourceId=HOLD)
    assert gate.on_event(given) == {"PhysicalResourceId": HOLD}
    assert gate.is_complete(given) == {"IsComplete": True}


def test_hold_when_its_properties_are_broken_can_still_be_deleted(aws: FakeAws) -> None:
    put(aws, OTHER)
    given = event("Delete", PhysicalResourceId=HOLD)
    given["ResourceProperties"]["Hold"] = {"a": 1}
    assert gate.on_event(given) == {"PhysicalResourceId": HOLD}
    assert gate.is_complete(given) == {"IsComplete": True}
    given["RequestType"] = "Update"
    assert gate.on_event(given) == {"PhysicalResourceId": HOLD}
