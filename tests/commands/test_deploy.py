"""``capacity-guard deploy``: its exit codes, what it refuses before anything runs, and an interruption."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from capacity_guard.commands.main import main
from capacity_guard.deployment.stack_calls import Connections
from tests.deployment.deploy_world import FINGERPRINT, DeployWorld, Script
from tests.deployment.test_cdk_cli import installed
from tests.handlers.gate_world import replace_clock
from tests.rollback.world import HOLD, NAME

Captured = pytest.CaptureFixture[str]
COMMAND = ["deploy", "--yes"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DeployWorld:
    made = DeployWorld(tmp_path)
    replace_clock(monkeypatch, lambda: made.aws.now)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("CDK_VALIDATION", "CDK_OUTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Connections, "of", lambda self, stack: made.calls())
    monkeypatch.setattr("capacity_guard.deployment.cdk_cli.CdkCli.find", lambda folder: made)
    return made


def hold(world: DeployWorld) -> None:
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})


def passes(world: DeployWorld) -> None:
    world.script = Script([world.began, world.changed, world.passed], 0)


def vetoed(world: DeployWorld) -> None:
    world.script = Script([world.began, world.changed, world.vetoed], 1)


def rollback_fails(world: DeployWorld) -> None:
    world.script = Script([world.began, lambda: world.event(NAME, "UPDATE_ROLLBACK_FAILED")], 1)


def cli_fails(world: DeployWorld) -> None:
    world.script = Script([], 1)


def synthesis_fails(world: DeployWorld) -> None:
    world.synthesized = lambda: 1


@pytest.mark.parametrize(
    ("course", "code"),
    [(passes, 0), (vetoed, 1), (hold, 1), (cli_fails, 2), (synthesis_fails, 2), (rollback_fails, 3)],
)
def test_exit_code_says_what_became_of_it(
    world: DeployWorld, course: Callable[[DeployWorld], None], code: int
) -> None:
    course(world)
    assert main(COMMAND) == code


def test_findings_that_are_errors_are_refused(world: DeployWorld, capsys: Captured) -> None:
    def synthesized() -> int:
        finding = {
            "rule": "CG4",
            "level": "ERROR",
            "path": f"{NAME}/T",
            "file": None,
            "line": None,
            "table": "T",
        }
        finding |= {"dimension": None, "title": "too little", "figures": [], "fix": "", "acknowledged": None}
        table = {"path": f"{NAME}/T", "file": None, "line": None, "plan": None}
        document = {"schema": "capacity-guard/findings", "version": 1, "judged_at": None}
        (world.folder / "cdk.out" / "capacity-guard.json").write_text(
            json.dumps(document | {"tables": [table], "findings": [finding]})
        )
        return 1 if said.startswith("the synthesis") else 0

    world.synthesized = synthesized
    for said in ("the synthesis is refused: 1 error", "1 of the findings are errors"):
        (world.folder / "cdk.out" / "capacity-guard.json").unlink(missing_ok=True)
        assert main(COMMAND) == 1
        assert said in capsys.readouterr().err
    assert [words[0] for words in world.asked] == ["synth", "synth"]


def test_old_findings_are_not_taken_for_those_of_a_synthesis_that_failed(
    world: DeployWorld, capsys: Captured
) -> None:
    (world.folder / "cdk.out").mkdir()
    (world.folder / "cdk.out" / "capacity-guard.json").write_text("{}")
    world.synthesized = lambda: 1
    assert main(COMMAND) == 2
    assert "could not be synthesized" in capsys.readouterr().err


@pytest.mark.parametrize(
    "refused",
    [
        *(
            ["--no-rollback"],
            ["-R"],
            ["--rollback=false"],
            ["--rollback", "false"],
            ["--no-rollback=true"],
            ["-fR"],
        ),
        *(["--express"], ["--express=true"], ["--hotswap"], ["--hotswap-fallback"], ["--hotswapFallback"]),
        *(
            ["--revert-drift"],
            ["--revertDrift"],
            ["--watch"],
            ["--no-execute"],
            ["--method=prepare-change-set"],
        ),
        *(["--all"], ["-e"], ["Other"]),
    ],
)
def test_refused_option_ends_with_two_before_anything_runs(
    world: DeployWorld, refused: list[str], capsys: Captured
) -> None:
    assert main([*COMMAND, "--", *refused]) == 2
    assert world.asked == []
    assert capsys.readouterr().err.startswith("capacity-guard: ")


@pytest.mark.parametrize("option", ["--no-rollback", "-R", "--express", "--hotswap", "--revert-drift"])
def test_option_of_the_cli_before_the_dashes_is_no_option_of_the_command(
    world: DeployWorld, option: str, capsys: Captured
) -> None:
    assert main([*COMMAND, option]) == 2
    assert "Write options of the CDK CLI after --" in capsys.readouterr().err
    assert world.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CDK_ROLLBACK", "false"),
        ("CDK_EXPRESS", "true"),
        ("CDK_HOTSWAP", "true"),
        ("CDK_REVERT_DRIFT", "true"),
    ],
)
def test_refused_variable_ends_with_two_before_anything_runs(
    world: DeployWorld, name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv(name, value)
    assert main(COMMAND) == 2
    assert f"Unset {name}" in capsys.readouterr().err
    assert world.asked == []


@pytest.mark.parametrize("place", ["cdk.json", "home/.cdk.json"])
def test_refused_setting_of_a_file_ends_with_two_before_anything_runs(
    world: DeployWorld, place: str, capsys: Captured
) -> None:
    (world.folder / "home").mkdir()
    (world.folder / place).write_text(json.dumps({"rollback": False}))
    assert main(COMMAND) == 2
    assert "cdk.json: rollback: is refused" in capsys.readouterr().err
    assert world.asked == []


def test_nobody_to_ask_ends_with_two_before_anything_runs(world: DeployWorld, capsys: Captured) -> None:
    assert main(["deploy"]) == 2
    assert "--yes: is missing, and there is nobody to ask" in capsys.readouterr().err
    assert world.asked == []


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("yes", 0), ("", 1), ("n", 1)])
def test_person_who_is_asked_decides(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    passes(world)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    assert main(["deploy"]) == code
    assert [words[0] for words in world.asked] == ["synth", "deploy"][: 2 - code]


def test_interruption_says_that_cloudformation_goes_on(world: DeployWorld, capsys: Captured) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    world.script = Script([world.began, interrupt], 0)
    assert main(COMMAND) == 130
    said = capsys.readouterr().err
    assert "CloudFormation continues its operation" in said
    assert f"cancel-update-stack --stack-name {NAME}" in said
    world.synthesized = interrupt  # type: ignore[assignment]
    world.status = "UPDATE_COMPLETE"
    assert main(COMMAND) == 130
    assert "run the same command again to continue" in capsys.readouterr().err


def test_job_that_is_cancelled_is_interrupted_too(world: DeployWorld, capsys: Captured) -> None:
    world.script = Script([world.began, lambda: os.kill(os.getpid(), signal.SIGTERM)], 0)
    before = signal.getsignal(signal.SIGTERM)
    assert main(COMMAND) == 130
    assert world.script.stopped
    assert "CloudFormation continues its operation" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_stacks_and_options_reach_the_process_of_the_cli(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    installed(tmp_path, '#!/bin/sh\necho "$@"\nexit 1\n')
    assert main(["deploy", "A", "B*", "--exclusively", "--yes", "--", "-c", "a=b"]) == 2
    assert capfd.readouterr().out == "synth A B* --quiet --exclusively -c a=b --output cdk.out\n"
