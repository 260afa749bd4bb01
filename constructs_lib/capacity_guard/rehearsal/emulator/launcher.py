"""Start, reset, save and end one local AWS emulator (MiniStack with corrections) on the rehearsal clock.

    with Emulator(speed=30, start=datetime(2026, 7, 9, 15, 40, tzinfo=UTC)) as emulator:
        subprocess.run(["cdk", "deploy", ...], env=emulator.env(), check=True)
        emulator.client("dynamodb").describe_table(TableName="...")
        emulator.clock.jump(3_600)

The emulator listens on the loopback interface only, on a free port. Everything of a run (state, log, clock, temporary files of
the emulator, of its functions and of commands with `env()`) is in one folder. The emulator ends with the process that
started it, however that ends, and the folder goes with it.
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
import threading
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ...capacity.errors import pip_install
from .clock import CLOCK_VARIABLE, Clock, wall_seconds, wall_sleep
from .corrections import SKIP_VARIABLE

HOST = "127.0.0.1"
ACCOUNT = "000000000000"
"""Account id of every emulated resource; MiniStack uses it for access keys that are not account ids."""

DEFAULT_SPEED = 30.0
DEFAULT_REGION = "eu-west-1"

_SAVED = ("state", "s3")
_SAVED_TIME = "rehearsal-time"

_INJECT = Path(__file__).parent / "inject"
_ROOT = Path(__file__).resolve().parents[3]
_START_TIMEOUT = 60.0
"""Wall seconds to wait for the first answer; an idle machine needs about two."""
_STOP_TIMEOUT = 5.0
"""Wall seconds between SIGTERM and SIGKILL."""
_SAVE_TIMEOUT = 60.0
"""The same where the state is saved: 14 days of minutes take some seconds."""
_NOT_SAVED = " ERROR [persistence] "
"""Part of the line that MiniStack logs for a state that it could not save."""

_PROCESS = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from capacity_guard.rehearsal.emulator.process import main; "
    "main(sys.argv.pop(1), sys.argv.pop(1))"
)
# The command line states the library's folder, not PYTHONPATH: functions inherit the environment, and a function that
# imports the library from there would pass here and fail on AWS, where only its bundle exists.

_DROPPED_PREFIXES = ("AWS_", "CDK_DEFAULT_", "MINISTACK_", "LOCALSTACK_", "CAPACITY_GUARD_CLOCK")


class EmulatorError(RuntimeError):
    """The emulator did not start or ended by itself; the message contains the end of its log."""


class Emulator:
    """One emulator process; a context manager. See the module's docstring for an example.

    Attributes:
        clock: the rehearsal clock (`now()`, `sleep(rehearsal seconds)`, `jump(rehearsal seconds)`, `set_speed`).
        region: Region of clients and CDK CLI.
        settings: environment variables of the emulator's process beside those of this process.
        folder: folder of state, log and clock file; removed at the end unless `state_dir` was given.
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
        iam: bool = False,
    ) -> None:
        """Describe an emulator; `start()` or `with` starts it.

        speed: rehearsal seconds per wall second, 1 to 60.
        start: rehearsal time at the start, with a time zone; None is the wall clock's time.
        state_dir: folder that remains after the emulator: it saves its state there when it is stopped and loads it
            when it starts. None: a temporary folder, removed at the end.
        port: port on 127.0.0.1; None is a free port.
        region: Region of clients and CDK CLI.
        restore: folder that `save` wrote: the emulator starts with a copy of that state and, if `start` is None, at the
            rehearsal time of the save.
        skip_corrections: names of corrections to leave out, so that a test can show that a correction is needed.
        settings: further environment variables of the emulator's process.
        iam: whether the policies of roles and users are enforced: functions have the rights of their role, CloudFormation those
            of a service role. `env()` and `client()` have the credentials of the account's root, which may do everything.
        Raises ValueError for a speed or start that the clock refuses, OSError when `restore` has no saved state.
        """
        self.region = region
        self._port = port
        self._skip = skip_corrections
        self.settings = {**(settings or {}), **({"AUTH": "true"} if iam else {})}
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
        self._lifeline: int | None = None
        self._session: Any = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._client_lock = threading.Lock()

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
        """File with the output of the emulator."""
        return self.folder / "emulator.log"

    @property
    def pid(self) -> int | None:
        """Process id of the running emulator, else None."""
        return self._process.pid if self._process is not None else None

    def start(self) -> Self:
        """Start the emulator and wait until it answers.

        Raises EmulatorError when MiniStack is not installed, does not answer in time or ends by itself.
        """
        if self._process is not None:
            return self
        if importlib.util.find_spec("ministack") is None:
            self._remove_folder()
            raise EmulatorError(
                f"the emulator is not installed: run `make setup`, or {pip_install('ministack==1.5.33')}"
            )
        self._port = self._port or _free_port()
        (self.folder / "tmp").mkdir(exist_ok=True)
        # A pipe whose other end closes when this process ends in any way, SIGKILL included: `process` waits for that.
        their_end, self._lifeline = os.pipe()
        removed = "" if self._persistent else str(self.folder)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROCESS, str(_ROOT), str(their_end), removed],
                pass_fds=[their_end],
                env=self._process_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A process group of its own: its functions end with it, and only the caller receives Ctrl-C.
                start_new_session=True,
            )
        os.close(their_end)
        atexit.register(self.stop)
        self._await_health()
        return self

    def save(self, folder: Path) -> None:
        """End the emulator and save its state in `folder`, from which other emulators can start (`restore`).

        Saves tables, stacks, functions, buckets, parameters, alarms and scaling targets, but no running operations.
        Raises EmulatorError when the emulator is not running, or could not save everything.
        """
        if self._process is None:
            raise EmulatorError("only a running emulator can be saved")
        now = self.clock.now()
        self._end_process(_SAVE_TIMEOUT)
        failed = [line for line in self.log.read_text(errors="replace").splitlines() if _NOT_SAVED in line]
        if failed:
            raise EmulatorError(f"the emulator could not save its state: {failed[0]}")
        for part in _SAVED:
            (self.folder / part).mkdir(exist_ok=True)
            shutil.copytree(self.folder / part, folder / part, dirs_exist_ok=True)
        (folder / _SAVED_TIME).write_text(now.isoformat())
        self._remove_folder()

    def stop(self) -> None:
        """End the emulator and its child processes, and remove its folder unless `state_dir` was given. Never raises."""
        # An end in order saves the state, which takes seconds after many tables: only for a folder that remains.
        self._end_process(_STOP_TIMEOUT if self._persistent else 0.0)
        self._remove_folder()

    def _end_process(self, seconds: float) -> None:
        """seconds: wall time in which the process may end in order; 0 ends it at once."""
        process, self._process = self._process, None
        if process is not None:
            atexit.unregister(self.stop)
            if seconds:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def reset(self) -> None:
        """Delete every resource; the clock continues."""
        self.request("POST", "/_ministack/reset")

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send an HTTP request to the emulator's own pages (not to an AWS API) and return the body of the answer.

        Raises urllib.error.URLError when it does not answer or answers with an error.
        """
        request = urllib.request.Request(self.endpoint + path, data=body, method=method)  # noqa: S310 (loopback)
        # Loopback traffic must not go through a proxy of the machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The complete environment of a process that uses the emulator: SDKs, the CDK CLI, a CDK app.

        base: variables to start from; None is the environment of this process. Its credentials, profiles and Regions
        are dropped, so no process with this environment can reach a real account.
        """
        environment = _without_aws(os.environ if base is None else base)
        environment.update(self._client_variables())
        environment["CDK_HOME"] = str(self.folder / "cdk-home")
        environment["CDK_DISABLE_VERSION_CHECK"] = "1"
        environment["CDK_DISABLE_CLI_TELEMETRY"] = "true"
        # Node of the virtual environment takes precedence over the machine's.
        environment["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
        )
        environment["CDK_DEFAULT_ACCOUNT"] = ACCOUNT
        environment["CDK_DEFAULT_REGION"] = self.region
        return environment

    def client(self, service: str, **arguments: Any) -> Any:
        """A boto3 client of `service` (for example "dynamodb") for this emulator; `arguments` go to boto3.

        Without arguments it is the same client every time; several threads may use it. Reading a service's model takes longer
        than most calls.
        """
        with self._client_lock:
            if arguments:
                return self._new_client(service, arguments)
            key = (service, self.endpoint)
            if key not in self._clients:
                self._clients[key] = self._new_client(service, {})
            return self._clients[key]

    def _new_client(self, service: str, arguments: Mapping[str, Any]) -> Any:
        import boto3  # not at the top: importing the library must not need boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.session.Session()
        options: dict[str, Any] = {
            "region_name": self.region,
            "endpoint_url": self.endpoint,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(proxies={}, retries={"total_max_attempts": 1}),
        }
        options.update(arguments)
        return self._session.client(service, **options)

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
            "TMPDIR": str(self.folder / "tmp"),
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
                # Node for functions is beside Python in the virtual environment.
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
                # Rehearsal seconds. A cold start takes wall time, which is thirty times as long on the rehearsal clock.
                "LAMBDA_WARM_TTL_SECONDS": "864000",
                "PYTHONUNBUFFERED": "1",
                "LOG_LEVEL": os.environ.get("CAPACITY_GUARD_EMULATOR_LOG", "WARNING"),
            }
        )
        if self._skip:
            environment[SKIP_VARIABLE] = ",".join(sorted(self._skip))
        environment.update(self.settings)
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
