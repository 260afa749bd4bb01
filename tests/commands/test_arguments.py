"""Arguments that several commands have in common."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capacity_guard.capacity import ChangeWindow, InputError
from capacity_guard.commands.arguments import (
    decimal_number,
    file_or_dash,
    file_path,
    named_file,
    parse_time,
    parse_window,
    plain_text,
    whole_number,
)
from capacity_guard.commands.main import _parser, main

PATHS = r"FILE|FOLDER|TEMPLATE|CDK\.OUT|\.json|\.csv"
"""What the name of an argument contains that is a path."""
TAKING_PATHS = [
    (command, action)
    for command, parser in _parser().commands.items()
    for action in parser._actions
    if re.search(PATHS, str(action.metavar))
]


def test_time_is_parsed_to_the_second() -> None:
    assert parse_time("2026-07-09T15:40:03.9Z", "--now") == datetime(2026, 7, 9, 15, 40, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["today", "2026-07-09", "2026-07-09T15:40:00", "2026-07-09T15:40:00+02:00"])
def test_time_that_is_not_in_utc_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_time(text, "--now")
    assert (raised.value.location, raised.value.problem) == ("--now", f"{text!r} is not a moment in UTC")


def test_window_is_that_of_a_change_window() -> None:
    assert parse_window("Sun 06-10 Europe/Berlin", "--change-window") == ChangeWindow(
        "Sun 06-10 Europe/Berlin"
    )


def test_window_that_names_no_hours_is_refused_with_the_option() -> None:
    with pytest.raises(InputError) as raised:
        parse_window("some day", "--change-window")
    with pytest.raises(InputError) as of_window:
        ChangeWindow("some day")
    assert raised.value.location == "--change-window"
    assert (raised.value.problem, raised.value.remedy) == (of_window.value.problem, of_window.value.remedy)


def test_text_that_is_no_utf_8_is_refused() -> None:
    assert plain_text("größer") == "größer"
    with pytest.raises(argparse.ArgumentTypeError, match="holds bytes that are no UTF-8"):
        plain_text("a\udcff")


@pytest.mark.parametrize(
    ("read", "text"), [(whole_number, "7"), (decimal_number, "1.5"), (whole_number, "-3")]
)
def test_number_has_digits_of_ascii_alone(read: Callable[[str], float], text: str) -> None:
    assert read(text) == float(text)
    for other in ("٣", "１", "three"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"is not a (whole )?number"):
            read(other)


def words_with_an_empty_path(command: str, action: argparse.Action) -> list[str]:
    """The words of a command with its other positional arguments, and one that is empty."""
    parser = _parser().commands[command]
    given = ["" if each.dest == action.dest else "x" for each in parser._actions if not each.option_strings]
    return [command, *given, *([action.option_strings[0], ""] if action.option_strings else [])]


@pytest.mark.parametrize(
    ("command", "action"), TAKING_PATHS, ids=[f"{name} {action.dest}" for name, action in TAKING_PATHS]
)
def test_path_that_is_empty_is_refused_as_empty(
    command: str, action: argparse.Action, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(words_with_an_empty_path(command, action))
    assert raised.value.code == 2
    name = "/".join(action.option_strings) or action.metavar
    printed = capsys.readouterr().err
    assert printed.startswith(f"usage: capacity-guard {command} ")
    assert printed.endswith(
        f"error: argument {name}: is empty; is a variable not set? Name a file or a folder\n"
    )


def test_paths_are_all_arguments_with_the_type_of_a_path() -> None:
    types = (file_path, file_or_dash, named_file)
    actions = [
        (command, action)
        for command, parser in _parser().commands.items()
        for action in parser._actions
        if action.type in types or action.type is Path
    ]
    assert [(command, action.dest) for command, action in actions] == [
        (command, action.dest) for command, action in TAKING_PATHS
    ]
    assert all(action.type is not Path for _, action in actions)


@pytest.mark.parametrize("convert", [file_path, file_or_dash, named_file])
@pytest.mark.parametrize("text", ["", "Orders="])
def test_type_of_a_path_refuses_nothing_and_a_name_without_a_file(
    convert: Callable[[str], object], text: str
) -> None:
    if text and convert is not named_file:
        assert str(convert(text)) == text
        return
    with pytest.raises(argparse.ArgumentTypeError, match="is empty"):
        convert(text)


def test_type_of_a_path_keeps_what_is_given() -> None:
    assert file_path("cdk.out") == Path("cdk.out")
    assert file_or_dash("-") == "-"
    assert named_file("Orders=orders.json") == "Orders=orders.json"
