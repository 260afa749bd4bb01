"""What the demo prints: wrapped steps, quoted output, and events in the order in which they happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from demo.terminal import Terminal
from tests.fakes.emulator import NOW


def test_terminal_when_events_come_late_shows_them_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.event(NOW + timedelta(seconds=5), "second")
    terminal.event(NOW, "first")
    terminal.show_due_events()
    assert capsys.readouterr().out == ""  # an earlier event may still come
    terminal.show_due_events()
    assert capsys.readouterr().out.split() == ["16:00:00", "first", "16:00:05", "second"]


def test_terminal_when_another_line_comes_shows_the_events_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = Terminal()
    terminal.event(NOW + timedelta(seconds=5), "second")
    terminal.event(NOW, "first")
    terminal.note("then")
    assert capsys.readouterr().out.split() == ["16:00:00", "first", "16:00:05", "second", "then"]


def test_terminal_when_an_event_comes_after_a_later_one_was_shown_marks_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = Terminal()
    terminal.event(NOW + timedelta(seconds=5), "second")
    terminal.note("then")
    terminal.event(NOW, "first")
    terminal.event(NOW + timedelta(seconds=5), "third")
    terminal.note("end")
    assert capsys.readouterr().out.splitlines() == [
        "16:00:05  second",
        "          then",
        "16:00:00  first (earlier than the line above)",
        "16:00:05  third",
        "          end",
    ]


def test_terminal_when_it_shows_a_step_and_a_command_indents_and_wraps_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = Terminal()
    terminal.step("Step 1", "word " * 30)
    terminal.command("cdk deploy")
    terminal.quote("first line\n\n  second line\n")
    terminal.ended(1, 2.04)
    assert capsys.readouterr().out.splitlines() == [
        "",
        "Step 1    " + ("word " * 18).strip(),
        "          " + ("word " * 12).strip(),
        "          $ cdk deploy",
        "          | first line",
        "          |",
        "          |   second line",
        "            exit code 1, 2.0 s of wall clock",
    ]
