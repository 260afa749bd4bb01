"""The command that records a table is complete: a shell runs it as it is printed."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.commands.main import _parser
from capacity_guard.rules import Case
from capacity_guard.rules.record_fix import baseline_file, new_file, record_fix
from tests.builders.cases import baseline, case, on_demand

NAMED = replace(
    case(on_demand()), table_name="orders", stack="Shop", logical_id="Orders1", region="eu-west-1"
)
UNNAMED = replace(NAMED, table_name=None)
HOSTILE = "it's; touch PWNED #$(touch PWNED)`\"\\"


def words(command: str, folder: Path, aws: str = 'echo "Shop-Orders1-XYZ"') -> list[str]:
    """What a shell gives to ``capacity-guard``, where ``aws`` prints a name."""
    tool = folder / "bin"
    tool.mkdir(exist_ok=True)
    for name, body in (
        ("aws", f'printf "%s\\n" "$@" > {folder}/asked\n{aws}'),
        ("capacity-guard", 'printf "%s\\n" "$@"'),
    ):
        (tool / name).write_text(f"#!/bin/sh\n{body}\n")
        (tool / name).chmod(0o755)
    made = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={"PATH": f"{tool}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.splitlines()


def test_command_of_a_table_with_a_name_in_the_code_has_it() -> None:
    region = "--region eu-west-1"
    assert record_fix(NAMED, "b.json") == f"capacity-guard record --table orders --out b.json {region}"
    recorded = record_fix(UNNAMED, "b.json", "recorded")
    assert recorded == f"capacity-guard record --table recorded --out b.json {region}"
    nowhere = replace(NAMED, region=None)
    assert record_fix(nowhere, "b.json") == "capacity-guard record --table orders --out b.json"


def test_command_of_a_table_that_cloudformation_names_asks_it(tmp_path: Path) -> None:
    command = record_fix(UNNAMED, "baselines/Shop/Orders.json")
    given = words(command, tmp_path)
    assert given == [
        *("record", "--table", "Shop-Orders1-XYZ", "--out", "baselines/Shop/Orders.json"),
        *("--region", "eu-west-1"),
    ]
    assert (tmp_path / "asked").read_text().split() == [
        *(
            "cloudformation",
            "describe-stack-resource",
            "--stack-name",
            "Shop",
            "--logical-resource-id",
            "Orders1",
        ),
        *("--region", "eu-west-1", "--query", "StackResourceDetail.PhysicalResourceId", "--output", "text"),
    ]
    assert _parser().parse_args(given).region == "eu-west-1"


def test_command_without_a_region_leaves_it_to_the_environment() -> None:
    assert "--region" not in record_fix(replace(UNNAMED, region=None), "b.json")


@pytest.mark.parametrize("unknown", ["stack", "logical_id"])
def test_command_of_a_table_that_nothing_names_leaves_a_word_for_it(unknown: str) -> None:
    judged: Case = replace(UNNAMED, **{unknown: None})
    assert record_fix(judged, "b.json") == "capacity-guard record --table NAME --out b.json"


def test_command_when_names_are_hostile_runs_nothing_of_them(tmp_path: Path) -> None:
    judged = replace(UNNAMED, stack=HOSTILE, logical_id=HOSTILE, region=HOSTILE)
    given = words(record_fix(judged, HOSTILE), tmp_path)
    assert given == ["record", "--table", "Shop-Orders1-XYZ", "--out", HOSTILE, "--region", HOSTILE]
    assert not (tmp_path / "PWNED").exists()
    assert shlex.split(record_fix(NAMED, HOSTILE))[-3] == HOSTILE


def test_file_is_named_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recorded = replace(baseline(), file=str(tmp_path / "baselines" / "orders.json"))
    assert baseline_file(replace(NAMED, baseline=recorded)) == "baselines/orders.json"
    elsewhere = replace(recorded, file="/elsewhere/orders.json")
    assert baseline_file(replace(NAMED, baseline=elsewhere)) == "/elsewhere/orders.json"
    assert baseline_file(replace(NAMED, baseline=replace(recorded, file=""))) == ""


def test_new_file_has_the_table_and_what_sets_it_apart_in_its_name() -> None:
    assert new_file(NAMED.table) == "baselines/Conversations.json"
    assert new_file(NAMED.table, None, "999988887777", "us-east-1") == (
        "baselines/Conversations-999988887777-us-east-1.json"
    )
    assert "/" not in new_file("a/b; c").removeprefix("baselines/")
