"""The commands of the tutorial do what the tutorial says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
# What the page says of each command that it expects to fail.
EXIT_CODES = {"change=incident": 1, "capacity-guard plan": 1}
# The others set up the repository, in which the tests run, and run the demo, which has tests of its own.
RUN = ("cdk ", "capacity-guard ", "mkdir ")

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example app, without anything that a command makes: what a fresh clone has."""
    folder = tmp_path_factory.mktemp("tutorial")
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """Run the commands of the page in their order."""
    paths = [str(ROOT / ".venv" / "bin"), str(ROOT / "node_modules" / ".bin"), os.environ["PATH"]]
    # no credentials, and the CDK's validation on: this is what a reader has
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("AWS_") and name != "CDK_VALIDATION"
    }
    environment = kept | {"PATH": os.pathsep.join(paths), "AWS_EC2_METADATA_DISABLED": "true", "CI": "1"}
    return {
        command: subprocess.run(
            shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        for command in COMMANDS
        if command.startswith(RUN)
    }


def test_page_when_its_other_commands_are_read_names_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    others = [command for command in COMMANDS if not command.startswith(RUN)]
    assert others == ["make setup", ". .venv/bin/activate", "make demo"]
    for target in ("setup", "demo"):
        assert f"\n{target}:" in makefile


def test_commands_when_run_in_order_end_as_the_page_says(
    results: dict[str, subprocess.CompletedProcess[str]],
) -> None:
    assert len(results) == 5
    for command, done in results.items():
        expected = next((code for part, code in EXIT_CODES.items() if part in command), 0)
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"


def test_commands_when_run_print_the_finding_of_the_page(
    results: dict[str, subprocess.CompletedProcess[str]],
) -> None:
    (refused,) = [done for command, done in results.items() if "change=incident" in command]
    (finding,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert finding in refused.stdout + refused.stderr
    assert "5 errors" in refused.stdout + refused.stderr


def test_plan_when_run_writes_the_page_that_the_reader_opens(
    folder: Path, results: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert results
    assert "<svg" in (folder / "out" / "plan.html").read_text(encoding="utf-8")
