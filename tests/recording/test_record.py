"""``capacity-guard record`` from AWS: the content of the files, what they carry over, and every refusal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, NoRegionError, SSOTokenLoadError

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Dimension,
    InputError,
    Provisioned,
    Structure,
    TableKind,
)
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.recording import record
from tests.fakes.recording_aws import (
    ACCOUNT,
    END,
    GLOBAL_TABLE,
    NAME,
    NOW,
    REGION,
    STACK,
    Failure,
    Services,
    declared_table,
    on_demand_table,
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "orders.json"


def run(out: Path, *more: str) -> int:
    return cli.main(["record", "--table", NAME, "--out", str(out), "--days", "1", *more])


@pytest.mark.parametrize("owned", [True, False])
def test_record_of_a_table_with_replicas_says_what_it_does_not_hold(
    services: Services, out: Path, owned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    services.table["Replicas"] = [{"RegionName": "us-east-1"}, {"RegionName": REGION}]
    if not owned:
        services.failures["DescribeStackResources"] = [Failure("ValidationError", "does not exist")]
    assert run(out, "--note", "mine") == 0
    baseline = Baseline.load(out)
    assert baseline.recording.note is not None
    assert baseline.recording.note.startswith("mine ")
    assert baseline.recording.note.endswith(
        f"Replicas in us-east-1: recorded are traffic, read capacity and warm throughput of {REGION} alone. "
        "Billing mode and write capacity are shared by all Regions."
    )
    assert baseline.recording.note in capsys.readouterr().out
    assert baseline.deployed is not None
    structure = baseline.deployed.structure
    assert (None if structure is None else structure.replicas) == (("us-east-1",) if owned else None)


def test_record_when_all_answer_writes_a_baseline_that_loads(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(out) == 0
    baseline = Baseline.load(out)
    assert vars(baseline.table) == {
        "name": NAME, "account": ACCOUNT, "region": REGION, "stack": STACK, "logical_id": "Table"
    }  # fmt: skip
    assert baseline.recording.at == NOW
    assert baseline.recording.note is None
    assert baseline.deployed is not None
    assert baseline.deployed.live == Capacity.provisioned(
        read=100, write=200, indexes={"by_day": Provisioned(30, 40)}
    )
    assert baseline.deployed.template.throughput(Dimension(None, "write")) == AutoScaling(200, 900)
    assert baseline.traffic is not None
    assert (baseline.traffic.end, baseline.traffic.minutes, baseline.traffic.gaps()) == (END, 1440, 0)
    printed = capsys.readouterr().out
    assert "1,440 minutes, 0 with a gap" in printed
    assert "by_day, write            peak 10/s" in printed


def test_record_when_a_stack_owns_the_table_records_its_structure(services: Services, out: Path) -> None:
    assert run(out) == 0
    deployed = Baseline.load(out).deployed
    assert deployed is not None
    assert deployed.structure == Structure(
        TableKind.GLOBAL_TABLE,
        "id:S HASH",
        {"by_day": "day:N HASH; ALL"},
        stream=None,
        guard=None,
        properties={},
    )


def test_record_when_the_table_is_no_global_table_records_its_type_and_its_units_as_seed(
    services: Services, out: Path
) -> None:
    """An adopted Table: auto scaling in resources of its own, whose bounds the live table shows as well."""
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 150, 900, 70.0)
    units = {"ReadCapacityUnits": 100, "WriteCapacityUnits": 160}
    services.own(
        "AWS::DynamoDB::Table",
        {
            "ProvisionedThroughput": units,
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by_day",
                    "ProvisionedThroughput": {"ReadCapacityUnits": 30, "WriteCapacityUnits": 40},
                }
            ],
        },
        Resources={
            "Target": {
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": {
                    "ResourceId": {"Fn::Join": ["", ["table/", {"Ref": "Table"}]]},
                    "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
                    "MinCapacity": 150,
                    "MaxCapacity": 900,
                },
            },
            "Policy": {
                "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
                "Properties": {
                    "ScalingTargetId": {"Ref": "Target"},
                    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
                },
            },
        },
    )
    assert run(out) == 0
    deployed = Baseline.load(out).deployed
    assert deployed is not None
    assert deployed.kind is TableKind.TABLE
    assert deployed.template.throughput(Dimension(None, "write")) == AutoScaling(150, 900, seed=160)
    assert deployed.live.throughput(Dimension(None, "write")) == AutoScaling(150, 900)
    assert deployed.provisioned_now(Dimension(None, "write")) == 200  # what auto scaling had reached


def test_record_when_repeated_gives_the_same_bytes(services: Services, out: Path) -> None:
    run(out)
    first = [file.read_bytes() for file in sorted(out.parent.iterdir())]
    run(out)
    assert [file.read_bytes() for file in sorted(out.parent.iterdir())] == first
    assert len(first) == 2


def test_record_when_no_stack_owns_the_table_says_so_in_the_note(services: Services, out: Path) -> None:
    services.stack_resources = []
    assert run(out, "--note", "before the move") == 0
    baseline = Baseline.load(out)
    assert baseline.recording.note == f"before the move {record.NO_STACK}"
    assert baseline.deployed is not None
    assert baseline.deployed.template == baseline.deployed.live
    assert baseline.deployed.structure is None
    assert baseline.table.stack is None


def test_record_when_on_demand_keeps_the_last_switch(services: Services, out: Path) -> None:
    services.table = on_demand_table()
    services.own(
        GLOBAL_TABLE,
        {
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [{"IndexName": "by_day"}],
            "Replicas": [{"Region": REGION}],
        },
    )
    assert run(out) == 0
    baseline = Baseline.load(out)
    assert baseline.history.last_switch_to_on_demand == datetime.fromisoformat("2026-07-01T12:00:01Z")
    assert baseline.deployed is not None
    assert baseline.deployed.units == {}


def test_record_when_the_template_changed_carries_the_old_one_and_the_attempt(
    services: Services, out: Path
) -> None:
    run(out)
    data = json.loads(out.read_text())
    out.write_text(json.dumps({**data, "attempt": 3}))
    before = Baseline.load(out).deployed
    services.own(GLOBAL_TABLE, declared_table(writes=300))
    assert run(out) == 0
    after = Baseline.load(out)
    assert after.attempt == 3
    assert before is not None
    assert after.deployed is not None
    assert after.deployed.previous == before.template
    assert after.transition_to(before.template).is_return
    assert after.deployed.replaced_at == after.recording.at
    # Recorded once more without a change, the way back stays known.
    assert run(out) == 0
    again = Baseline.load(out).deployed
    assert again is not None
    assert again.previous == before.template


def test_record_when_first_recorded_knows_no_previous(services: Services, out: Path) -> None:
    run(out)
    run(out)
    deployed = Baseline.load(out).deployed
    assert deployed is not None
    assert deployed.previous is None


def test_record_when_only_the_stack_of_the_old_file_was_known_takes_it_over(
    services: Services, out: Path
) -> None:
    run(out)
    data = json.loads(out.read_text())
    out.write_text(json.dumps({**data, "attempt": 2, "table": {"name": "Before deployment", "stack": STACK}}))
    assert run(out) == 0
    assert (Baseline.load(out).attempt, Baseline.load(out).table.name) == (2, NAME)


Change = Callable[[Services, Path], None]


def fail(operation: str, code: str, message: str = "said so") -> Change:
    return lambda services, out: services.failures.update({operation: [Failure(code, message)] * 9})


def broken(error: Exception) -> Change:
    def change(services: Services, out: Path) -> None:
        def answer(_: dict[str, Any]) -> dict[str, Any]:
            raise error

        services.answers["DescribeTable"] = answer

    return change


def existing(text: str) -> Change:
    def change(services: Services, out: Path) -> None:
        out.parent.mkdir()
        out.write_text(text)

    return change


def other_table(services: Services, out: Path) -> None:
    assert run(out) == 0
    out.write_text(
        out.read_text().replace(f'"name": "{NAME}"', '"name": "Users"').replace('"Table"', '"Users"')
    )


def other_account(services: Services, out: Path) -> None:
    assert run(out) == 0
    out.write_text(out.read_text().replace(ACCOUNT, "000000000000"))


def silent(services: Services, out: Path) -> None:
    services.series = {}


def folder_is_a_file(services: Services, out: Path) -> None:
    out.parent.write_text("a file")


REFUSED: dict[str, tuple[Change, str]] = {
    "missing table": (fail("DescribeTable", "ResourceNotFoundException"), "--table Orders: does not exist"),
    "expired": (fail("DescribeTable", "ExpiredTokenException"), "credentials have expired. Sign in again"),
    "expired later": (fail("GetMetricData", "ExpiredToken"), "credentials have expired. Sign in again"),
    "unknown key": (fail("DescribeTable", "UnrecognizedClientException"), "are not accepted"),
    "denied": (
        fail("DescribeTable", "AccessDeniedException", "no\nway"),
        "dynamodb:DescribeTable: is denied (no way)",
    ),
    "denied metrics": (fail("GetMetricData", "AccessDenied"), "cloudwatch:GetMetricData: is denied"),
    "denied template": (fail("GetTemplate", "AccessDenied"), "cloudformation:GetTemplate: is denied"),
    "denied targets": (
        fail("DescribeScalableTargets", "AccessDeniedException"),
        "application-autoscaling:DescribeScalableTargets: is denied",
    ),
    "throttled": (fail("DescribeTable", "ThrottlingException"), "is still throttled after five tries"),
    "service error": (
        fail("DescribeTable", "InternalServerError", "oops"),
        "failed: InternalServerError oops",
    ),
    "no region": (broken(NoRegionError()), "Region: is not known. Give --region"),
    "no credentials": (broken(NoCredentialsError()), "credentials: Unable to locate credentials. Sign in"),
    "no sign-on": (broken(SSOTokenLoadError(error_msg="old")), "credentials: have expired"),
    "no network": (
        broken(EndpointConnectionError(endpoint_url="http://x")),
        "Check Region, endpoint and network",
    ),
    "no traffic": (silent, "CloudWatch AWS/DynamoDB Orders: holds no consumed units"),
    "existing nonsense": (existing("{}"), "exists and is not a sound baseline"),
    "existing other table": (other_table, "is the baseline of another table (Users, "),
    "existing other account": (other_account, "orders-stack, 000000000000, "),
    "unwritable": (folder_is_a_file, "orders.json: cannot be written"),
}


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("case", REFUSED)
def test_record_when_refused_says_one_line_and_leaves_the_files(
    case: str, services: Services, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, expected = REFUSED[case]
    change(services, out)
    before = {file: file.read_bytes() for file in out.parent.parent.rglob("*") if file.is_file()}
    capsys.readouterr()
    assert run(out) == 2
    printed = capsys.readouterr()
    assert expected in printed.err
    assert printed.err.startswith("capacity-guard: ")
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    after = {file: file.read_bytes() for file in out.parent.parent.rglob("*") if file.is_file()}
    # What may pass with a new sign-in can go on: what was read until then is kept, beside the files.
    assert (out.with_name(".orders.recording") in after) == (case == "expired later")
    assert {file: content for file, content in after.items() if file.suffix != ".recording"} == before


def test_record_when_the_loader_refuses_what_was_written_keeps_the_old_files(
    services: Services, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(out)
    before = sorted((file.name, file.read_bytes()) for file in out.parent.iterdir())
    load = Baseline.load

    def refuse(path: str | Path, **options: Any) -> Baseline:
        if "recording-draft" in str(path):
            raise InputError("orders.json", "is wrong", "Look")
        return load(path, **options)

    monkeypatch.setattr(Baseline, "load", staticmethod(refuse))
    services.load(value=1200.0)
    capsys.readouterr()
    assert run(out) == 2
    assert "orders.json: is wrong. Look" in capsys.readouterr().err
    assert sorted((file.name, file.read_bytes()) for file in out.parent.iterdir()) == before


@pytest.mark.parametrize(("option", "value"), [("--days", "0"), ("--days", "15")])
def test_record_when_days_are_out_of_range_reads_nothing(
    services: Services, out: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert run(out, option, value) == 2
    assert capsys.readouterr().err.startswith(f"capacity-guard: {option} {value}: is out of range. Choose 1")
    assert services.calls == []


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_record_on_a_terminal_leaves_no_status_line(
    services: Services, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run(out) == 0
    assert "dynamodb:DescribeTable (call 1)" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
