"""`python -m demo`: its arguments and its exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import EmulatorError
from demo import __main__ as entry
from demo.__main__ import main


@pytest.mark.parametrize("speed", ["0", "61", "fast", "nan"])
def test_main_when_the_speed_is_out_of_range_ends_with_code_2_and_starts_nothing(
    speed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", "--speed", speed, "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "1 to 60" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("result", "code"),
    [([], 0), (["a problem"], 1), (EmulatorError("no port"), 1), (KeyboardInterrupt(), 130)],
)
def test_main_when_the_demo_ends_has_the_exit_code_of_its_result(
    result: list[str] | BaseException, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class EndedDemo:
        def __init__(self, out: Path, speed: float) -> None:
            assert (out, speed) == (tmp_path, 30.0)

        def run(self) -> list[str]:
            if isinstance(result, BaseException):
                raise result
            return result

    monkeypatch.setattr(sys, "argv", ["demo", "--out", str(tmp_path)])
    monkeypatch.setattr(entry.signal, "signal", lambda *_: None)
    monkeypatch.setattr(entry, "Demo", EndedDemo)
    assert main() == code
