"""`python -m live` before it makes anything: what it refuses, what it shows, and what it does with the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from live import __main__ as entry
from live import record
from live.account import BOOTSTRAP_VERSION
from live.deployment import Deployment

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ARGUMENTS = ["--account", ACCOUNT, "--region", REGION]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Call")


class Service:
    """STS and SSM of one account; every other call is an error of the test."""

    def __init__(self, account: str | Exception = ACCOUNT, version: str | Exception = "30") -> None:
        self._account, self._version = account, version

    def get_caller_identity(self) -> dict[str, str]:
        if isinstance(self._account, Exception):
            raise self._account
        return {"Account": self._account}

    def get_parameter(self, Name: str) -> dict[str, dict[str, str]]:  # noqa: N803
        assert Name == BOOTSTRAP_VERSION
        if isinstance(self._version, Exception):
            raise self._version
        return {"Parameter": {"Value": self._version}}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(entry, "ROOT", tmp_path)
    monkeypatch.setattr(entry.signal, "signal", lambda *a: None)


REFUSALS: dict[str, tuple[list[str], dict[str, str], Service, str]] = {
    "no account": (["--region", REGION], {}, Service(), "--account: is missing"),
    "empty account": (["--account", "", "--region", REGION], {}, Service(), "--account: is missing"),
    "no account id": (["--account", "prod", "--region", REGION], {}, Service(), "is not an account id"),
    "no Region": (["--account", ACCOUNT], {}, Service(), "--region: is missing"),
    "bad Region": (["--account", ACCOUNT, "--region", "Ireland"], {}, Service(), "is no Region"),
    "another account": (ARGUMENTS, {}, Service(account="999999999999"), "which is 999999999999"),
    "no credentials": (ARGUMENTS, {}, Service(account=NoCredentialsError()), "credentials: cannot be used"),
    "not bootstrapped": (
        ARGUMENTS,
        {},
        Service(version=refused("ParameterNotFound")),
        f"npx cdk bootstrap aws://{ACCOUNT}/{REGION}",
    ),
    "bootstrap hidden": (ARGUMENTS, {}, Service(version=refused("AccessDenied")), "ssm:GetParameter"),
    "old bootstrap": (ARGUMENTS, {}, Service(version="3"), "has bootstrap version 3"),
    "endpoint elsewhere": (
        ARGUMENTS,
        {"AWS_ENDPOINT_URL": "https://example.com"},
        Service(),
        "is not on this machine",
    ),
    "endpoint of one service": (
        ARGUMENTS,
        {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"},
        Service(),
        "replaces one service only",
    ),
    "bad run id": ([*ARGUMENTS, "--cleanup", "*"], {}, Service(), "is no run id"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_live_when_it_must_not_start_says_why_and_makes_nothing(
    case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, environment, service, expected = REFUSALS[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Deployment, "client", lambda self, name: service)
    assert entry.main([*arguments, "--yes"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert expected in errors[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", ["no", "", "y"])
def test_live_when_it_is_not_confirmed_shows_the_estimate_and_makes_nothing(
    answer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Deployment, "client", lambda self, name: Service())
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    assert entry.main(ARGUMENTS) == 2
    shown = capsys.readouterr()
    assert "Cost at most, US dollars" in shown.out
    assert "not confirmed, nothing was made" in shown.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("outcome", [KeyboardInterrupt, RuntimeError("no")])
def test_live_when_it_ends_badly_cleans_up_and_keeps_its_record_out_of_the_docs(
    outcome: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Deployment, "client", lambda self, name: Service())
    cleaned = []

    def fail(self: Any) -> None:
        raise outcome

    def remains(aws: Any, run: str, say: Any) -> list[str]:
        cleaned.append(run)
        return [f"stack CgLive-{run}-Plain"]

    monkeypatch.setattr(entry, "LiveRun", lambda *a: type("Failing", (), {"run": fail})())
    monkeypatch.setattr(entry, "clean_up", remains)
    code = entry.main([*ARGUMENTS, "--yes"])
    assert code == (130 if outcome is KeyboardInterrupt else 1)
    (run,) = cleaned
    (path,) = (tmp_path / "out" / "live" / run).glob("*.json")
    found = json.loads(path.read_text())
    record.check(found)
    assert found["outcome"] == ("interrupted" if outcome is KeyboardInterrupt else "failed")
    assert found["left"] == [f"stack CgLive-{run}-Plain"]
    assert not (tmp_path / "docs").exists()
    said = capsys.readouterr().out
    assert f"remove it: python -m live --account {ACCOUNT} --region {REGION} --cleanup {run}" in said
