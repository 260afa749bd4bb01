"""A run that does not go as it must stops with a LiveError, and its record has the round that failed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from live import record
from live.deployment import LiveError
from live.hypotheses import Verdicts
from live.run import LiveRun
from live.scenario import CREATED


class FakeDeployment:
    """Deployments that all end with one exit code, of tables that are provisioned and ACTIVE."""

    def __init__(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self.run = "0123abcd"
        self.modes = dict(CREATED)
        self.turn = 0
        self.warm = False

    def client(self, service: str) -> FakeDeployment:
        return self

    def table_name(self, kind: str) -> str:
        return f"{kind}-table"

    def deploy(self, kinds: Sequence[str]) -> tuple[int, str]:
        return self._exit_code, "what cdk deploy printed"

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Table": {"TableName": TableName, "TableStatus": "ACTIVE"}}


def run_with(exit_code: int) -> tuple[LiveRun, dict[str, Any]]:
    data = record.new_record("0123abcd", "123456789012", "eu-west-1", None, False, datetime.now(UTC))
    deployment: Any = FakeDeployment(exit_code)
    return LiveRun(deployment, data, Verdicts(), lambda *_: None), data


def test_run_when_the_first_deployment_fails_raises_with_its_output_and_records_it() -> None:
    run, data = run_with(exit_code=1)
    with pytest.raises(LiveError, match="created: the deployment failed\nwhat cdk deploy printed"):
        run.run()
    (entry,) = data["rounds"]
    assert (entry["name"], entry["exit_code"], entry["switches"]) == ("created", 1, [])
    record.check(data | {"outcome": "failed", "ended": entry["started"], "cleaned_up": True})


def test_run_when_a_committed_table_has_another_mode_raises() -> None:
    run, _ = run_with(exit_code=0)
    with pytest.raises(
        LiveError, match="Global: the deployment was committed, but the table is not on-demand"
    ):
        run.run()
