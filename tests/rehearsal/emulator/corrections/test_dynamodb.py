"""DynamoDB in a running emulator: the capacity rules reach its clients, its clock, and its traffic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator.launcher import Emulator
from capacity_guard.rehearsal.player import Player

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(speed=60, start=START) as running:
        yield running


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def create(emulator: Emulator, name: str, **changes: Any) -> Any:
    index = {
        "IndexName": "by_agent",
        "KeySchema": [{"AttributeName": "agent", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": units(20, 20),
    }
    request = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "agent", "AttributeType": "S"},
        ],
        "ProvisionedThroughput": units(30, 30),
        "GlobalSecondaryIndexes": [index],
        **changes,
    }
    client = emulator.client("dynamodb")
    client.create_table(**request)
    return client


def table(client: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    return found


def test_description_when_provisioned_has_the_services_shape(emulator: Emulator) -> None:
    client = create(emulator, "shape")

    found = table(client, "shape")

    assert "BillingModeSummary" not in found
    assert found["WarmThroughput"] == {
        "ReadUnitsPerSecond": 30,
        "WriteUnitsPerSecond": 30,
        "Status": "ACTIVE",
    }
    index = found["GlobalSecondaryIndexes"][0]
    assert index["IndexStatus"] == "ACTIVE"
    assert index["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(20, 20)}
    assert index["WarmThroughput"]["WriteUnitsPerSecond"] == 20


def test_switch_and_return_go_through_their_states_on_the_rehearsal_clock(emulator: Emulator) -> None:
    client = create(emulator, "switch")
    answer = client.update_table(TableName="switch", BillingMode="PAY_PER_REQUEST")["TableDescription"]
    assert (answer["TableStatus"], answer["BillingModeSummary"]) == (
        "UPDATING",
        {"BillingMode": "PAY_PER_REQUEST"},
    )
    with pytest.raises(ClientError, match="Table IOPS are currently being updated") as refusal:
        client.update_table(TableName="switch", ProvisionedThroughput=units(1, 1))
    assert refusal.value.response["Error"]["Code"] == "ResourceInUseException"
    # In the shortest durations no index is UPDATING in this switch.
    with pytest.raises(ClientError, match="Attempt to change a resource which is still in use"):
        client.delete_table(TableName="switch")

    emulator.clock.jump(151)
    found = table(client, "switch")
    assert found["TableStatus"] == "ACTIVE"
    assert found["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] > START
    assert found["WarmThroughput"]["WriteUnitsPerSecond"] == 4_000
    emulator.clock.jump(10)
    assert table(client, "switch")["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"

    with pytest.raises(ClientError, match="ProvisionedThroughput must be specified for index: by_agent"):
        client.update_table(TableName="switch", BillingMode="PROVISIONED", ProvisionedThroughput=units(5, 5))
    client.update_table(
        TableName="switch",
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 5),
        GlobalSecondaryIndexUpdates=[
            {"Update": {"IndexName": "by_agent", "ProvisionedThroughput": units(6, 6)}}
        ],
    )
    with pytest.raises(ClientError, match="Cannot delete table while indexes are being"):
        client.delete_table(TableName="switch")
    emulator.clock.jump(100)
    back = table(client, "switch")
    assert back["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
    assert back["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert back["WarmThroughput"]["WriteUnitsPerSecond"] == 4_000


def test_warm_throughput_and_maxima_given_at_creation_are_kept(emulator: Emulator) -> None:
    index = {
        "IndexName": "by_agent",
        "KeySchema": [{"AttributeName": "agent", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "OnDemandThroughput": {"MaxWriteRequestUnits": 70},
        "WarmThroughput": {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 5_000},
    }
    client = emulator.client("dynamodb")
    client.create_table(
        TableName="warm",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "agent", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
        OnDemandThroughput={"MaxReadRequestUnits": 90},
        GlobalSecondaryIndexes=[index],
    )

    found = table(client, "warm")

    assert found["OnDemandThroughput"] == {"MaxReadRequestUnits": 90}
    assert found["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] == {"MaxWriteRequestUnits": 70}
    assert found["GlobalSecondaryIndexes"][0]["WarmThroughput"]["WriteUnitsPerSecond"] == 5_000
    assert found["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000


def test_index_when_added_keeps_the_table_updating_and_is_built_slowly(emulator: Emulator) -> None:
    client = create(emulator, "grown")
    creation = {
        "IndexName": "by_city",
        "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": units(9, 9),
    }
    arguments: dict[str, Any] = {
        "TableName": "grown",
        "AttributeDefinitions": [{"AttributeName": "city", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": creation}],
    }
    with pytest.raises(ClientError, match="Both ReadCapacityUnits and WriteCapacityUnits must be specified"):
        client.update_table(
            **{
                **arguments,
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Create": {
                            key: value for key, value in creation.items() if key != "ProvisionedThroughput"
                        }
                    }
                ],
            }
        )
    client.update_table(**arguments)

    def added() -> dict[str, Any]:
        indexes = {index["IndexName"]: index for index in table(client, "grown")["GlobalSecondaryIndexes"]}
        found: dict[str, Any] = indexes["by_city"]
        return found

    assert table(client, "grown")["TableStatus"] == "UPDATING"
    assert (added()["IndexStatus"], added()["Backfilling"]) == ("CREATING", False)
    emulator.clock.jump(57)
    assert table(client, "grown")["TableStatus"] == "ACTIVE"
    assert (added()["IndexStatus"], added()["Backfilling"]) == ("CREATING", True)
    emulator.clock.jump(950)
    assert added()["IndexStatus"] == "ACTIVE"


def test_other_updates_still_reach_the_table(emulator: Emulator) -> None:
    client = create(emulator, "others")

    client.update_table(TableName="others", DeletionProtectionEnabled=True)

    assert table(client, "others")["DeletionProtectionEnabled"] is True


@pytest.mark.slow
def test_traffic_above_the_ceiling_reaches_every_alarm_on_throttling_without_anybody_setting_it(
    emulator: Emulator,
) -> None:
    create(emulator, "played")
    cloudwatch = emulator.client("cloudwatch")
    index = {"GlobalSecondaryIndexName": "by_agent"}
    alarmed: dict[str, dict[str, str]] = {
        "WriteThrottleEvents": index,
        "WriteProvisionedThroughputThrottleEvents": index,
        "ThrottledRequests": {"Operation": "PutItem"},
    }
    for metric, dimensions in alarmed.items():
        put_throttle_alarm(cloudwatch, metric, {"TableName": "played", **dimensions})

    def states(alarm: str) -> list[str]:
        items = cloudwatch.describe_alarm_history(
            AlarmName=alarm, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
        )["AlarmHistoryItems"]
        return [item["HistorySummary"].rsplit(" ", 1)[-1] for item in items]

    player = Player.of(emulator, "played", lambda key, _: 60.0 if key.endswith("/write") else 0.0)
    player.backfill(emulator.clock.now() - timedelta(minutes=30), emulator.clock.now())
    with player:
        for _ in range(400):
            player.check()
            emulator.clock.sleep(15)
            if all(states(alarm) == ["OK", "ALARM"] for alarm in alarmed):
                break
        # 60 asked of 20: the bucket of 6,000 lasts two and a half minutes
        assert [states(alarm) for alarm in alarmed] == [["OK", "ALARM"]] * 3


def put_throttle_alarm(cloudwatch: Any, metric: str, dimensions: dict[str, str]) -> None:
    """An alarm of the metric's name that is in ALARM after 2 of 5 minutes above 0."""
    stat = {
        "Metric": {
            "Namespace": "AWS/DynamoDB",
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        },
        "Period": 60,
        "Stat": "Sum",
    }
    cloudwatch.put_metric_alarm(
        AlarmName=metric,
        Metrics=[
            {"Id": "throttled", "MetricStat": stat, "ReturnData": False},
            {"Id": "judged", "Expression": "SUM([FILL(throttled, 0)])", "ReturnData": True},
        ],
        EvaluationPeriods=5,
        DatapointsToAlarm=2,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )


@pytest.mark.slow
def test_update_when_the_correction_is_left_out_accepts_what_the_service_refuses() -> None:
    # Shows that the correction is needed: MiniStack alone lets a switch without throughput through.
    with Emulator(speed=30, start=START, skip_corrections=frozenset({"dynamodb.update-table"})) as plain:
        client = create(plain, "plain")
        client.update_table(TableName="plain", BillingMode="PAY_PER_REQUEST")

        client.update_table(TableName="plain", BillingMode="PROVISIONED")
