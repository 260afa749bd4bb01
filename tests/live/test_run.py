"""A run that does not go as it must stops with a LiveError, and its record has the round that failed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.capacity import OnDemand
from live import record
from live.deployment import LiveError
from live.hypotheses import Verdicts
from live.run import LiveRun
from live.scenario import CREATED, GLOBAL, ON_DEMAND, Round, capacity


class FakeDeployment:
    """Deployments that all end with one exit code, of tables that are provisioned and ACTIVE."""

    def __init__(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self.run = "0123abcd"
        self.modes = dict(CREATED)
        self.turn = 0
        self.warm = False
        self.output = "what cdk deploy printed"
        self.live: dict[str, Any] = {}

    def client(self, service: str) -> FakeDeployment:
        return self

    def table_name(self, kind: str) -> str:
        return f"{kind}-table"

    def deploy(self, kinds: Sequence[str]) -> tuple[int, str]:
        return self._exit_code, self.output

    def record(self, kinds: Sequence[str]) -> None:
        pass

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Table": {"TableName": TableName, "TableStatus": "ACTIVE", **self.live}}


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


SECOND_SWITCH = Round("second switch", {GLOBAL: ON_DEMAND}, turn=1)


def warm_run(exit_code: int, output: str = "", live: dict[str, Any] | None = None) -> Verdicts:
    """The verdicts after a round that raises warm throughput."""
    data = record.new_record("0123abcd", "123456789012", "eu-west-1", None, True, datetime.now(UTC))
    deployment: Any = FakeDeployment(exit_code)
    deployment.warm, deployment.output, deployment.live = True, output, live or {}
    verdicts = Verdicts()
    run = LiveRun(deployment, data, verdicts, lambda *_: None)
    with contextlib.suppress(LiveError):
        run._do(SECOND_SWITCH)
    return verdicts


def test_warm_raise_when_preflight_says_that_it_did_not_end_does_not_hold() -> None:
    said = "Preflight: warm throughput of the table, write to 4,020 was not reached in 20 minutes"
    verdicts = warm_run(1, f"deploying\n  {said}\nfailed")
    assert verdicts.given["warm-raise"] == ("does not hold", said)


def test_warm_raise_when_the_deployment_fails_for_another_reason_is_not_decided() -> None:
    assert "warm-raise" not in warm_run(1, "AccessDenied").given


@pytest.mark.parametrize(("index", "verdict"), [(0, "holds"), (-1, "does not hold")])
def test_warm_raise_when_committed_is_decided_by_table_and_index(index: int, verdict: str) -> None:
    declared = capacity(ON_DEMAND, 1, warm=True).table
    assert isinstance(declared, OnDemand)
    assert declared.warm is not None
    target = declared.warm.write or 0
    live = {
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "WarmThroughput": {"WriteUnitsPerSecond": target},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_customer",
                "IndexStatus": "ACTIVE",
                "WarmThroughput": {"WriteUnitsPerSecond": target + index},
            }
        ],
    }
    verdicts = warm_run(0, live=live)
    assert verdicts.given["warm-raise"][0] == verdict
