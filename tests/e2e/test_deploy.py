"""``capacity-guard deploy`` with the real CDK CLI: interrupted and continued, vetoed, held, tried again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from tests.paths import ROOT

from .lab import CLI, CliResult, Lab, provisioned
from .test_taken_back import LOWERED, TABLE_KEY, armed, hold, operations, rollback  # noqa: F401 - fixtures

pytestmark = pytest.mark.e2e


def started(lab: Lab, *arguments: str) -> subprocess.Popen[str]:
    """Start ``capacity-guard deploy`` for the stack of the table, with the options of ``Lab.cdk``."""
    spec = lab.folder / "spec.json"
    spec.write_text(json.dumps(lab.spec))
    now = f"capacity-guard:now={lab.emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    app = ["--app", f"{sys.executable} {lab.app}", "-c", f"spec={spec}", "-c", now, "--no-notices"]
    environment = lab.emulator.env() | {"CDK_VALIDATION": "false", "PYTHONWARNINGS": "ignore"}
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
    environment["PATH"] = f"{CLI.parent}{os.pathsep}{environment['PATH']}"
    cdk = [word for word in arguments if word != "--yes"]
    yes = ["--yes"] * ("--yes" in arguments)
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "capacity_guard",
            "deploy",
            lab.stack,
            "--exclusively",
            *yes,
            "--",
            *app,
            *cdk,
        ],
        cwd=lab.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def deploy(lab: Lab, *arguments: str) -> CliResult:
    process = started(lab, *arguments)
    output, _ = process.communicate(timeout=400)
    print(output)
    return CliResult(process.returncode, output)


def status_of_fleet(lab: Lab) -> CliResult:
    """Run ``capacity-guard status`` for the assembly that was deployed."""
    environment = lab.emulator.env()
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
    run = subprocess.run(
        [sys.executable, "-m", "capacity_guard", "status", "--assembly", "cdk.out", "--stack", lab.stack],
        cwd=lab.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(run.stdout)
    return CliResult(run.returncode, run.stdout + run.stderr)


def test_deployment_that_is_interrupted_goes_on_and_the_same_command_attaches_to_it(armed: Lab) -> None:  # noqa: F811
    lab = armed
    # The second command synthesizes before it looks: Bake has to last that long, on a clock that is 60 times as fast.
    lab.declare(LOWERED, rollout={"bake_minutes": 50})
    unasked = deploy(lab)
    assert unasked.code == 2, unasked.output
    assert "--yes: is missing" in unasked.output
    refused = deploy(lab, "--yes", "--no-rollback")
    assert refused.code == 2, refused.output

    with lab.player():
        process = started(lab, "--yes")
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Bake has begun" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130, said
        print(said)
        assert "CloudFormation continues its operation" in said
        assert "aws cloudformation cancel-update-stack --stack-name Guarded" in said
        assert "Preflight has passed" in said
        assert lab.status() == "UPDATE_IN_PROGRESS"

        continued = deploy(lab, "--yes")
        fleet = status_of_fleet(lab)
        assert fleet.code == 0, fleet.output
        assert re.search(rf"Guarded +000000000000, eu-west-1 +{lab.table_name} +watching", fleet.output), (
            fleet.output
        )
    assert continued.code == 0, continued.output
    assert "an operation runs (UPDATE_IN_PROGRESS); waiting for its end" in continued.output
    assert "Bake has passed" in continued.output
    assert "is changed, unproven" in continued.output
    assert f"capacity-guard status {lab.table_name} --watch" in continued.output
    lab.assert_has(LOWERED)

    before = operations(lab)
    again = deploy(lab, "--yes")
    assert again.code == 0, again.output
    assert "its gates were deployed before, and do not run again" in again.output
    assert operations(lab) == before

    taken_back = rollback(lab, "--yes")
    assert taken_back.code == 0, taken_back.output
    lab.declare(LOWERED, companion=True)  # the same change
    held = deploy(lab, "--yes")
    assert held.code == 0, held.output
    assert "was taken back and is held: this deployment keeps the capacity of before" in held.output
    assert "capacity-guard retry" in held.output
    lab.assert_has(provisioned())


def test_deployment_that_is_vetoed_says_why_and_what_was_restored_and_is_refused_until_it_is_retried(
    armed: Lab,  # noqa: F811
) -> None:
    lab = armed
    lab.declare(LOWERED)
    with lab.player() as player:
        with lab.once_table_updated(lambda: player.surge(6, keys=[TABLE_KEY])):
            vetoed = deploy(lab, "--yes")
        assert vetoed.code == 1, vetoed.output
        assert "Bake has failed: Bake vetoed: " in vetoed.output
        assert "rolled back (UPDATE_ROLLBACK_COMPLETE)" in vetoed.output
        assert "table and 1 index have the capacity of before the change" in vetoed.output
        assert "is held: deployed again it changes nothing" in vetoed.output
        lab.assert_has(provisioned())
        player.surge(1)

        before = operations(lab)
        refused = deploy(lab, "--yes")
        assert refused.code == 1, refused.output
        assert (
            f"change {hold(lab)['value']} was taken back and is held: its Preflight would refuse it"
            in refused.output
        )
        assert "capacity-guard retry " in refused.output
        assert "orders.json, commit it, and deploy" in refused.output
        assert operations(lab) == before

        retried = subprocess.run(
            [sys.executable, "-m", "capacity_guard", "retry", str(lab.spec["baseline"])],
            env=os.environ | {"PYTHONPATH": str(ROOT / "constructs_lib")},
            check=False,
            capture_output=True,
            text=True,
        )
        assert retried.returncode == 0, retried.stderr
        lab.emulator.clock.jump(4 * 3_600)  # Preflight compares the traffic of the last 3 hours
        deployed = deploy(lab, "--yes")
    assert deployed.code == 0, deployed.output
    assert "is changed, unproven" in deployed.output
    lab.assert_has(LOWERED)
