"""The least permission: what the printed policy allows, and that it is enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.recording import aws
from capacity_guard.recording.iam_policy import partition_of, recording_policy
from tests.fakes.recording_aws import NAME, STACK, Services
from tests.recording.record_command import run


def test_policy_when_printed_names_what_the_options_need_and_calls_no_service(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_to_connect(region: str | None, endpoint: str | None) -> aws.RecordingAws:
        raise AssertionError("asked")

    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(refuse_to_connect))
    assert run("--table", NAME, "--region", "eu-west-1", "--print-iam-policy") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["Statement"][0]["Resource"] == [f"arn:aws:dynamodb:eu-west-1:*:table/{NAME}"]
    assert run("--tag", "team=chat", "--print-iam-policy") == 0
    many = json.loads(capsys.readouterr().out)
    assert "tag:GetResources" in many["Statement"][2]["Action"]
    assert many["Statement"][0]["Resource"] == ["arn:*:dynamodb:*:*:table/*"]
    assert run("--stack", STACK, "--print-iam-policy") == 0
    stack = json.loads(capsys.readouterr().out)
    assert stack["Statement"][1]["Resource"] == f"arn:*:cloudformation:*:*:stack/{STACK}/*"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_policy_when_the_region_is_known_names_its_partition(
    capsys: pytest.CaptureFixture[str], region: str, partition: str
) -> None:
    assert run("--table", NAME, "--stack", STACK, "--region", region, "--print-iam-policy") == 0
    table, stack, _ = json.loads(capsys.readouterr().out)["Statement"]
    assert table["Resource"] == [f"arn:{partition}:dynamodb:{region}:*:table/{NAME}"]
    assert stack["Resource"] == f"arn:{partition}:cloudformation:{region}:*:stack/{STACK}/*"


def test_partitions_when_compared_with_botocore_are_the_same() -> None:
    import botocore

    known = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())
    for partition in known["partitions"]:
        for region in partition["regions"]:
            assert partition_of(region) == partition["id"] or region.endswith("-global")


def test_policy_when_the_stack_is_given_as_arn_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders-stack/0123"
    assert run("--stack", arn, "--print-iam-policy") == 0
    assert json.loads(capsys.readouterr().out)["Statement"][1]["Resource"] == arn


@pytest.mark.parametrize("pattern", ["*", "Ord*", "a b", "arn:aws:dynamodb:eu-west-1:1:table/Orders"])
def test_policy_when_the_table_is_no_name_is_refused(
    capsys: pytest.CaptureFixture[str], pattern: str
) -> None:
    assert run("--table", pattern, "--print-iam-policy") == 2
    assert f"--table: {pattern!r} is not a table name" in capsys.readouterr().err


def test_policy_when_compared_with_the_calls_allows_each(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    services.load_throttle_events()
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 100, 900, 70.0)
    assert run("--table", NAME, "--out", str(tmp_path / "orders.json")) == 0
    capsys.readouterr()
    assert run("--table", NAME, "--print-iam-policy") == 0
    allowed: set[str] = set()
    for statement in json.loads(capsys.readouterr().out)["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    assert {operation for operation, _ in services.calls} == {action.partition(":")[2] for action in allowed}


def test_policy_when_nothing_is_known_allows_any_table_and_stack() -> None:
    document: dict[str, Any] = recording_policy(None, region=None, stack=None, by_tag=False, by_stack=False)
    table, stack, everywhere = document["Statement"]
    assert table["Resource"] == ["arn:*:dynamodb:*:*:table/*"]
    assert stack["Resource"] == "*"
    assert "cloudformation:DescribeStackResources" in stack["Action"]
    assert "tag:GetResources" not in everywhere["Action"]
