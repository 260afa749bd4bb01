"""A deployment that is interrupted at any point, or whose process dies, goes on by the same command and deploys nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from capacity_guard.deployment.deploy import Refused
from capacity_guard.deployment.followed import Result
from tests.handlers.gate_world import replace_clock
from tests.rollback.world import HOLD

from .deploy_world import FINGERPRINT, DeployWorld, Script

Step = Callable[[], object]


def hold_and_veto(world: DeployWorld) -> None:
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    world.vetoed()


def courses(world: DeployWorld) -> dict[str, tuple[list[Step], Result]]:
    return {
        "passes": ([world.began, world.changed, world.passed], Result.DONE),
        "is vetoed": ([world.began, world.changed, lambda: hold_and_veto(world)], Result.UNDONE),
    }


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DeployWorld:
    made = DeployWorld(tmp_path)
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


@pytest.mark.parametrize("course", ["passes", "is vetoed"])
@pytest.mark.parametrize("done", [1, 2])
def test_second_command_waits_for_the_operation_and_tells_how_it_ended(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch, course: str, done: int
) -> None:
    steps, result = courses(world)[course]
    world.script = Script([*steps[:done], interrupt], 0)
    with pytest.raises(KeyboardInterrupt):
        world.deploy()
    left = steps[done:]
    monkeypatch.setattr("capacity_guard.handlers.clock.sleep", lambda seconds: left.pop(0)())
    world.script, world.lines = Script([], 0), []
    assert world.deploy() is result
    assert left == []
    said = "is changed, unproven" if course == "passes" else "Bake vetoed: table throttles"
    assert said in world.text


@pytest.mark.parametrize("done", [0, 1, 2, 3])
def test_second_command_after_the_operation_has_passed_deploys_nothing_twice(
    world: DeployWorld, done: int
) -> None:
    steps, _ = courses(world)["passes"]
    world.script = Script([*steps[:done], interrupt], 0)
    with pytest.raises(KeyboardInterrupt):
        world.deploy()
    if done:
        for step in steps[done:]:
            step()
    world.script, world.lines = Script([] if done else steps, 0), []
    assert world.deploy() is Result.DONE
    assert "is changed, unproven" in world.text
    assert sum(line.endswith("Bake has passed") for line in world.lines) == (0 if done else 1)


@pytest.mark.parametrize("done", [1, 2])
def test_second_command_after_the_operation_was_vetoed_is_refused(world: DeployWorld, done: int) -> None:
    steps, _ = courses(world)["is vetoed"]
    world.script = Script([*steps[:done], interrupt], 0)
    with pytest.raises(KeyboardInterrupt):
        world.deploy()
    for step in steps[done:]:
        step()
    with pytest.raises(Refused, match="was taken back and is held"):
        world.deploy()
