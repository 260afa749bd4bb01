"""The API of Application Auto Scaling."""

from __future__ import annotations

import asyncio
import json

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.ministack import ServiceError
from capacity_guard.rehearsal.emulator.corrections.scaling_api import answer, handle_request
from tests.builders.scaled_units import WRITES, create_table, register


@pytest.fixture
def scaled(emulator: Emulator) -> Emulator:
    create_table(emulator)
    return emulator


def test_target_when_deregistered_is_gone_and_a_second_time_refused(scaled: Emulator) -> None:
    register(scaled, 100, 200)
    scaling = scaled.client("application-autoscaling")
    target = {"ServiceNamespace": "dynamodb", "ResourceId": "table/table", "ScalableDimension": WRITES}
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.deregister_scalable_target(**target)


def test_operation_when_unknown_is_refused() -> None:
    with pytest.raises(ServiceError, match="Unknown operation: GetPredictiveScalingForecast"):
        answer("GetPredictiveScalingForecast", {})


def test_request_when_refused_is_answered_with_code_and_message() -> None:
    body = json.dumps({"ServiceNamespace": "ecs"}).encode()
    headers = {"x-amz-target": "AnyScaleFrontendService.RegisterScalableTarget"}

    status, _, content = asyncio.run(handle_request("POST", "/", headers, body, {}))

    assert status == 400
    assert json.loads(content) == {
        "__type": "ValidationException",
        "Message": "Unsupported service namespace: ecs",
    }
