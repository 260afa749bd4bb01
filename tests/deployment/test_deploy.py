"""A deployment in every course that it can take: what is refused, what is said, and what became of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.deployment.deploy import Asked, NotSynthesized, Refused
from capacity_guard.deployment.followed import Result
from tests.fakes.models import client_error
from tests.handlers.gate_world import replace_clock
from tests.rollback.world import BAKE, HOLD, NAME

from .deploy_world import FINGERPRINT, PREFLIGHT, DeployWorld, Script, declared


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DeployWorld:
    made = DeployWorld(tmp_path)
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def hold(world: DeployWorld) -> None:
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})


def test_deployment_that_passes_tells_each_stage_once_and_that_it_is_unproven(world: DeployWorld) -> None:
    world.script = Script([world.began, lambda: None, world.changed, world.passed], 0)
    assert world.deploy() is Result.DONE
    stages = [line.split(": ", 1)[1] for line in world.lines if line[2:3] == ":"]
    assert stages == [
        "an operation has begun (UPDATE_IN_PROGRESS)",
        "Conversations: Preflight has begun: it checks the live table",
        "Conversations: Preflight has passed",
        "Conversations: the table is being changed",
        "Conversations: the table has been changed",
        "Conversations: Bake has begun: it verifies the table and watches for 10 minutes, until about 16:17:20",
        "Conversations: Bake has passed",
        "the operation has ended (UPDATE_COMPLETE)",
    ]
    assert f"change {FINGERPRINT} is changed, unproven" in world.text
    assert "follow it: capacity-guard status " in world.text


def test_deployment_shows_the_plan_before_it_asks(world: DeployWorld) -> None:
    world.agrees = False
    with pytest.raises(Refused, match="nothing was deployed"):
        world.deploy(asked=Asked((), False, False, False))
    assert f"{NAME} (111122223333, eu-west-1): 1 change of capacity" in world.lines
    assert f"  Conversations, change {FINGERPRINT}" in world.lines
    assert "    table, write: 6,400 to 10,000/s at 70 %, seed 6,400 -> on-demand" in world.lines
    assert any("1. preflight, 0 to 1 min" in line for line in world.lines)
    assert (
        world.lines[-1] == "no findings: the app has no CapacityGuardChecks (capacity-guard.json is missing)"
    )
    assert [words[0] for words in world.asked] == ["synth"]


def test_deployment_that_is_vetoed_says_why_and_what_was_restored(world: DeployWorld) -> None:
    world.script = Script([world.began, world.changed, lambda: hold(world), world.vetoed], 1)
    assert world.deploy() is Result.UNDONE
    assert f"{NAME}: rolled back (UPDATE_ROLLBACK_COMPLETE)" in world.lines
    assert f"  why: {BAKE}: Bake vetoed: table throttles" in world.lines
    assert "  Conversations: table and 1 index have the capacity of before the change" in world.lines
    assert "is held: deployed again it changes nothing" in world.text
    assert "capacity-guard retry BASELINE.json" in world.text


def test_deployment_that_preflight_refuses_says_so(world: DeployWorld) -> None:
    def refused() -> None:
        world.event(
            PREFLIGHT, "CREATE_FAILED", "Error: Preflight refused (nothing was changed): the table throttles"
        )
        world.event(NAME, "UPDATE_ROLLBACK_IN_PROGRESS")
        world.event(NAME, "UPDATE_ROLLBACK_COMPLETE")

    world.script = Script([world.began, refused], 1)
    assert world.deploy() is Result.UNDONE
    assert f"{NAME}: refused by Preflight, rolled back (UPDATE_ROLLBACK_COMPLETE)" in world.lines
    assert f"  why: {PREFLIGHT}: Preflight refused (nothing was changed): the table throttles" in world.lines


def test_deployment_whose_table_is_not_as_before_is_not_known(world: DeployWorld) -> None:
    world.restore = lambda: None  # type: ignore[method-assign]
    world.script = Script([world.began, world.changed, world.vetoed], 1)
    assert world.deploy() is Result.UNKNOWN
    assert "not as before the change" in world.text


def test_deployment_whose_rollback_fails_names_how_to_continue_it(world: DeployWorld) -> None:
    def fails() -> None:
        world.event(NAME, "UPDATE_ROLLBACK_IN_PROGRESS")
        world.event(NAME, "UPDATE_ROLLBACK_FAILED")

    world.script = Script([world.began, fails], 1)
    assert world.deploy() is Result.UNKNOWN
    assert f"aws cloudformation continue-update-rollback --stack-name {NAME}" in world.text


def test_cli_that_fails_before_an_operation_has_deployed_nothing(world: DeployWorld) -> None:
    world.script = Script([], 1)
    assert world.deploy() is Result.UNCHANGED
    assert "the CDK CLI has failed (exit code 1)" in world.text


def test_stack_whose_turn_did_not_come_is_not_called_deployed(world: DeployWorld, tmp_path: Path) -> None:
    world.templates = {NAME: declared(), "Second": declared()}
    world.others["Second"] = DeployWorld(tmp_path / "second")
    world.script = Script([world.began, world.changed, world.vetoed], 1)
    everything = Asked((), True, False, True)
    assert world.deploy(asked=everything) is Result.UNDONE
    assert f"Second: Conversations: change {FINGERPRINT} was not deployed" in world.lines
    assert "unproven" not in world.text


def test_cli_that_fails_after_one_of_two_stacks_says_which_was_deployed(
    world: DeployWorld, tmp_path: Path
) -> None:
    world.templates = {NAME: declared(), "Second": declared()}
    world.others["Second"] = DeployWorld(tmp_path / "second")
    world.script = Script([world.began, world.changed, world.passed], 1)
    assert world.deploy(asked=Asked((), True, False, True)) is Result.UNCHANGED
    assert f"{NAME}: Conversations: change {FINGERPRINT} is changed, unproven" in world.text
    assert f"Second: Conversations: change {FINGERPRINT} was not deployed" in world.lines
    assert "the CDK CLI has failed (exit code 1)" in world.lines[-1]


def test_cli_that_dies_leaves_the_operation_which_is_followed_to_its_end(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.script = Script([world.began], 137)
    left = [world.changed, world.vetoed]
    monkeypatch.setattr("capacity_guard.handlers.clock.sleep", lambda seconds: left.pop(0)())
    assert world.deploy() is Result.UNDONE
    assert left == []
    assert "Bake vetoed: table throttles" in world.text


def test_operation_that_cannot_be_read_is_given_up_as_not_known(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied() -> None:
        def refuse(*arguments: object) -> None:
            raise client_error("DescribeStackEvents", "AccessDenied", "expired", 403)

        monkeypatch.setattr("tests.rollback.world._CloudFormation.do_describe_stack_events", refuse)

    monkeypatch.setattr("capacity_guard.handlers.clock.sleep", lambda seconds: None)
    world.script = Script([world.began, denied], 1)
    assert world.deploy() is Result.UNKNOWN
    assert world.text.count("its stages cannot be read") == 1
    assert f"{NAME}: it is not known how its operation ended" in world.lines


def test_operation_of_this_change_that_runs_is_waited_for_and_the_deployment_goes_on(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.began()
    left = [world.changed, world.passed]
    monkeypatch.setattr("capacity_guard.handlers.clock.sleep", lambda seconds: left.pop(0)())
    assert world.deploy() is Result.DONE
    assert "an operation runs (UPDATE_IN_PROGRESS); waiting for its end, then this continues" in world.text
    assert "its gates were deployed before, and do not run again" in world.text
    assert [words[0] for words in world.asked] == ["synth", "deploy"]
    assert "is changed, unproven" in world.text


def test_operation_of_this_change_that_runs_and_is_undone_ends_the_deployment(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.began()
    left = [world.changed, world.vetoed]
    monkeypatch.setattr("capacity_guard.handlers.clock.sleep", lambda seconds: left.pop(0)())
    assert world.deploy() is Result.UNDONE
    assert [words[0] for words in world.asked] == ["synth"]
    assert "Bake vetoed" in world.text


def test_operation_of_something_else_that_is_undone_does_not_end_the_deployment(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.event(NAME, "UPDATE_IN_PROGRESS")

    def undone() -> None:
        world.event(NAME, "UPDATE_ROLLBACK_IN_PROGRESS")
        world.event(NAME, "UPDATE_ROLLBACK_COMPLETE")

    left = [undone]
    monkeypatch.setattr("capacity_guard.handlers.clock.sleep", lambda seconds: left.pop(0)())
    world.script = Script([world.began, world.changed, world.passed], 0)
    assert world.deploy() is Result.DONE


def test_held_change_that_the_stack_does_not_have_is_refused_before_anything_is_deployed(
    world: DeployWorld,
) -> None:
    hold(world)
    with pytest.raises(Refused) as refused:
        world.deploy()
    assert f"change {FINGERPRINT} was taken back and is held: its Preflight would refuse it" in str(
        refused.value
    )
    assert "capacity-guard retry" in str(refused.value)
    assert str(refused.value).endswith("[capacity-guard runbook held]")
    assert [words[0] for words in world.asked] == ["synth"]


def test_held_change_that_the_stack_has_does_not_stand_in_the_way_of_a_hotfix(world: DeployWorld) -> None:
    world.deployed()
    hold(world)

    def hotfix() -> None:
        world.event(NAME, "UPDATE_IN_PROGRESS")
        world.event(NAME, "UPDATE_COMPLETE")

    world.script = Script([hotfix], 0)
    assert world.deploy() is Result.DONE
    assert "is held: this deployment keeps the capacity of before" in world.text
    assert "is held: the capacity is that of before" in world.lines[-1]
    assert "unproven" not in world.text


def test_hold_that_was_deleted_holds_nothing(world: DeployWorld) -> None:
    del world.aws.ssm.parameters[HOLD]
    world.script = Script([world.began, world.changed, world.passed], 0)
    assert world.deploy() is Result.DONE


def test_hold_that_cannot_be_read_is_bad_input(world: DeployWorld) -> None:
    world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))
    with pytest.raises(InputError, match="ssm:GetParameter"):
        world.deploy()


def test_stack_that_cannot_be_read_is_bad_input(world: DeployWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise client_error("DescribeStacks", "AccessDenied", "no", 403)

    monkeypatch.setattr("tests.rollback.world._CloudFormation.do_describe_stacks", refuse)
    with pytest.raises(InputError, match=f"{NAME}: cannot be read"):
        world.deploy()


def test_new_stack_is_created(world: DeployWorld) -> None:
    world.exists, world.templates = False, {NAME: {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}}

    def created() -> None:
        world.exists = True
        world.event(NAME, "CREATE_IN_PROGRESS")
        world.event(NAME, "CREATE_COMPLETE")

    world.script = Script([created], 0)
    assert world.deploy() is Result.DONE
    assert f"{NAME} (111122223333, eu-west-1): no changes of capacity" in world.lines


def test_app_that_cannot_be_synthesized_is_not_deployed(world: DeployWorld) -> None:
    world.synthesized = lambda: 1
    with pytest.raises(NotSynthesized):
        world.deploy()
    assert [words[0] for words in world.asked] == ["synth"]


def test_interrupted_deployment_ends_the_cli_and_looks_once_more(world: DeployWorld) -> None:
    def interrupt() -> None:
        world.changed()
        raise KeyboardInterrupt

    world.script = Script([world.began, interrupt], 0)
    with pytest.raises(KeyboardInterrupt):
        world.deploy()
    assert world.script.stopped
    assert "Bake has begun" in world.text
    assert world.deployment is not None
    assert [one.runs for one in world.deployment.followed] == [True]


def test_cli_gets_exactly_the_stacks_that_were_shown_and_the_assembly(world: DeployWorld) -> None:
    world.script = Script([], 0)
    world.deploy("-c", "a=b", "--profile", "prod", "--app", "python app.py")
    synthesis, deployment = world.asked
    assert synthesis == (
        *(
            "synth",
            "--quiet",
            "-c",
            "a=b",
            "--profile",
            "prod",
            "--app",
            "python app.py",
            "--output",
            "cdk.out",
        ),
    )
    assert deployment == (
        *("deploy", NAME, "--exclusively", "--app", str(world.folder / "cdk.out")),
        *("--progress", "errors-only", "--yes", "-c", "a=b", "--profile", "prod"),
    )


def test_assembly_that_exists_is_deployed_as_it_is(world: DeployWorld) -> None:
    world.run(())
    world.asked = []
    world.script = Script([], 0)
    world.deploy("--app", "cdk.out", "--progress", "events", "--yes")
    assert world.asked == [
        (
            "deploy",
            NAME,
            "--exclusively",
            "--app",
            str(world.folder / "cdk.out"),
            "--progress",
            "events",
            "--yes",
        )
    ]


def test_relief_has_no_bake_and_says_so(world: DeployWorld) -> None:
    body = declared()
    del body["Resources"][BAKE]
    world.templates = {NAME: body}

    def relieved() -> None:
        world.began()
        world.event(NAME, "UPDATE_COMPLETE")

    world.script = Script([relieved], 0)
    assert world.deploy() is Result.DONE
    assert "    a relief: no Bake, and nothing takes it back" in world.lines
    assert "is deployed, a relief" in world.text


@pytest.mark.parametrize("command", ["x" * 300, "python3 -c '" + "pass;" * 2_000 + "'", ""])
def test_command_of_the_app_is_no_folder(world: DeployWorld, command: str) -> None:
    world.script = Script([world.began, world.changed, world.passed], 0)
    assert world.deploy("--app", command) is Result.DONE
    assert world.asked[0][0] == "synth"
