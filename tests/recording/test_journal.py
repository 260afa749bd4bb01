"""Recordings that were cut off: what they go on with, and what they must not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions

from capacity_guard.capacity import InputError
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.recording import aws, record, store
from capacity_guard.recording.journal import Journal, line_of
from tests.fakes.recording_aws import NAME, NOW, Failure, Services, throughput
from tests.recording.test_record import GLOBAL, _Clock, template


def made(value: float = 600.0) -> Services:
    found = Services()
    found.load(value=value)
    found.own(GLOBAL, template(writes=200))
    found.points_a_page = 700
    return found


class Recorder:
    """Runs the command against services that a test may exchange."""

    def __init__(self, folder: Path) -> None:
        self.services = made()
        self.out = folder / "orders.json"
        self.journal = folder / ".orders.recording"
        self.place: dict[str, str | None] = {}

    def connect(self, region: str | None, endpoint: str | None) -> aws.RecordingAws:
        found = self.services.aws()
        found.place = {"region": region, "endpoint": endpoint}
        return found

    def run(self, *more: str) -> int:
        return cli.main(["record", "--table", NAME, "--out", str(self.out), "--days", "1", *more])

    def cut_off(self, *more: str) -> None:
        """Leave the journal of a recording that had read all but the traffic."""
        self.services.failures["GetMetricData"] = [Failure("ExpiredToken")]
        assert self.run(*more) == 2
        assert self.journal.exists()

    def files(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.out.parent.iterdir() if file.is_file()}


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    found = Recorder(tmp_path)
    monkeypatch.setattr(record, "datetime", _Clock)
    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(found.connect))
    return found


class _Killed(BaseException):
    """The process ends here, as by SIGKILL: nobody catches it."""


# --- another table under the same name ---


def moved(services: Services) -> None:
    services.table["TableArn"] = services.table["TableArn"].replace("123456789012", "999999999999")


def created_again(services: Services) -> None:
    services.table["TableId"] = "2"


@pytest.mark.parametrize("change", [moved, created_again])
def test_recording_when_the_table_is_another_one_takes_nothing_over(
    recorder: Recorder, change: Callable[[Services], None]
) -> None:
    recorder.services.table["TableId"] = "1"
    recorder.cut_off()
    recorder.services = made(value=60_000.0)
    recorder.services.table["ProvisionedThroughput"] = throughput(5, 7)
    change(recorder.services)
    assert recorder.run() == 0
    deployed = Baseline.load(recorder.out).deployed
    assert deployed is not None
    assert deployed.units["table"].to_json() == {"read": 5, "write": 7}
    assert not recorder.journal.exists()


@pytest.mark.parametrize("option", [("--region", "us-east-1"), ("--endpoint-url", "http://localhost:8000")])
def test_recording_when_asked_for_elsewhere_takes_nothing_over(
    recorder: Recorder, option: tuple[str, str]
) -> None:
    """Two endpoints may give a table the same ARN."""
    recorder.cut_off()
    recorder.services = made()
    recorder.services.table["ProvisionedThroughput"] = throughput(5, 7)
    assert recorder.run(*option) == 0
    deployed = Baseline.load(recorder.out).deployed
    assert deployed is not None
    assert deployed.units["table"].to_json() == {"read": 5, "write": 7}


# --- killed ---


def test_recording_when_killed_between_its_two_files_goes_on_to_the_same_bytes(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recorder.run() == 0
    replace, first = Path.replace, True

    def killed(self: Path, target: Path) -> Path:
        nonlocal first
        if not first:
            raise _Killed
        first = False
        return replace(self, target)

    recorder.services = made(value=1200.0)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(_Killed):
            recorder.run()
    with pytest.raises(InputError, match="does not fit"):
        Baseline.load(recorder.out)
    assert recorder.run() == 0
    traffic = Baseline.load(recorder.out).traffic
    assert traffic is not None
    assert {max(series) for series in traffic.consumed.values()} == {1200.0}
    assert sorted(recorder.files()) == ["orders.csv.gz", "orders.json"]


def test_recording_when_a_killed_one_left_its_draft_removes_it_and_recommend_passes_it_over(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recorder.run() == 0
    draft = recorder.out.with_name(".orders.recording-draft")
    draft.mkdir()
    for name, content in recorder.files().items():
        (draft / name).write_bytes(content)
    capsys.readouterr()
    cli.main(["recommend", str(recorder.out.parent), "--now", "2026-07-09T07:00:00Z"])
    assert capsys.readouterr().out.count("Orders: ") == 1
    assert recorder.run() == 0
    assert not draft.exists()


def test_recording_when_killed_twice_while_it_wrote_a_line_goes_on_from_the_second(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recorder.run() == 0
    whole = recorder.files()
    for file in tmp_path.iterdir():
        file.unlink()

    def cut_after(calls: int) -> None:
        parsed, left = recorder.services._parsed, calls

        def cut(operation: str, parameters: dict[str, Any]) -> Any:
            nonlocal left
            if left == 0:
                raise _Killed
            left -= 1
            return parsed(operation, parameters)

        with monkeypatch.context() as patch:
            patch.setattr(recorder.services, "_parsed", cut)
            with pytest.raises(_Killed):
                recorder.run()

    cut_after(6)
    recorder.journal.write_bytes(recorder.journal.read_bytes()[:-20])
    cut_after(4)
    after_the_second = len(recorder.journal.read_bytes())
    recorder.services.calls.clear()
    assert recorder.run() == 0
    assert after_the_second > 1000
    assert len(recorder.services.calls) < 10
    assert recorder.files() == whole


# --- a journal that cannot be trusted ---


def corrupted(name: str, change: Callable[[str], str]) -> Any:
    return pytest.param(change, id=name)


@pytest.mark.parametrize(
    "change",
    [
        corrupted("another figure", lambda text: text.replace('Units\\": 200', 'Units\\": 900', 1)),
        corrupted("another field", lambda text: text.replace('{\\"Table\\":', '{\\"Tabl3\\":', 1)),
        corrupted("no JSON inside", lambda text: text.replace('\\"Table\\": {', '\\"Table\\": ', 1)),
        corrupted("brackets", lambda _: "[" * 100_000 + "\n"),
        corrupted("sound brackets", lambda _: line_of("[" * 100_000)),
        corrupted("no answer", lambda text: text.split("\n")[0] + "\n"),
        corrupted(
            "an answer without a table", lambda text: text.split("\n")[0] + "\n" + line_of('["a", "{}"]')
        ),
    ],
)
def test_recording_when_its_journal_is_corrupted_gives_what_a_fresh_one_gives(
    recorder: Recorder, change: Callable[[str], str]
) -> None:
    assert recorder.run() == 0
    whole = recorder.files()
    for name in whole:
        recorder.out.with_name(name).unlink()
    recorder.cut_off()
    text = recorder.journal.read_text()
    assert change(text) != text
    recorder.journal.write_text(change(text))
    assert recorder.run() == 0
    assert recorder.files() == whole


def test_journal_when_a_line_does_not_fit_its_checksum_keeps_what_was_before_it(tmp_path: Path) -> None:
    path = tmp_path / ".x.recording"
    first = Journal(path, {"out": "x.json"}, NOW)
    for number in range(3):
        first.note({"operation": number}, {"answer": number})
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[2].replace("answer", "anzwer"), lines[3]]))
    again = Journal(path, {"out": "x.json"}, NOW + timedelta(minutes=1))
    assert again.resumed == 1
    assert again.started == NOW
    assert [again.answer({"operation": number}) for number in range(3)] == [{"answer": 0}, None, None]
    assert path.read_text() == "".join(lines[:2])


@pytest.mark.parametrize("operation", ["DescribeTable", "GetMetricData", "DescribeScalableTargets"])
def test_recording_when_something_else_answers_says_so_and_keeps_nothing(
    recorder: Recorder, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    """A proxy's page with status 200: botocore makes an empty answer of it."""
    recorder.services.answers[operation] = lambda _: {}
    assert recorder.run() == 2
    assert f"{operation}: answered something else than AWS does. Check endpoint" in capsys.readouterr().err
    assert not recorder.files()


@pytest.mark.parametrize("given", [["--table", NAME], ["--tag", "a=b"], ["--stack", "x"]])
def test_recording_when_a_page_answers_every_call_says_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    """Through botocore's own parsers, which answer with an empty dict, or raise what they happen to."""
    from botocore.awsrequest import AWSResponse
    from botocore.httpsession import URLLib3Session

    class Page(AWSResponse):
        content = b"<html>log in</html>"

    monkeypatch.setattr(URLLib3Session, "send", lambda *_: Page("http://127.0.0.1", 200, {}, None))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    out = tmp_path / ("x.json" if given[0] == "--table" else "x")
    assert cli.main(["record", *given, "--out", str(out), "--region", "eu-west-1"]) == 2
    assert "answered something else than AWS does. Check endpoint and network." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# --- what passes ---


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
def test_recording_when_it_is_cut_off_by_what_passes_goes_on(recorder: Recorder, error: Exception) -> None:
    asked = 0

    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise error
        return recorder.services.metric_data(parameters)

    recorder.services.answers["GetMetricData"] = answer
    assert recorder.run() == 2
    assert recorder.journal.exists()
    before = len(recorder.services.calls)
    assert recorder.run() == 0
    assert [operation for operation, _ in recorder.services.calls[before:]].count("DescribeStacks") == 0


def test_recording_when_a_page_token_is_not_taken_any_more_starts_again_once(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.cut_off()
    recorder.services.failures["GetMetricData"] = [Failure("InvalidNextToken")]
    assert recorder.run() == 0
    recorder.services.failures["GetMetricData"] = [Failure("InvalidNextToken")] * 2
    capsys.readouterr()
    assert recorder.run() == 2
    assert "failed: InvalidNextToken said so. Record again." in capsys.readouterr().err
    assert not recorder.journal.exists()


# --- what nobody expected ---


def values_lost(parameters: dict[str, Any], services: Services) -> dict[str, Any]:
    answer = services.metric_data(parameters)
    answer["MetricDataResults"][0]["Values"].pop()
    return answer


def another_series(parameters: dict[str, Any], services: Services) -> dict[str, Any]:
    answer = services.metric_data(parameters)
    answer["MetricDataResults"][0]["Id"] = "zz"
    return answer


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("GetMetricData", values_lost),
        ("GetMetricData", another_series),
        ("DescribeStacks", lambda *_: {"Stacks": []}),
        ("DescribeTable", lambda *_: {"Table": {"TableName": NAME}}),
        ("GetTemplate", lambda *_: {"TemplateBody": {"Resources": {"Table": "x"}}}),
        ("GetTemplate", lambda *_: {"TemplateBody": {"Resources": {"Table": None}}}),
        ("GetTemplate", lambda *_: {"TemplateBody": {"Resources": {"Table": {}}}}),
        ("GetTemplate", lambda *_: {"TemplateBody": "[" * 100_000}),
        ("GetTemplate", lambda *_: {"TemplateBody": "a: " + "[" * 5_000}),
    ],
)
def test_recording_when_an_answer_is_none_that_it_can_read_says_one_line_and_names_the_table(
    recorder: Recorder, capsys: pytest.CaptureFixture[str], operation: str, answer: Any
) -> None:
    recorder.services.answers[operation] = lambda parameters: answer(parameters, recorder.services)
    assert recorder.run() == 2
    said = capsys.readouterr().err
    # Brackets without end are too much for botocore already.
    assert said.startswith("capacity-guard: table Orders: cannot be recorded (") or "something else" in said
    assert said.count("\n") == 1
    assert not recorder.files()


# --- names ---


@pytest.mark.parametrize("length", [3, 200, 201, 248])
def test_recording_when_its_name_is_long_is_kept_and_goes_on(
    recorder: Recorder, tmp_path: Path, length: int
) -> None:
    recorder.out = tmp_path / f"{'n' * length}.json"
    recorder.services.failures["GetMetricData"] = [Failure("ExpiredToken")]
    assert recorder.run() == 2
    assert len(recorder.files()) == 1
    assert recorder.run() == 0
    assert sorted(recorder.files()) == [f"{'n' * length}.csv.gz", f"{'n' * length}.json"]


def test_short_names_when_they_begin_alike_are_told_apart() -> None:
    one, other = store.short("n" * 255), store.short("n" * 254 + "m")
    assert one != other
    assert len(one) == len(other) == 209
    assert store.short("Orders") == "Orders"
