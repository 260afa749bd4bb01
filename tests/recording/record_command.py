"""Runs ``capacity-guard record`` in tests."""

from __future__ import annotations

from pathlib import Path

from capacity_guard.commands import main as cli
from capacity_guard.recording.aws import RecordingAws
from tests.fakes.recording_aws import GLOBAL_TABLE, NAME, Failure, Services, declared_table


def run(*arguments: str) -> int:
    """Record one day; the exit code."""
    return cli.main(["record", "--days", "1", *arguments])


def files(folder: Path) -> dict[str, bytes]:
    """Content of each file of a folder by its name."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def table_list(folder: Path, *lines: str) -> str:
    """Path of a file with these lines, for ``--tables-from``."""
    file = folder / "tables.txt"
    file.write_text("\n".join(lines) + "\n")
    return str(file)


def busy_services(value: float = 600.0) -> Services:
    """The services of one table, with many pages of traffic."""
    services = Services()
    services.load(value=value)
    services.own(GLOBAL_TABLE, declared_table(writes=200))
    services.points_a_page = 700
    return services


class RecordCommand:
    """Records a table into ``orders.json``; a test may replace the services between two runs."""

    def __init__(self, folder: Path) -> None:
        self.services = busy_services()
        self.out = folder / "orders.json"
        self.journal = folder / ".orders.recording"

    def connect(self, region: str | None, endpoint: str | None) -> RecordingAws:
        """Calls to the services, in place of ``RecordingAws.connect``."""
        calls = self.services.aws()
        calls.target = {"region": region, "endpoint": endpoint}
        return calls

    def run(self, *more: str) -> int:
        """Record; the exit code."""
        return run("--table", NAME, "--out", str(self.out), *more)

    def interrupt(self, *more: str) -> None:
        """Leave the journal of a recording that has read everything except the traffic."""
        self.services.failures["GetMetricData"] = [Failure("ExpiredToken")]
        assert self.run(*more) == 2
        assert self.journal.exists()

    def files(self) -> dict[str, bytes]:
        """Content of each file of the output's folder by its name."""
        return files(self.out.parent)
