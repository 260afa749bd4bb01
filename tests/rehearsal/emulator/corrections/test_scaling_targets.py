"""Scalable targets and policies: their keys, what is refused, and what a saved emulator keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections import scaling_targets as targets
from capacity_guard.rehearsal.emulator.corrections.ministack import ServiceError
from tests.builders.emulated_stack import TABLE_WRITES

TABLE = targets.ScalableTargetKey("000000000000", "eu-west-1", "table/orders", TABLE_WRITES)
INDEX = targets.ScalableTargetKey(
    "000000000000", "eu-west-1", "table/orders/index/by_agent", "dynamodb:index:ReadCapacityUnits"
)


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A table exists in this process, and no target."""
    monkeypatch.setattr(
        targets,
        "table_description",
        lambda name: {"TableName": name, "GlobalSecondaryIndexes": [{"IndexName": "by_agent"}]},
    )
    yield
    targets.clear()


def test_key_names_table_index_and_unit() -> None:
    assert (TABLE.table, TABLE.index, TABLE.unit) == ("orders", None, "WriteCapacityUnits")
    assert (INDEX.table, INDEX.index, INDEX.unit) == ("orders", "by_agent", "ReadCapacityUnits")


@pytest.mark.usefixtures("orders")
def test_target_when_registered_again_keeps_what_is_not_given() -> None:
    targets.register(TABLE, 10, 50)
    target = targets.register(TABLE, maximum=60)

    assert (target.minimum, target.maximum, target.bounds_are_new) == (10, 60, True)


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((10, None), "Both minimum capacity and maximum capacity must be specified"),
        ((10, 9), "Maximum capacity cannot be less than minimum capacity"),
    ],
)
def test_target_when_its_bounds_are_wrong_is_refused(
    bounds: tuple[int | None, int | None], message: str
) -> None:
    with pytest.raises(ServiceError, match=message):
        targets.register(TABLE, *bounds)


@pytest.mark.usefixtures("orders")
def test_target_of_an_index_that_does_not_exist_is_refused() -> None:
    ghost = targets.ScalableTargetKey(
        "000000000000", "eu-west-1", "table/orders/index/ghost", INDEX.dimension
    )

    with pytest.raises(ServiceError, match="DynamoDB index does not exist: table/orders/index/ghost"):
        targets.register(ghost, 1, 2)


@pytest.mark.usefixtures("orders")
def test_targets_when_saved_as_json_are_restored_with_their_policies() -> None:
    target = targets.register(TABLE, 10, 50)
    target.policies["follow"] = {"PolicyARN": "arn"}
    saved = json.loads(json.dumps(targets.get_state()))
    targets.clear()

    targets.load_persisted_state(saved)

    assert targets.find_target(TABLE) == target


@pytest.mark.usefixtures("orders")
def test_policy_when_it_does_not_exist_cannot_be_deleted() -> None:
    targets.register(INDEX, 1, 2)

    with pytest.raises(ServiceError, match="No scaling policy found for table/orders/index/by_agent: follow"):
        targets.delete_policy(INDEX, "follow")


@pytest.mark.parametrize("missing", ["table", "target"])
def test_scaling_when_what_it_needs_is_missing_is_refused(emulator: Emulator, missing: str) -> None:
    target: dict[str, Any] = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/gone",
        "ScalableDimension": TABLE_WRITES,
    }
    scaling = emulator.client("application-autoscaling")
    if missing == "table":
        with pytest.raises(
            ClientError, match=r"ValidationException.*DynamoDB table does not exist: table/gone"
        ):
            scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
        return
    with pytest.raises(ClientError, match="No scalable target registered for service namespace: dynamodb"):
        scaling.put_scaling_policy(
            **target,
            PolicyName="follow",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 50.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            },
        )
