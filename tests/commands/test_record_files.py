"""Options of ``capacity-guard record --from-csv``. What it records: ``tests/recording/test_from_template.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.commands import main as cli
from tests.fakes.recording_aws import NAME


@pytest.mark.parametrize("option", ["--logical-id x", "--parameter a=b", "--answers x", "--template x"])
def test_option_of_files_when_aws_is_read_is_refused(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["record", "--table", NAME, "--out", str(tmp_path / "o.json"), *option.split()]) == 2
    assert f"{option.split()[0]}: says nothing when AWS is read" in capsys.readouterr().err


def test_from_csv_without_a_capacity_names_the_template(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["record", "--table", NAME, "--out", str(tmp_path / "o.json"), "--from-csv", "x.csv"]
    assert cli.main(given) == 2
    assert (
        "--template: is missing. Name the template that is deployed, with --logical-id"
        in capsys.readouterr().err
    )
    assert cli.main([*given, "--capacity", "c.json", "--logical-id", "x"]) == 2
    assert "--logical-id: says nothing without --template" in capsys.readouterr().err
