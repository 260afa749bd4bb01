"""What a deployment refuses of the CDK CLI's options, compared with what the parser of the installed CLI makes of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.deployment.cdk_options import CdkOptions, read_options
from tests.paths import ROOT

DANGEROUS = ("rollback", "hotswap", "hotswap-fallback", "express", "revert-drift", "watch", "execute")
VALUES = ("true", "false", "True", "False", "0", "1", "no", "")


def camel(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(other.capitalize() for other in others)


def spellings() -> list[list[str]]:
    """Each dangerous option in each way of writing it, right or wrong."""
    found: list[list[str]] = []
    for name in DANGEROUS:
        forms = {
            f"{dashes}{no}{base}"
            for base, no, dashes in product(
                (name, camel(name), name.replace("-", "_"), name.replace("-", "")), ("", "no-"), ("--",)
            )
        }
        for form in sorted(forms):
            found += [
                [form],
                *([f"{form}={value}"] for value in VALUES),
                *([form, value] for value in VALUES[:4]),
            ]
            found += [[form, f"--no-{name}"], [f"--no-{name}", form], [f"{form}.x", "false"]]
    found += [
        ["-R"],
        ["--R"],
        ["-fR"],
        ["-Rf"],
        ["-vRf"],
        ["-R=false"],
        ["-R=true"],
        ["-R", "false"],
        ["-R-"],
        ["-R1"],
    ]
    found += [
        ["-aRun"],
        ["-cR=1"],
        ["-fR=true"],
        ["--no-no-rollback"],
        ["--noRollback"],
        ["--no-R"],
        ["-express"],
    ]
    found += [
        ["-m", method] for method in ("direct", "change-set", "prepare-change-set", "execute-change-set")
    ]
    found += [["--method=prepare-change-set"], ["-m=prepare-change-set"], ["-fm", "prepare-change-set"]]
    found += [
        ["--all"],
        ["--all=true"],
        ["-e"],
        ["--exclusively"],
        ["-fe"],
        ["--", "Other"],
        ["--", "--no-rollback"],
    ]
    found += [["--force", "Other"], ["-f", "Other"], ["Other"], ["--tags", "a=b", "Other"], ["--tags", "a=b"]]
    found += [["-c", "a=b"], ["--context=a=b"], ["--require-approval", "never"], ["--parameters", "S:a=b"]]
    found += [
        ["--unknown", "x"],
        ["--unknown", "x", "Other"],
        ["--no-lookups"],
        ["--ci", "-f", "-v"],
        ["-fv"],
    ]
    return found


def parsed(cases: list[tuple[list[str], Mapping[str, str]]]) -> list[dict[str, Any]]:
    """What the parser of the CLI makes of command lines and environments."""
    ended = subprocess.run(
        ["node", str(ROOT / "tests" / "fakes" / "cdk_parser.js"), str(ROOT)],
        input=json.dumps([{"args": ["deploy", *words], "env": env} for words, env in cases]),
        env={name: value for name, value in os.environ.items() if not name.startswith("CDK")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr[-2_000:]
    answers: list[dict[str, Any]] = json.loads(ended.stdout)
    assert len(answers) == len(cases)
    return answers


def is_safe(answer: Mapping[str, Any]) -> bool:
    """Whether the CLI would deploy the stacks that were named, with gates and with a rollback."""
    if "error" in answer:
        return True
    found = answer["ok"]
    on = all(found[name] in (None, True) for name in ("rollback", "execute"))
    off = not any(found[camel(name)] for name in DANGEROUS if name not in ("rollback", "execute"))
    others = found["method"] in (None, "direct", "change-set") and not (found["all"] or found["exclusively"])
    return on and off and others and not found["STACKS"]


def read(words: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> CdkOptions:
    return read_options(words, environment or {}, folder, folder / "home")


def accepts(words: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> bool:
    try:
        read(words, folder, environment)
    except InputError:
        return False
    return True


@pytest.mark.slow
def test_no_spelling_that_is_accepted_is_dangerous_to_the_parser_of_the_cli(tmp_path: Path) -> None:
    cases = spellings()
    assert len(cases) > 400
    answers = parsed([(words, {}) for words in cases])
    passed = [
        words
        for words, answer in zip(cases, answers, strict=True)
        if accepts(words, tmp_path) and not is_safe(answer)
    ]
    assert passed == []
    assert sum(not is_safe(answer) for answer in answers) > 100


@pytest.mark.slow
def test_no_variable_that_is_accepted_is_dangerous_to_the_parser_of_the_cli(tmp_path: Path) -> None:
    names = [
        f"CDK{mark}{name}"
        for option in (*DANGEROUS, "method", "all")
        for mark in ("_", "", "-")
        for name in {option.upper(), option.upper().replace("-", "_"), option}
    ]
    cases: list[tuple[list[str], Mapping[str, str]]] = [
        ([], {name: value}) for name in names for value in (*VALUES, "prepare-change-set", "direct")
    ]
    answers = parsed(cases)
    passed = [
        env
        for (words, env), answer in zip(cases, answers, strict=True)
        if accepts(words, tmp_path, env) and not is_safe(answer)
    ]
    assert passed == []
    assert sum(not is_safe(answer) for answer in answers) > 20


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--no-rollback"], "--no-rollback: is refused: it would leave a change"),
        (["-R"], "-R: is refused: it would leave a change"),
        (["--rollback", "false"], "--rollback false: is refused"),
        (["--express"], "--express: is refused: it does not roll back"),
        (["--hotswap"], "--hotswap: is refused: it changes resources past CloudFormation"),
        (["--hotswap-fallback"], "--hotswap-fallback: is refused"),
        (["--revert-drift"], "--revert-drift: is refused: it overwrites what auto scaling"),
        (["--all"], "Name it before --"),
        (["Other"], "Name stacks before --"),
    ],
)
def test_refused_option_says_what_it_does(words: list[str], why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(words, tmp_path)
    assert why in str(refused.value)


@pytest.mark.parametrize("place", ["cdk.json", "home/.cdk.json"])
@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({"rollback": False}, True),
        ({"rollback": "false"}, True),
        ({"rollback": None}, True),
        ({"rollback": True}, False),
        ({"express": True}, True),
        ({"revertDrift": True}, True),
        ({"revert-drift": True}, True),
        ({"hotswap": True}, True),
        ({"hotswap": {"ecs": {"minimumHealthyPercent": 80}}}, False),
        ({"hotswapFallback": True}, True),
        ({"method": "prepare-change-set"}, True),
        ({"watch": {"include": "**"}}, False),
        ({"express": False, "context": {"rollback": False}}, False),
    ],
)
def test_settings_file_when_it_means_the_same_is_refused_by_its_name(
    place: str, settings: dict[str, object], refused: bool, tmp_path: Path
) -> None:
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(settings))
    if refused:
        with pytest.raises(InputError, match=r"cdk\.json: .* is refused"):
            read([], tmp_path)
    else:
        read([], tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1,}', "[" * 100_000])
def test_settings_file_that_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text(text)
    with pytest.raises(InputError, match=r"cdk\.json"):
        read([], tmp_path)


def test_app_and_output_come_from_the_place_that_the_cli_takes_first(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py", "output": "made"}))
    found = read([], tmp_path)
    assert (found.app, found.output) == ("python app.py", "made")
    found = read([], tmp_path, {"CDK_APP": "python b.py", "CDK_OUTPUT": "b"})
    assert (found.app, found.output) == ("python b.py", "b")
    found = read(["-a", "python c.py", "--output=c"], tmp_path, {"CDK_APP": "python b.py"})
    assert (found.app, found.output) == ("python c.py", "c")


def test_profile_comes_from_the_place_that_the_cli_takes_first(tmp_path: Path) -> None:
    assert read([], tmp_path).profile is None
    (tmp_path / "cdk.json").write_text(json.dumps({"profile": "of the file"}))
    assert read([], tmp_path).profile == "of the file"
    assert read([], tmp_path, {"CDK_PROFILE": "of the variable"}).profile == "of the variable"
    assert read(["--profile", "prod"], tmp_path, {"CDK_PROFILE": "of the variable"}).profile == "prod"


def test_deployment_gets_the_options_without_those_of_the_synthesis(tmp_path: Path) -> None:
    words = ["-a", "python c.py", "--output=c", "-c", "a=b", "--profile", "prod", "-f", "--ci", "true"]
    found = read(words, tmp_path)
    assert found.words == tuple(words)
    assert found.words_of_deployment == ("-c", "a=b", "--profile", "prod", "-f", "--ci", "true")
    assert (found.value("profile"), found.has("f"), found.has("requireapproval")) == ("prod", True, False)
