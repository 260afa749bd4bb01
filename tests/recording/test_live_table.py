"""What a recording reads from the live table: capacity, units, warm throughput, history; and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, InputError, OnDemand, Provisioned, Units
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.recording.live_table import read_live_table
from tests.builders.template_tables import VECTOR_INDEX, VECTOR_INDEX_TEXT
from tests.fakes.recording_aws import ACCOUNT, NAME, REGION, Failure, Services, on_demand_table


def test_live_table_when_provisioned_reads_units_warm_and_history() -> None:
    live = read_live_table(Services().aws(), NAME)
    assert live.capacity == Capacity.provisioned(read=100, write=200, indexes={"by_day": Provisioned(30, 40)})
    assert live.units == {"table": Units(100, 200), "index/by_day": Units(30, 40)}
    assert live.warm == {"table": Units(100, 250), "index/by_day": Units(30, 40)}
    assert live.history.decreases_today == {"table": 1, "index/by_day": 2}
    assert live.history.last_switch_to_on_demand is None
    assert (live.account, live.region, live.partition) == (ACCOUNT, REGION, "aws")


def test_live_table_when_on_demand_reads_maxima_and_last_switch() -> None:
    services = Services()
    services.table = on_demand_table()
    live = read_live_table(services.aws(), NAME)
    assert live.capacity == Capacity.on_demand(
        maximum=Units(write=9_000), indexes={"by_day": OnDemand(maximum=Units(700, 800))}
    )
    assert live.units == {}
    assert live.warm["table"] == Units(12_000, 4_000)
    assert live.history.last_switch_to_on_demand == datetime(2026, 7, 1, 12, 0, 1, tzinfo=UTC)
    # Scaling targets are kept while a table is on-demand and bound nothing then.
    assert services.operations("DescribeScalableTargets") == []


def test_live_table_when_auto_scaled_reads_bounds_and_target_of_every_page() -> None:
    services = Services()
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 50, 900, 70.0)
    services.scale(f"table/{NAME}/index/by_day", "dynamodb:index:WriteCapacityUnits", 10, 90, 65.0)
    live = read_live_table(services.aws(), NAME)
    assert live.capacity == Capacity.provisioned(
        read=100,
        write=AutoScaling(50, 900, 70),
        indexes={"by_day": Provisioned(30, AutoScaling(10, 90, 65))},
    )
    assert len(services.operations("DescribeScalableTargets")) == 2


def test_live_table_when_scheduled_actions_move_its_bounds_reads_them_of_every_target() -> None:
    services = Services()
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 20, 40, 70.0)
    services.scale(f"table/{NAME}/index/by_day", "dynamodb:index:ReadCapacityUnits", 10, 90, 65.0)
    services.policies = services.policies[:1]  # the index's target has no policy: actions alone move it
    at = datetime(2026, 7, 1, 20, 0, 0, 500_000, tzinfo=UTC)
    for resource, dimension, name, more in (
        (
            f"table/{NAME}",
            "dynamodb:table:WriteCapacityUnits",
            "night",
            {"Timezone": "Europe/Berlin", "EndTime": at},
        ),
        (f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", "day", {"StartTime": at}),
        (f"table/{NAME}/index/by_day", "dynamodb:index:ReadCapacityUnits", "sale", {}),
    ):
        services.scheduled.append(
            {
                "ScheduledActionName": name,
                "ScheduledActionARN": "arn",
                "ServiceNamespace": "dynamodb",
                "Schedule": f"cron({name})",
                "ResourceId": resource,
                "ScalableDimension": dimension,
                "ScalableTargetAction": {"MinCapacity": 20} if name == "day" else {"MaxCapacity": 40},
                "CreationTime": at,
                **more,
            }
        )
    write, read = Dimension(None, "write"), Dimension("by_day", "read")
    second = at.replace(microsecond=0)
    assert read_live_table(services.aws(), NAME).schedules == (
        ScheduledAction(read, "sale", "cron(sale)", None, None, 40),
        ScheduledAction(write, "day", "cron(day)", None, 20, None, start=second),
        ScheduledAction(write, "night", "cron(night)", "Europe/Berlin", None, 40, end=second),
    )


def test_live_table_when_it_has_a_vector_index_reads_what_a_template_states() -> None:
    services = Services()
    services.table = on_demand_table()
    services.table["VectorIndexes"] = [{**VECTOR_INDEX, "IndexStatus": "ACTIVE"}]
    assert read_live_table(services.aws(), NAME).vector_indexes == {"by_meaning": VECTOR_INDEX_TEXT}
    services.table["VectorIndexes"] = [{**VECTOR_INDEX, "IndexStatus": "CREATING"}]
    with pytest.raises(InputError, match="vector index by_meaning: is CREATING"):
        read_live_table(services.aws(), NAME)


def test_live_table_when_target_has_no_policy_counts_as_fixed() -> None:
    services = Services()
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 50, 900, 70.0)
    services.policies = []
    assert read_live_table(services.aws(), NAME).capacity.table == Provisioned(100, 200)


def test_live_table_when_it_has_no_index_reads_the_table_alone() -> None:
    services = Services()
    del services.table["GlobalSecondaryIndexes"]
    del services.table["WarmThroughput"]
    live = read_live_table(services.aws(), NAME)
    assert live.capacity == Capacity.provisioned(read=100, write=200)
    assert live.warm == {}


def test_live_table_when_it_does_not_exist_names_the_option() -> None:
    services = Services()
    services.failures["DescribeTable"] = [Failure("ResourceNotFoundException")]
    with pytest.raises(InputError, match=r"--table Orders: does not exist in this account and Region"):
        read_live_table(services.aws(), NAME)


@pytest.mark.parametrize("resource", ["table", "index"])
def test_live_table_when_updating_refuses_to_record(resource: str) -> None:
    services = Services()
    if resource == "table":
        services.table["TableStatus"] = "UPDATING"
    else:
        services.table["GlobalSecondaryIndexes"][0]["IndexStatus"] = "UPDATING"
    with pytest.raises(InputError, match=rf"{resource} \w+: is UPDATING"):
        read_live_table(services.aws(), NAME)


def test_live_table_when_replicated_elsewhere_names_the_other_regions() -> None:
    services = Services()
    services.table["Replicas"] = [{"RegionName": REGION}, {"RegionName": "us-east-1"}]
    assert read_live_table(services.aws(), NAME).replicas == ("us-east-1",)
    del services.table["Replicas"]
    assert read_live_table(services.aws(), NAME).replicas == ()


def test_live_table_when_read_states_keys_indexes_and_stream() -> None:
    services = Services()
    services.table["KeySchema"].append({"AttributeName": "day", "KeyType": "RANGE"})
    services.table["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    services.table["LocalSecondaryIndexes"] = [
        {
            "IndexName": "mine",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z", "a"]},
        }
    ]
    live = read_live_table(services.aws(), NAME)
    assert live.keys == "id:S HASH, day:N RANGE; local mine: id:S HASH; INCLUDE a, z"
    assert live.indexes == {"by_day": "day:N HASH; ALL"}
    assert live.stream == "NEW_IMAGE"


def test_live_table_when_its_stream_was_switched_off_has_none() -> None:
    services = Services()
    services.table["LatestStreamArn"] = "arn"
    assert read_live_table(services.aws(), NAME).stream is None
    services.table["StreamSpecification"] = {"StreamEnabled": False}
    assert read_live_table(services.aws(), NAME).stream is None
