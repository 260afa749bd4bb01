"""What is said when a deployment is interrupted, and where what is held cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.deployment.ending import ending_lines, interrupted_lines
from capacity_guard.deployment.followed import Outcome, Result
from tests.fakes.models import client_error
from tests.handlers.gate_world import replace_clock
from tests.rollback.world import NAME

from .deploy_world import DeployWorld
from .test_followed import followed


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DeployWorld:
    made = DeployWorld(tmp_path)
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def test_interrupted_operation_goes_on_and_can_be_followed_and_stopped(world: DeployWorld) -> None:
    one = followed(world)
    assert list(interrupted_lines(one)) == []
    world.began()
    list(one.look())
    lines = list(interrupted_lines(one))
    assert lines[0] == f"{NAME}: CloudFormation continues its operation, and its gates continue"
    assert lines[1] == "  follow it: the same command again waits for it and continues"
    assert lines[2] == (
        f"  stop it: aws cloudformation cancel-update-stack --stack-name {NAME} --region eu-west-1 (it is rolled back)"
    )


def test_hold_that_cannot_be_read_is_told_at_the_end(world: DeployWorld) -> None:
    one = followed(world)
    world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))
    lines = list(ending_lines(one, Outcome(Result.DONE, ())))
    assert "it cannot be read what is held" in lines[0]
    assert "is changed, unproven" in lines[1]


def test_outcome_that_is_not_known_has_no_ending(world: DeployWorld) -> None:
    assert list(ending_lines(followed(world), Outcome(Result.UNKNOWN, ()))) == []
