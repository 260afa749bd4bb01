"""UpdateTable as far as capacity is concerned: accepted and refused changes, switches and reversals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.table_state import TableOnClock, index_update, units

REFUSALS: list[tuple[str, bool, dict[str, Any], str, str]] = [
    (
        "units-equal",
        False,
        {"ProvisionedThroughput": units(100, 100)},
        "ValidationException",
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 100. Requested ReadCapacityUnits: 100. "
        "Current WriteCapacityUnits provisioned for the table: 100. Requested WriteCapacityUnits: 100. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
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


def test_index_units_when_equal_is_refused_naming_the_index() -> None:
    refusal = TableOnClock().refused(**index_update(ProvisionedThroughput=units(100, 100)))

    assert refusal.message.startswith("The provisioned throughput for the index by_agent will not change.")
    assert "provisioned for index by_agent: 100" in refusal.message


def test_reversal_when_switching_to_provisioned_is_answered_and_dropped() -> None:
    table = TableOnClock(on_demand=True)
    throughput = units(7, 7)
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        **index_update(ProvisionedThroughput=throughput),
    )

    assert table.update(BillingMode="PAY_PER_REQUEST").without_effect

    assert table.after(300)["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table.describe()["ProvisionedThroughput"]["ReadCapacityUnits"] == 7


def test_on_demand_when_sent_again_is_answered_without_effect() -> None:
    table = TableOnClock(on_demand=True)

    assert table.update(BillingMode="PAY_PER_REQUEST").without_effect
    assert table.describe()["TableStatus"] == "ACTIVE"
    assert table.state["switches"] == []


def test_maxima_when_sent_with_the_switch_apply() -> None:
    table = TableOnClock()
    table.update(BillingMode="PAY_PER_REQUEST", OnDemandThroughput={"MaxWriteRequestUnits": 70})

    assert table.after(151)["OnDemandThroughput"] == {"MaxWriteRequestUnits": 70}
