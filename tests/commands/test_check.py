"""``capacity-guard check``: options, outputs and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.capacity.plain_data import shown
from capacity_guard.commands import main as cli
from capacity_guard.findings import Findings
from tests.checking.checked import ON_DEMAND, provisioned, saved, template, written

FIXED = Capacity.provisioned(read=100, write=1_000)
NOW = ("--now", "2026-07-09T15:40:00Z")
SAM = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Writes: {Type: Number}}
Resources:
  Orders:
    Type: AWS::Serverless::SimpleTable
    Properties:
      ProvisionedThroughput: {ReadCapacityUnits: 100, WriteCapacityUnits: !Ref Writes}
"""


def check(*arguments: object) -> int:
    return cli.main(["check", *map(str, arguments)])


def test_command_judges_a_template_and_its_exit_code_tells_of_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = saved(tmp_path, FIXED)
    refused = written(tmp_path, template(provisioned(100, 200)))
    assert check(refused, "--baseline", baseline, *NOW) == 1
    said = capsys.readouterr().out
    assert "Orders" in said
    assert "this deployment has no gates" in said
    same = written(tmp_path, template(provisioned()), "same.json")
    assert check(same, "--baseline", f"Orders={baseline}", *NOW) == 0


def test_command_when_the_template_has_gates_says_that_the_synthesis_has_judged_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = saved(tmp_path, FIXED)
    guarded = template(provisioned(100, 200))
    guarded["Resources"]["PreflightA1"] = {"Type": "Custom::CapacityGuardPreflight"}
    path = written(tmp_path, guarded, "guarded.json")
    assert check(path, "--baseline", baseline, *NOW) == 1
    said = capsys.readouterr().err
    assert "guarded.json: has gates of a guard" in said
    assert "capacity-guard findings" in said
    assert check(written(tmp_path, template(provisioned(100, 200))), "--baseline", baseline, *NOW) == 1
    assert "gates of a guard" not in capsys.readouterr().err


def test_command_reads_a_template_of_sam_with_a_parameter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = saved(tmp_path, FIXED)
    sam = written(tmp_path, SAM, "template.yaml")
    assert check(sam, "--baseline", baseline, *NOW) == 1
    assert "--parameter NAME=VALUE" in capsys.readouterr().out
    assert check(sam, "--baseline", baseline, *NOW, "--parameter", "Writes=1000") == 0
    assert check(sam, "--baseline", baseline, *NOW, "--parameter", "Writes=10") == 1


def test_command_writes_all_forms_and_plan_reads_its_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    baseline = saved(tmp_path, FIXED)
    file = written(tmp_path, template(provisioned(100, 200)))
    outputs = ("--github", "--markdown", "summary.md", "--json", "found.json")
    assert check(file.name, "--baseline", baseline.name, *NOW, *outputs) == 1
    said = capsys.readouterr().out
    assert "::error file=template.json,line=3,title=CG" in said
    assert "## capacity-guard: " in (tmp_path / "summary.md").read_text()
    findings = Findings.read(tmp_path / "found.json")
    assert findings.not_judged == ("CG1", "CG8", "CG9", "CG19")
    assert findings.errors
    assert cli.main(["plan", "found.json", "--json", "-"]) == 1
    (planned,) = json.loads(capsys.readouterr().out)["tables"]
    assert planned["refused"]


def test_command_takes_settings_and_break_glass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = saved(tmp_path, FIXED)
    file = written(tmp_path, template(provisioned(100, 200)))
    given = (file, "--baseline", baseline, *NOW)
    assert check(*given, "--json", "-") == 1
    rules = {f["rule"] for f in json.loads(capsys.readouterr().out)["findings"] if f["level"] == "ERROR"}
    accepted = [{"table": "Orders", "rule": rule, "reason": "moves away"} for rule in rules]
    settings = written(tmp_path, {"acknowledgments": accepted}, "settings.json")
    assert check(*given, "--settings", settings) == 0
    assert check(*given, "--break-glass", "incident 7") == 0
    assert "break-glass: incident 7" in capsys.readouterr().out
    assert check(*given, "--break-glass", " ") == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--parameter", "Units"], "is not NAME=VALUE"),
        (["--parameter", "=1"], "is not NAME=VALUE"),
        (["--parameter", "A=1", "--parameter", "A=2"], "is given twice"),
        (["--parameter", "A=1"], "It has none: leave it out"),
        (["--now", "today"], "is not a moment in UTC"),
        (["--previous", "none.json"], "none.json: is missing"),
        (["--settings", "none.json"], "none.json: cannot be read"),
        (["--baseline", "none.json"], "none.json: is missing"),
        (["--baseline", "Gone=none.json"], "none.json: is missing"),
        (["--json", "-", "--github"], "cannot both be printed"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    options: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, template(ON_DEMAND))
    assert check("template.json", *options) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert words in said.err


def test_command_works_where_neither_the_cdk_nor_an_aws_client_is_installed(tmp_path: Path) -> None:
    baseline = saved(tmp_path, FIXED)
    file = written(tmp_path, template(provisioned()))
    program = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['aws_cdk', 'boto3', 'cdk_nag', 'constructs', 'jsii', 'yaml']))\n"
        "from capacity_guard.commands.main import main\n"
        f"sys.exit(main({['check', str(file), '--baseline', str(baseline), *NOW]!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 table judged" in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--region", "mars", "is not a Region"),
        ("--region", "", "is not a Region"),
        ("--region", "eu-west-١", "is not a Region"),
        ("--account", "abc", "is not an account id"),
        ("--account", "1234", "is not an account id"),
        ("--stack", "", "is not a name of a stack"),
        ("--stack", "my stack", "is not a name of a stack"),
        ("--stack", "s" * 129, "is not a name of a stack"),
    ],
)
def test_command_when_an_option_names_no_place_expects_2(
    option: str, value: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, template(provisioned()))
    assert check(path, option, value) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"capacity-guard: {option} {shown(value)}: {problem}")


def test_command_takes_every_place_of_aws(tmp_path: Path) -> None:
    path = written(tmp_path, template(provisioned()))
    for region in ("eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "ap-southeast-2"):
        place = ("--region", region, "--account", "012345678901", "--stack", "Orders-Production2")
        assert check(path, *place, *NOW) in (0, 1)
