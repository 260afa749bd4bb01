"""The emulated DynamoDB's capacity rules, without an emulator: requests, clock and answers as plain data."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import _create_rules as create_rules
from capacity_guard.rehearsal.emulator.corrections import _table_capacity as capacity
from capacity_guard.rehearsal.emulator.corrections import _update_rules as rules
from capacity_guard.rehearsal.emulator.corrections._seconds import Seconds
from capacity_guard.rehearsal.emulator.corrections._table_capacity import TableState

START = 1_783_000_000.0  # 2 July 2026, 13:46:40 UTC
SECONDS = Seconds()
PLACE = rules.Place("conversations", "us-east-1")


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def warm(read: int, write: int) -> dict[str, int]:
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write}


def index_update(name: str = "by_agent", **members: Any) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **members}}]}


class Table:
    """A table with one index on a clock that a test moves by hand."""

    def __init__(self, *, on_demand: bool = False, read: int = 100, write: int = 100) -> None:
        self.now = START
        raw: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED"}
        index: dict[str, Any] = {"IndexName": "by_agent"}
        if not on_demand:
            raw["ProvisionedThroughput"] = units(read, write)
            index["ProvisionedThroughput"] = units(read, write)
        self.state: TableState = capacity.from_description(
            {**raw, "GlobalSecondaryIndexes": [index]}, self.now
        )

    def update(self, **data: Any) -> rules.Plan:
        capacity.settle(self.state, self.now)
        plan = rules.judge_update(self.state, data, self.now, PLACE)
        rules.apply_update(self.state, plan, self.now, SECONDS)
        return plan

    def after(self, seconds: float) -> dict[str, Any]:
        self.now += seconds
        return self.describe()

    def describe(self) -> dict[str, Any]:
        capacity.settle(self.state, self.now)
        return capacity.table_members(self.state)

    def index(self) -> dict[str, Any]:
        capacity.settle(self.state, self.now)
        return capacity.index_members(self.state, "by_agent")

    def refused(self, **data: Any) -> rules.Refusal:
        capacity.settle(self.state, self.now)
        before = repr(self.state)
        with pytest.raises(rules.Refusal) as refusal:
            rules.judge_update(self.state, data, self.now, PLACE)
        assert repr(self.state) == before, "a refused request must change nothing"
        return refusal.value


def to_on_demand(table: Table) -> None:
    table.update(BillingMode="PAY_PER_REQUEST")
    table.after(300)


def to_provisioned(table: Table, read: int = 100, write: int = 100) -> None:
    throughput = units(read, write)
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        **index_update(ProvisionedThroughput=throughput),
    )
    table.after(300)


INVALID = "One or more parameter values were invalid: "
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
        INVALID
        + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
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
        "maximum-of-zero",
        True,
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 0}},
        "ValidationException",
        INVALID + "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    (
        "maximum-above-quota",
        True,
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 40_001}},
        "LimitExceededException",
        "Subscriber limit exceeded: Requested MaxWriteRequestUnits for OnDemandThroughput for table exceeds "
        "TableMaxWriteCapacityUnits of the account in region us-east-1",
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
        "warm-lowered",
        True,
        {"WarmThroughput": warm(11_999, 4_000)},
        "ValidationException",
        INVALID
        + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported",
    ),
    (
        "index-warm-lowered",
        True,
        index_update(WarmThroughput=warm(100, 100)),
        "ValidationException",
        INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for index by_agent is lower than current "
        "WarmThroughput, decreasing WarmThroughput is not supported",
    ),
    (
        "warm-above-quota",
        True,
        {"WarmThroughput": warm(40_001, 4_000)},
        "LimitExceededException",
        "Subscriber limit exceeded: Requested ReadUnitsPerSecond for WarmThroughput for table exceeds "
        "TableMaxReadCapacityUnits of the account in region us-east-1",
    ),
    (
        "warm-empty",
        True,
        {"WarmThroughput": {}},
        "InternalFailure",
        "",
    ),
    (
        "units-above-quota",
        False,
        {"ProvisionedThroughput": units(40_001, 100)},
        "LimitExceededException",
        "The requested ReadCapacityUnits, 40001, is above the per table maximum for the account in us-east-1. "
        "Per table maximum: 40000. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
        "higher limits.",
    ),
    (
        "index-units-above-quota",
        False,
        index_update(ProvisionedThroughput=units(100, 50_000)),
        "LimitExceededException",
        "The requested WriteCapacityUnits for index by_agent, 50000, is above the per index maximum for the account in "
        "us-east-1. Per table maximum: 40000. Refer to the Amazon DynamoDB Developer Guide for current limits and how to "
        "request higher limits.",
    ),
    (
        "units-missing-one",
        False,
        {"ProvisionedThroughput": {"ReadCapacityUnits": 4}},
        "ValidationException",
        "1 validation error detected: Value null at 'provisionedThroughput.writeCapacityUnits' failed to satisfy "
        "constraint: Member must not be null",
    ),
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


@pytest.mark.parametrize(
    ("on_demand", "data", "code", "message"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
def test_update_when_not_allowed_is_refused_with_the_services_message(
    on_demand: bool, data: dict[str, Any], code: str, message: str
) -> None:
    refusal = Table(on_demand=on_demand).refused(**data)

    assert (refusal.code, refusal.message) == (code, message)


def test_index_units_when_equal_is_refused_naming_the_index() -> None:
    refusal = Table().refused(**index_update(ProvisionedThroughput=units(100, 100)))

    assert refusal.message.startswith("The provisioned throughput for the index by_agent will not change.")
    assert "provisioned for index by_agent: 100" in refusal.message


def test_switch_to_on_demand_when_running_shows_new_mode_and_zeros_but_old_warm() -> None:
    table = Table()
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
    table = Table()
    table.update(BillingMode="PAY_PER_REQUEST")

    assert table.index()["IndexStatus"] == "UPDATING"
    assert table.after(7)["TableStatus"] == "UPDATING"
    assert table.index()["IndexStatus"] == "ACTIVE"


def test_switch_to_on_demand_when_ended_is_stamped_and_warm() -> None:
    table = Table()
    table.update(BillingMode="PAY_PER_REQUEST")

    ended = table.after(151)

    assert ended["TableStatus"] == "ACTIVE"
    assert ended["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] == START + 150
    assert ended["WarmThroughput"]["WriteUnitsPerSecond"] == 4_000
    assert table.index()["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000


def test_switch_to_on_demand_when_once_provisioned_higher_keeps_that_as_warm() -> None:
    table = Table(read=100, write=9_000)
    table.update(ProvisionedThroughput=units(100, 10))
    table.after(60)
    to_on_demand(table)

    assert table.describe()["WarmThroughput"]["WriteUnitsPerSecond"] == 9_000


def test_switch_to_on_demand_when_it_was_on_demand_before_takes_seconds() -> None:
    table = Table(on_demand=True)
    to_provisioned(table)
    table.update(BillingMode="PAY_PER_REQUEST")

    assert table.after(3)["TableStatus"] == "UPDATING"
    assert table.after(2)["TableStatus"] == "ACTIVE"


def test_switch_to_provisioned_when_ended_keeps_stamp_and_warm_and_loses_maxima() -> None:
    table = Table(on_demand=True)
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
    assert "BillingModeSummary" not in Table().describe()


def test_reversal_when_switching_to_provisioned_is_answered_and_dropped() -> None:
    table = Table(on_demand=True)
    throughput = units(7, 7)
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        **index_update(ProvisionedThroughput=throughput),
    )

    assert table.update(BillingMode="PAY_PER_REQUEST").without_effect

    assert table.after(300)["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table.describe()["ProvisionedThroughput"]["ReadCapacityUnits"] == 7


def test_reversal_when_switching_to_on_demand_is_refused() -> None:
    table = Table()
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


def test_on_demand_when_sent_again_is_answered_without_effect() -> None:
    table = Table(on_demand=True)

    assert table.update(BillingMode="PAY_PER_REQUEST").without_effect
    assert table.describe()["TableStatus"] == "ACTIVE"
    assert table.state["switches"] == []


def test_maxima_when_the_mode_is_switching_are_refused() -> None:
    table = Table(on_demand=True)
    table.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(9, 9),
        **index_update(ProvisionedThroughput=units(9, 9)),
    )

    refusal = table.refused(OnDemandThroughput={"MaxReadRequestUnits": 10})

    assert refusal.message.endswith(
        "OnDemandThroughput cannot be updated while BillingMode update is in progress"
    )


def test_maxima_when_sent_with_the_switch_apply() -> None:
    table = Table()
    table.update(BillingMode="PAY_PER_REQUEST", OnDemandThroughput={"MaxWriteRequestUnits": 70})

    assert table.after(151)["OnDemandThroughput"] == {"MaxWriteRequestUnits": 70}


def test_maxima_when_removed_one_by_one_merge_and_vanish() -> None:
    table = Table(on_demand=True)
    table.update(OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20})
    table.update(OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert table.describe()["OnDemandThroughput"] == {"MaxWriteRequestUnits": 20}

    table.update(OnDemandThroughput={"MaxWriteRequestUnits": -1})

    assert "OnDemandThroughput" not in table.describe()
    assert table.describe()["TableStatus"] == "ACTIVE"


def test_units_when_changed_show_old_values_until_active_and_the_index_lags() -> None:
    table = Table()
    table.update(ProvisionedThroughput=units(200, 200), **index_update(ProvisionedThroughput=units(300, 300)))
    assert table.describe()["TableStatus"] == "UPDATING"
    assert table.describe()["ProvisionedThroughput"]["ReadCapacityUnits"] == 100

    assert table.after(2)["ProvisionedThroughput"]["ReadCapacityUnits"] == 200
    assert table.describe()["WarmThroughput"]["ReadUnitsPerSecond"] == 200
    assert table.index()["IndexStatus"] == "UPDATING"
    table.after(6)
    assert table.index()["ProvisionedThroughput"]["ReadCapacityUnits"] == 300


def test_index_units_when_changed_alone_leave_the_table_active() -> None:
    table = Table()
    table.update(**index_update(ProvisionedThroughput=units(300, 300)))

    assert table.describe()["TableStatus"] == "ACTIVE"
    assert table.index()["IndexStatus"] == "UPDATING"
    assert table.refused(**index_update(ProvisionedThroughput=units(400, 400))).message.endswith(
        "Index is being updated. Table: conversations Index: by_agent"
    )
    assert table.refused(BillingMode="PAY_PER_REQUEST").code == "ResourceInUseException"


def test_switches_when_four_in_a_day_refuse_a_fifth_until_the_first_is_a_day_old() -> None:
    table = Table()
    for _ in range(4):
        to_on_demand(table)
        to_provisioned(table)

    refusal = table.refused(BillingMode="PAY_PER_REQUEST")
    assert refusal.code == "LimitExceededException"
    assert "PayPerRequest mode" in refusal.message

    table.after(86_400 - (table.now - START))
    table.update(BillingMode="PAY_PER_REQUEST")


def lower(table: Table, count: int) -> None:
    for _ in range(count):
        now = table.describe()["ProvisionedThroughput"]
        table.update(ProvisionedThroughput=units(now["ReadCapacityUnits"] - 1, now["WriteCapacityUnits"]))
        table.after(10)


def test_decreases_when_four_are_spent_allow_one_an_hour_after_the_last() -> None:
    table = Table()
    lower(table, 4)
    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4

    refusal = table.refused(ProvisionedThroughput=units(50, 50))
    assert refusal.code == "LimitExceededException"
    assert refusal.message.startswith(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day."
    )
    assert (
        "Number of decreases today: 4. Last decrease at Thursday, July 2, 2026 at 1:47:10 PM Coordinated Universal Time."
        in refusal.message
    )
    assert refusal.message.endswith(
        "Next decrease can be made at Thursday, July 2, 2026 at 2:47:10 PM Coordinated Universal Time"
    )

    table.after(3_600 - 10)
    lower(table, 1)
    assert table.refused(ProvisionedThroughput=units(50, 50)).code == "LimitExceededException"
    table.update(ProvisionedThroughput=units(96, 101))
    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5


def test_decreases_when_midnight_passes_start_anew() -> None:
    table = Table()
    table.now = START + 10 * 3_600 - 60  # 23:45:40
    lower(table, 4)
    table.now = START + 10 * 3_600 + 14 * 60  # 23:59:..

    table.now = 1_783_036_800.0 + 1  # 3 July 2026, 00:00:01 UTC
    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    lower(table, 4)


def test_decreases_when_the_index_has_spent_its_own_refuse_the_whole_call() -> None:
    table = Table()
    for step in range(4):
        table.update(**index_update(ProvisionedThroughput=units(99 - step, 100)))
        table.after(10)

    assert (
        table.refused(
            ProvisionedThroughput=units(90, 90), **index_update(ProvisionedThroughput=units(50, 50))
        ).code
        == "LimitExceededException"
    )
    table.update(ProvisionedThroughput=units(90, 90))


def test_decreases_when_switching_to_on_demand_are_counted_for_the_index_alone() -> None:
    table = Table()
    to_on_demand(table)

    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    assert table.index()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1


def test_warm_when_raised_first_time_is_slow_with_the_table_active_and_old_numbers() -> None:
    table = Table(on_demand=True)
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
    table = Table(on_demand=True)
    table.update(WarmThroughput=warm(13_000, 5_000))
    table.after(1)
    table.update(WarmThroughput=warm(14_000, 6_000))

    assert table.after(388)["WarmThroughput"]["Status"] == "UPDATING"
    assert table.after(1)["WarmThroughput"]["ReadUnitsPerSecond"] == 14_000


def test_warm_of_an_index_when_raised_leaves_index_and_table_alone() -> None:
    table = Table()
    table.update(**index_update(WarmThroughput=warm(500, 6_300)))

    assert table.describe()["WarmThroughput"]["Status"] == "ACTIVE"
    assert table.index()["IndexStatus"] == "ACTIVE"
    assert table.index()["WarmThroughput"]["Status"] == "UPDATING"
    table.after(390)
    assert table.index()["WarmThroughput"]["WriteUnitsPerSecond"] == 6_300
    to_on_demand(table)
    assert table.index()["WarmThroughput"]["WriteUnitsPerSecond"] == 6_300


def test_warm_when_the_mode_switches_is_admitted() -> None:
    table = Table()
    table.update(BillingMode="PAY_PER_REQUEST")

    table.update(WarmThroughput=warm(20_000, 5_000))

    assert table.after(390)["WarmThroughput"]["ReadUnitsPerSecond"] == 20_000


def test_delete_when_warm_throughput_is_raised_is_refused() -> None:
    table = Table(on_demand=True)
    create_rules.judge_delete(table.state, PLACE)
    table.update(WarmThroughput=warm(13_000, 5_000))

    with pytest.raises(rules.Refusal, match="in the process of being updated"):
        create_rules.judge_delete(table.state, PLACE)


def test_account_quota_when_exceeded_is_refused() -> None:
    table = Table()
    crowded = rules.Place("conversations", "us-east-1", (79_800, 0))

    with pytest.raises(rules.Refusal, match=r"Limit: 80000\. Requested: 201"):
        rules.judge_update(table.state, {"ProvisionedThroughput": units(101, 100)}, table.now, crowded)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {},
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {"ProvisionedThroughput": units(1, 1), "GlobalSecondaryIndexes": [{"IndexName": "by_agent"}]},
            "ProvisionedThroughput is not specified for index: by_agent",
        ),
        (
            {"BillingMode": "PAY_PER_REQUEST", "WarmThroughput": warm(1, 1)},
            "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand",
        ),
        (
            {"ProvisionedThroughput": units(10, 10), "WarmThroughput": warm(5, 5)},
            "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits",
        ),
        (
            {"ProvisionedThroughput": units(10, 10), "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
            "cannot be specified when table BillingMode is PROVISIONED.",
        ),
        (
            {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": -1}},
            "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
        ),
    ],
)
def test_create_when_not_allowed_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(rules.Refusal) as refusal:
        create_rules.judge_create(data, PLACE)

    assert message in refusal.value.message


def test_seconds_when_set_by_environment_replace_the_default() -> None:
    seconds = Seconds.from_environment({"CAPACITY_GUARD_SECONDS_TO_PROVISIONED": "7.5"})

    assert seconds.to_provisioned == 7.5
    assert seconds.warm_first == 390.0


def test_seconds_when_no_number_name_the_variable() -> None:
    with pytest.raises(ValueError, match="CAPACITY_GUARD_SECONDS_WARM_FIRST='soon'"):
        Seconds.from_environment({"CAPACITY_GUARD_SECONDS_WARM_FIRST": "soon"})
