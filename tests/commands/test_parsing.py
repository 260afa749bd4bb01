"""How words become arguments: values that begin with a minus, whole names of options, and near names."""

from __future__ import annotations

import pytest

from capacity_guard.commands.main import _parser, main
from capacity_guard.commands.parsing import parse

PARSERS = {"capacity-guard": _parser(), **_parser().commands}


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed for unusable words."""
    with pytest.raises(SystemExit) as raised:
        main(words)
    assert raised.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


@pytest.mark.parametrize("option", [["--for", "-1h"], ["--for=-1h"], ["--for", "--1h"]])
def test_value_that_begins_with_a_minus_is_refused_with_what_is_wrong(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pause", "Orders", *option, "--reason", "a client"]) == 2
    assert "is not a time of 1 minute to 7 days" in capsys.readouterr().err


def test_reason_that_begins_with_a_minus_is_taken_as_it_is() -> None:
    parsed = parse(_parser(), ["rollback", "Orders", "--reason", "-5 % of the traffic", "--yes"])
    assert (parsed.reason, parsed.yes) == ("-5 % of the traffic", True)


@pytest.mark.parametrize("option", ["--yes", "--region=eu-west-1", "-h"])
def test_option_in_place_of_a_value_is_no_value(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["rollback", "Orders", "--reason", option])
    assert raised.value.code == 2
    assert "--reason: expected one argument" in capsys.readouterr().err


@pytest.mark.parametrize("name", PARSERS)
def test_parser_takes_no_abbreviation(name: str) -> None:
    assert not PARSERS[name].allow_abbrev


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "--htm", "x.html"],
        ["plan", "--htm=x.html"],
        ["status", "--assem", "x"],
        ["record", "--table", "T", "--o", "x"],
    ],
)
def test_abbreviation_of_an_option_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "unrecognized arguments: --" in refused(words, capsys)


MISSPELT: dict[str, tuple[list[str], str, str]] = {
    "a letter too few": (["findings", "--gihub"], "findings", "--gihub. Did you mean --github?"),
    "letters in another order": (["plan", "--htlm"], "plan", "--htlm. Did you mean --html?"),
    "with its value": (["plan", "--htlm=x.html"], "plan", "--htlm=x.html. Did you mean --html?"),
    "without its hyphen": (
        ["record", "--table", "T", "--out", "x", "--logicalid", "X"],
        "record",
        "--logicalid. Did you mean --logical-id?",
    ),
    "before one that is missing": (
        ["rollback", "T", "--resaon", "x"],
        "rollback",
        "--resaon. Did you mean --reason?",
    ),
    "in place of a value": (
        ["rollback", "T", "--reason", "--ye"],
        "rollback",
        "--ye. Did you mean --yes?",
    ),
    "the beginning of two": (["plan", "--h"], "plan", "--h. Did you mean --help or --html?"),
    "two of them": (
        ["plan", "--htlm", "--jsn", "-"],
        "plan",
        "--htlm --jsn. Did you mean --html or --json?",
    ),
    "near to nothing": (["plan", "--xyz"], "plan", "unrecognized arguments: --xyz"),
    "of one letter": (["plan", "-j"], "plan", "unrecognized arguments: -j"),
    "an argument too many": (["plan", "cdk.out", "other"], "plan", "unrecognized arguments: other"),
    "of no command": (["--verison"], "[-h]", "--verison. Did you mean --version?"),
}


@pytest.mark.parametrize("case", MISSPELT)
def test_option_that_is_misspelt_gets_the_usage_of_its_command_and_the_nearest_option(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, command, said = MISSPELT[case]
    printed = refused(words, capsys)
    assert printed.startswith(f"usage: capacity-guard {command} ")
    assert printed.endswith(f"{said}\n")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("recomend", "Did you mean recommend? Choose from record, "),
        ("Plan", "Did you mean plan? Choose from record, "),
        ("re", "Did you mean record or recommend or retry? Choose from record, "),
        ("xyz", "invalid choice: 'xyz'. Choose from record, "),
    ],
)
def test_command_that_is_misspelt_gets_the_nearest_command(
    word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = refused([word, "cdk.out"], capsys)
    assert printed.startswith("usage: capacity-guard [-h] ")
    assert "invalid choice: " in printed
    assert said in printed


def test_help_is_printed_whatever_follows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["plan", "--help", "--htlm"])
    assert raised.value.code == 0
    assert capsys.readouterr().out.startswith("usage: capacity-guard plan ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--al", "--", "--quiet"], "--al: is not an option of this command. Did you mean --all? Write "),
        (
            ["--exclusivly"],
            "--exclusivly: is not an option of this command. Did you mean --exclusively? Write ",
        ),
        (["--profile=x"], "--profile=x: is not an option of this command. Write "),
    ],
)
def test_option_before_the_dashes_of_deploy_gets_the_nearest_one_and_the_place_of_others(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy", "--yes", *words]) == 2
    assert f"capacity-guard: {said}options of the CDK CLI after --.\n" == capsys.readouterr().err


def test_options_of_the_cdk_cli_are_taken_as_they_are() -> None:
    words = ["deploy", "--yes", "Orders", "--", "--al", "--profil", "x", "--", "-c", "a=b"]
    arguments = parse(_parser(), words)
    assert arguments.stacks == ["Orders"]
    assert arguments.cdk == ("--al", "--profil", "x", "--", "-c", "a=b")
