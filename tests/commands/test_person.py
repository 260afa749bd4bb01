"""The person at the terminal: one without a name, and one who ends the input."""

from __future__ import annotations

import os

import pytest

from capacity_guard.commands import person


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 1000730000"), OSError("No username")])
def test_user_without_a_name_is_named_by_its_number(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", fails)
    assert person.name() == f"user {os.getuid()}"


@pytest.mark.parametrize(("answer", "agrees"), [("y", True), (" YES ", True), ("", False), ("no", False)])
def test_answer_is_yes_only_where_it_says_so(
    monkeypatch: pytest.MonkeyPatch, answer: str, agrees: bool
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    assert person.agrees("Deploy?") is agrees


def test_input_that_ends_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", ends)
    assert person.agrees("Deploy?") is False
