"""A held change whose hold the new template gives up: refused, unless it declares the capacity of before or another change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.capacity.gate_plan import UnreadPlan
from capacity_guard.capacity.structure import TableKind
from capacity_guard.deployment.deploy import Refused
from capacity_guard.deployment.followed import Result
from tests.fakes.models import client_error
from tests.handlers.gate_world import ON_DEMAND, TABLE, replace_clock
from tests.rollback.world import BAKE, HOLD, NAME

from .deploy_world import FINGERPRINT, PREFLIGHT, DeployWorld, Script, declared

HOLD_RESOURCE = {"Type": "Custom::CapacityGuardHold", "Properties": {"Gate": "hold", "Hold": HOLD}}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DeployWorld:
    """A change that was deployed, and taken back after its deployment."""
    made = DeployWorld(tmp_path)
    replace_clock(monkeypatch, lambda: made.aws.now)
    made.deployed()
    made.body["Resources"]["Hold"] = HOLD_RESOURCE
    hold(made)
    made.applied = FINGERPRINT

    def deployed() -> None:
        made.event(NAME, "UPDATE_IN_PROGRESS")
        made.event(NAME, "UPDATE_COMPLETE")

    made.script = Script([deployed], 0)
    return made


def hold(world: DeployWorld, value: str = FINGERPRINT) -> None:
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": value, "Overwrite": True})


def without_watch(fingerprint: str = FINGERPRINT) -> dict[str, Any]:
    """The gates of the change, and a table with the declared capacity alone."""
    body = declared(fingerprint)
    for gate in (PREFLIGHT, BAKE):
        del body["Resources"][gate]["Properties"]["Hold"]
    body["Resources"][TABLE] = table(on_demand=True)
    return {"Resources": body["Resources"]}


def table(*, on_demand: bool) -> dict[str, Any]:
    """The table with one of its two capacities."""
    resource: dict[str, Any] = declared()["Resources"][TABLE]

    def side(value: Any) -> Any:
        if isinstance(value, dict) and "Fn::If" in value:
            return side(value["Fn::If"][2 if on_demand else 1])
        if isinstance(value, dict):
            return {key: side(each) for key, each in value.items() if side(each) != {"Ref": "AWS::NoValue"}}
        return [side(each) for each in value] if isinstance(value, list) else value

    found = side(resource)
    assert isinstance(found, dict)
    return found


def refusal(world: DeployWorld) -> str:
    with pytest.raises(Refused) as refused:
        world.deploy()
    assert [words[0] for words in world.asked] == ["synth"]
    return str(refused.value)


def test_watch_removed_while_its_change_is_held_is_refused_before_anything_is_deployed(
    world: DeployWorld,
) -> None:
    world.templates = {NAME: without_watch()}
    text = refusal(world)
    assert f"{TABLE}: change {FINGERPRINT} was taken back and is held" in text
    assert "its guard has no watch in the new template" in text
    assert "Put the guard with watch=Watch() back into the code, or declare the capacity of before" in text
    assert text.endswith("[capacity-guard runbook held]")


def test_watch_removed_after_bake_held_a_change_is_refused_too(world: DeployWorld) -> None:
    world.body = {"Resources": {TABLE: table(on_demand=False), "Hold": HOLD_RESOURCE}}
    world.templates = {NAME: without_watch()}
    assert "its guard has no watch in the new template" in refusal(world)


def test_guard_removed_while_the_code_declares_the_held_change_is_refused(world: DeployWorld) -> None:
    world.templates = {NAME: {"Resources": {TABLE: table(on_demand=True)}}}
    assert "its table has no gates and no hold in the new template" in refusal(world)


def test_guard_removed_before_the_stack_has_read_the_hold_is_refused(world: DeployWorld) -> None:
    world.applied = "none"
    world.templates = {NAME: {"Resources": {TABLE: table(on_demand=True)}}}
    assert "its table has no gates and no hold in the new template" in refusal(world)


def test_way_back_that_a_template_cannot_keep_is_refused_while_the_change_is_held(world: DeployWorld) -> None:
    body = declared()
    del body["Parameters"]["Held"], body["Conditions"]
    body["Resources"][TABLE] = table(on_demand=True)
    world.templates = {NAME: body}
    text = refusal(world)
    assert "its way back is not in the new template" in text
    assert "keeps the capacity of before" not in world.text


def test_guard_removed_together_with_the_change_passes(world: DeployWorld) -> None:
    world.templates = {NAME: {"Resources": {TABLE: table(on_demand=False)}}}
    assert world.deploy() is Result.DONE
    assert "is held" not in world.text


def test_other_change_without_watch_is_left_to_its_own_gates(world: DeployWorld) -> None:
    world.templates = {NAME: without_watch("abcdef0123")}
    assert world.deploy() is Result.DONE


def test_break_glass_passes_and_says_what_it_sends(world: DeployWorld) -> None:
    world.templates = {
        NAME: {
            "Metadata": {"capacity-guard:break-glass": {"Guarded/OrdersGuard": "INC-4711"}},
            "Resources": {TABLE: table(on_demand=True)},
        }
    }
    assert world.deploy() is Result.DONE
    assert "break-glass sends its capacity again" in world.text


def test_table_whose_new_capacity_cannot_be_read_is_said_and_passes(world: DeployWorld) -> None:
    unread = table(on_demand=True)
    unread["Properties"]["BillingMode"] = {"Fn::ImportValue": "mode"}
    world.templates = {NAME: {"Resources": {TABLE: unread}}}
    assert world.deploy() is Result.DONE
    assert "whether this deployment changes the capacity cannot be read" in world.text


def test_table_that_is_removed_and_gate_that_lets_nothing_through_pass(world: DeployWorld) -> None:
    world.templates = {NAME: {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}}
    assert world.deploy() is Result.DONE
    plan = UnreadPlan("Conversations", TABLE, None, ON_DEMAND, TableKind.GLOBAL_TABLE, "no baseline")
    gate = {
        "Type": "Custom::CapacityGuardPreflight",
        "Properties": {"Gate": "unread", "Fingerprint": "fedcba9876", "Plan": plan.to_property()},
    }
    world.templates = {NAME: {"Resources": {TABLE: table(on_demand=True), "Gate": gate}}}
    world.script = Script([], 0)
    assert world.deploy() is Result.DONE


@pytest.mark.parametrize("value", ["none", "", "not a fingerprint"])
def test_hold_that_holds_nothing_lets_the_watch_be_removed(world: DeployWorld, value: str) -> None:
    if value:
        hold(world, value)
    else:
        del world.aws.ssm.parameters[HOLD]
    world.templates = {NAME: without_watch()}
    assert world.deploy() is Result.DONE


def test_hold_that_cannot_be_read_is_bad_input(world: DeployWorld) -> None:
    world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))
    world.templates = {NAME: without_watch()}
    with pytest.raises(InputError, match="ssm:GetParameter"):
        world.deploy()
