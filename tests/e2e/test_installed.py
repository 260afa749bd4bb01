"""The wheel in environments with nothing else: each extra alone, and what `examples/ci` installs.

Each environment is new, and has the wheel with one extra and what that requires; pip installs from the index that it is set to.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from capacity_guard import __version__
from stacks.settings import CHANGES, INDEX
from tests.docs.test_examples import baselines_of
from tests.paths import ROOT
from tests.planning.plans import cell, synthesized

pytestmark = pytest.mark.e2e

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
WHEEL = f"capacity_guard-{__version__}-py3-none-any.whl"
TEMPLATE = """\
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""


class Environment:
    """A virtual environment; no variable of the test's own environment leads into another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)

    def pip(self, *arguments: str, cwd: Path | None = None) -> None:
        # Compiling the CDK's modules, of which a test imports few, takes longer than all the rest.
        done = self.run("pip", "install", "--quiet", "--no-compile", *arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr

    def run(
        self, command: str, *arguments: str, cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        # No terminal: colors would be in the text.
        environment = {**kept, "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "COLUMNS": "120", **variables}
        words = [str(self.folder / "bin" / command), *arguments]
        return subprocess.run(
            words, cwd=cwd or self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def packages(self) -> set[str]:
        listed = self.run("pip", "list", "--format=json")
        return {package["name"].lower() for package in json.loads(listed.stdout)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make wheel` builds: the same command on a copy, since setuptools writes beside the sources that it reads."""
    source = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", "*.so")
    for folder in ("constructs_lib", "docs/rules"):
        shutil.copytree(ROOT / folder, source / folder, ignore=ignore)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "."],
        cwd=source,
        env={**os.environ, "CAPACITY_GUARD_PURE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert sorted(path.name for path in (source / "dist").iterdir()) == [
        WHEEL,
        f"capacity_guard-{__version__}.tar.gz",
    ]
    return source / "dist" / WHEEL


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Callable[[str], Environment]:
    """Makes the environment of an extra; an empty name means the wheel alone."""

    def make(extra: str) -> Environment:
        made = Environment(tmp_path_factory.mktemp("environment") / (extra or "none"))
        made.pip(f"{wheel}[{extra}]" if extra else str(wheel))
        return made

    return make


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """The synthesis of the incident's change."""
    return synthesized(tmp_path, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))


def test_extras_when_listed_each_have_a_test_here() -> None:
    tested = {
        name.removeprefix("test_extra_").partition("_when_")[0]
        for name in globals()
        if name.startswith("test_extra_")
    }
    assert tested - {"none"} == set(EXTRAS)


def test_extra_none_when_installed_runs_what_needs_no_extra_and_names_what_others_need(
    environment: Callable[[str], Environment], refused: Path
) -> None:
    alone = environment("")
    assert not {"boto3", "rich", "pyyaml", "argcomplete", "ministack"} & alone.packages()
    assert alone.run("capacity-guard", "--version").stdout == f"capacity-guard {__version__}\n"
    assert alone.run("capacity-guard", "rule", "CG4").stdout.startswith("# CG4 ")
    page = alone.folder / "plan.html"
    planned = alone.run("capacity-guard", "plan", str(refused), "--html", str(page))
    assert planned.returncode == 1
    assert planned.stdout.startswith("## capacity-guard plan: ")
    assert "pip install" in planned.stderr
    assert "<h1" in page.read_text()
    assert "An **index** that is switched" in page.read_text()  # the rule's page is in the wheel
    for command, package in (
        (["record", "--table", "Orders", "--out", "orders.json"], "boto3"),
        (["check", "orders.yaml", "--baseline", str(refused.parent / "baseline.json")], "PyYAML"),
    ):
        (alone.folder / "orders.yaml").write_text(TEMPLATE)
        missing = alone.run("capacity-guard", *command)
        assert missing.returncode == 2, missing.stderr
        assert missing.stderr.count("\n") == 1
        assert f"pip install {package}" in missing.stderr


def test_extra_plan_when_installed_prints_tables(
    environment: Callable[[str], Environment], refused: Path
) -> None:
    planned = environment("plan").run("capacity-guard", "plan", str(refused))
    assert planned.returncode == 1
    assert planned.stderr == ""
    assert "hours of the week, UTC" in planned.stdout


def test_extra_record_when_installed_reads_aws_and_ends_in_one_line_without_credentials(
    environment: Callable[[str], Environment],
) -> None:
    recorded = environment("record").run(
        "capacity-guard",
        *("record", "--table", "Orders", "--out", "orders.json", "--region", "eu-west-1"),
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        AWS_CONFIG_FILE="/dev/null",
        AWS_SHARED_CREDENTIALS_FILE="/dev/null",
        AWS_EC2_METADATA_DISABLED="true",
    )
    assert recorded.returncode == 2
    assert "credentials" in recorded.stderr
    assert "Traceback" not in recorded.stderr


def test_extra_check_when_installed_reads_a_template_in_yaml(
    environment: Callable[[str], Environment], refused: Path
) -> None:
    checking = environment("check")
    template = checking.folder / "orders.yaml"
    template.write_text(TEMPLATE)
    baseline = f"Orders={refused.parent / 'baseline.json'}"
    checked = checking.run("capacity-guard", "check", str(template), "--baseline", baseline)
    assert checked.returncode == 1, checked.stderr
    assert re.search(r"^CG\d+ +ERROR +Orders", checked.stdout, re.MULTILINE)


def test_extra_completion_when_installed_completes_a_command(
    environment: Callable[[str], Environment],
) -> None:
    completing = environment("completion")
    line = "capacity-guard plan --m"
    answer = completing.folder / "answer"
    answer.touch()
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer)}
    completing.run("capacity-guard", **asked, COMP_LINE=line, COMP_POINT=str(len(line)))
    assert answer.read_text().strip() == "--markdown"
    registered = completing.run("register-python-argcomplete", "capacity-guard")
    assert "complete " in registered.stdout


def test_extra_rehearse_when_installed_starts_the_emulator(
    environment: Callable[[str], Environment],
) -> None:
    program = """
from datetime import UTC, datetime
import boto3
from capacity_guard.rehearsal.emulator import Emulator
with Emulator(speed=60, start=datetime(2026, 7, 9, tzinfo=UTC), region="eu-west-1") as emulator:
    dynamodb = boto3.client("dynamodb", region_name="eu-west-1", endpoint_url=emulator.endpoint,
                            aws_access_key_id="test", aws_secret_access_key="test")
    print(dynamodb.list_tables()["TableNames"])
"""
    started = environment("rehearse").run("python", "-c", program)
    assert started.returncode == 0, started.stderr
    assert started.stdout.endswith("[]\n")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A repository with `examples/ci` copied as its page says, and an app."""
    repository = tmp_path_factory.mktemp("repository")
    workflows = repository / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for workflow in (ROOT / "examples" / "ci").glob("*.yml"):
        shutil.copy(workflow, workflows)
    shutil.copy(ROOT / "examples" / "ci" / "requirements.txt", repository)
    (repository / "wheels").mkdir()
    shutil.copy(wheel, repository / "wheels")
    shutil.copy(ROOT / "examples" / "orders.py", repository / "app.py")
    shutil.copy(ROOT / "examples" / "orders.py", repository / "orders.py")
    baselines_of("orders.py", repository)
    return repository


def scripts(workflow: Path) -> list[str]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def test_workflows_when_copied_install_and_show_the_findings_of_an_app(copied: Path, tmp_path: Path) -> None:
    running = Environment(tmp_path / "environment")
    lines = scripts(copied / ".github" / "workflows" / "capacity-guard.yml")
    (install,) = {line for line in lines if line.startswith("pip install")}
    running.pip(*install.split()[2:], cwd=copied)
    context = {"CDK_CONTEXT_JSON": json.dumps({"capacity-guard:now": "2026-07-09T15:40:00Z"})}
    node = {"PATH": f"{running.folder / 'bin'}:{ROOT / '.venv' / 'bin'}:/usr/bin:/bin"}
    made = running.run("python", "app.py", cwd=copied, CDK_OUTDIR="cdk.out", **context, **node)
    assert made.returncode == 0, made.stderr
    (findings,) = {line for line in lines if "findings cdk.out" in line}
    summary = tmp_path / "summary.md"
    words = findings.replace('"$GITHUB_STEP_SUMMARY"', str(summary)).split()
    shown = running.run(words[0], *words[1:], cwd=copied)
    assert shown.returncode in (0, 1), shown.stderr
    assert summary.read_text().startswith("## capacity-guard: ")
    recording = scripts(copied / ".github" / "workflows" / "record-baselines.yml")
    assert install in recording
    assert "boto3" in running.packages()


def test_workflow_of_a_template_when_copied_checks_it_without_the_cdk(copied: Path, tmp_path: Path) -> None:
    running = Environment(tmp_path / "environment")
    (install,) = [
        line
        for line in scripts(copied / ".github" / "workflows" / "check-template.yml")
        if line.startswith("pip install")
    ]
    running.pip(*install.split()[2:], cwd=copied)
    assert "aws-cdk-lib" not in running.packages()
    template = tmp_path / "Shop.template.json"
    template.write_text(json.dumps(yaml.safe_load(TEMPLATE)))
    (baseline,) = (copied / "baselines").glob("*.json")
    summary = tmp_path / "summary.md"
    arguments = [
        "check",
        str(template),
        "--baseline",
        f"Orders={baseline}",
        "--github",
        "--markdown",
        str(summary),
    ]
    checked = running.run("capacity-guard", *arguments)
    assert checked.returncode in (0, 1), checked.stderr
    assert "capacity-guard" in summary.read_text()
