"""The example app: the stacks that it synthesizes, and what `cdk synth` prints for each change."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from capacity_guard import Baseline, Capacity, OnDemand, Units
from capacity_guard.capacity import Deployed
from stacks.settings import CHANGED, CHANGES, ENVIRONMENTS, INDEX
from tests.paths import ROOT

CDK = ROOT / "node_modules" / ".bin" / "cdk"
CELL = f"Conversations-{CHANGED}"
NOW = "2026-07-09T15:40:00Z"
"""A time at which the committed baselines are fresh."""
PINNED = "capacity-guard: context capacity-guard:now is more than a day from the clock of this machine: "
"""What a synthesis at that time says first."""
UNTOLD = ("CG10", "Conversations")
"""The sample baselines are from files without the structure of a table."""


@dataclass(frozen=True)
class Synthesis:
    """How a synthesis ended: exit code, standard output, standard error and the folder of its assembly."""

    code: int
    out: str
    error: str
    folder: Path

    @property
    def rules(self) -> set[tuple[str, str]]:
        """Rule and subject of each finding that was printed."""
        return set(re.findall(r"^(CG\d+)  (?:ERROR|WARN ) +(.*?): ", self.error, re.MULTILINE))

    def template(self, stack: str = CELL) -> dict[str, Any]:
        template: dict[str, Any] = json.loads((self.folder / f"{stack}.template.json").read_text())
        resources: dict[str, Any] = template["Resources"]
        return resources


def table_location() -> str:
    """File and line where the example app declares its table."""
    file = "stacks/conversations_stack.py"
    lines = (ROOT / file).read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if "= GuardedTable(" in text]
    return f"{file}:{line}"


def app(folder: Path, *, path: str = "", pinned: bool = True, **context: str) -> Synthesis:
    """Run app.py as the CDK CLI does, without the CDK's built-in validation."""
    committed: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert (
        "capacity-guard:now" not in committed
    )  # a copy of it would freeze the age of baselines and every expiry
    if pinned:
        committed["capacity-guard:now"] = NOW
    given = {key.replace("__", ":"): value for key, value in context.items()}
    environment = {
        **os.environ,
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "CDK_CONTEXT_JSON": json.dumps({**committed, **given}),
        "CDK_OUTDIR": str(folder),
        "PYTHONPATH": path,
    }
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return Synthesis(done.returncode, done.stdout, done.stderr, folder)


def rerecorded(folder: Path, capacity: Capacity, warm: Units) -> str:
    """The first cell's baseline, recorded again after a deployment of another capacity."""
    before = Baseline.load(ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json")
    assert before.deployed is not None
    deployed = Deployed(
        capacity,
        capacity,
        {},
        {"table": Units(12_000, 6_400), f"index/{INDEX}": warm},
        before.deployed.template,
    )
    Baseline(before.table, before.recording, deployed, before.traffic).save(folder / "again.json")
    return str(folder / "again.json")


def test_cdk_synth_when_the_incident_is_declared_is_refused_readably(tmp_path: Path) -> None:
    command = [
        str(CDK), "synth", "--quiet", "--app", f"{sys.executable} app.py", "--output", str(tmp_path / "out"),
        "-c", "change=incident", "-c", f"only={CHANGED}", "-c", f"capacity-guard:now={NOW}",
    ]  # fmt: skip
    # no credentials, and the CDK's built-in validation on: this is what a reader of the README sees
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and k != "CDK_VALIDATION"}
    environment |= {"JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1", "CI": "1"}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "AWS_EC2_METADATA_DISABLED": "1",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    synthesis = Synthesis(done.returncode, done.stdout, done.stderr, tmp_path)
    assert synthesis.code == 1, synthesis.error
    table, index = "Conversations / table, write", f"Conversations / {INDEX}, write"
    assert synthesis.rules == {
        ("CG4", index),
        ("CG7", table),
        ("CG7", index),
        UNTOLD,
        ("CG14", index),
        ("CG15", index),
    }
    pinned, _, findings = synthesis.error.lstrip().partition("\n")
    assert pinned.startswith(PINNED)
    assert findings.lstrip().startswith(f"{CELL}/Conversations  {table_location()}\n\nCG4  ERROR  {index}: ")
    assert "4,800 writes/s" in synthesis.error
    assert "6,240 writes/s" in synthesis.error
    assert "4,000 writes/s" in synthesis.error
    assert "Traceback" not in synthesis.error
    # what a workflow shows of it: an annotation on the line that made the table, a summary with the fix
    shown = subprocess.run(
        [sys.executable, "-m", "capacity_guard", "findings", str(tmp_path / "out"), "--github", "--markdown", "-"],
        cwd=ROOT, env={**environment, "GITHUB_WORKSPACE": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (shown.returncode, shown.stderr) == (1, "")
    file, _, line = table_location().partition(":")
    annotations = re.findall(r"^::error file=(.+?),line=(\d+),title=(CG\d+) ", shown.stdout, re.MULTILINE)
    assert set(annotations) == {(file, line, rule) for rule in ("CG4", "CG7", "CG14", "CG15")}
    assert "## capacity-guard: 5 errors, 1 warning" in shown.stdout
    assert f"`{table_location()}`" in shown.stdout


def findings_of(printed: str) -> list[str]:
    """Rule and level of each finding; the dev table is deleted with its stack, which CG12 reports."""
    return re.findall(r"^CG\d+ +[A-Z]+", printed, re.MULTILINE)


def gated(folder: Path) -> list[str]:
    """Templates with gates."""
    return sorted(
        path.name for path in folder.glob("*.template.json") if "Custom::CapacityGuard" in path.read_text()
    )


NEW = "Conversations-dev.template.json"
"""The stack of a table that the code declares as new, which has a gate until it is recorded."""


def test_app_without_a_change_holds_five_stacks_and_no_gate_but_that_of_the_new_table(tmp_path: Path) -> None:
    synthesis = app(tmp_path)
    assert synthesis.code == 0, synthesis.error
    assert findings_of(synthesis.error) == ["CG2  WARN", "CG12  WARN"]
    templates = sorted(path.name for path in tmp_path.glob("*.template.json"))
    assert templates == sorted(f"{settings.stack_name}.template.json" for settings in ENVIRONMENTS)
    assert gated(tmp_path) == [NEW]


@pytest.mark.slow
def test_app_when_the_fix_is_declared_passes_with_gates_in_one_stack(tmp_path: Path) -> None:
    synthesis = app(tmp_path, change="fixed")
    assert (synthesis.code, findings_of(synthesis.error)) == (0, ["CG2  WARN", "CG12  WARN", "CG10  WARN"])
    assert gated(tmp_path) == [NEW, f"{CELL}.template.json"]
    table = next(r for r in synthesis.template().values() if r["Type"] == "AWS::DynamoDB::GlobalTable")
    index = table["Properties"]["GlobalSecondaryIndexes"][0]["WriteProvisionedThroughputSettings"]
    scaling = index["WriteCapacityAutoScalingSettings"]
    assert (scaling["MinCapacity"], scaling["SeedCapacity"]) == (4_800, 4_800)


@pytest.mark.slow
def test_app_when_the_switch_is_declared_on_the_first_baseline_is_refused(tmp_path: Path) -> None:
    synthesis = app(tmp_path, change="switch", only=CHANGED)
    assert synthesis.code != 0
    assert {rule for rule, _ in synthesis.rules} == {"CG7", "CG10", "CG15"}


@pytest.mark.slow
def test_app_when_the_switch_is_declared_on_the_armed_baseline_passes(tmp_path: Path) -> None:
    armed = rerecorded(tmp_path, CHANGES["fixed"], Units(12_000, 4_800))
    synthesis = app(tmp_path / "out", change="switch", only=CHANGED, baseline=armed)
    assert (synthesis.code, synthesis.rules) == (0, {UNTOLD})
    assert synthesis.error.startswith(PINNED)
    assert synthesis.error.count("WARNING") == 2
    assert "WarmThroughput" not in (tmp_path / "out" / f"{CELL}.template.json").read_text()


@pytest.mark.slow
def test_app_when_the_return_to_provisioned_is_declared_on_the_switched_baseline_passes_acknowledged(
    tmp_path: Path,
) -> None:
    now = Capacity.on_demand(indexes={INDEX: OnDemand()})
    switched = rerecorded(tmp_path, now, Units(12_000, 6_240))
    synthesis = app(tmp_path / "out", change="provisioned", only=CHANGED, baseline=switched)
    assert synthesis.code == 0
    assert {rule for rule, _ in synthesis.rules} == {"CG10", "CG14", "CG20"}
    assert "acknowledged     the season is over" in synthesis.error


@pytest.mark.slow
def test_app_when_the_quiet_return_is_declared_keeps_the_way_back_and_watches_it(tmp_path: Path) -> None:
    switched = rerecorded(tmp_path, Capacity.on_demand(indexes={INDEX: OnDemand()}), Units(12_000, 6_240))
    synthesis = app(tmp_path / "out", change="quiet", only=CHANGED, baseline=switched, watch="yes")
    assert synthesis.code == 0, synthesis.error
    assert {rule for rule, _ in synthesis.rules} == {"CG10", "CG14", "CG20"}
    assert "throttles 1.3 times the recorded traffic" in synthesis.error
    template = json.loads((tmp_path / "out" / f"{CELL}.template.json").read_text())
    assert len(template["Conditions"]) == 1
    assert any(name.startswith("CapacityGuardWatch") for name in template["Resources"])


LATER = '''
"""The machine's clock stands in 2031."""
import datetime

class _Meta(type(datetime.datetime)):
    def __instancecheck__(cls, instance):
        return isinstance(instance, _REAL)

_REAL = datetime.datetime

class Later(_REAL, metaclass=_Meta):
    @classmethod
    def now(cls, tz=None):
        return _REAL.now(tz).replace(year=2031, month=3, day=1)

datetime.datetime = Later
'''


@pytest.mark.slow
def test_app_when_the_machine_lives_in_2031_says_the_same_as_today(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(LATER)
    syntheses = [
        app(tmp_path / name, path=path, change="incident", only=CHANGED)
        for name, path in (("today", ""), ("later", str(tmp_path)))
    ]
    assert "CG4" in syntheses[0].error
    tail = "capacity-guard: 5 errors, 1 warning; 1 table judged with a baseline 16 hours old, at 2026-07-09 15:40 UTC"
    assert tail in syntheses[0].error
    assert syntheses[0].error.split(tail)[0] == syntheses[1].error.split(tail)[0]
    assert syntheses[0].template() == syntheses[1].template()
    files = [(run.folder / "capacity-guard.json").read_bytes() for run in syntheses]
    assert files[0] == files[1]
    # without the pinned time the same clock makes the baseline stale: the machine really stands in 2031
    unpinned = app(tmp_path / "unpinned", path=str(tmp_path), pinned=False, only=CHANGED)
    assert unpinned.rules == {("CG2", "Conversations")}
    assert "days old, at 2031-03-01 00:00 UTC" in unpinned.error
    assert unpinned.code == 0


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    ("context", "says"),
    [
        ({"change": "incidnet"}, "context change: 'incidnet' is not a change. Use one of incident, fixed, switch,"),
        ({"only": "produktion"}, "context only: 'produktion' is not an environment."),
        ({"watch": "no"}, "context watch: 'no' is not yes. Write -c watch=yes, or leave it out."),
        ({"capacity-guard__now": "soon"}, "context capacity-guard:now: 'soon' is not a date"),
    ],
)  # fmt: skip
def test_app_when_a_context_value_is_wrong_says_so_in_one_line(
    tmp_path: Path, context: dict[str, str], says: str
) -> None:
    synthesis = app(tmp_path, **context)
    assert synthesis.code == 1
    assert synthesis.error.startswith(f"error: {says}")
    assert len(synthesis.error.strip().splitlines()) == 1
