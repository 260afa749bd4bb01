"""``capacity-guard record``: its options, and what it says without AWS."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.evidence.files import LARGEST_TEXT

RECORD = ["record", "--table", "Orders"]


CONTRADICTORY: dict[str, tuple[list[str], str]] = {
    "capacity alone": (
        ["--out", "x.json", "--capacity", "c.json"],
        "--capacity: says nothing when AWS is read",
    ),
    "time alone": (
        ["--out", "x.json", "--recorded-at", "2026-07-09T00:00:00Z"],
        "--recorded-at: says nothing",
    ),
    "csv alone": (["--out", "x.json", "--from-csv", "t.csv"], "--template: is missing"),
    "csv and days": (
        ["--out", "x.json", "--from-csv", "t.csv", "--capacity", "c", "--days", "3"],
        "--days: says nothing",
    ),
    "csv and region": (
        ["--out", "x.json", "--from-csv", "t.csv", "--region", "r"],
        "--region 'r': is not a Region",
    ),
    "csv and endpoint": (
        ["--out", "x.json", "--from-csv", "t.csv", "--endpoint-url", "u"],
        "--endpoint-url: says nothing",
    ),
    "time": (
        ["--out", "x.json", "--from-csv", "t", "--capacity", "c", "--recorded-at", "today"],
        "--recorded-at: 'today' is not a moment in UTC",
    ),
    "time in another zone": (
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
        "is not a moment in UTC",
    ),
    "no JSON name": (
        ["--out", "x.txt", "--from-csv", "t", "--capacity", "c"],
        "--out x.txt: is not a file name ending in .json",
    ),
    "folder": (["--out", ".", "--from-csv", "t", "--capacity", "c"], "--out .: is not a file name"),
}


def test_record_when_it_has_no_out_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(RECORD) == 2
    assert "--out: is missing" in capsys.readouterr().err


@pytest.mark.parametrize("case", CONTRADICTORY)
def test_record_when_options_contradict_exits_with_two_and_names_one(
    case: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    argv, expected = CONTRADICTORY[case]
    assert cli.main([*RECORD, *argv]) == 2
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_record_when_boto3_is_missing_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert cli.main([*RECORD, "--out", str(tmp_path / "x.json")]) == 2
    assert capsys.readouterr().err == (
        "capacity-guard: boto3: is not installed, and reading AWS needs it. Run: pip install boto3.\n"
    )


def test_record_when_profile_and_region_are_unknown_exits_with_two(
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
def test_record_when_the_profile_names_a_file_that_is_missing_says_so(
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


WRONG: dict[str, tuple[list[str], str]] = {
    "no table": ([], "--table: is missing"),
    "table and tag": (
        ["--table", "Orders", "--tag", "team=chat"],
        "--table and --tag: name tables in two ways",
    ),
    "tag without a value": (["--tag", "team", "--out", "out"], "--tag team: is not KEY=VALUE"),
    "parallel": (["--tag", "a=b", "--out", "out", "--parallel", "33"], "--parallel 33: is out of range"),
    "file for a fleet": (["--tag", "a=b", "--out", "x.json"], "--out x.json: is not a folder"),
    "no list": (
        ["--tables-from", "none.txt", "--print-iam-policy"],
        "--tables-from none.txt: cannot be read",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_record_when_tables_or_output_are_not_named_well_exits_with_two(
    case: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    arguments, expected = WRONG[case]
    assert cli.main(["record", *arguments]) == 2
    assert expected in capsys.readouterr().err


def test_record_when_the_policy_is_asked_for_prints_it_and_records_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tables.txt").write_text("orders\ncustomers\n")
    assert cli.main(["record", "--tables-from", "tables.txt", "--print-iam-policy"]) == 0
    assert "table/customers" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["tables.txt"]


def test_record_when_the_list_is_too_large_says_so_as_of_any_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "tables.txt").open("wb") as file:
        file.truncate(LARGEST_TEXT + 1)
    assert cli.main(["record", "--tables-from", str(tmp_path / "tables.txt"), "--print-iam-policy"]) == 2
    mib = LARGEST_TEXT // 2**20
    expected = f"capacity-guard: {tmp_path}/tables.txt: holds more than {mib} MiB. Give a smaller file.\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize(("more", "code"), [(0, 0), (1, 2)])
def test_record_when_the_list_on_standard_input_is_too_large_refuses_it(
    more: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = "orders\n"
    monkeypatch.setattr(sys, "stdin", StringIO(names + "#" * (LARGEST_TEXT - len(names) + more)))
    assert cli.main(["record", "--tables-from", "-", "--print-iam-policy"]) == code
    printed = capsys.readouterr()
    if code:
        mib = LARGEST_TEXT // 2**20
        assert f"--tables-from -: cannot be read (holds more than {mib} MiB)" in printed.err
    else:
        assert "table/orders" in printed.out
