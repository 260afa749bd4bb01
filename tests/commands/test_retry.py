"""``capacity-guard retry``: raises the attempt and leaves every other byte of the baseline as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.commands.main import main
from capacity_guard.evidence.baseline import MOST_ATTEMPTS, Baseline, NewTable
from tests.builders.guarded import LOWERED, baseline

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "orders.json"
    baseline(attempt=3).save(made)
    return made


def test_retry_raises_the_attempt_and_so_gives_the_change_another_fingerprint(
    file: Path, capsys: Captured
) -> None:
    before, text = Baseline.load(file), file.read_text()
    assert main(["retry", str(file)]) == 0
    assert f"{file}: conversations, attempt 3 -> 4" in capsys.readouterr().out
    after = Baseline.load(file)
    assert file.read_text() == text.replace('"attempt": 3', '"attempt": 4')
    assert after.transition_to(LOWERED).fingerprint != before.transition_to(LOWERED).fingerprint


def test_retry_of_a_file_that_is_no_sound_baseline_changes_nothing(file: Path, capsys: Captured) -> None:
    for content in (file.read_text()[:-40], file.read_text().replace('"attempt": 3', '"attempt": 0')):
        file.write_text(content)
        assert main(["retry", str(file)]) == 2
        assert file.read_text() == content
    assert main(["retry", str(file.with_name("gone.json"))]) == 2
    assert "is missing" in capsys.readouterr().err


def test_retry_of_a_table_that_does_not_exist_or_of_the_last_attempt_is_refused(
    file: Path, capsys: Captured
) -> None:
    baseline(attempt=MOST_ATTEMPTS).save(file)
    assert main(["retry", str(file)]) == 2
    NewTable("Orders").save(file)
    assert main(["retry", str(file)]) == 2
    err = capsys.readouterr().err
    assert f"is {MOST_ATTEMPTS} already" in err
    assert "does not exist yet" in err
