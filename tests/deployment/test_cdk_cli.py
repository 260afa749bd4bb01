"""The CDK CLI as a process: which one is started, how it ends, and how it is ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.deployment.cdk_cli import CdkCli, Running

DEAF = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); sys.stdin.read()"


def installed(folder: Path, text: str = "#!/bin/sh\nexit 0\n") -> Path:
    path = folder / "node_modules" / ".bin" / "cdk"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_cli_of_the_app_comes_before_that_of_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    on_path = tmp_path / "bin" / "cdk"
    on_path.write_text("#!/bin/sh\n")
    on_path.chmod(0o755)
    monkeypatch.setenv("PATH", str(on_path.parent))
    app = tmp_path / "repository" / "app"
    app.mkdir(parents=True)
    assert CdkCli.find(app).command == (str(on_path),)
    path = installed(tmp_path / "repository")
    assert CdkCli.find(app).command == (str(path),)


def test_cli_that_is_not_installed_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="npm install --save-dev aws-cdk"):
        CdkCli.find(tmp_path)


def test_run_gets_its_words_in_its_folder_and_gives_its_exit_code(tmp_path: Path) -> None:
    path = installed(tmp_path, '#!/bin/sh\npwd > said\necho "$@" >> said\nexit 7\n')
    assert CdkCli((str(path),), tmp_path).run(["synth", "A"]) == 7
    assert (tmp_path / "said").read_text().splitlines() == [os.path.realpath(tmp_path), "synth A"]


def test_cli_that_cannot_be_started_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be started"):
        CdkCli((str(tmp_path / "absent"),), tmp_path).start([])


@pytest.mark.parametrize("deaf", [False, True])
def test_run_that_is_stopped_ends_even_where_it_does_not_want_to(deaf: bool) -> None:
    program = DEAF if deaf else "import sys; print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        run = Running(process, stop_seconds=0.3)
        assert run.wait(0) is None
        run.stop()
        assert run.wait(0) == (-9 if deaf else -15)
