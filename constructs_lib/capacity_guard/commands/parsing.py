"""How the words of a command line become arguments, and what is reported for a word that no command knows."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from ..capacity.safe_text import safe_line

_MOST_SUGGESTIONS = 3


class CommandParser(argparse.ArgumentParser):
    """A parser that takes each option by its whole name, as its sub-parsers do.

    An abbreviation would mean another option as soon as a command gets one with the same beginning, and would hide a misspelling.

    Args:
        settings: those of ``argparse.ArgumentParser``.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "allow_abbrev": False})

    @property
    def commands(self) -> dict[str, argparse.ArgumentParser]:
        """The parser of each command, by its name."""
        return {
            name: parser
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)
            for name, parser in action.choices.items()
        }


def parse(parser: CommandParser, argv: Sequence[str]) -> argparse.Namespace:
    """Parse arguments. What follows ``--`` of ``deploy`` is for the CDK CLI, and argparse would take it for stacks.

    For unusable arguments argparse ends the process with code 2, after the usage of the command that they are for.

    Args:
        parser: the parser of all commands.
        argv: the arguments, the name of the command first.

    Raises:
        InputError: an option of the CDK CLI is before ``--``.
    """
    words = list(argv)
    command = parser.commands.get(words[0]) if words else None
    if command is None:
        _refuse_unknown_command(parser, words)
        return parser.parse_args(words)
    if words[0] == "deploy":
        at = words.index("--") if "--" in words else len(words)
        arguments, unknown = parser.parse_known_args(words[:at])
        if unknown:
            raise InputError(
                " ".join(unknown),
                "is not an option of this command",
                f"{_suggestion(unknown, command)}Write options of the CDK CLI after --",
            )
        arguments.cdk = tuple(words[at + 1 :])
        return arguments
    words = _with_values(words, command)
    unknown = list(_unknown_options(words[1:], command))
    if unknown:
        _refuse_unknown(command, unknown)
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        _refuse_unknown(command, unknown)
    return arguments


def _with_values(words: Sequence[str], command: argparse.ArgumentParser) -> list[str]:
    """Words in which each option has its value, also one that begins with a minus: argparse would take it for an option.

    So ``--for -1h`` and ``--reason "-5 % of the traffic"`` reach the check of the value, which says what is wrong with it.

    Args:
        words: the arguments, the name of the command first.
        command: its parser.
    """
    options = command._option_string_actions
    found: list[str] = []
    for word in words:
        before = options.get(found[-1]) if found else None
        takes_value = before is not None and before.nargs is None
        if takes_value and len(word) > 1 and word.startswith("-") and not _is_option(word, options):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def _is_option(word: str, options: Iterable[str]) -> bool:
    """Whether a word is one of some options, or is meant to be one: a short option with its value, or a misspelt option."""
    if word.startswith("--"):
        return word.partition("=")[0] in options or bool(_nearest(word, options))
    return any(not option.startswith("--") and word.startswith(option) for option in options)


def _unknown_options(words: Iterable[str], command: argparse.ArgumentParser) -> Iterator[str]:
    """Words that argparse takes for options and that the command does not have, before it looks for what is missing."""
    options = command._option_string_actions
    for word in words:
        if word in ("--", "-h", "--help"):
            return
        is_option = word.startswith("--") and " " not in word
        if is_option and word.partition("=")[0] not in options:
            yield word


def _refuse_unknown(command: argparse.ArgumentParser, unknown: Sequence[str]) -> NoReturn:
    suggestion = _suggestion(unknown, command)
    words = safe_line(" ".join(unknown))
    command.error(f"unrecognized arguments: {words}" + (f". {suggestion.rstrip()}" if suggestion else ""))


def _refuse_unknown_command(parser: CommandParser, words: Sequence[str]) -> None:
    if not words:
        return
    word = words[0]
    if word.startswith("-"):
        unknown = list(_unknown_options(words[:1], parser))
        if unknown:
            _refuse_unknown(parser, unknown)
        return
    near = _nearest(word, parser.commands)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    parser.error(
        f"argument COMMAND: invalid choice: {shown(word)}. {meant}Choose from {', '.join(parser.commands)}"
    )


def _suggestion(unknown: Iterable[str], command: argparse.ArgumentParser) -> str:
    """The options that unknown ones are nearest to, as a question with a space after it; empty where there are none."""
    options = command._option_string_actions
    near = dict.fromkeys(
        option for word in unknown if word.startswith("--") for option in _nearest(word, options)
    )
    return f"Did you mean {' or '.join(near)}? " if near else ""


def _nearest(word: str, names: Iterable[str]) -> list[str]:
    """The names that a word begins, at most three, else the one that it is nearest to.

    Args:
        word: a command, or an option with or without its value.
        names: commands or options; an option of one letter is near to nothing.
    """
    given = word.partition("=")[0].lstrip("-").lower()
    whole = {name.lstrip("-"): name for name in names if len(name.lstrip("-")) > 1}
    if not given or " " in given:
        return []
    found = [name for name in whole if name.startswith(given)] or difflib.get_close_matches(given, whole, n=1)
    return [whole[name] for name in found[:_MOST_SUGGESTIONS]]


__all__ = ["CommandParser", "parse"]
