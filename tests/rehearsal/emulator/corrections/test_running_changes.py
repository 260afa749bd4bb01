"""What UpdateTable refuses while a change of table or index runs."""

from __future__ import annotations

from typing import Any

from tests.builders.table_state import TableOnClock, index_update, units


def test_reversal_when_switching_to_on_demand_is_refused() -> None:
    table = TableOnClock()
    table.update(BillingMode="PAY_PER_REQUEST")

    refusal = table.refused(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(9, 9),
        **index_update(ProvisionedThroughput=units(9, 9)),
    )

    assert refusal.code == "ResourceInUseException"
    assert refusal.message == (
        "Attempt to change a resource which is still in use: Table IOPS are currently being updated. "
        "Table: conversations"
    )


def test_maxima_when_the_mode_is_switching_are_refused() -> None:
    table = TableOnClock(on_demand=True)
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(9, 9),
        **index_update(ProvisionedThroughput=units(9, 9)),
    )

    refusal = table.refused(OnDemandThroughput={"MaxReadRequestUnits": 10})

    assert refusal.message.endswith(
        "OnDemandThroughput cannot be updated while BillingMode update is in progress"
    )


def test_index_units_when_changed_alone_leave_the_table_active() -> None:
    table = TableOnClock()
    table.update(**index_update(ProvisionedThroughput=units(300, 300)))

    assert table.describe()["TableStatus"] == "ACTIVE"
    assert table.index()["IndexStatus"] == "UPDATING"
    assert table.refused(**index_update(ProvisionedThroughput=units(400, 400))).message.endswith(
        "Index is being updated. Table: conversations Index: by_agent"
    )
    assert table.refused(BillingMode="PAY_PER_REQUEST").code == "ResourceInUseException"


def test_index_when_another_one_is_created_or_deleted_is_refused() -> None:
    table = TableOnClock()
    table.state["indexes"]["by_agent"]["status"] = "DELETING"
    table.state["indexes"]["by_agent"]["busy_until"] = table.now + 4
    creation: dict[str, Any] = {"Create": {"IndexName": "by_city", "ProvisionedThroughput": units(5, 5)}}

    refusal = table.refused(GlobalSecondaryIndexUpdates=[creation])

    assert refusal.code == "LimitExceededException"
    assert "Only 1 online index can be created or deleted simultaneously" in refusal.message
    assert (
        "Index is being deleted" in table.refused(**index_update(ProvisionedThroughput=units(5, 5))).message
    )
