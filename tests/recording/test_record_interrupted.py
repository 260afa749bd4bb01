"""Interrupted recordings: what the next run continues with, and what it must not take over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions

from capacity_guard.capacity import InputError
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.recording.journal import MAXIMUM_AGE, journal_line
from tests.fakes.recording_aws import NAME, NOW, Failure, RecordingKilled, Services, throughput
from tests.recording.record_command import RecordCommand, busy_services, files, run

# --- killed ---


@pytest.mark.slow
def test_recording_when_killed_at_any_call_goes_on_to_the_same_bytes(
    services: Services, tmp_path: Path
) -> None:
    services.load_throttle_events()
    services.points_a_page = 700  # many pages
    assert run("--table", NAME, "--out", str(tmp_path / "whole" / "orders.json")) == 0
    calls = len(services.calls)
    assert calls > 12
    whole = files(tmp_path / "whole")
    assert sorted(whole) == ["orders.csv.gz", "orders.json"]
    for number in range(calls):
        folder = tmp_path / f"cut{number}"
        services.calls.clear()
        with services.killed_after(number):
            run("--table", NAME, "--out", str(folder / "orders.json"))
        assert [
            name for name in (files(folder) if folder.exists() else {}) if name != ".orders.recording"
        ] == []
        services.calls.clear()
        assert run("--table", NAME, "--out", str(folder / "orders.json")) == 0
        assert files(folder) == whole, number
        # Each call is made once, except the one that checks that it is still the same table.
        assert len(services.calls) == calls - number + (number > 0)


def test_recording_when_killed_between_its_two_files_goes_on_to_the_same_bytes(
    command: RecordCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command.run() == 0
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target == command.out:  # the traffic file is in its place already
            raise RecordingKilled
        return replace(self, target)

    command.services = busy_services(value=1200.0)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(RecordingKilled):
            command.run()
    with pytest.raises(InputError, match="does not fit"):
        Baseline.load(command.out)
    assert command.run() == 0
    traffic = Baseline.load(command.out).traffic
    assert traffic is not None
    assert {max(series) for series in traffic.consumed.values()} == {1200.0}
    assert sorted(command.files()) == ["orders.csv.gz", "orders.json"]


def test_recording_when_a_killed_one_left_its_draft_removes_it_and_recommend_passes_it_over(
    command: RecordCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run() == 0
    draft = command.out.with_name(".orders.recording-draft")
    draft.mkdir()
    for name, content in command.files().items():
        (draft / name).write_bytes(content)
    capsys.readouterr()
    cli.main(["recommend", str(command.out.parent), "--now", "2026-07-09T07:00:00Z"])
    assert capsys.readouterr().out.count("Orders: ") == 1
    assert command.run() == 0
    assert not draft.exists()


def test_recording_when_killed_twice_while_it_wrote_a_line_goes_on_from_the_second(
    command: RecordCommand, tmp_path: Path
) -> None:
    assert command.run() == 0
    whole = command.files()
    for file in tmp_path.iterdir():
        file.unlink()
    with command.services.killed_after(6):
        command.run()
    command.journal.write_bytes(command.journal.read_bytes()[:-20])
    with command.services.killed_after(4):
        command.run()
    after_the_second = len(command.journal.read_bytes())
    command.services.calls.clear()
    assert command.run() == 0
    assert after_the_second > 1000
    assert len(command.services.calls) < 10
    assert command.files() == whole


# --- another table under the same name ---


def moved(services: Services) -> None:
    services.table["TableArn"] = services.table["TableArn"].replace("123456789012", "999999999999")


def created_again(services: Services) -> None:
    services.table["TableId"] = "2"


@pytest.mark.parametrize("change", [moved, created_again])
def test_recording_when_the_table_is_another_one_takes_nothing_over(
    command: RecordCommand, change: Callable[[Services], None]
) -> None:
    command.services.table["TableId"] = "1"
    command.interrupt()
    command.services = busy_services(value=60_000.0)
    command.services.table["ProvisionedThroughput"] = throughput(5, 7)
    change(command.services)
    assert command.run() == 0
    deployed = Baseline.load(command.out).deployed
    assert deployed is not None
    assert deployed.units["table"].to_json() == {"read": 5, "write": 7}
    assert not command.journal.exists()


@pytest.mark.parametrize("option", [("--region", "us-east-1"), ("--endpoint-url", "http://localhost:8000")])
def test_recording_when_asked_for_elsewhere_takes_nothing_over(
    command: RecordCommand, option: tuple[str, str]
) -> None:
    """Two endpoints may give a table the same ARN."""
    command.interrupt()
    command.services = busy_services()
    command.services.table["ProvisionedThroughput"] = throughput(5, 7)
    assert command.run(*option) == 0
    deployed = Baseline.load(command.out).deployed
    assert deployed is not None
    assert deployed.units["table"].to_json() == {"read": 5, "write": 7}


# --- causes that end ---


@pytest.mark.sampled(every=12)
@pytest.mark.parametrize(
    "error",
    [
        exceptions.SSOTokenLoadError(error_msg="expired"),
        exceptions.UnauthorizedSSOTokenError(),
        exceptions.TokenRetrievalError(provider="sso", error_msg="Token has expired"),
        exceptions.CredentialRetrievalError(provider="x", error_msg="expired"),
        exceptions.ReadTimeoutError(endpoint_url="x"),
        exceptions.ConnectTimeoutError(endpoint_url="x"),
        exceptions.EndpointConnectionError(endpoint_url="x"),
        exceptions.ConnectionClosedError(endpoint_url="x"),
        Failure("ServiceUnavailable"),
        Failure("InternalFailure"),
        Failure("InternalServerError"),
        Failure("503"),
    ],
    ids=lambda error: error.code if isinstance(error, Failure) else type(error).__name__,
)
def test_recording_when_the_cause_of_the_interruption_ends_continues(
    command: RecordCommand, error: Exception
) -> None:
    asked = 0

    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise error
        return command.services.metric_data(parameters)

    command.services.answers["GetMetricData"] = answer
    assert command.run() == 2
    assert command.journal.exists()
    before = len(command.services.calls)
    assert command.run() == 0
    assert [operation for operation, _ in command.services.calls[before:]].count("DescribeStacks") == 0


def test_recording_when_a_page_token_is_not_accepted_any_more_starts_again_once(
    command: RecordCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    command.interrupt()
    command.services.failures["GetMetricData"] = [Failure("InvalidNextToken")]
    assert command.run() == 0
    command.services.failures["GetMetricData"] = [Failure("InvalidNextToken")] * 2
    capsys.readouterr()
    assert command.run() == 2
    assert "failed: InvalidNextToken said so. Record again." in capsys.readouterr().err
    assert not command.journal.exists()


# --- a journal that cannot be used ---


def test_recording_when_a_line_of_its_journal_was_cut_off_goes_on_before_it(
    services: Services, tmp_path: Path
) -> None:
    journal, out = tmp_path / ".orders.recording", tmp_path / "orders.json"
    services.failures["GetMetricData"] = [Failure("ExpiredToken")]
    assert run("--table", NAME, "--out", str(out)) == 2
    kept = journal.read_bytes()
    journal.write_bytes(kept[:-20])
    services.calls.clear()
    assert run("--table", NAME, "--out", str(out)) == 0
    assert not journal.exists()
    assert 0 < len(services.calls) < 10


@pytest.mark.parametrize("spoil", ["nonsense", "another request", "too old", "from the future"])
def test_recording_when_its_journal_cannot_be_used_asks_everything_anew(
    services: Services, tmp_path: Path, spoil: str
) -> None:
    journal, out = tmp_path / ".orders.recording", tmp_path / "orders.json"
    services.failures["GetMetricData"] = [Failure("ExpiredToken")]
    assert run("--table", NAME, "--out", str(out)) == 2
    head, _, rest = journal.read_text().partition("\n")
    data = json.loads(head.partition(" ")[2])
    if spoil == "nonsense":
        journal.write_text("{")
    elif spoil == "another request":
        journal.write_text(
            journal_line(json.dumps({**data, "request": {**data["request"], "days": 7}})) + rest
        )
    else:
        moved = NOW - MAXIMUM_AGE - timedelta(seconds=1) if spoil == "too old" else NOW + timedelta(seconds=1)
        journal.write_text(journal_line(json.dumps({**data, "started": moved.isoformat()})) + rest)
    services.calls.clear()
    assert run("--table", NAME, "--out", str(out)) == 0
    assert services.operations("DescribeTable")
    assert Baseline.load(out).recording.at == NOW
    assert not journal.exists()


def corrupted(name: str, change: Callable[[str], str]) -> Any:
    return pytest.param(change, id=name)


@pytest.mark.sampled(every=7)
@pytest.mark.parametrize(
    "change",
    [
        corrupted("another figure", lambda text: text.replace('Units\\": 200', 'Units\\": 900', 1)),
        corrupted("another field", lambda text: text.replace('{\\"Table\\":', '{\\"Tabl3\\":', 1)),
        corrupted("no JSON inside", lambda text: text.replace('\\"Table\\": {', '\\"Table\\": ', 1)),
        corrupted("brackets", lambda _: "[" * 100_000 + "\n"),
        corrupted("sound brackets", lambda _: journal_line("[" * 100_000)),
        corrupted("no answer", lambda text: text.split("\n")[0] + "\n"),
        corrupted(
            "an answer without a table", lambda text: text.split("\n")[0] + "\n" + journal_line('["a", "{}"]')
        ),
    ],
)
def test_recording_when_its_journal_is_corrupted_gives_what_a_fresh_one_gives(
    command: RecordCommand, change: Callable[[str], str]
) -> None:
    assert command.run() == 0
    whole = command.files()
    for name in whole:
        command.out.with_name(name).unlink()
    command.interrupt()
    text = command.journal.read_text()
    assert change(text) != text
    command.journal.write_text(change(text))
    assert command.run() == 0
    assert command.files() == whole


# --- long names ---


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("length", [3, 200, 201, 248])
def test_recording_when_its_name_is_long_is_kept_and_goes_on(
    command: RecordCommand, tmp_path: Path, length: int
) -> None:
    command.out = tmp_path / f"{'n' * length}.json"
    command.services.failures["GetMetricData"] = [Failure("ExpiredToken")]
    assert command.run() == 2
    assert len(command.files()) == 1
    assert command.run() == 0
    assert sorted(command.files()) == [f"{'n' * length}.csv.gz", f"{'n' * length}.json"]


# --- a journal that cannot be written ---


def test_recording_when_its_journal_cannot_be_written_names_the_output(
    command: RecordCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    command.journal.mkdir()
    assert command.run() == 2
    assert f"--out {command.out}: cannot be written (Is a directory)" in capsys.readouterr().err
