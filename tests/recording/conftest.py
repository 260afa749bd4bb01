"""Fixtures of the recordings: the services of one table, of several tables, and the command that records."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.recording import aws, record
from tests.fakes.recording_aws import GLOBAL_TABLE, FixedClock, Services, declared_table
from tests.recording.fleet_services import FleetServices, services_by_table
from tests.recording.record_command import RecordCommand


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    """The services of one provisioned table that a stack owns; every command connects to them."""
    services = Services()
    services.load()
    services.own(GLOBAL_TABLE, declared_table(writes=200))
    monkeypatch.setattr(record, "datetime", FixedClock)
    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(lambda region, endpoint: services.aws()))
    return services


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> dict[str, Services]:
    """The services of three tables by name; every command connects to all of them."""
    tables = services_by_table()
    monkeypatch.setattr(record, "datetime", FixedClock)
    monkeypatch.setattr(
        aws.RecordingAws, "connect", staticmethod(lambda region, endpoint: FleetServices(tables).aws())
    )
    return tables


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordCommand:
    """The command that records a table into the test's folder, with services that a test may replace."""
    command = RecordCommand(tmp_path)
    monkeypatch.setattr(record, "datetime", FixedClock)
    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(command.connect))
    return command
