"""The capacity of a table while a change runs and after it ended: what DescribeTable shows."""

from __future__ import annotations

from tests.builders.table_state import (
    START,
    TableOnClock,
    index_update,
    to_on_demand,
    to_provisioned,
    units,
    warm,
)


def test_switch_to_on_demand_when_running_shows_new_mode_and_zeros_but_old_warm() -> None:
    table = TableOnClock()
    table.update(BillingMode="PAY_PER_REQUEST")

    running = table.after(149)

    assert running["TableStatus"] == "UPDATING"
    assert running["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert running["ProvisionedThroughput"]["WriteCapacityUnits"] == 0
    assert running["WarmThroughput"] == {
        "ReadUnitsPerSecond": 100,
        "WriteUnitsPerSecond": 100,
        "Status": "ACTIVE",
    }


def test_switch_to_on_demand_when_running_has_its_index_updating_for_seconds_only() -> None:
    table = TableOnClock()
    table.update(BillingMode="PAY_PER_REQUEST")

    assert table.index()["IndexStatus"] == "UPDATING"
    assert table.after(7)["TableStatus"] == "UPDATING"
    assert table.index()["IndexStatus"] == "ACTIVE"


def test_switch_to_on_demand_when_ended_is_stamped_and_warm() -> None:
    table = TableOnClock()
    table.update(BillingMode="PAY_PER_REQUEST")

    ended = table.after(151)

    assert ended["TableStatus"] == "ACTIVE"
    assert ended["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] == START + 150
    assert ended["WarmThroughput"]["WriteUnitsPerSecond"] == 4_000
    assert table.index()["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000


def test_switch_to_on_demand_when_once_provisioned_higher_keeps_that_as_warm() -> None:
    table = TableOnClock(read=100, write=9_000)
    table.update(ProvisionedThroughput=units(100, 10))
    table.after(60)
    to_on_demand(table)

    assert table.describe()["WarmThroughput"]["WriteUnitsPerSecond"] == 9_000


def test_switch_to_on_demand_when_it_was_on_demand_before_takes_seconds() -> None:
    table = TableOnClock(on_demand=True)
    to_provisioned(table)
    table.update(BillingMode="PAY_PER_REQUEST")

    assert table.after(3)["TableStatus"] == "UPDATING"
    assert table.after(2)["TableStatus"] == "ACTIVE"


def test_switch_to_provisioned_when_ended_keeps_stamp_and_warm_and_loses_maxima() -> None:
    table = TableOnClock(on_demand=True)
    table.update(OnDemandThroughput={"MaxReadRequestUnits": 50})
    table.update(**index_update(OnDemandThroughput={"MaxWriteRequestUnits": 60}))
    stamp = table.after(10)["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"]
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(1, 1),
        **index_update(ProvisionedThroughput=units(2, 2)),
    )
    assert table.describe()["ProvisionedThroughput"]["ReadCapacityUnits"] == 1

    ended = table.after(76)

    assert ended["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
    assert ended["BillingModeSummary"] == {
        "BillingMode": "PROVISIONED",
        "LastUpdateToPayPerRequestDateTime": stamp,
    }
    assert ended["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000
    assert "OnDemandThroughput" not in ended
    assert table.index()["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
    assert "OnDemandThroughput" not in table.index()


def test_table_when_never_on_demand_has_no_billing_mode_summary() -> None:
    assert "BillingModeSummary" not in TableOnClock().describe()


def test_maxima_when_removed_one_by_one_merge_and_vanish() -> None:
    table = TableOnClock(on_demand=True)
    table.update(OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20})
    table.update(OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert table.describe()["OnDemandThroughput"] == {"MaxWriteRequestUnits": 20}

    table.update(OnDemandThroughput={"MaxWriteRequestUnits": -1})

    assert "OnDemandThroughput" not in table.describe()
    assert table.describe()["TableStatus"] == "ACTIVE"


def test_units_when_changed_show_old_values_until_active_and_the_index_lags() -> None:
    table = TableOnClock()
    table.update(ProvisionedThroughput=units(200, 200), **index_update(ProvisionedThroughput=units(300, 300)))
    assert table.describe()["TableStatus"] == "UPDATING"
    assert table.describe()["ProvisionedThroughput"]["ReadCapacityUnits"] == 100

    assert table.after(2)["ProvisionedThroughput"]["ReadCapacityUnits"] == 200
    assert table.describe()["WarmThroughput"]["ReadUnitsPerSecond"] == 200
    assert table.index()["IndexStatus"] == "UPDATING"
    table.after(6)
    assert table.index()["ProvisionedThroughput"]["ReadCapacityUnits"] == 300


def test_decreases_when_switching_to_on_demand_are_counted_for_the_index_alone() -> None:
    table = TableOnClock()
    to_on_demand(table)

    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    assert table.index()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1


def test_warm_when_raised_first_time_is_slow_with_the_table_active_and_old_numbers() -> None:
    table = TableOnClock(on_demand=True)
    table.update(WarmThroughput=warm(20_000, 6_000))

    running = table.after(389)
    assert running["TableStatus"] == "ACTIVE"
    assert running["WarmThroughput"] == {
        "ReadUnitsPerSecond": 12_000,
        "WriteUnitsPerSecond": 4_000,
        "Status": "UPDATING",
    }
    assert table.after(1)["WarmThroughput"] == {
        "ReadUnitsPerSecond": 20_000,
        "WriteUnitsPerSecond": 6_000,
        "Status": "ACTIVE",
    }
    table.update(WarmThroughput={"WriteUnitsPerSecond": 7_000})
    assert table.after(2)["WarmThroughput"]["WriteUnitsPerSecond"] == 7_000


def test_warm_when_raised_twice_ends_once_with_the_second_values() -> None:
    table = TableOnClock(on_demand=True)
    table.update(WarmThroughput=warm(13_000, 5_000))
    table.after(1)
    table.update(WarmThroughput=warm(14_000, 6_000))

    assert table.after(388)["WarmThroughput"]["Status"] == "UPDATING"
    assert table.after(1)["WarmThroughput"]["ReadUnitsPerSecond"] == 14_000


def test_warm_of_an_index_when_raised_leaves_index_and_table_alone() -> None:
    table = TableOnClock()
    table.update(**index_update(WarmThroughput=warm(500, 6_300)))

    assert table.describe()["WarmThroughput"]["Status"] == "ACTIVE"
    assert table.index()["IndexStatus"] == "ACTIVE"
    assert table.index()["WarmThroughput"]["Status"] == "UPDATING"
    table.after(390)
    assert table.index()["WarmThroughput"]["WriteUnitsPerSecond"] == 6_300
    to_on_demand(table)
    assert table.index()["WarmThroughput"]["WriteUnitsPerSecond"] == 6_300


def test_warm_when_the_mode_switches_is_admitted() -> None:
    table = TableOnClock()
    table.update(BillingMode="PAY_PER_REQUEST")

    table.update(WarmThroughput=warm(20_000, 5_000))

    assert table.after(390)["WarmThroughput"]["ReadUnitsPerSecond"] == 20_000
