"""The Update of a Preflight that loses its hold: refused while its change is held, and only on the way forward."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.handlers import gate
from capacity_guard.handlers.messages import GateError
from capacity_guard.handlers.update_answer import DATA
from tests.fakes.gate_aws import FakeAws
from tests.fakes.models import client_error
from tests.handlers.gate_world import ON_DEMAND, STACK_ID, TABLE, a_plan, an_aws, replace_aws

HOLD = f"/capacity-guard/Conversations-production/{TABLE}"
FINGERPRINT = a_plan().transition.fingerprint
PASSED = {"IsComplete": True, "Data": dict(DATA)}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """A stack whose update goes forward, and a change that is held."""
    made = an_aws(a_plan(), ON_DEMAND)
    made.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    made.stack["StackStatus"] = "UPDATE_IN_PROGRESS"
    replace_aws(monkeypatch, made)
    return made


def properties(**given: Any) -> dict[str, Any]:
    return {"Gate": "preflight", "Fingerprint": FINGERPRINT, "Plan": a_plan().to_property(), **given}


def update(old: Any = None, new: Any = None) -> dict[str, Any]:
    """An Update; by default one that takes the hold out."""
    event = {
        "RequestType": "Update",
        "StackId": STACK_ID,
        "PhysicalResourceId": f"preflight-{FINGERPRINT}",
        "OldResourceProperties": properties(Hold=HOLD) if old is None else old,
        "ResourceProperties": properties() if new is None else new,
    }
    return {**event, **gate.on_event(event)}


def test_hold_that_is_given_up_while_its_change_is_held_is_refused_with_the_remedy(aws: FakeAws) -> None:
    with pytest.raises(GateError) as refused:
        gate.is_complete(update())
    text = str(refused.value)
    assert text.startswith("Preflight refused (nothing was changed): ")
    assert f"this change ({FINGERPRINT}) was taken back and is held" in text
    assert "give it watch=Watch() again, or declare the capacity of before" in text
    assert text.endswith("[capacity-guard runbook held]")


@pytest.mark.parametrize("value", ["none", "0123456789"])
def test_hold_that_does_not_hold_this_change_may_be_given_up(aws: FakeAws, value: str) -> None:
    aws.ssm.put_parameter({"Name": HOLD, "Value": value, "Overwrite": True})
    assert gate.is_complete(update()) == PASSED


def test_hold_that_is_gone_may_be_given_up(aws: FakeAws) -> None:
    del aws.ssm.parameters[HOLD]
    assert gate.is_complete(update()) == PASSED


@pytest.mark.parametrize(
    "status", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]
)
def test_rollback_is_never_refused(aws: FakeAws, status: str) -> None:
    """The rollback of an operation that gave a hold to gates of before takes it out again."""
    aws.stack["StackStatus"] = status
    assert gate.is_complete(update()) == PASSED


@pytest.mark.parametrize("call", ["ssm:GetParameter", "cloudformation:DescribeStacks"])
def test_what_cannot_be_read_refuses_nothing(aws: FakeAws, call: str) -> None:
    operation = call.partition(":")[2]
    aws.fail(call, *[client_error(operation, "AccessDeniedException", "no", 400)] * 99)
    assert gate.is_complete(update()) == PASSED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (properties(), properties(Hold=HOLD)),
        (properties(Hold=HOLD), properties(Hold=HOLD)),
        (properties(), properties()),
        (properties(Hold=HOLD), properties(Fingerprint="0123456789")),
        (properties(Hold=HOLD, Gate="bake"), properties(Gate="bake")),
        (properties(Hold=7), properties()),
        ("no properties", properties()),
        (properties(Hold=HOLD), "no properties"),
        (properties(Hold=HOLD), {}),
    ],
)
def test_any_other_update_asks_aws_nothing(monkeypatch: pytest.MonkeyPatch, old: Any, new: Any) -> None:
    def never() -> Any:
        raise AssertionError("asked AWS")

    monkeypatch.setattr(gate, "_aws", never)
    monkeypatch.setattr(gate, "_holds", never)
    assert gate.is_complete(update(old, new)) == PASSED
