"""The command line: arguments, exit codes, and where it says what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.recording import aws

RECORD = ["record", "--table", "Orders"]

UNUSABLE: dict[str, tuple[list[str], str]] = {
    "no command": ([], "COMMAND"),
    "unknown command": (["remember"], "invalid choice"),
    "days no number": ([*RECORD, "--out", "x.json", "--days", "many"], "--days"),
    "unknown option": ([*RECORD, "--out", "x.json", "--tabel", "y"], "--tabel"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_cli_when_arguments_are_unusable_exits_with_two(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv, expected = UNUSABLE[case]
    with pytest.raises(SystemExit) as raised:
        cli.main(argv)
    assert raised.value.code == 2
    assert expected in capsys.readouterr().err


def test_cli_when_record_has_no_out_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(RECORD) == 2
    assert "--out: is missing" in capsys.readouterr().err


CONTRADICTORY: dict[str, tuple[list[str], str]] = {
    "capacity alone": (
        ["--out", "x.json", "--capacity", "c.json"],
        "--capacity: says nothing when AWS is read",
    ),
    "moment alone": (
        ["--out", "x.json", "--recorded-at", "2026-07-09T00:00:00Z"],
        "--recorded-at: says nothing",
    ),
    "csv alone": (["--out", "x.json", "--from-csv", "t.csv"], "--capacity: is missing"),
    "csv and days": (
        ["--out", "x.json", "--from-csv", "t.csv", "--capacity", "c", "--days", "3"],
        "--days: says nothing",
    ),
    "csv and region": (["--out", "x.json", "--from-csv", "t.csv", "--region", "r"], "--region: says nothing"),
    "csv and endpoint": (
        ["--out", "x.json", "--from-csv", "t.csv", "--endpoint-url", "u"],
        "--endpoint-url: says nothing",
    ),
    "moment": (
        ["--out", "x.json", "--from-csv", "t", "--capacity", "c", "--recorded-at", "today"],
        "--recorded-at: 'today' is no moment in UTC",
    ),
    "moment elsewhere": (
        [
            "--out",
            "x.json",
            "--from-csv",
            "t",
            "--capacity",
            "c",
            "--recorded-at",
            "2026-07-09T00:00:00+02:00",
        ],
        "is no moment in UTC",
    ),
    "no JSON name": (
        ["--out", "x.txt", "--from-csv", "t", "--capacity", "c"],
        "--out x.txt: is no file name ending in .json",
    ),
    "folder": (["--out", ".", "--from-csv", "t", "--capacity", "c"], "--out .: is no file name"),
}


@pytest.mark.parametrize("case", CONTRADICTORY)
def test_cli_when_options_contradict_exits_with_two_and_names_one(
    case: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    argv, expected = CONTRADICTORY[case]
    assert cli.main([*RECORD, *argv]) == 2
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_cli_when_boto3_is_missing_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert cli.main([*RECORD, "--out", str(tmp_path / "x.json")]) == 2
    assert "pip install 'capacity-guard[record]'" in capsys.readouterr().err


def test_cli_when_profile_and_region_are_unknown_exits_with_two(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    out = ["--out", str(tmp_path / "x.json")]
    assert cli.main([*RECORD, *out]) == 2
    assert "Region: is not known. Give --region, or set AWS_DEFAULT_REGION" in capsys.readouterr().err
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert cli.main([*RECORD, *out]) == 2
    said = capsys.readouterr().err
    assert "credentials: The config profile (nobody) could not be found. Set AWS_PROFILE to a profile" in said


@pytest.mark.parametrize(
    "profile",
    [
        "credential_process = /none/program",
        "role_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /none/token",
    ],
)
def test_cli_when_the_profile_names_a_file_that_is_missing_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(f"[default]\nregion = eu-west-1\n{profile}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert cli.main([*RECORD, "--out", str(tmp_path / "x.json")]) == 2
    said = capsys.readouterr().err
    assert "/none/" in said
    assert "Check the profile, the files it names" in said
    assert said.count("\n") == 1


def test_cli_when_interrupted_exits_with_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(region: str | None, endpoint_url: str | None) -> aws.RecordingAws:
        raise KeyboardInterrupt

    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(interrupt))
    assert cli.main([*RECORD, "--out", str(tmp_path / "x.json")]) == 130
    assert "interrupted; the same command goes on where it was" in capsys.readouterr().err


def test_cli_when_run_as_a_module_gives_help_and_exit_codes() -> None:
    command = [sys.executable, "-m", "capacity_guard"]
    helped = subprocess.run([*command, "record", "--help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0
    assert "--from-csv" in helped.stdout
    bad = subprocess.run([*command, *RECORD, "--out", "x.txt"], capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
