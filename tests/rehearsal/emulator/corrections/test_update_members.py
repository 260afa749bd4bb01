"""UpdateTable refuses members that cannot be together or that the billing mode does not allow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.table_state import INVALID, TableOnClock, index_update, units, warm

REFUSALS: list[tuple[str, bool, dict[str, Any], str, str]] = [
    (
        "mode-without-throughput",
        True,
        {"BillingMode": "PROVISIONED"},
        "ValidationException",
        INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    ),
    (
        "mode-without-index-throughput",
        True,
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5, 5)},
        "ValidationException",
        INVALID + "ProvisionedThroughput must be specified for index: by_agent",
    ),
    (
        "throughput-with-on-demand",
        False,
        {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": units(5, 5)},
        "ValidationException",
        INVALID + "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST",
    ),
    (
        "index-throughput-with-on-demand",
        False,
        {"BillingMode": "PAY_PER_REQUEST", **index_update(ProvisionedThroughput=units(5, 5))},
        "ValidationException",
        INVALID
        + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: by_agent when BillingMode is "
        "PAY_PER_REQUEST",
    ),
    (
        "index-throughput-on-on-demand-table",
        True,
        index_update(ProvisionedThroughput=units(5, 5)),
        "ValidationException",
        INVALID
        + "The only Updates for index: by_agent when TableThroughputMode is PAY_PER_REQUEST can be to "
        "OnDemandThroughput, WarmThroughput",
    ),
    (
        "maximum-on-provisioned",
        False,
        {"OnDemandThroughput": {"MaxReadRequestUnits": 10}},
        "ValidationException",
        INVALID
        + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
    ),
    (
        "warm-with-mode",
        False,
        {"BillingMode": "PAY_PER_REQUEST", "WarmThroughput": warm(20_000, 5_000)},
        "ValidationException",
        INVALID + "WarmThroughput must be the only operation in the request",
    ),
    (
        "warm-with-index-warm",
        True,
        {"WarmThroughput": warm(20_000, 5_000), **index_update(WarmThroughput=warm(20_000, 5_000))},
        "ValidationException",
        INVALID + "WarmThroughput must be the only operation in the request",
    ),
    (
        "maximum-with-stream",
        True,
        {"OnDemandThroughput": {"MaxReadRequestUnits": 10}, "StreamSpecification": {"StreamEnabled": True}},
        "ValidationException",
        INVALID + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    ),
    (
        "unknown-index",
        False,
        index_update("ghost", ProvisionedThroughput=units(5, 5)),
        "ResourceNotFoundException",
        "Requested resource not found: Index ghost for table conversations",
    ),
]
"""Name, whether the table is on-demand, request, error code and message."""


@pytest.mark.parametrize(
    ("on_demand", "data", "code", "message"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
def test_update_when_not_allowed_is_refused_with_the_services_message(
    on_demand: bool, data: dict[str, Any], code: str, message: str
) -> None:
    refusal = TableOnClock(on_demand=on_demand).refused(**data)

    assert (refusal.code, refusal.message) == (code, message)


@pytest.mark.parametrize(
    "request_members", [{}, {"AttributeDefinitions": []}, {"GlobalSecondaryIndexUpdates": []}]
)
def test_update_without_a_change_is_refused(request_members: dict[str, Any]) -> None:
    refusal = TableOnClock().refused(**request_members)

    assert refusal.code == "ValidationException"
    assert refusal.message.startswith("At least one of ProvisionedThroughput, BillingMode")


def test_index_when_updated_twice_in_one_request_is_refused() -> None:
    update = {"Update": {"IndexName": "by_agent", "ProvisionedThroughput": units(5, 5)}}

    refusal = TableOnClock().refused(GlobalSecondaryIndexUpdates=[update, update])

    assert refusal.message == (
        INVALID
        + "Only one global secondary index update per index is allowed simultaneously. Index: by_agent"
    )
