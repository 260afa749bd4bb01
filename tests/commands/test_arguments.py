"""Arguments and outputs that several commands have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from capacity_guard.capacity import ChangeWindow, InputError
from capacity_guard.commands.arguments import parse_time, parse_window, write


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


def test_output_is_written_in_parts_as_utf_8(tmp_path: Path) -> None:
    write("--json", str(tmp_path / "out"), (part for part in ("1 ", "→ 2\n")))
    assert (tmp_path / "out").read_bytes() == "1 → 2\n".encode()


def test_output_into_the_summary_of_a_step_comes_after_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, other = tmp_path / "summary", tmp_path / "other"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.chdir(tmp_path)
    for file in (str(summary), "summary", str(other), str(other)):
        write("--markdown", file, ["## one ", "→\n"])
    assert summary.read_text(encoding="utf-8") == "## one →\n\n## one →\n"
    assert other.read_text(encoding="utf-8") == "## one →\n"
    summary.write_text("")
    write("--markdown", str(summary), ["1\n"])
    assert summary.read_text() == "1\n"


def test_output_that_cannot_be_written_is_refused_with_option_and_file(tmp_path: Path) -> None:
    file = str(tmp_path / "none" / "out")
    with pytest.raises(InputError) as raised:
        write("--json", file, ["1"])
    assert raised.value.location == f"--json {file}"
    assert "No such file" in raised.value.problem
