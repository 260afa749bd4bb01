"""Start, reach, reset and end one local AWS emulator (MiniStack with our corrections) on the rehearsal clock.

    with Emulator(speed=30, start=datetime(2026, 7, 9, 15, 40, tzinfo=UTC)) as emulator:
        subprocess.run(["cdk", "deploy", ...], env=emulator.env(), check=True)
        emulator.client("dynamodb").describe_table(TableName="...")
        emulator.clock.jump(3_600)

It listens on the loopback interface only, on a free port, keeps its state in a folder of its own and is
ended with the process that started it.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .clock import CLOCK_VARIABLE, Clock, wall_seconds, wall_sleep
from .corrections import SKIP_VARIABLE

HOST = "127.0.0.1"
ACCOUNT = "000000000000"
"""Account id of every emulated resource: MiniStack's answer to a key that is no account id."""

DEFAULT_SPEED = 30.0
DEFAULT_REGION = "eu-west-1"

_SAVED = ("state", "s3")
_SAVED_TIME = "rehearsal-time"

_INJECT = Path(__file__).parent / "inject"
_ROOT = Path(__file__).resolve().parents[3]
_START_TIMEOUT = 60.0
"""Wall seconds until a start that does not answer is given up; an idle machine needs about two."""
_STOP_TIMEOUT = 5.0
"""Wall seconds between asking the emulator to end and ending it."""

_PROCESS = "import sys; sys.path.insert(0, sys.argv.pop(1)); from capacity_guard.rehearsal.emulator.process import main; main()"
# The library's folder is handed over on the command line and not in PYTHONPATH: functions inherit the environment,
# and a function that finds the library beside it would pass here and fail on AWS, where only its bundle is.

_DROPPED_PREFIXES = ("AWS_", "CDK_DEFAULT_", "MINISTACK_", "LOCALSTACK_", "CAPACITY_GUARD_CLOCK")


class EmulatorError(RuntimeError):
    """The emulator did not start or ended by itself; the message carries the end of its log."""


class Emulator:
    """One emulator process; a context manager. See the module's docstring for its use.

    Attributes:
        clock: the rehearsal clock (`now()`, `sleep(rehearsal seconds)`, `jump(rehearsal seconds)`, `set_speed`).
        region: Region of clients and CDK CLI.
        folder: folder of state, log and clock file; removed at the end unless it was given.
    """

    def __init__(
        self,
        speed: float = DEFAULT_SPEED,
        start: datetime | None = None,
        state_dir: Path | None = None,
        port: int | None = None,
        *,
        restore: Path | None = None,
        region: str = DEFAULT_REGION,
        skip_corrections: frozenset[str] = frozenset(),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Describe an emulator; `start()` or `with` starts it.

        speed: rehearsal seconds per wall second, 1 to 60.
        start: rehearsal time at the start, with a time zone; None is the wall's time.
        state_dir: folder that outlives the emulator: it saves its state there when it ends in order and loads it
            when it starts. None: a temporary folder, removed at the end.
        port: port on 127.0.0.1; None takes a free one.
        region: Region of clients and CDK CLI.
        restore: folder that `save` wrote: the emulator starts with a copy of that state, and with `start` None at the
            rehearsal time of the save.
        skip_corrections: names of corrections to leave out; a test shows with it that one is needed.
        settings: further environment variables of the emulator's process, for example {"AUTH": "true"}.
        Raises ValueError for a speed or start that the clock refuses, OSError when `restore` holds no saved state.
        """
        self.region = region
        self._port = port
        self._skip = skip_corrections
        self._settings = dict(settings or {})
        self._persistent = state_dir is not None
        self.folder = (
            Path(tempfile.mkdtemp(prefix="capacity-guard-")) if state_dir is None else Path(state_dir)
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            if restore is not None:
                for part in _SAVED:
                    shutil.copytree(restore / part, self.folder / part, dirs_exist_ok=True)
                if start is None:
                    start = datetime.fromisoformat((restore / _SAVED_TIME).read_text())
            self.clock = Clock.create(self.folder / "clock", speed=speed, start=start)
        except (ValueError, OSError):
            self._remove_folder()
            raise
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """URL of every emulated service. Raises EmulatorError before the start."""
        if self._port is None:
            raise EmulatorError("the emulator has not been started: use `with Emulator() as emulator`")
        return f"http://{HOST}:{self._port}"

    @property
    def log(self) -> Path:
        """File with everything the emulator has printed."""
        return self.folder / "emulator.log"

    @property
    def pid(self) -> int | None:
        """Process id of the running emulator, else None."""
        return self._process.pid if self._process is not None else None

    def start(self) -> Self:
        """Start the emulator and wait until it answers.

        Raises EmulatorError when MiniStack is not installed, or does not answer in time or ends by itself.
        """
        if self._process is not None:
            return self
        if importlib.util.find_spec("ministack") is None:
            self._remove_folder()
            raise EmulatorError(
                "the emulator is not installed: run `make setup`, or install ministack==1.5.33"
            )
        self._port = self._port or _free_port()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROCESS, str(_ROOT)],
                env=self._process_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: functions it started end with it, and Ctrl-C reaches the caller first.
                start_new_session=True,
            )
        atexit.register(self.stop)
        self._await_health()
        return self

    def save(self, folder: Path) -> None:
        """End the emulator and keep its state in `folder`, from which others start (`restore`).

        Tables, stacks, functions, buckets, parameters, alarms and scaling targets are kept; running operations are not.
        Raises EmulatorError when it is not running.
        """
        if self._process is None:
            raise EmulatorError("only a running emulator can be saved")
        now = self.clock.now()
        self._end_process()
        for part in _SAVED:
            (self.folder / part).mkdir(exist_ok=True)
            shutil.copytree(self.folder / part, folder / part, dirs_exist_ok=True)
        (folder / _SAVED_TIME).write_text(now.isoformat())
        self._remove_folder()

    def stop(self) -> None:
        """End the emulator with everything it started, and remove its folder unless it was given. Never raises."""
        self._end_process()
        self._remove_folder()

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            atexit.unregister(self.stop)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_TIMEOUT)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def reset(self) -> None:
        """Forget every resource; the clock goes on."""
        self.request("POST", "/_ministack/reset")

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send a plain request to the emulator (its own pages, not an AWS API) and return the answer's body.

        Raises urllib.error.URLError when it does not answer or answers with an error.
        """
        request = urllib.request.Request(self.endpoint + path, data=body, method=method)  # noqa: S310 (loopback)
        # A proxy of the machine must never see loopback traffic.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The whole environment for a process that talks to the emulator: SDKs, the CDK CLI, its app.

        base: variables to start from; None takes this process's. Credentials, profiles and Regions in it are
        dropped: nothing started with this environment can reach a real account.
        """
        environment = _without_aws(os.environ if base is None else base)
        environment.update(self._client_variables())
        environment["CDK_HOME"] = str(self.folder / "cdk-home")
        environment["CDK_DISABLE_VERSION_CHECK"] = "1"
        environment["CDK_DISABLE_CLI_TELEMETRY"] = "true"
        # The virtual environment's Node before the machine's.
        environment["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
        )
        environment["CDK_DEFAULT_ACCOUNT"] = ACCOUNT
        environment["CDK_DEFAULT_REGION"] = self.region
        return environment

    def client(self, service: str, **arguments: Any) -> Any:
        """A boto3 client of `service` (for example "dynamodb") for this emulator; `arguments` go to boto3."""
        import boto3  # not at the top: importing the library must not need boto3
        from botocore.config import Config

        options: dict[str, Any] = {
            "region_name": self.region,
            "endpoint_url": self.endpoint,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(proxies={}, retries={"total_max_attempts": 1}),
        }
        options.update(arguments)
        return boto3.session.Session().client(service, **options)

    def _client_variables(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": f"{HOST},localhost",
            "no_proxy": f"{HOST},localhost",
            **self._clock_variables(),
        }

    def _clock_variables(self) -> dict[str, str]:
        return {
            CLOCK_VARIABLE: str(self.folder / "clock"),
            "PYTHONPATH": str(_INJECT),
            "NODE_OPTIONS": f"--require {_INJECT / 'clock.js'}",
        }

    def _process_environment(self) -> dict[str, str]:
        environment = _without_aws(os.environ)
        environment.update(self._client_variables())
        environment.update(
            {
                # Functions in Node find it beside Python in the virtual environment.
                "PATH": os.pathsep.join(
                    [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
                ),
                "BIND_HOST": HOST,
                "MINISTACK_HOST": HOST,
                "GATEWAY_PORT": str(self._port),
                "MINISTACK_REGION": self.region,
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "DOCKER_HOST": f"unix://{self.folder / 'no-docker'}",
                "STATE_DIR": str(self.folder / "state"),
                "S3_DATA_DIR": str(self.folder / "s3"),
                "PERSIST_STATE": "1",
                "S3_PERSIST": "1",
                # In rehearsal seconds; a cold start costs wall time, and thirty times as much on the clock.
                "LAMBDA_WARM_TTL_SECONDS": "864000",
                "PYTHONUNBUFFERED": "1",
                "LOG_LEVEL": os.environ.get("CAPACITY_GUARD_EMULATOR_LOG", "WARNING"),
            }
        )
        if self._skip:
            environment[SKIP_VARIABLE] = ",".join(sorted(self._skip))
        environment.update(self._settings)
        return environment

    def _await_health(self) -> None:
        end = wall_seconds() + _START_TIMEOUT
        while wall_seconds() < end:
            process = self._process
            if process is None or process.poll() is not None:
                break
            with contextlib.suppress(OSError, ValueError):
                json.loads(self.request("GET", "/_ministack/health"))
                return
            wall_sleep(0.05)
        reason = (
            "did not answer in time" if self._process and self._process.poll() is None else "ended by itself"
        )
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
        self.stop()
        raise EmulatorError(f"the emulator {reason}; the end of its log:\n{tail}")

    def _remove_folder(self) -> None:
        if not self._persistent:
            shutil.rmtree(self.folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(_DROPPED_PREFIXES)}
