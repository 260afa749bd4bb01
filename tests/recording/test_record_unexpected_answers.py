"""Answers that recording does not expect: each ends with one line, and nothing is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session

from capacity_guard.commands import main as cli
from tests.fakes.recording_aws import NAME, Services
from tests.recording.record_command import RecordCommand


@pytest.mark.parametrize("operation", ["DescribeTable", "GetMetricData", "DescribeScalableTargets"])
def test_recording_when_something_else_answers_says_so_and_keeps_nothing(
    command: RecordCommand, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    """A proxy's page with status 200: botocore makes an empty answer of it."""
    command.services.answers[operation] = lambda _: {}
    assert command.run() == 2
    assert f"{operation}: answered something else than AWS does. Check endpoint" in capsys.readouterr().err
    assert not command.files()


@pytest.mark.parametrize("given", [["--table", NAME], ["--tag", "a=b"], ["--stack", "x"]])
def test_recording_when_a_page_answers_every_call_says_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    """Through botocore's own parsers, which return an empty dict or raise various errors."""

    class LoginPage(AWSResponse):
        content = b"<html>log in</html>"

    monkeypatch.setattr(
        URLLib3Session, "send", lambda *_: LoginPage("http://127.0.0.1", 200, HTTPHeaders(), None)
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    out = tmp_path / ("x.json" if given[0] == "--table" else "x")
    assert cli.main(["record", *given, "--out", str(out), "--region", "eu-west-1"]) == 2
    assert "answered something else than AWS does. Check endpoint and network." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def values_lost(parameters: dict[str, Any], services: Services) -> dict[str, Any]:
    answer = services.metric_data(parameters)
    next(result for result in answer["MetricDataResults"] if result["Values"])["Values"].pop()
    return answer


def another_series(parameters: dict[str, Any], services: Services) -> dict[str, Any]:
    answer = services.metric_data(parameters)
    answer["MetricDataResults"][0]["Id"] = "zz"
    return answer


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("GetMetricData", values_lost),
        ("GetMetricData", another_series),
        ("DescribeStacks", lambda *_: {"Stacks": []}),
        ("DescribeTable", lambda *_: {"Table": {"TableName": NAME, "TableStatus": "ACTIVE"}}),
        ("GetTemplate", lambda *_: {"TemplateBody": {"Resources": {"Table": "x"}}}),
        ("GetTemplate", lambda *_: {"TemplateBody": {"Resources": {"Table": None}}}),
        ("GetTemplate", lambda *_: {"TemplateBody": {"Resources": {"Table": {}}}}),
        ("GetTemplate", lambda *_: {"TemplateBody": "[" * 100_000}),
        ("GetTemplate", lambda *_: {"TemplateBody": "a: " + "[" * 5_000}),
    ],
)
def test_recording_when_an_answer_cannot_be_read_says_one_line_and_names_the_table(
    command: RecordCommand, capsys: pytest.CaptureFixture[str], operation: str, answer: Any
) -> None:
    command.services.answers[operation] = lambda parameters: answer(parameters, command.services)
    assert command.run() == 2
    printed = capsys.readouterr().err
    # botocore itself cannot parse a very long row of brackets.
    expected = (
        "capacity-guard: table Orders: cannot be recorded (",
        "capacity-guard: template of orders-stack: is nested too deeply",
    )
    assert printed.startswith(expected) or "something else" in printed
    assert printed.count("\n") == 1
    assert not command.files()
